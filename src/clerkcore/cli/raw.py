"""clerk raw: what the raw archives hold, and collecting what nothing rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import add_row, clean, make_table, print_json, show_table, warn_of_errors
from clerkcore.errors import ClerkError
from clerkcore.installation import Installation
from clerkcore.upkeep.collection import collect_sites
from clerkcore.upkeep.spare import Collection, SourceShelf, plan_collections

UNNAMED = "(in no capture)"
sites_argument = click.argument("sites", nargs=-1, metavar="[SITE]...")


@click.group()
def raw() -> None:
    """Show and collect the raw archives of downloads."""


@raw.command()
@sites_argument
@json_option
@click.pass_context
def show(ctx: click.Context, sites: tuple[str, ...], as_json: bool) -> None:
    """Show captures, downloads and bytes by site and source, and what may go, e.g. clerk raw show sandiego.ca"""
    found = list(plan_collections(ctx.obj, _named(ctx.obj, sites)))
    shelves = [shelf for collection in found for shelf in collection.sources]
    if as_json:
        for shelf in shelves:
            print_json(_describe_shelf(shelf))
    else:
        _show_shelves(shelves)
        for collection in found:
            _tell(collection)
    ctx.exit(warn_of_errors(_errors(found)))


@raw.command()
@sites_argument
@click.option("--yes", is_flag=True, help="Remove what is shown; without it nothing is.")
@click.option("--dry-run", is_flag=True, help="Only show what would go, which is the default.")
@json_option
@click.pass_context
def collect(ctx: click.Context, sites: tuple[str, ...], yes: bool, dry_run: bool, as_json: bool) -> None:
    """Remove captures that nothing rests on, by raw.keep_days and raw.max_bytes, e.g. clerk raw collect --yes"""
    named = _named(ctx.obj, sites)
    found = []
    for collection in (collect_sites if yes and not dry_run else plan_collections)(ctx.obj, named):
        found.append(collection)
        if as_json and not collection.error:
            print_json(_describe(collection))
        elif not as_json:
            _tell(collection)
    if not as_json and not (yes and not dry_run) and any(collection.downloads for collection in found):
        click.echo("Nothing was removed; to remove it: clerk raw collect --yes")
    ctx.exit(warn_of_errors(_errors(found)))


def _named(installation: Installation, sites: Sequence[str]) -> list[str]:
    return [installation.site(name).subdomain for name in sites] or [site.subdomain for site in installation.sites()]


def _errors(found: Sequence[Collection]) -> list[ClerkError]:
    return [collection.error for collection in found if collection.error]


def _tell(collection: Collection) -> None:
    if collection.error:
        return
    if not collection.going and not collection.downloads:
        click.echo(f"{collection.site}: nothing may go")
        return
    word = "gone" if collection.done else "may go"
    counts = f"{len(collection.going):,} captures, {len(collection.downloads):,} downloads"
    click.echo(f"{collection.site}: {counts}, {collection.bytes:,} bytes {word}")


def _show_shelves(shelves: Sequence[SourceShelf]) -> None:
    table = make_table("Site", "Source", "Captures", "Downloads", "Bytes", "May go", "Stay because")
    for shelf in shelves:
        counts = [f"{number:,}" for number in (shelf.captures, shelf.downloads, shelf.bytes, shelf.going_captures)]
        source = f"{shelf.source} (no plugin)" if not shelf.offered else shelf.source or UNNAMED
        add_row(table, (shelf.site, source, *counts, ", ".join(f"{n} {why}" for why, n in shelf.kept.items())))
    if shelves:
        show_table(table)
    else:
        click.echo("Nothing is kept yet.")


def _describe_shelf(shelf: SourceShelf) -> dict[str, Any]:
    return {name: getattr(shelf, name) for name in SourceShelf.__slots__}


def _describe(collection: Collection) -> dict[str, Any]:
    return {
        "site": collection.site,
        "captures": len(collection.going),
        "downloads": len(collection.downloads),
        "bytes": collection.bytes,
        "removed": collection.done,
        "capture_ids": [clean(" ".join(shelved.key)) for shelved in collection.going],
    }
