"""clerk finance: campaign-finance data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clerkcore.cli.options import (
    dry_run_option,
    from_option,
    json_option,
    read_selection,
    selection_options,
    taken_option,
)
from clerkcore.cli.progress import show_progress
from clerkcore.cli.questions import QUESTIONS
from clerkcore.cli.work import run_order
from clerkcore.installation import FINANCE, Installation
from clerkcore.jobs.orders import Order
from clerkcore.models import Request
from clerkcore.times import now

year_option = click.option(
    "--year", "years", type=click.IntRange(1990, 2100), multiple=True, help="A year; the running one by default."
)
source_option = click.option("--source", default="", help="Only this source, where a site has several.")


@click.group()
def finance() -> None:
    """Bring campaign-finance data in, and ask what it says.

    From cron, daily as the publishers refresh: 0 6 * * * clerk finance etl --all. Where all sites take too long
    for one run, 0 6 * * * clerk finance etl --next-site does one site each time, and is run the more often.
    """


def _run(ctx: click.Context, stage: str, **options: Any) -> None:
    selection = read_selection(options)
    installation: Installation = ctx.obj
    files: tuple[Path, ...] = options.get("files", ())
    with show_progress() as report:
        order = Order(
            family=FINANCE,
            stage=stage,
            request=Request(now().date(), options["years"], taken_at=options.get("taken")),
            report=report,
            advance=report.advance,
            files=files,
            source=options["source"],
            dry_run=options.get("dry_run", False),
        )
        code = run_order(installation, order, selection, options["as_json"])
    ctx.exit(code)


@finance.command()
@selection_options
@year_option
@source_option
@from_option
@taken_option
@dry_run_option
@json_option
@click.pass_context
def etl(ctx: click.Context, /, **options: Any) -> None:
    """Extract, transform and load, e.g. clerk finance etl sandiego.ca --year 2020"""
    _run(ctx, "etl", **options)


@finance.command()
@selection_options
@year_option
@source_option
@from_option
@json_option
@click.pass_context
def extract(ctx: click.Context, /, **options: Any) -> None:
    """Fetch and keep, no more, e.g. clerk finance extract oakland.ca"""
    _run(ctx, "extract", **options)


@finance.command()
@selection_options
@year_option
@source_option
@json_option
@click.pass_context
def transform(ctx: click.Context, /, **options: Any) -> None:
    """Parse what was extracted into a file to inspect, e.g. clerk finance transform oakland.ca"""
    _run(ctx, "transform", **options)


@finance.command()
@selection_options
@year_option
@source_option
@dry_run_option
@json_option
@click.pass_context
def load(ctx: click.Context, /, **options: Any) -> None:
    """Apply what was transformed, e.g. clerk finance load oakland.ca"""
    _run(ctx, "load", **options)


for question in QUESTIONS:
    finance.add_command(question)
