"""`ClerkCollector`: every figure of an installation, read anew at each scrape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from threading import Lock

from prometheus_client.core import InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from clerkcore.errors import ClerkError
from clerkcore.installation import Installation
from clerkcore.metrics.families import counter, gauge, summary
from clerkcore.metrics.ledger_figures import LedgerFigures, SourceFigures, read_figures
from clerkcore.metrics.site_figures import DatabaseFigures, RawSizes, read_databases
from clerkcore.times import now

MOST_SITES = 500
"""Sites up to which each has figures of its own; above, those of the ledger are told by source, and no file is read."""

Sources = Mapping[tuple[str, str], SourceFigures]


class ClerkCollector(Collector):
    """Reads ledger and site databases; what cannot be read is kept in `errors`, and stops no other figure."""

    def __init__(self, installation: Installation, most_sites: int = MOST_SITES) -> None:
        self.installation = installation
        self.most_sites = most_sites
        self.errors: list[ClerkError] = []
        self._raw = RawSizes()
        self._scraping = Lock()

    def collect(self) -> Iterator[Metric]:
        """Yield every family; one scrape at a time, so that impatient readers do not pile up."""
        with self._scraping:
            self.errors = []
            yield InfoMetricFamily("clerk_build", "The version of clerk.", value={"version": version("clerkcore")})
            try:
                with self.installation.ledger.read() as connection:
                    figures = read_figures(connection, now())
            except ClerkError as error:
                self.errors.append(error)
                yield _up(False)
                return
            yield _up(True)
            yield from _of_ledger(figures)
            yield from _of_sources(self._by_site(figures))
            yield from self._of_files(figures)

    def _by_site(self, figures: LedgerFigures) -> Sources:
        return figures.sources if len(figures.sites) <= self.most_sites else merge_sites(figures.sources)

    def _of_files(self, figures: LedgerFigures) -> Iterator[Metric]:
        few = len(figures.sites) <= self.most_sites
        folders = {site: self.installation.folder(site) for site in figures.sites} if few else {}
        databases = {site: read_databases(folder) for site, folder in folders.items()}
        self.errors += [one.error for found in databases.values() for one in found if one.error]
        yield _failed_validations(self._by_site(figures), databases)
        if few:
            yield from _of_databases(databases)
            raw = {(site,): self._raw.size(folder.raw) for site, folder in folders.items()}
            yield gauge("clerk_raw_bytes", "Bytes of a site's archive of downloads and captures.", ["site"], raw)


def _up(well: bool) -> Metric:
    return gauge("clerk_up", "Whether the ledger could be read (1) or not (0).", [], {(): float(well)})


def _of_ledger(figures: LedgerFigures) -> Iterator[Metric]:
    sites = Counter((str(enabled).lower(),) for enabled in figures.sites.values())
    yield gauge("clerk_sites", "Sites in the ledger, by whether they are enabled.", ["enabled"], sites)
    yield counter("clerk_runs", "Runs that ended, by job and outcome.", ["job", "outcome"], figures.runs)
    yield summary("clerk_run_duration_seconds", "How long the runs of a job took.", "job", figures.durations)
    worst = {(job,): lag.seconds for job, lag in figures.lags.items()}
    yield gauge(
        "clerk_schedule_lag_seconds", "How long the most overdue schedule of a job is past its time.", ["job"], worst
    )
    behind = {(job,): float(lag.behind) for job, lag in figures.lags.items()}
    yield gauge("clerk_schedules_overdue", "Schedules of a job whose time has passed.", ["job"], behind)
    yield gauge("clerk_jobs", "Jobs in the ledger, by type and status.", ["job", "status"], figures.jobs)
    yield gauge("clerk_alerts", "Alerts, by status and severity.", ["status", "severity"], figures.alerts)
    about = "Notifications, by channel and status."
    yield gauge("clerk_notifications", about, ["channel", "status"], figures.notifications)
    if figures.tick is not None:
        about = "When the schedules were last looked through, in seconds since 1970."
        yield gauge("clerk_scheduler_last_tick_timestamp_seconds", about, [], {(): figures.tick})


def _of_sources(sources: Sources) -> Iterator[Metric]:
    labels = ["site", "source"]
    ran = {key: one.last for key, one in sources.items() if one.last is not None}
    about = "When a source's last run ended, whatever its outcome, in seconds since 1970."
    yield gauge("clerk_run_last_timestamp_seconds", about, labels, ran)
    well = {key: one.success for key, one in sources.items() if one.success is not None}
    about = "When a source's last run ended as changed or fresh, in seconds since 1970."
    yield gauge("clerk_run_last_success_timestamp_seconds", about, labels, well)
    failures = {key: one.failures for key, one in sources.items()}
    about = "Runs of a source that failed since one that did not."
    yield gauge("clerk_source_failures_in_a_row", about, labels, failures)
    held = {key: one.held for key, one in sources.items()}
    yield gauge("clerk_held_scopes", "Scopes that are held and wait for a decision.", labels, held)


def _failed_validations(sources: Sources, databases: Mapping[str, Iterable[DatabaseFigures]]) -> Metric:
    """Rejected records as the ledger counts them, findings as the databases keep them."""
    failed: Counter[tuple[str, ...]] = Counter({(*key, "quarantined"): one.quarantined for key, one in sources.items()})
    for site, found in databases.items():
        for database in found:
            for (source, severity), number in database.findings.items():
                failed[site, source, severity] += number
    about = "Records that were quarantined, and findings of checks that were warning or blocking."
    return counter("clerk_validations_failed", about, ["site", "source", "kind"], failed)


def _of_databases(databases: Mapping[str, Iterable[DatabaseFigures]]) -> Iterator[Metric]:
    labels = ["site", "database"]
    found = {(site, one.name): one for site, several in databases.items() for one in several}
    sizes = {key: one.size for key, one in found.items()}
    yield gauge("clerk_database_bytes", "Bytes of a site's database with its write-ahead log.", labels, sizes)
    readable = {key: float(one.error is None) for key, one in found.items()}
    yield gauge("clerk_database_readable", "Whether a site's database could be read (1) or not (0).", labels, readable)
    rows = {(*key, table): number for key, one in found.items() for table, number in one.rows.items()}
    about = "Rows that hold in a source's table, as the newest applied run of each scope counted them."
    yield gauge("clerk_rows", about, [*labels, "table"], rows)


def merge_sites(sources: Sources) -> Sources:
    """Return figures by source alone, with an empty site: the oldest times, the most failures, the other ones added."""
    merged: dict[tuple[str, str], SourceFigures] = {}
    for (_, source), one in sources.items():
        other = merged.get(("", source), one)
        first = ("", source) not in merged
        merged["", source] = SourceFigures(
            last=_oldest(one.last, other.last),
            success=_oldest(one.success, other.success),
            failures=max(one.failures, other.failures),
            held=one.held + (0 if first else other.held),
            quarantined=one.quarantined + (0 if first else other.quarantined),
        )
    return merged


def _oldest(one: float | None, other: float | None) -> float | None:
    known = [moment for moment in (one, other) if moment is not None]
    return min(known) if known else None
