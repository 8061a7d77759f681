"""Options that commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar

import click

from clerkcore.jobs.selection import Selection

F = TypeVar("F", bound=Callable[..., Any])

NUMBER = click.IntRange(1, 2**31 - 1)
"""A number that the ledger gave out, on any database."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines, one object per run or row.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Fetch and compare, but change no database.")
from_option = click.option(
    "--from",
    "files",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Read a file or folder that you saved, instead of fetching.",
)


taken_option = click.option(
    "--taken",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    callback=lambda _ctx, _option, value: value and value.replace(tzinfo=UTC),
    help="When the files were saved (UTC); one older than the rows adds history only.",
)


def selection_options(command: F) -> F:
    """Add the ways to say which sites a job is for."""
    for decorate in (
        click.option(
            "--jobs",
            "workers",
            type=click.IntRange(1, 64),
            default=None,
            help="Sites at a time (jobs.parallel).",
        ),
        click.option("--next-site", is_flag=True, help="Only the site that has waited longest for this job."),
        click.option("--due", is_flag=True, help="Every enabled site whose interval has passed since this job began."),
        click.option("--all", "everything", is_flag=True, help="Every enabled site that has such a source."),
        click.option("--subdomain", "named", multiple=True, metavar="SITE", help="A site; may be repeated."),
        click.argument("sites", nargs=-1, metavar="[SITE]..."),
    ):
        command = decorate(command)
    return command


def read_selection(options: Mapping[str, Any]) -> Selection:
    """Return what the selection options say; UsageError when they contradict each other."""
    named = (*options["sites"], *options["named"])
    selection = Selection(named, options["everything"], options["next_site"], options["due"], options["workers"] or 0)
    selection.check()
    return selection
