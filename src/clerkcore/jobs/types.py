"""The kinds of jobs an installation knows; the core's own bring sources in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from clerkcore.errors import PluginError, UsageError
from clerkcore.installation import FINANCE, STATES, Family, Installation
from clerkcore.jobs.holding import HeldSite
from clerkcore.jobs.orders import Order, read_order
from clerkcore.jobs.runner import run_sources
from clerkcore.jobs.selection import disabled_states
from clerkcore.ledger import Fit
from clerkcore.ledger.stored import dump_json
from clerkcore.models import Run
from clerkcore.services import QUEUES, JobType, SiteWork

HOOK = "register_job_types"


class SourceJob(JobType):
    """Brings in what the sources of one family say."""

    family: ClassVar[Family]

    def run(self, work: SiteWork, options: Mapping[str, Any], report: Callable[[str], None]) -> Iterator[Run]:
        """Run each of the site's sources."""
        yield from run_sources(read_order(self.family, options, report), cast(HeldSite, work))


class FinanceEtl(SourceJob):
    """Campaign finance."""

    family = FINANCE
    name = FINANCE.job
    queue = "finance"
    interval_hours = FINANCE.interval_hours
    command = FINANCE.command
    source_hook = FINANCE.hook


class StatesUpdate(SourceJob):
    """Election data of states."""

    family = STATES
    name = STATES.job
    queue = "states"
    interval_hours = STATES.interval_hours
    command = STATES.command
    source_hook = STATES.hook


def load_job_type(installation: Installation, name: str) -> JobType:
    """Return a kind of job; UsageError names those there are when nobody offers it, PluginError one that is broken."""
    offered = installation.plugins.names(HOOK)
    if name not in offered:
        raise UsageError(f"there is no job {name!r}", remedy=f"jobs: {', '.join(offered)}")
    made = _make(installation.plugins.load(HOOK, name), name)
    if not isinstance(made, JobType) or made.name != name or made.queue not in QUEUES:
        raise PluginError(
            f"the kind of job {name!r} is no JobType of this name in one of the queues {', '.join(QUEUES)}",
            remedy="report it to the plugin's author",
        )
    return made


def _make(offered: Callable[[], object], name: str) -> object:
    try:
        return offered()
    except Exception as error:  # foreign code
        told = f"the kind of job {name!r} cannot be made: {type(error).__name__}: {error}"
        raise PluginError(told, remedy="report it to the plugin's author") from error


def load_job_types(installation: Installation) -> tuple[list[JobType], list[PluginError]]:
    """Return every kind of job that can be used, by name, and what is wrong with the others."""
    types: list[JobType] = []
    problems: list[PluginError] = []
    for name in installation.plugins.names(HOOK):
        try:
            types.append(load_job_type(installation, name))
        except PluginError as error:
            problems.append(error)
    return types, problems


@dataclass(frozen=True, slots=True)
class Demand:
    """A kind of job with what is asked of it; without options it is what schedules ask."""

    job_type: JobType
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What tells the jobs of this demand from others of the kind; empty without options."""
        return dump_json(dict(self.options)) if self.options else ""


def demand_of(installation: Installation, order: Order) -> Demand:
    """Return what an order asks of its kind of job."""
    return Demand(load_job_type(installation, order.job), order.demands)


def sources_of(installation: Installation, job_type: JobType) -> list[str] | None:
    """Return the sources whose sites a kind of job is for; None is every site."""
    return installation.plugins.names(job_type.source_hook) if job_type.source_hook else None


def fit_of(installation: Installation, job_type: JobType) -> Fit:
    """Return what sites must be like for a kind of job."""
    sources = sources_of(installation, job_type)
    return Fit(None if sources is None else tuple(sources), tuple(map(str, job_type.kinds)))


def sites_left_out(installation: Installation, job_type: JobType) -> frozenset[str]:
    """Return the sites that only a person may name: those of states that states.json disables."""
    return disabled_states(installation, STATES) if job_type.source_hook == STATES.hook else frozenset()
