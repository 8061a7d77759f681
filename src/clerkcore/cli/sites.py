"""clerk sites: the places an installation follows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import add_row, ago, clean, make_table, print_json, show_table, warn_of_errors
from clerkcore.errors import UsageError
from clerkcore.installation import Installation
from clerkcore.jobs.sites import (
    add_site,
    enable_site,
    import_file,
    import_folders,
    import_pilots,
    make_state_sites,
    move_home,
    rename_site,
    tell_home,
)
from clerkcore.ledger import FinanceMetadata, SiteRow, list_clocks, list_finance_metadata, list_sites
from clerkcore.models import Kind, Site
from clerkcore.sites import check_subdomain, read_state
from clerkcore.times import now
from clerkcore.upkeep.removal import archive_path, remove_site


@click.group()
def sites() -> None:
    """Add and show sites, the places an installation follows."""


def _read_setting(text: str) -> tuple[str, str, str]:
    name, dot, rest = text.partition(".")
    key, equals, value = rest.partition("=")
    if not (name and dot and key and equals):
        raise UsageError(f"{text!r} is no setting of a source", remedy="write SOURCE.KEY=VALUE, as netfile.agency=CSD")
    return name, key, value


@sites.command()
@click.argument("subdomain")
@click.option("--name", required=True, help="What the place is called.")
@click.option("--state", required=True, help="Two-letter state code.")
@click.option(
    "--kind", required=True, type=click.Choice([str(kind) for kind in Kind]), help="What sort of place it is."
)
@click.option("--set", "settings", multiple=True, metavar="SOURCE.KEY=VALUE", help="A source's setting; repeatable.")
@click.pass_obj
def add(
    installation: Installation, subdomain: str, name: str, state: str, kind: str, settings: tuple[str, ...]
) -> None:
    """Add a site, e.g. clerk sites add chico.ca --name Chico --state CA --kind city --set netfile.agency_name=Chico"""
    if not name.strip():
        raise UsageError("the name is empty", remedy="give every site a name")
    sources: dict[str, dict[str, str]] = {}
    for source, key, value in map(_read_setting, settings):
        sources.setdefault(source, {})[key] = value
    site = Site(check_subdomain(subdomain), name, read_state(state), Kind(kind), sources=sources)
    click.echo(f"added {subdomain}: {add_site(installation, site)}")


@sites.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pilots", is_flag=True, help="Add the pilot sites that ship with clerk.")
@click.pass_obj
def import_sites(installation: Installation, file: Path | None, pilots: bool) -> None:
    """Register every sites/*/site.toml, or add sites from a CSV FILE or the pilots, e.g. clerk sites import --pilots

    A CSV file has the columns subdomain, name, state and kind. Without one, enabled states of sites/states.json that
    have no site yet get one.
    """
    if file and pilots:
        raise UsageError("import a file or the pilots, not both")
    made: list[Site] = []
    if file:
        found = import_file(installation, file)
    else:
        _ = installation.states  # where it cannot be read, nothing is registered
        found = (import_pilots if pilots else import_folders)(installation)
        made, errors = make_state_sites(installation)
        warn_of_errors(list(errors.values()))
    for site in (*found, *made):
        why = "; made, for states.json names it" if site in made else ""
        click.echo(clean(f"{site.subdomain}: {site.name}, {', '.join(site.sources) or 'no sources yet'}{why}"))
    click.echo(f"{len(found) + len(made)} sites registered")


@sites.command("list")
@json_option
@click.pass_obj
def list_all(installation: Installation, as_json: bool) -> None:
    """List the sites, e.g. clerk sites list"""
    with installation.ledger.read() as connection:
        rows = list_sites(connection)
    if as_json:
        for row in rows:
            print_json(asdict(row))
        return
    table = make_table("Site", "Name", "State", "Kind", "Sources", "Finance data", "")
    for row in rows:
        add_row(table, (*_cells(row), "" if row.enabled else "disabled"), "" if row.enabled else "dim")
    show_table(table)
    if not rows:
        click.echo("No sites yet: clerk sites import --pilots")


def _cells(row: SiteRow) -> tuple[str, ...]:
    finance = "yes" if row.has_finance_data else "no"
    return row.subdomain, row.name, row.state, str(row.kind), ", ".join(row.sources) or "-", finance


@sites.command()
@click.argument("subdomain")
@json_option
@click.pass_obj
def show(installation: Installation, subdomain: str, as_json: bool) -> None:
    """Show one site: settings, databases, clocks, e.g. clerk sites show sandiego.ca"""
    site = installation.site(subdomain)
    described = _describe(installation, site)
    if as_json:
        print_json(described)
        return
    for key, value in described.items():
        lines = value if isinstance(value, list) else [value]
        click.echo(f"{key}: {clean(str(lines[0])) if lines else '-'}")
        for line in lines[1:]:
            click.echo(f"{' ' * len(key)}  {clean(str(line))}")


def _describe(installation: Installation, site: Site) -> dict[str, Any]:
    with installation.ledger.read() as connection:
        clocks = list_clocks(connection, subdomain=site.subdomain)
        metadata = [m for m in list_finance_metadata(connection) if m.subdomain == site.subdomain]
    return {
        "subdomain": site.subdomain,
        "name": site.name,
        "state": site.state,
        "kind": str(site.kind),
        "enabled": site.enabled,
        "sources": [
            _tell_source(name, installation.config(site, name), orphan=name in installation.orphan_sources(site))
            for name in site.sources
        ],
        "folder": str(installation.folder(site.subdomain).path),
        "databases": [
            f"{path.name}, {path.stat().st_size:,} bytes" for path in installation.folder(site.subdomain).databases()
        ],
        "jobs": [f"{clock.job}: {clock.last_outcome or 'running'}, {ago(clock.last_started_at)}" for clock in clocks],
        "finance": [_tell_finance(m) for m in metadata],
    }


def _tell_source(name: str, config: Mapping[str, Any], *, orphan: bool) -> str:
    why = ": no plugin offers it; what it brought is kept" if orphan else ""
    return f"{name} ({', '.join(f'{key} = {json.dumps(value)}' for key, value in config.items())}){why}"


def _tell_finance(metadata: FinanceMetadata) -> str:
    agency = " ".join(filter(None, (metadata.agency_shortcut, metadata.agency_name)))
    years = sorted({year for year in (metadata.first_year, metadata.last_year) if year})
    parts = [f"agency {agency}" if agency else "", f"{metadata.rows:,} rows", "-".join(map(str, years))]
    return f"{metadata.source}: {', '.join(filter(None, parts))}"


@sites.command()
@click.argument("subdomain")
@click.pass_obj
def disable(installation: Installation, subdomain: str) -> None:
    """Leave a site out of --all, --due and --next-site; its data stays, e.g. clerk sites disable oakland.ca"""
    enable_site(installation, subdomain, False)
    click.echo(f"{subdomain} is disabled; its data stays. To bring it back: clerk sites enable {subdomain}")


@sites.command()
@click.argument("subdomain")
@click.pass_obj
def enable(installation: Installation, subdomain: str) -> None:
    """Bring a disabled site back, e.g. clerk sites enable oakland.ca"""
    enable_site(installation, subdomain, True)
    click.echo(f"{subdomain} is enabled")


@sites.command()
@click.argument("subdomain")
@click.argument("host", required=False)
@click.option("--any", "anywhere", is_flag=True, help="Let whoever does its next job be its home.")
@click.pass_obj
def home(installation: Installation, subdomain: str, host: str | None, anywhere: bool) -> None:
    """Show or say which machine has a site's databases, e.g. clerk sites home alameda.ca worker-2

    Only matters where several machines share the ledger: the files of a site are on one of them, and only it takes the
    site's jobs. Move the site's folder first, while nothing runs.
    """
    if host or anywhere:
        move_home(installation, subdomain, host or "")
    click.echo(tell_home(installation, subdomain))


@sites.command()
@click.argument("old")
@click.argument("new")
@click.pass_obj
def rename(installation: Installation, old: str, new: str) -> None:
    """Give a site another subdomain, with all it has, e.g. clerk sites rename sandiego.ca san-diego.ca"""
    rename_site(installation, old, new)
    click.echo(f"{old} is now {new}")


@sites.command()
@click.argument("subdomain")
@click.option(
    "--archive",
    metavar="[FILE]",
    is_flag=False,
    flag_value="",
    help="Pack the site first, into FILE, or archive/SITE-TIME.tar.gz in the root; without it nothing is removed.",
)
@click.option("--by", "removed_by", required=True, help="Who removes it; the tombstone tells.")
@click.option("--reason", required=True, help="Why; the tombstone tells.")
@click.pass_obj
def remove(installation: Installation, subdomain: str, archive: str | None, removed_by: str, reason: str) -> None:
    """Pack a site into an archive and remove it, e.g. clerk sites remove chico.ca --archive --by Ann --reason merged"""
    if archive is None:
        raise UsageError("a site is removed into an archive only", remedy="add --archive, or --archive FILE")
    target = Path(archive) if archive else archive_path(installation, subdomain, now())
    packed = remove_site(installation, subdomain, target, removed_by, reason)
    click.echo(
        f"{subdomain} is removed; {packed.files:,} files, {packed.bytes:,} bytes, are in {clean(str(packed.path))}"
    )
