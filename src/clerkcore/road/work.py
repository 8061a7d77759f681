"""`Work`: what every step of the road needs to know about the run it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from clerkcore import times
from clerkcore.fetch import Archive, Pace
from clerkcore.interfaces import Source
from clerkcore.models import Advance, Site
from clerkcore.settings import Settings
from clerkcore.sites import SiteFolder


def _silent(_: str) -> None:
    """Report nothing."""


def ignore_advance(_: Advance) -> None:
    """Tell nobody how far the reading has come."""


def _unchecked() -> None:
    """Check no lease."""


@dataclass(frozen=True)
class Work:
    """One run of one source of one site.

    `report` takes lines of progress, `advance` how far the reading of a large scope has come; `check_lease` raises
    LeaseLost when another process has the site; `started_at` is when the scope at hand began. `taken_at` is when the
    files of an import were saved, where the operator says. Works that share a `pace` leave http.delay between their
    requests to one host.
    """

    site: Site
    source: Source
    folder: SiteFolder
    settings: Settings
    run_id: int
    job: str
    dry_run: bool = False
    report: Callable[[str], None] = _silent
    advance: Callable[[Advance], None] = ignore_advance
    check_lease: Callable[[], None] = _unchecked
    now: Callable[[], datetime] = times.now
    started_at: datetime = field(default_factory=times.now)
    pace: Pace | None = None
    taken_at: datetime | None = None

    @property
    def archive(self) -> Archive:
        """The raw archive of the site."""
        return Archive(self.folder.raw)

    @property
    def database(self) -> Path:
        """The database this source fills."""
        return self.folder.database(self.source.database)

    def stage_path(self, scope: str) -> Path:
        """Where the parsed records of a scope wait to be loaded."""
        return self.folder.stage / self.source.name / f"{quote(scope, safe='')}.db"

    def passing_stage_path(self, scope: str) -> Path:
        """Where the records of a run that goes the whole way lie meanwhile, beside what an operator inspects."""
        staged = self.stage_path(scope)
        return staged.with_name(f".{staged.name}")

    def where(self, scope: str) -> str:
        """Name the scope in messages."""
        return f"{self.site.subdomain} {self.source.name} {scope}"
