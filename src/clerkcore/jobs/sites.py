"""Adding, importing, disabling and renaming sites: the folder and the ledger together."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from clerkcore.errors import ClerkError, SettingsError, SiteError
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.defaults import refresh_schedules
from clerkcore.jobs.holding import hold_site, own_host
from clerkcore.jobs.types import load_job_types
from clerkcore.ledger import SiteRow, get_site, list_sites, refuse_busy, save_site, set_enabled, set_home
from clerkcore.ledger import rename_site as rename_in_ledger
from clerkcore.models import Kind, Site
from clerkcore.sites import (
    StateEntry,
    check_subdomain,
    enable_in_file,
    find_sites,
    load_site,
    pilot_sites,
    pilot_text,
    read_kind,
    read_site,
    read_state,
    rename_folder,
    states_path,
    write_site,
)
from clerkcore.times import now

if TYPE_CHECKING:
    from sqlalchemy import Connection

CSV_COLUMNS = ("subdomain", "name", "state", "kind")


def add_site(installation: Installation, site: Site) -> Path:
    """Add a new site; SiteError when it exists."""
    if not site.name.isprintable():
        raise SiteError(f"the name {site.name!r} holds control characters", remedy="give it in plain text")
    if installation.folder(site.subdomain).config.exists():
        raise SiteError(f"site {site.subdomain!r} exists already", remedy=f"clerk sites show {site.subdomain}")
    return _save(installation, site)


def _save(installation: Installation, site: Site, text: str = "") -> Path:
    with installation.ledger.write() as connection:
        # Written inside the ledger's transaction: where there is no ledger, no folder is left behind.
        path = write_site(installation.root, site, text)
        save_site(connection, site)
        _settle(installation, connection, site)
    return path


def _register(installation: Installation, sites: Iterable[Site]) -> None:
    with installation.ledger.write() as connection:
        for site in sites:
            save_site(connection, site)
            _settle(installation, connection, site)


def _settle(installation: Installation, connection: Connection, site: Site) -> None:
    """Make this machine the home of a site that has none, where machines share the ledger: its folder is here."""
    here = own_host(installation)
    if here and not get_site(connection, site.subdomain).host:
        set_home(connection, site.subdomain, here)


def import_pilots(installation: Installation) -> list[Site]:
    """Add the pilot sites that are not there yet, and register the others anew."""
    for site in pilot_sites():
        if not installation.folder(site.subdomain).config.exists():
            _save(installation, site, pilot_text(site.subdomain))
    return import_folders(installation)


def import_folders(installation: Installation) -> list[Site]:
    """Register every site.toml below sites/, as it is now, and plan its jobs anew by its intervals."""
    sites = [read_site(path) for path in find_sites(installation.root)]
    _register(installation, sites)
    refresh_schedules(installation, load_job_types(installation)[0])
    return sites


def make_state_sites(
    installation: Installation, named: Collection[str] = ()
) -> tuple[list[Site], dict[str, ClerkError]]:
    """Make and register what is missing of the sites of states.json: of the named ones, or of every enabled state.

    Returns the sites made, and by site what is wrong with the others: no plugin offers the adapter, or the site is
    there without any.
    """
    made: list[Site] = []
    errors: dict[str, ClerkError] = {}
    with installation.ledger.read() as connection:
        known = {row.subdomain: row for row in list_sites(connection)}
    for entry in installation.states:
        row = known.get(entry.site)
        if entry.site in named if named else entry.enabled and not (row and not row.enabled):
            try:
                made += _complete(installation, entry, row.sources if row else ())
            except ClerkError as error:
                errors[entry.site] = error
    return made, errors


def _complete(installation: Installation, entry: StateEntry, sources: Collection[str]) -> list[Site]:
    offered = installation.plugins.names(STATES.hook)
    if entry.adapter not in sources and not set(offered).isdisjoint(sources):
        return []  # its own site.toml names another adapter, and stands before states.json
    if entry.adapter not in offered:
        raise SettingsError(
            f"states.{entry.code}.adapter: no plugin offers {entry.adapter!r}; offered: {', '.join(offered) or 'none'}",
            where=str(states_path(installation.root)),
            remedy=f'install its plugin, or write "enabled": false in states.{entry.code}',
        )
    if entry.adapter in sources:
        return []
    config = installation.folder(entry.site).config
    if not config.exists():
        site = Site(entry.site, entry.name, entry.code, Kind.STATE, sources={entry.adapter: {}})
        _save(installation, site, _pilot_of(entry))
        return [site]
    site = load_site(installation.root, entry.site)
    if entry.adapter not in site.sources:
        message = f"has no [sources.{entry.adapter}], which states.json names for {entry.code}"
        raise SiteError(message, where=str(config), remedy="add it, or correct states.json")
    _register(installation, [site])
    return []


def _pilot_of(entry: StateEntry) -> str:
    """Return the site.toml that ships for a state, with the settings it needs; empty where none does."""
    pilots = {site.subdomain: site for site in pilot_sites()}
    pilot = pilots.get(entry.site)
    return pilot_text(entry.site) if pilot and pilot.state == entry.code and entry.adapter in pilot.sources else ""


def import_file(installation: Installation, path: Path) -> list[Site]:
    """Add or update sites from a CSV file with subdomain, name, state and kind; all of them or none."""
    sites = [_with_sources(installation, site) for site in _read_csv(path)]
    with installation.ledger.write() as connection:
        for site in sites:
            if not installation.folder(site.subdomain).config.exists():
                write_site(installation.root, site)
            save_site(connection, site)
    return sites


def _with_sources(installation: Installation, site: Site) -> Site:
    """Keep what an existing site.toml says; the CSV only adds sites."""
    if installation.folder(site.subdomain).config.exists():
        return load_site(installation.root, site.subdomain)
    return site


def _read_csv(path: Path) -> Iterator[Site]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError(f"cannot be read: {error}", where=path.name, remedy="save it as a UTF-8 CSV file") from error
    reader = csv.DictReader(text.splitlines())
    missing = [column for column in CSV_COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise SiteError(
            f"lacks the column {missing[0]!r}", where=path.name, remedy=f"columns: {', '.join(CSV_COLUMNS)}"
        )
    for row in reader:
        where = f"{path.name} line {reader.line_num}"
        values = {column: (row[column] or "").strip() for column in CSV_COLUMNS}
        if not values["name"]:
            raise SiteError("the name is empty", where=where, remedy="give every site a name")
        yield Site(
            check_subdomain(values["subdomain"], where),
            values["name"],
            read_state(values["state"], where),
            read_kind(values["kind"], where),
        )


def enable_site(installation: Installation, subdomain: str, enabled: bool) -> SiteRow:
    """Switch a site on or off for --all, --next-site and schedules; its data stays."""
    with installation.ledger.write() as connection:
        row = get_site(connection, check_subdomain(subdomain))
        set_enabled(connection, subdomain, enabled)
        # A folder that is gone, or on another machine, must keep nobody from it.
        if installation.folder(subdomain).config.exists():
            enable_in_file(installation.root, subdomain, enabled)
    return row


def move_home(installation: Installation, subdomain: str, host: str) -> None:
    """Say which machine has a site's databases, empty for whichever takes its next job; SiteBusy while one works."""
    with installation.ledger.write() as connection:
        get_site(connection, subdomain)
        refuse_busy(connection, subdomain, now())
        set_home(connection, subdomain, host)


def tell_home(installation: Installation, subdomain: str) -> str:
    """Say which machine has a site's databases."""
    with installation.ledger.read() as connection:
        home = get_site(connection, subdomain).host
    here = f", which is this machine ({installation.host})" if home == installation.host else ""
    if home:
        return f"the databases of {subdomain} are on {home}{here}"
    if installation.ledger.path:
        return f"{subdomain} has no home: the ledger is a file, so there is one machine"
    return f"{subdomain} has no home yet: the machine that does its next job is it"


def rename_site(installation: Installation, old: str, new: str) -> None:
    """Give a site another subdomain: folder, databases, runs, clocks and events go with it."""
    check_subdomain(new)
    entry = installation.state_of(old) if installation.site(old).kind is Kind.STATE else None
    if entry:
        remedy = f'write "site": "{new}" in states.{entry.code} first'
        raise SiteError(f"states.json names {old!r} as the site of {entry.code}", remedy=remedy)
    if installation.folder(new).path.exists():
        raise SiteError(f"site {new!r} exists already", remedy="choose another subdomain")
    with hold_site(installation, old, "rename"):
        pass
    with installation.ledger.write() as connection:
        # The folder moves inside the ledger's transaction: where it cannot, the ledger stays as it is.
        rename_in_ledger(connection, old, new)
        rename_folder(installation.root, old, new)
