"""clerk redact: a record is removed for good."""

from __future__ import annotations

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import add_row, clean, make_table, print_json, print_runs, show_table
from clerkcore.cli.progress import show_progress
from clerkcore.jobs.redaction import Redacting, preview_redaction
from clerkcore.jobs.redaction import redact as redact_record
from clerkcore.road.redact import Found


@click.command()
@click.argument("site", metavar="SITE")
@click.option("--source", required=True, help="The source whose record it is.")
@click.option("--table", required=True, help="The table of the source that has it.")
@click.option("--key", multiple=True, required=True, metavar="COLUMN=VALUE", help="Its key, or columns of it; repeat.")
@click.option("--scope", default="", help="Only in this scope of the source; all by default.")
@click.option("--reason", required=True, help="Why, as the tombstone will say; name nobody.")
@click.option("--by", required=True, metavar="NAME", help="Who decided it.")
@click.option("--yes", is_flag=True, help="Do it; otherwise only show what would be removed.")
@json_option
@click.pass_context
def redact(
    ctx: click.Context,
    site: str,
    source: str,
    table: str,
    key: tuple[str, ...],
    scope: str,
    reason: str,
    by: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove a person's record for good, and keep it from coming back; without --yes only show what would go.

    e.g. clerk redact tx --source texas --table roster --key voter_id=1234567890 --by "A. Clerk" --reason "court order"
    """
    asked = Redacting(site, source, table, key, reason, by, scope)
    with show_progress() as report:
        if yes:
            run = redact_record(ctx.obj, asked, report)
        else:
            found = preview_redaction(ctx.obj, asked, report)
    if yes:
        ctx.exit(print_runs([run], as_json))
    _show(found, as_json)


def _show(found: Found, as_json: bool) -> None:
    rows = [(scope, place, count) for scope, places in found.scopes.items() for place, count in places.items()]
    rows += [("", "stages", len(found.stages))] if found.stages else []
    rows += [(scope, "raw captures", count) for scope, count in found.captures_of.items()]
    if as_json:
        for scope, place, count in rows:
            print_json({"scope": scope, "place": place, "count": count})
        return
    table = make_table("Scope", "What", "How many")
    for row in rows:
        add_row(table, row)
    if rows:
        show_table(table)
        downloads = found.downloads
        click.echo(f"{len(downloads):,} raw downloads ({sum(downloads.values()):,} bytes) would go, their hashes stay.")
    else:
        click.echo("Nothing holds such a record; with --yes it is set aside when it comes.")
    click.echo(clean("Nothing was removed. Add --yes to remove it for good; backups are not touched."), err=True)
