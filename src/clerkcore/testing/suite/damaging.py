"""Tests of damaged files: an error with a remedy, a held run or quarantine, and never a wrong row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from clerkcore.errors import SourceError
from clerkcore.interfaces import Source
from clerkcore.models import Outcome, Parsed, Record, ScopeResult
from clerkcore.testing.bench import Bench
from clerkcore.testing.damage import (
    DAMAGES,
    UNREADABLE,
    Damage,
    cuts,
    drop_column,
    misshape_record,
    name_columns,
    rename_column,
    spoil_value,
)
from clerkcore.testing.shelf import Files, Told, count_records, tell_content
from clerkcore.testing.suite.base import SuiteBase


def _sound(source: Source, parsed: list[Parsed]) -> Counter[Told]:
    """What was read of records and asides, how often; rows of derived tables only repeat it."""
    derived = {table.name for table in source.tables if table.derived}
    told = (tell_content(item) for item in parsed if not (isinstance(item, Record) and item.table in derived))
    return Counter(item for item in told if item[0] != "rejected")


class Damaging(SuiteBase):
    """Every damage is tried on each sample, with a good load standing before it."""

    @pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
    def test_a_damaged_file_changes_no_row(self, loaded: Bench, files: Files, damage: Damage) -> None:
        """A file that is not what the source sends ends in SourceError, a hold or quarantine."""
        for name, body in files.items():
            self.survive(loaded, files, {**files, name: damage.spoil(body)}, f"{name}: {damage.name}")

    def test_a_page_twice_changes_no_row(self, loaded: Bench, files: Files) -> None:
        """An upstream that repeats a page, or serves one in place of another, is refused or does no harm."""
        for name, body in files.items():
            self.survive(loaded, files, {**files, f"again-{name}": body}, f"{name} twice")
            for other in files.keys() - {name}:
                self.survive(loaded, files, {**files, other: body}, f"{name} in place of {other}")

    def test_a_missing_page_changes_no_row(self, loaded: Bench, files: Files) -> None:
        """A capture that lacks a page is not taken for the whole."""
        for name in files if len(files) > 1 else ():
            rest = {other: body for other, body in files.items() if other != name}
            self.survive(loaded, files, rest, f"without {name}")

    def test_a_file_cut_anywhere_holds_no_record_of_its_own(
        self, source: Source, files: Files, parsed: list[Parsed]
    ) -> None:
        """Half a record is never taken for a whole one."""
        good = _sound(source, parsed)
        for name, body in files.items():
            for place in cuts(body):
                what = f"{name} cut after {place} of {len(body)} bytes"
                found = self.parse_damaged({**files, name: body[:place]}, what)
                if not isinstance(found, SourceError):
                    invented = _sound(source, found) - good
                    assert not invented, (
                        f"{what}: yields a record that the whole file does not hold; refuse a last line without its"
                        f" end, or a file without its total: {next(iter(invented))}"
                    )

    @pytest.mark.parametrize("change", [rename_column, drop_column], ids=["renamed", "missing"])
    def test_a_column_with_another_name_or_none_is_noticed(
        self, source: Source, files: Files, parsed: list[Parsed], change: Callable[[bytes, str], bytes]
    ) -> None:
        """Where a column that is read has gone, the file is refused; one that is not read may go."""
        good = [tell_content(item) for item in parsed]
        for name, column in self.columns_of(files):
            what = f"{name}: {change.__name__} {column}"
            found = self.parse_damaged({**files, name: change(files[name], column)}, what)
            if not isinstance(found, SourceError):
                assert [tell_content(item) for item in found] == good, f"{what}: read as if nothing were wrong"

    def test_a_misshapen_record_is_not_lost(self, source: Source, files: Files, parsed: list[Parsed]) -> None:
        """A record that cannot be read is rejected with its place, or the file is refused; it is never skipped."""
        for name, body in files.items():
            spoilt = misshape_record(body)
            if spoilt is not None:
                self.check_none_lost(source, parsed, {**files, name: spoilt}, f"{name}: a misshapen record")

    @pytest.mark.parametrize("value", UNREADABLE, ids=["no number", "blank", "huge"])
    def test_an_unreadable_value_loses_no_record(
        self, source: Source, files: Files, parsed: list[Parsed], value: str
    ) -> None:
        """Whatever stands in a column, each record is still read, rejected or set aside, or the file is refused."""
        for name, column in self.columns_of(files):
            what = f"{name}: {value[:8]!r} in {column}"
            self.check_none_lost(source, parsed, {**files, name: spoil_value(files[name], column, value)}, what)

    def columns_of(self, files: Files) -> Iterator[tuple[str, str]]:
        """Yield each column that may not be lacking, with the first file that has it."""
        seen = set(self.optional)
        for name, body in files.items():
            for column in name_columns(body):
                if column not in seen:
                    seen.add(column)
                    yield name, column

    def check_none_lost(self, source: Source, parsed: list[Parsed], files: Files, what: str) -> None:
        """Fail the test where fewer records are accounted for than before the damage."""
        found = self.parse_damaged(files, what)
        if not isinstance(found, SourceError):
            read, before = count_records(source, found), count_records(source, parsed)
            assert read == before, f"{what}: {before - read} records are lost without a word"

    def survive(self, bench: Bench, good: Files, damaged: Files, what: str) -> None:
        """Load damaged files on top of good ones; fail the test where that changed a row or told too little."""
        bench.load(good)
        before = bench.rows()
        try:
            result = bench.load(damaged)
        except SourceError as error:
            self.check_message(error, what)
        except Exception as error:
            raise self.wrong_error(error, what) from error
        else:
            check_result(result, what)
            if result.outcome is not Outcome.HELD:
                return
        assert bench.rows() == before, f"{what}: rows changed all the same"


def check_result(result: ScopeResult, what: str) -> None:
    """Fail the test where a damaged file was applied and rows changed, or a hold does not say what helps."""
    if result.outcome is Outcome.HELD:
        assert result.message, f"{what}: held without a reason"
        assert result.remedy, f"{what}: held without a remedy"
        return
    counts = result.counts
    wrong = counts.added or counts.changed or counts.disappeared > counts.quarantined
    assert not wrong, f"{what}: applied all the same: {result.message}"
