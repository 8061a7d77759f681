"""The checks of `clerk doctor` on what works beside the sites: executor, ticks, channels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from clerkcore.errors import ClerkError
from clerkcore.installation import Installation
from clerkcore.jobs.asking import open_executor
from clerkcore.jobs.checked import FAILURE, OK, WARNING, Check
from clerkcore.jobs.planning import SCHEDULER
from clerkcore.jobs.types import load_job_types
from clerkcore.ledger import mark_set_at
from clerkcore.notify.configured import list_channels, open_channel
from clerkcore.times import now

LONGEST_PAUSE = timedelta(hours=1)


def check_services(installation: Installation) -> Iterator[Check]:
    """Yield what is wrong with executor, ticks and channels, and what is right."""
    for problem in load_job_types(installation)[1]:
        yield Check("jobs", FAILURE, str(problem))
    yield from _check_executor(installation)
    yield from _check_ticks(installation)
    yield from _check_channels(installation)


def _check_executor(installation: Installation) -> Iterator[Check]:
    try:
        executor = open_executor(installation)
        waiting = sum(executor.waiting().values())
    except ClerkError as error:
        yield Check("executor", FAILURE, str(error))
    else:
        yield Check("executor", OK, f"{executor.name}, {waiting:,} jobs wait")


def _check_ticks(installation: Installation) -> Iterator[Check]:
    try:
        with installation.ledger.read() as connection:
            ticked = mark_set_at(connection, SCHEDULER)
    except ClerkError:
        return  # told by the check of the ledger
    if ticked is None:
        yield Check("schedule", WARNING, "no tick has come yet", "clerk schedule install cron")
    elif now() - ticked > LONGEST_PAUSE:
        message = f"the last tick came at {ticked:%Y-%m-%d %H:%M} UTC"
        yield Check("schedule", WARNING, message, "clerk schedule installed")
    else:
        yield Check("schedule", OK, f"the last tick came at {ticked:%Y-%m-%d %H:%M} UTC")


def _check_channels(installation: Installation) -> Iterator[Check]:
    try:
        channels = list_channels(installation.settings)
    except ClerkError as error:
        yield Check("channels", FAILURE, str(error))
        return
    if not channels:
        yield Check(
            "channels", WARNING, "nobody is told of alerts", "set smtp.host and notify.admin_emails, or [channels]"
        )
    for channel in channels:
        try:
            open_channel(installation, channel)
        except ClerkError as error:
            yield Check("channels", FAILURE, str(error))
        else:
            yield Check("channels", OK, f"{channel.name}; to try it: clerk alerts test {channel.name}")
