"""clerk jobs: what was asked for, what became of it, and why a site did or did not run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from clerkcore.cli.options import NUMBER, json_option
from clerkcore.cli.output import FAILED, STYLES, add_row, ago, clean, make_table, print_json, print_runs, show_table
from clerkcore.cli.progress import show_progress
from clerkcore.cli.work import make_sites, warn_of_plugins
from clerkcore.errors import UsageError
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.asking import cancel_job, open_executor, retry_job, whoami
from clerkcore.jobs.perform import TRACEBACK
from clerkcore.jobs.planning import Tick, Ticked, run_due
from clerkcore.jobs.pool import Pool
from clerkcore.jobs.types import Demand, load_job_type
from clerkcore.jobs.why import explain
from clerkcore.ledger import StoredJob, get_job, list_events, list_jobs, list_runs, waiting_jobs
from clerkcore.logs import tell
from clerkcore.notify.between import pump_between
from clerkcore.notify.pump import pump
from clerkcore.sites import check_subdomain
from clerkcore.times import now, to_text

MOST_EVENTS = 100_000
STATUSES = ("waiting", "running", "finished", "cancelled")
by_option = click.option("--by", default="", metavar="NAME", help="Who does this (your login name).")


@click.group()
def jobs() -> None:
    """Show what was asked for and what became of it; run, retry or cancel it.

    A job is one kind of work at one site, such as finance.etl of alameda.ca: at most one of a kind is open at a site.
    Each of its attempts has runs, one for each source.
    """


@jobs.command("list")
@click.option("--subdomain", metavar="SITE", help="Only this site.")
@click.option("--job", "job_type", metavar="JOB", help="Only this kind, such as finance.etl.")
@click.option("--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="Only jobs of this status.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1_000_000), help="How many at most.")
@json_option
@click.pass_obj
def list_all(
    installation: Installation,
    subdomain: str | None,
    job_type: str | None,
    statuses: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """List the newest jobs, e.g. clerk jobs list --status waiting"""
    with installation.ledger.read() as connection:
        found = list_jobs(connection, subdomain=subdomain, job_type=job_type, statuses=statuses, limit=limit)
    if as_json:
        for job in found:
            print_json(_describe(job))
        return
    table = make_table("Job", "Asked", "Kind", "Site", "Status", "Attempt", "Next", "Message")
    for job in found:
        add_row(table, _cells(job), STYLES[job.outcome] if job.outcome else "")
    show_table(table)
    if not found:
        click.echo("No jobs.")


def _cells(job: StoredJob) -> tuple[object, ...]:
    status = str(job.outcome or job.status)
    later = f"{job.not_before:%m-%d %H:%M} UTC" if job.status == "waiting" else ""
    asked = f"{ago(job.created_at)} by {job.asked_by}"
    return job.id, asked, job.job_type, job.subdomain, status, f"{job.attempts}/{job.max_attempts}", later, job.message


def _describe(job: StoredJob) -> dict[str, Any]:
    return {name: value for name, value in asdict(job).items() if name != "token"}


@jobs.command()
@click.argument("job_id", metavar="JOB", type=NUMBER)
@json_option
@click.pass_obj
def show(installation: Installation, job_id: int, as_json: bool) -> None:
    """Show one job with the runs of its attempts, e.g. clerk jobs show 12"""
    with installation.ledger.read() as connection:
        job = get_job(connection, job_id)
        runs = list_runs(connection, job_id=job_id, limit=1_000)
        broke = list_events(connection, kind=TRACEBACK, subdomain=job.subdomain, limit=MOST_EVENTS)
    traces = [str(event.data["traceback"]) for event in broke if event.data.get("job_id") == job_id]
    if as_json:
        numbers = [{"run_id": run.run.run_id, "outcome": run.outcome, "message": run.run.message} for run in runs]
        print_json({**_describe(job), "runs": numbers, "tracebacks": traces})
        return
    for name, value in _describe(job).items():
        click.echo(clean(f"{name}: {to_text(value) if hasattr(value, 'tzinfo') else value}"))
    for stored in runs:
        run = stored.run
        ended = str(stored.outcome or "running")
        click.echo(clean(f"run {run.run_id}: {run.source}, {ago(run.started_at)}: {ended}: {run.message}"))
    for trace in traces:
        click.echo("\n".join(clean(line) for line in trace.splitlines()))


@jobs.command()
@click.argument("ids", metavar="[JOB]...", nargs=-1, type=NUMBER)
@click.option("--due", is_flag=True, help="Open what schedules say is due first, and do all that waits.")
@click.option("--job", "names", multiple=True, metavar="JOB", help="With --due: only this kind; may be repeated.")
@click.option("--jobs", "workers", type=click.IntRange(1, 64), help="How many sites at a time (jobs.parallel).")
@json_option
@click.pass_context
def run(
    ctx: click.Context, ids: tuple[int, ...], due: bool, names: tuple[str, ...], workers: int | None, as_json: bool
) -> None:
    """Do jobs here and now, e.g. clerk jobs run 12, or every few minutes from cron: clerk jobs run --due

    Without a number, all that waits and whose time has come.
    """
    if (ids and due) or (names and not due):
        raise UsageError("say which jobs in one way", remedy="clerk jobs run 12, or clerk jobs run --due --job JOB")
    installation: Installation = ctx.obj
    ctx.exit(
        tick(installation, names, workers or 0, as_json) if due else _run_waiting(installation, ids, workers, as_json)
    )


def tick(
    installation: Installation,
    names: tuple[str, ...],
    workers: int,
    as_json: bool,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Do one tick of schedules, print what ran and return the exit code."""
    demands = tuple(Demand(load_job_type(installation, name)) for name in names)
    warn_of_plugins(installation)
    passed_over = make_sites(installation) if not names or STATES.job in names else False
    told = Ticked()
    with show_progress() as report:
        found = run_due(installation, Tick(demands, parallel=workers, stop=stop), report, told)
        code = print_runs(pump_between(installation, found, report), as_json)
        pump(installation, report)
    for problem in told.problems:
        click.echo(clean(f"Error: {problem}"), err=True)
    if told.handed:
        tell("jobs handed over", executor=installation.settings.executor, jobs=told.handed)
    return code or (FAILED if passed_over or told.problems else 0)


def _run_waiting(installation: Installation, ids: tuple[int, ...], workers: int | None, as_json: bool) -> int:
    with installation.ledger.read() as connection:
        chosen = [get_job(connection, job_id) for job_id in ids] or waiting_jobs(connection, now(), limit=None)
    for job in chosen:
        if not job.is_open:
            raise UsageError(f"job {job.id} is {job.status} already", remedy=f"clerk jobs retry {job.id}")
    if not chosen:
        click.echo("No job waits: clerk schedule next", err=True)
    with show_progress() as report, Pool(installation, workers or installation.settings.parallel, report) as pool:
        code = print_runs(pool.perform(job.id for job in chosen), as_json)
        pump(installation, report)
    return code


@jobs.command()
@click.argument("job_id", metavar="JOB", type=NUMBER)
@by_option
@click.pass_obj
def retry(installation: Installation, job_id: int, by: str) -> None:
    """Ask once more for what a job was about, e.g. clerk jobs retry 12

    The next tick or worker does it before others; to do it now: clerk jobs run NUMBER
    """
    job = retry_job(installation, job_id, by or whoami())
    click.echo(f"job {job.id} waits; to do it now: clerk jobs run {job.id}")


@jobs.command()
@click.argument("job_id", metavar="JOB", type=NUMBER)
@by_option
@click.pass_obj
def cancel(installation: Installation, job_id: int, by: str) -> None:
    """Cancel a job, e.g. clerk jobs cancel 12

    One that runs stops before it changes anything more; what it has applied stays: clerk undo RUN takes it back.
    """
    job = cancel_job(installation, job_id, by or whoami())
    click.echo(
        f"job {job.id} is cancelled" if job.status == "cancelled" else f"job {job.id} stops before it writes more"
    )


@jobs.command()
@json_option
@click.pass_obj
def queues(installation: Installation, as_json: bool) -> None:
    """Show how many jobs wait in each queue of workers, e.g. clerk jobs queues"""
    executor = open_executor(installation)
    for queue, waiting in executor.waiting().items():
        if as_json:
            print_json({"executor": executor.name, "queue": queue, "waiting": waiting})
        else:
            click.echo(f"{queue}: {waiting:,}")


@jobs.command()
@click.argument("site")
@json_option
@click.pass_obj
def why(installation: Installation, site: str, as_json: bool) -> None:
    """Say why a site did or did not run, e.g. clerk jobs why alameda.ca"""
    for reason in explain(installation, check_subdomain(site)):
        if as_json:
            print_json(asdict(reason))
            continue
        helps = f" ({reason.command})" if reason.command else ""
        click.echo(clean(f"{reason.job or site}: {reason.reason}: {reason.message}{helps}"))
