"""What the core registers of jobs: the kinds that bring sources in, and this machine as what runs them."""

from __future__ import annotations

from clerkcore.hookspecs import hookimpl
from clerkcore.models import Ref
from clerkcore.services import Executor, JobType


@hookimpl
def register_job_types() -> list[Ref[JobType]]:
    """Offer the jobs of the two kinds of source."""
    return [
        Ref("finance.etl", "clerkcore.jobs.types:FinanceEtl", "Fetch, compare and apply campaign finance"),
        Ref("states.update", "clerkcore.jobs.types:StatesUpdate", "Fetch, compare and apply election data of states"),
    ]


@hookimpl
def register_executors() -> list[Ref[Executor]]:
    """Offer the processes of this machine."""
    return [Ref("local", "clerkcore.jobs.local:LocalExecutor", "Processes of this machine that read the ledger")]
