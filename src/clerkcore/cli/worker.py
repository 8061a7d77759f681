"""clerk worker: does the jobs of queues."""

from __future__ import annotations

import click

from clerkcore.cli.output import print_run
from clerkcore.cli.progress import show_progress
from clerkcore.cli.work import warn_of_plugins
from clerkcore.installation import Installation
from clerkcore.jobs.asking import check_queues, open_executor
from clerkcore.jobs.holding import make_pace
from clerkcore.jobs.perform import Doing, perform_job
from clerkcore.notify.pump import pump
from clerkcore.services import QUEUES


@click.command()
@click.argument("queues", nargs=-1, metavar="[QUEUE]...")
@click.option("--burst", is_flag=True, help="End when nothing waits any more.")
@click.option("--executor", default="", metavar="NAME", help="Where jobs come from (jobs.executor).")
@click.pass_obj
def worker(installation: Installation, queues: tuple[str, ...], burst: bool, executor: str) -> None:
    """Do the jobs of queues, all of them without a name, until it is told to end, e.g. clerk worker high finance

    Queues: high (asked for by hand), states, finance, reconcile, monitor, fiscal, meetings. With the local executor
    workers look into the ledger; with rq they wait for messages on Redis.
    """
    check_queues(queues, QUEUES)
    warn_of_plugins(installation)
    pace = make_pace(installation)
    with show_progress() as report:

        def perform(job_id: int) -> None:
            for run in perform_job(installation, job_id, Doing(report, pace=pace, punctual=True)):
                print_run(run)
            pump(installation, report)

        source = open_executor(installation, executor)
        if not burst:
            named = ", ".join(queues or QUEUES)
            click.echo(f"Waiting for jobs of {named} ({source.name}); Ctrl-C ends after the job at hand.", err=True)
        source.work(queues, perform, burst=burst)
