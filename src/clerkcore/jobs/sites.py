"""Adding, importing, disabling and renaming sites: the folder and the ledger together."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from clerkcore.errors import SiteError
from clerkcore.installation import Installation
from clerkcore.jobs.runner import hold_site
from clerkcore.ledger import rename_site as rename_in_ledger
from clerkcore.ledger import save_site, set_enabled
from clerkcore.models import Site
from clerkcore.sites import (
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
    write_site,
)

CSV_COLUMNS = ("subdomain", "name", "state", "kind")


def add_site(installation: Installation, site: Site) -> Path:
    """Add a new site; SiteError when it exists."""
    if installation.folder(site.subdomain).config.exists():
        raise SiteError(f"site {site.subdomain!r} exists already", remedy=f"clerk sites show {site.subdomain}")
    return _save(installation, site)


def _save(installation: Installation, site: Site, text: str = "") -> Path:
    with installation.ledger.write() as connection:
        # Written inside the ledger's transaction: where there is no ledger, no folder is left behind.
        path = write_site(installation.root, site, text)
        save_site(connection, site)
    return path


def _register(installation: Installation, sites: Iterable[Site]) -> None:
    with installation.ledger.write() as connection:
        for site in sites:
            save_site(connection, site)


def import_pilots(installation: Installation) -> list[Site]:
    """Add the pilot sites that are not there yet, and register the others anew."""
    for site in pilot_sites():
        if not installation.folder(site.subdomain).config.exists():
            _save(installation, site, pilot_text(site.subdomain))
    return import_folders(installation)


def import_folders(installation: Installation) -> list[Site]:
    """Register every site.toml below sites/, as it is now."""
    sites = [read_site(path) for path in find_sites(installation.root)]
    _register(installation, sites)
    return sites


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


def enable_site(installation: Installation, subdomain: str, enabled: bool) -> Site:
    """Switch a site on or off for --all, --next-site and schedules; its data stays."""
    site = replace(installation.site(subdomain), enabled=enabled)
    enable_in_file(installation.root, subdomain, enabled)
    with installation.ledger.write() as connection:
        set_enabled(connection, subdomain, enabled)
    return site


def rename_site(installation: Installation, old: str, new: str) -> None:
    """Give a site another subdomain: folder, databases, runs, clocks and events go with it."""
    check_subdomain(new)
    installation.site(old)
    if installation.folder(new).path.exists():
        raise SiteError(f"site {new!r} exists already", remedy="choose another subdomain")
    with hold_site(installation, old, "rename"):
        pass
    with installation.ledger.write() as connection:
        # The folder moves inside the ledger's transaction: where it cannot, the ledger stays as it is.
        rename_in_ledger(connection, old, new)
        rename_folder(installation.root, old, new)
