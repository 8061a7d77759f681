"""clerk schedule run: ticks without cron."""

from __future__ import annotations

from collections.abc import Callable

import click

from clerkcore.cli.jobs import tick
from clerkcore.cli.options import json_option
from clerkcore.cli.output import clean
from clerkcore.installation import Installation


@click.command()
@click.option("--run-once", is_flag=True, help="Do what is due, and end.")
@click.option(
    "--every",
    default=300.0,
    show_default=True,
    type=click.FloatRange(min=1, max=86_400),
    metavar="SECONDS",
    help="Seconds between two ticks.",
)
@click.option("--job", "names", multiple=True, metavar="JOB", help="Only this kind of job; may be repeated.")
@click.option("--jobs", "workers", type=click.IntRange(1, 64), help="How many sites at a time (jobs.parallel).")
@json_option
@click.pass_context
def run(
    ctx: click.Context, run_once: bool, every: float, names: tuple[str, ...], workers: int | None, as_json: bool
) -> None:
    """Do what is due again and again, where there is no cron, e.g. clerk schedule run

    To do what is due once: clerk schedule run --run-once, of one kind alone with --job finance.etl. Ends after the job
    at hand on Ctrl-C or SIGTERM. What it prints is what the jobs came to; settings are those of its start.
    """
    # Not at the top: the other commands of this group must not pay for a scheduler.
    from clerkcore.jobs.daemon import Ticker, keep_ticking

    def work(installation: Installation, stop: Callable[[], bool]) -> int:
        return tick(installation, names, workers or 0, as_json, stop)

    ticker = Ticker(ctx.obj, work, lambda line: click.echo(clean(line), err=True))
    if run_once:
        ctx.exit(ticker.once(lambda: False))
    keep_ticking(ticker, every)
