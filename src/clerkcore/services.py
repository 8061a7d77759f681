"""What a plugin implements beside sources: kinds of jobs, what runs them, and channels that tell people."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from clerkcore.models import Kind, Outcome, Run, ScopeResult, Site

if TYPE_CHECKING:
    from clerkcore.installation import Installation

QUEUES = ("high", "states", "finance", "reconcile", "monitor", "fiscal", "meetings")
"""The queues, one for each family of jobs, so that none blocks another; `high` is what somebody asked for by hand."""


class OpenRun(Protocol):
    """A run that was opened in the ledger before its work began, so that what is written can name it."""

    @property
    def run_id(self) -> int:
        """Its number; greater than any that the site's databases know."""
        ...

    def end(self, outcome: Outcome, message: str, *, remedy: str = "", scopes: Sequence[ScopeResult] = ()) -> None:
        """Say how it ended; without this, leaving the block is a failure."""
        ...

    @property
    def run(self) -> Run:
        """The run as it ended; to be yielded, after the block."""
        ...


class SiteWork(Protocol):
    """A site whose lease this process holds: what the work of a job is given."""

    @property
    def installation(self) -> Installation:
        """The installation."""
        ...

    @property
    def site(self) -> Site:
        """The site to work on, and no other."""
        ...

    def check(self) -> None:
        """Raise LeaseLost or JobCancelled when the work may not go on; to be asked before anything is written."""
        ...

    def open_run(self, name: str, options: Mapping[str, Any] | None = None) -> AbstractContextManager[OpenRun]:
        """Open a run of this name in the ledger for the work inside the block, and close it as the block says.

        An error closes it as failed and is raised; a process that dies in it leaves it to the next holder of the site.
        """
        ...


class JobType(ABC):
    """A kind of job that schedules, queues and the ledger know by its name, such as finance.etl.

    It is for enabled sites that have a source offered through `source_hook`; empty is for every site, or those of
    `kinds`. `queue` is one of QUEUES; `interval_hours`, or where it is set `cron` in the zone of the settings, is how
    often it is due where nobody says otherwise; `command` does it by hand.
    """

    name: ClassVar[str]
    queue: ClassVar[str]
    interval_hours: ClassVar[float]
    command: ClassVar[str]
    source_hook: ClassVar[str] = ""
    kinds: ClassVar[tuple[Kind, ...]] = ()
    cron: ClassVar[str] = ""

    @abstractmethod
    def run(self, work: SiteWork, options: Mapping[str, Any], report: Callable[[str], None]) -> Iterator[Run]:
        """Do the job and yield its runs as they end.

        `options` are what was asked for, as the ledger keeps them. A job may be asked for twice, and begun again after
        a process died in it: it must then do no harm.
        """


@dataclass(frozen=True, slots=True)
class Asked:
    """A job that waits in the ledger: all that an executor may know of it.

    `queue` is its family's, or high; `host` is the machine that has the site's databases, empty for any.
    """

    job_id: int
    attempt: int
    queue: str
    host: str = ""


Perform = Callable[[int], None]
"""Do the job of this id, now and here, as the ledger allows; a job that is not to be done any more is passed over."""


class Executor(ABC):
    """Carries jobs to the processes that do them; the ledger is the truth, and a message no more than its id.

    Messages may be lost, late or repeated: whoever does a job claims it in the ledger first, and what still waits is
    submitted again. `config` is [executors.NAME] of clerk.toml, secrets revealed.
    """

    name: ClassVar[str]

    def __init__(self, installation: Installation, config: Mapping[str, Any]) -> None:
        self.installation = installation
        self.config = config

    @abstractmethod
    def submit(self, jobs: Sequence[Asked]) -> None:
        """Hand jobs over; ExecutorError when that cannot be done, whereupon they wait in the ledger."""

    @abstractmethod
    def work(self, queues: Sequence[str], perform: Perform, *, burst: bool) -> None:
        """Take jobs from these queues, all when none is named, and perform each; with `burst` until they are empty.

        Ends on SIGINT and SIGTERM after the job at hand.
        """

    @abstractmethod
    def waiting(self) -> Mapping[str, int]:
        """Return how many messages wait in each queue; ExecutorError when that cannot be told."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is told of an alert: `kind` says whether it begins, is recalled, or is over.

    `facts` are pairs of a name and a value for a table; `commands` are what helps.
    """

    kind: Literal["fired", "reminder", "recovered", "test"]
    severity: str
    title: str
    text: str
    facts: Sequence[tuple[str, str]] = ()
    commands: Sequence[str] = ()
    alert_id: int | None = None
    at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class Notifier(ABC):
    """A channel that tells people: mail, a webhook; `config` is [channels.NAME] of clerk.toml, secrets revealed.

    A setting that cannot be used is a SettingsError when the channel is made.
    """

    name: ClassVar[str]

    def __init__(self, installation: Installation, config: Mapping[str, Any]) -> None:
        self.installation = installation
        self.config = config

    @abstractmethod
    def send(self, message: Message) -> None:
        """Send a message; NotifyError when it was not taken, whereupon it is sent again later.

        May take no longer than `notify.timeout`.
        """
