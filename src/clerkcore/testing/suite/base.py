"""What the parts of the suite share: the settings that a plugin author gives, and what follows from them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest

from clerkcore.errors import SourceError
from clerkcore.interfaces import Source
from clerkcore.models import Kind, Parsed, Request, Scope, Site
from clerkcore.testing.bench import Bench
from clerkcore.testing.shelf import Files, parse_files


class SuiteBase:
    """The settings of a suite and its fixtures."""

    source_class: ClassVar[type[Source]]
    scope: ClassVar[Scope]
    samples: ClassVar[Sequence[Path]] = ()
    records: ClassVar[int]
    config: ClassVar[Mapping[str, Any]] = {}
    site: ClassVar[Site] = Site("suite.ca", "Suite", "CA", Kind.CITY)
    request: ClassVar[Request] = Request(date(2026, 3, 1))
    earlier: ClassVar[Sequence[Path]] = ()
    optional: ClassVar[frozenset[str]] = frozenset()
    plugins_dir: ClassVar[str] = ""

    @pytest.fixture
    def source(self) -> Source:
        """The source, set up for a site."""
        return self.source_class(self.config)

    @pytest.fixture
    def files(self) -> Files:
        """The samples by name."""
        return self.read_files(self.samples)

    @pytest.fixture
    def parsed(self, source: Source, files: Files) -> list[Parsed]:
        """All that the source makes of the samples."""
        return parse_files(source, self.scope, files)

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Bench:
        """A site without any data."""
        return self.make_bench(tmp_path / "bench")

    @pytest.fixture(scope="class")
    @classmethod
    def loaded_site(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """The folder of a site into which the samples were loaded once, for all tests of the suite to copy."""
        suite, folder = cls(), tmp_path_factory.mktemp("loaded") / "bench"
        suite.make_bench(folder).load(suite.read_files(suite.samples))
        return folder

    @pytest.fixture
    def loaded(self, loaded_site: Path, tmp_path: Path) -> Bench:
        """A site with the samples loaded."""
        bench = self.make_bench(Path(shutil.copytree(loaded_site, tmp_path / "bench")))
        bench.last_run = 1
        return bench

    def make_bench(self, folder: Path) -> Bench:
        """Return another site without any data."""
        return Bench(folder, self.source_class(self.config), self.scope, self.site)

    def read_files(self, paths: Sequence[Path]) -> dict[str, bytes]:
        """Return the files by name; fails the test when one is missing."""
        for path in paths:
            if not path.is_file():
                pytest.fail(f"the sample {path} is missing: commit a small file as the upstream sends it")
        return {path.name: path.read_bytes() for path in paths}

    def parse_damaged(self, files: Files, what: str) -> list[Parsed] | SourceError:
        """Parse damaged files; returns SourceError where it is raised, and fails the test on any other exception."""
        try:
            return parse_files(self.source_class(self.config), self.scope, files)
        except SourceError as error:
            self.check_message(error, what)
            return error
        except Exception as error:
            raise self.wrong_error(error, what) from error

    def wrong_error(self, error: Exception, what: str) -> AssertionError:
        """Return the failure for an exception that tells an operator nothing."""
        return AssertionError(
            f"{what}: {type(error).__name__}: {error}; raise SourceError where the whole file is unusable,"
            " and yield Rejected for one record"
        )

    def check_message(self, error: SourceError, what: str) -> None:
        """Fail the test unless the error names the source and says what helps."""
        name = self.source_class.name
        assert name in str(error), f"{what}: the message does not name the source {name!r}: {error}"
        assert error.remedy, f"{what}: the message has no remedy: {error}"
