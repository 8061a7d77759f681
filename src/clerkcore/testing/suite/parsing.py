"""Tests of parse alone: the same bytes, the same records, whatever surrounds it."""

from __future__ import annotations

from pathlib import Path

from clerkcore.interfaces import Source
from clerkcore.models import Parsed
from clerkcore.testing.fingerprint import take_fingerprints
from clerkcore.testing.shelf import Files, count_records, hold_capture, tell_whole
from clerkcore.testing.suite.base import SuiteBase
from clerkcore.testing.watch import watch_thread


class Parsing(SuiteBase):
    """Parse is pure and stable, and says where each record stood."""

    def test_every_sample_is_there(self) -> None:
        """A suite without samples would pass whatever the source does."""
        assert self.samples, "name the samples: files as the upstream sends them"
        assert self.read_files((*self.samples, *self.earlier))

    def test_every_record_of_the_samples_is_read(self, source: Source, parsed: list[Parsed]) -> None:
        """Parse yields as many items as the author counted records, whatever becomes of each."""
        assert count_records(source, parsed) == self.records

    def test_every_record_says_where_it_stood(self, files: Files, parsed: list[Parsed]) -> None:
        """Each location is a page of the capture and a line counted from 1."""
        astray = [item.at for item in parsed if item.at.page not in files or item.at.line < 1]
        assert not astray, f"not in the samples: {astray[:3]}"

    def test_parse_gives_the_same_twice(self, source: Source, files: Files, parsed: list[Parsed]) -> None:
        """Neither an earlier parse nor the clock changes what parse yields, nor its order."""
        first = [tell_whole(item) for item in parsed]
        capture = hold_capture(source, self.scope, files)
        for _ in range(2):
            assert [tell_whole(item) for item in source.parse(capture)] == first

    def test_parse_does_not_depend_on_its_process(self, source: Source, files: Files, tmp_path: Path) -> None:
        """Another hash seed, time zone, locale and folder give the same records in the same order."""
        one, other = take_fingerprints(source, self.scope, files, tmp_path)
        assert one == other, "parse walks a set, or reads the time zone, the locale or the folder"

    def test_parse_touches_nothing(self, source: Source, files: Files, parsed: list[Parsed]) -> None:
        """No file, database, process or network is used; what is imported on first use was imported before."""
        capture = hold_capture(source, self.scope, files)
        with watch_thread() as touched:
            again = list(source.parse(capture))
        assert not touched, f"parse is not pure: {', '.join(touched[:5])}"
        assert len(again) == len(parsed)
