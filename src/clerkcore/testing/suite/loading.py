"""Tests of the samples going down the road."""

from __future__ import annotations

from pathlib import Path

from clerkcore.interfaces import Source
from clerkcore.models import Outcome, Parsed, Record
from clerkcore.testing.bench import Bench
from clerkcore.testing.shelf import Files, count_records
from clerkcore.testing.suite.base import SuiteBase

RESTS = (Outcome.CHANGED, Outcome.FRESH)


class Loading(SuiteBase):
    """Loads are counted, repeatable and can be taken back."""

    def test_the_samples_are_loaded(self, bench: Bench, files: Files) -> None:
        """A first load brings rows, and is held by no guard."""
        result = bench.load(files)
        assert result.outcome is Outcome.CHANGED, f"{result.outcome}: {result.message}"

    def test_every_record_is_accounted_for(
        self, bench: Bench, source: Source, files: Files, parsed: list[Parsed]
    ) -> None:
        """read = added + changed + unchanged + duplicates + quarantined + aside; read is parsed, added is stored."""
        counts = bench.load(files).counts
        assert counts.balances, f"the records do not add up: {counts}"
        assert counts.read == count_records(source, parsed)
        rows = bench.rows()
        assert counts.added == sum(len(rows[table.name]) for table in source.tables if not table.derived)

    def test_the_tables_hold_only_what_parse_yields(self, loaded: Bench, source: Source, parsed: list[Parsed]) -> None:
        """No row stands for a key that no record has."""
        rows = loaded.rows()
        for table in source.tables:
            keys = {
                tuple(item.values.get(column) for column in table.key)
                for item in parsed
                if isinstance(item, Record) and item.table == table.name
            }
            stored = {tuple(row[column] for column in table.key) for row in rows[table.name]}
            assert stored <= keys, f"{table.name} holds rows that parse does not yield: {sorted(stored - keys)[:3]}"

    def test_the_same_files_again_do_nothing(self, loaded: Bench, files: Files) -> None:
        """A second load ends fresh, and says so without parsing."""
        before = loaded.rows()
        result = loaded.load(files)
        assert (result.outcome, result.counts.differs) == (Outcome.FRESH, False), result.message
        assert loaded.rows() == before

    def test_applying_the_same_files_again_changes_no_row(self, loaded: Bench, files: Files) -> None:
        """Even parsed and compared anew, as after a new version of the plugin, nothing differs."""
        before = loaded.rows()
        result = loaded.apply_again(files)
        assert (result.outcome, result.counts.refreshed) == (Outcome.FRESH, 0), result.message
        assert all(not table.counts.differs for table in result.tables), result.message
        assert loaded.rows() == before

    def test_a_load_after_another_gives_the_rows_of_a_fresh_one(
        self, bench: Bench, files: Files, tmp_path: Path
    ) -> None:
        """What stood before leaves no trace in the live rows."""
        bench.load(self.read_files(self.earlier) or files)
        assert bench.load(files).outcome in RESTS
        fresh = self.make_bench(tmp_path / "fresh")
        fresh.load(files)
        assert bench.rows() == fresh.rows()

    def test_undo_restores_what_was_before(self, bench: Bench, files: Files) -> None:
        """Taking back a load gives the rows before it, or none."""
        earlier = self.read_files(self.earlier)
        if earlier:
            bench.load(earlier)
        before = bench.rows() if earlier else {table.name: [] for table in bench.source.tables}
        bench.load(files)
        bench.undo(bench.last_run)
        assert bench.rows() == before
