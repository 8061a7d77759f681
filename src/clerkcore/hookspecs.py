"""Every extension point of clerk. A hook registers things; it does not do the work.

Hooks that register return light references (`Ref`): a name, "module:attribute" and one line of
help, so that listing what is there imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

from clerkcore.models import Ref

if TYPE_CHECKING:
    from clerkcore.finance import FinanceSource
    from clerkcore.installation import Installation
    from clerkcore.models import Run, Site
    from clerkcore.rosters import StateAdapter
    from clerkcore.services import Executor, JobType, Notifier

PROJECT = "clerkcore"
HOOKS_VERSION = 2

# Their names stand side by side in a site.toml, so one name means one source.
SOURCE_HOOKS = ("register_finance_sources", "register_state_adapters")

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_finance_sources() -> list[Ref[FinanceSource]]:  # type: ignore[empty-body]
    """Return the campaign-finance sources this plugin offers (since hooks version 1)."""


@hookspec
def register_state_adapters() -> list[Ref[StateAdapter]]:  # type: ignore[empty-body]
    """Return the election-data adapters of states this plugin offers (since hooks version 1)."""


@hookspec
def register_job_types() -> list[Ref[JobType]]:  # type: ignore[empty-body]
    """Return the kinds of jobs this plugin offers to schedules and queues (since hooks version 2)."""


@hookspec
def register_executors() -> list[Ref[Executor]]:  # type: ignore[empty-body]
    """Return the ways to carry jobs to other processes that this plugin offers (since hooks version 2)."""


@hookspec
def register_notifiers() -> list[Ref[Notifier]]:  # type: ignore[empty-body]
    """Return the kinds of channels this plugin offers to tell people by (since hooks version 2)."""


@hookspec
def after_update(installation: Installation, site: Site, run: Run) -> None:
    """React to a run that ended, whatever its outcome; errors are reported and stop nothing (since hooks version 1)."""
