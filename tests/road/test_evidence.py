"""Records that do not become rows are kept beside them, and every one is accounted for (law 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from tests.road.conftest import ENTRIES, Bench, Sheet, row

from clerkcore.interfaces import Column, Table
from clerkcore.models import Aside, Capture, Counts, Location, Outcome, Parsed, Record, Rejected, ScopeResult

HIDDEN = "the value, which is sensitive, broke this rule"
COUNTIES = Table(
    "counties",
    key=("county",),
    columns=(Column("county"), Column("entries", "integer", required=True)),
    title="Counties",
    description="How many entries a county has",
    derived=True,
)


class Counted(Sheet):
    """Adds a derived table."""

    tables: ClassVar[tuple[Table, ...]] = (ENTRIES, COUNTIES)

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        counts: dict[str, int] = {}
        for parsed in super().parse(capture):
            if isinstance(parsed, Record):
                county = str(parsed.values.get("county"))
                counts[county] = counts.get(county, 0) + 1
            yield parsed
        for county, count in counts.items():
            yield Record("counties", self.derive(county, count), Location("", 0))

    def derive(self, county: str, count: int) -> dict[str, Any]:
        return {"county": county, "entries": count}


def quarantine(bench: Bench) -> list[tuple[Any, ...]]:
    return bench.rows("SELECT page, line, rule, column_name, value, message FROM _clerk_quarantine ORDER BY id")


def accounted(result: ScopeResult) -> Counts:
    assert result.counts.balances
    return result.counts


def test_a_ragged_line_is_quarantined_with_its_place_and_the_rest_is_loaded(bench: Bench) -> None:
    result = bench.load(row("a"), "half a rec", row("b"))
    assert accounted(result) == Counts(read=3, added=2, quarantined=1)
    assert result.message == "2 entries added ((none) 2). 1 quarantined"
    assert quarantine(bench) == [("rows.jsonl", 2, "ragged", "", "half a rec", "this line is no record")]


def test_evidence_names_its_run_and_its_capture(bench: Bench) -> None:
    result = bench.load(row("a"), "half", "# note")
    for table in ("_clerk_quarantine", "_clerk_asides"):
        assert bench.rows(f"SELECT run_id, source, scope, capture FROM {table}") == [
            (1, "sheet", "all", result.capture),
        ]


def test_every_record_of_a_key_with_different_contents_is_quarantined(bench: Bench) -> None:
    result = bench.load(row("a", votes=1), row("b"), row("a", votes=2), row("a", votes=1))
    assert accounted(result) == Counts(read=4, added=1, quarantined=3)
    assert bench.live("code") == [("b",)]
    message = "the capture holds different records of code a"
    assert quarantine(bench) == [("rows.jsonl", line, "conflicting_key", "code", "a", message) for line in (1, 3, 4)]


def test_a_row_whose_key_comes_to_conflict_disappears(bench: Bench) -> None:
    bench.load(row("a", votes=1), row("b"))
    result = bench.load(row("a", votes=1), row("a", votes=2), row("b"))
    assert accounted(result) == Counts(read=3, disappeared=1, unchanged=1, quarantined=2)


def test_exact_duplicates_are_counted_and_loaded_once(bench: Bench) -> None:
    result = bench.load(row("a", votes=1), row("a", votes=1), row("a", votes=1))
    assert accounted(result) == Counts(read=3, added=1, duplicates=2)
    assert result.message == "1 entry added ((none) 1). 2 exact duplicates"


def test_rows_that_differ_only_in_a_column_that_is_not_compared_are_no_exact_duplicates(bench: Bench) -> None:
    result = bench.load(row("a", seen="monday"), row("a", seen="tuesday"))
    assert accounted(result) == Counts(read=2, quarantined=2)


@pytest.mark.parametrize(
    ("values", "column", "value", "message"),
    [
        ({"votes": -1}, "votes", "-1", "votes IS NULL OR (votes >= 0)"),
        ({"votes": "many"}, "votes", "many", "cannot store TEXT value in INTEGER column entries.votes"),
        ({"votes": 2**63}, "", "", "Python int too large to convert to SQLite INTEGER"),
        ({"share": float("inf")}, "share", "inf", "share IS NULL OR (abs(share) < 9e999)"),
        ({"vote": "a\0b"}, "vote", "a\0b", "entries.vote holds a NUL"),
    ],
    ids=["check", "type", "too large", "infinite", "NUL"],
)
def test_a_value_that_its_column_does_not_take_is_quarantined_with_it(
    bench: Bench, values: dict[str, Any], column: str, value: str, message: str
) -> None:
    assert accounted(bench.load(row("a", **values), row("b"))) == Counts(read=2, added=1, quarantined=1)
    assert quarantine(bench) == [("rows.jsonl", 1, "invalid_value", column, value, message)]


def test_text_that_is_no_text_is_quarantined(bench: Bench) -> None:
    assert accounted(bench.load('{"code": "a", "vote": "\\ud800"}', row("b"))).quarantined == 1
    ((*_, message),) = quarantine(bench)
    assert message.endswith("surrogates not allowed")


def test_the_value_of_a_sensitive_column_stays_out_of_quarantine(bench: Bench) -> None:
    bench.load(row("a", phone="555-1234-5678"))
    assert quarantine(bench) == [("rows.jsonl", 1, "invalid_value", "phone", "", HIDDEN)]
    assert not any("5678" in line for line in bench.dump())


@pytest.mark.parametrize("key", [("code",), ("county", "code"), ("code", "county")], ids=",".join)
def test_the_values_of_a_sensitive_key_stay_out_of_quarantine(bench: Bench, key: tuple[str, ...]) -> None:
    class Secret(Sheet):
        columns = (Column("code", sensitive=True), *ENTRIES.columns[1:])
        tables: ClassVar[tuple[Table, ...]] = (replace(ENTRIES, key=key, columns=columns),)

    bench.source = Secret()
    result = bench.load(row("voter-17", county="Bay", votes=1), row("voter-17", county="Bay", votes=2))
    assert result.counts.quarantined == 2
    assert [line for line in bench.dump() if "voter-17" in line] == []


def test_what_a_plugin_says_of_a_sensitive_value_is_not_kept_either(bench: Bench) -> None:
    class Picky(Sheet):
        def parse_line(self, line: str, at: Location) -> Parsed:
            return Rejected("bad_phone", "'555-1234' is no phone", at, "phone", "555-1234")

    bench.source = Picky()
    bench.load(row("a"))
    assert quarantine(bench) == [("rows.jsonl", 1, "bad_phone", "phone", "", HIDDEN)]


@pytest.mark.parametrize("line", [row(None, votes=1), '{"votes": 1}'], ids=["null", "missing"])
def test_a_record_without_its_key_is_quarantined(bench: Bench, line: str) -> None:
    assert accounted(bench.load(line, row("b"))) == Counts(read=2, added=1, quarantined=1)
    assert quarantine(bench) == [("rows.jsonl", 1, "invalid_value", "code", "", "entries.code")]


def test_records_set_aside_are_kept_as_evidence(bench: Bench) -> None:
    result = bench.load(row("a"), "# État: 1 entry")
    assert accounted(result) == Counts(read=2, added=1, aside=1)
    assert bench.rows("SELECT page, line, rule, record FROM _clerk_asides") == [
        ("rows.jsonl", 2, "comment", '{"text": "# État: 1 entry"}')
    ]


def test_derived_rows_are_loaded_but_not_counted(bench: Bench) -> None:
    bench.source = Counted()
    bench.load(row("a", county="Bay"), row("b", county="Bay"))
    result = bench.load(row("a", county="Bay"), row("b", county="Gulf"))
    assert accounted(result) == Counts(read=2, changed=1, unchanged=1)
    assert bench.rows("SELECT county, entries FROM counties_effective") == [("Bay", 1), ("Gulf", 1)]
    assert result.tables[1].counts == Counts(read=2, added=1, changed=1)
    bench.undo(2)
    assert bench.rows("SELECT county, entries FROM counties_effective") == [("Bay", 2)]


def test_a_derived_row_that_breaks_its_table_is_the_plugins_fault(bench: Bench) -> None:
    class Wrong(Counted):
        def derive(self, county: str, count: int) -> dict[str, Any]:
            return {"county": county, "entries": None}

    bench.source = Wrong()
    result = bench.load(row("a", county="Bay"))
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        "source sheet, table counties: a derived row breaks its table: NOT NULL constraint failed: counties.entries",
    )


def test_derived_rows_that_contradict_each_other_are_the_plugins_fault(bench: Bench) -> None:
    class Wrong(Counted):
        def derive(self, county: str, count: int) -> dict[str, Any]:
            return {"county": "same", "entries": count}

    bench.source = Wrong()
    result = bench.load(row("a", county="Bay"), row("b", county="Bay"), row("c", county="Gulf"))
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        "source sheet, table counties: parse yields 2 derived rows that contradict each other",
    )


def test_a_sensitive_value_that_is_set_aside_is_not_kept(bench: Bench) -> None:
    class Setting(Sheet):
        def parse_line(self, line: str, at: Location) -> Parsed:
            return Aside("total", {"code": "T", "phone": "555-1234"}, at)

    bench.source = Setting()
    bench.load("{}")
    assert bench.rows("SELECT record FROM _clerk_asides") == [('{"code": "T"}',)]
