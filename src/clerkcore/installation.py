"""An installation: one root folder with its settings, plugins, sites and ledger."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from clerkcore import ledger as ledgers
from clerkcore.errors import PluginError, SiteError, UsageError
from clerkcore.interfaces import Source
from clerkcore.ledger import Ledger, get_site, ledger_url, list_sites, open_ledger, server_url
from clerkcore.models import Site
from clerkcore.plugins import Manager
from clerkcore.settings import FILE_NAME, Settings
from clerkcore.sites import (
    SiteFolder,
    StateEntry,
    check_subdomain,
    load_site,
    pilot_states,
    read_states,
    states_path,
)

DATABASE_PASSWORD = "database_password"  # noqa: S105 - a name, no secret
CLERK_TOML = """\
# The settings of this installation; see docs/settings.md. CLERK_* variables win over this file.

# Who asks: an address or URL in the User-Agent, so that publishers of data can reach you.
# contact = "you@example.org"

# [http]
# delay = 1.0          # seconds between two requests to one host

# [guards]
# shrink = 0.02        # share of rows that may vanish before a run is held
"""


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of source: its hook, the job and the command that bring its data in, and how often --due does so."""

    name: str
    hook: str
    job: str
    command: str
    interval_hours: float


FINANCE = Family("finance", "register_finance_sources", "finance.etl", "clerk finance etl", 24)
STATES = Family("states", "register_state_adapters", "states.update", "clerk states update", 4)
FAMILIES = (FINANCE, STATES)


class Installation:
    """Everything a command works on; nothing is opened before it is used."""

    def __init__(self, settings: Settings, plugins: Manager) -> None:
        self.settings = settings
        self.plugins = plugins

    @property
    def root(self) -> Path:
        """The folder of the installation."""
        return self.settings.root

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger; LedgerError when there is none yet."""
        return open_ledger(self.ledger_url)

    @property
    def ledger_url(self) -> str:
        """Where the ledger is: what `database_url` says, with its password, else civic.db in the root."""
        if not self.settings.database_url:
            return ledger_url(self.root)
        return server_url(self.settings.database_url, self._ledger_password)

    def _ledger_password(self) -> str:
        # Without one the server trusts us, or libpq finds it where it looks by itself, as in ~/.pgpass.
        return self.settings.secret(DATABASE_PASSWORD) if self.settings.has_secret(DATABASE_PASSWORD) else ""

    @property
    def host(self) -> str:
        """This machine's name among those that share the ledger."""
        return self.settings.host or socket.gethostname()

    def folder(self, subdomain: str) -> SiteFolder:
        """Return where a site's files lie."""
        return SiteFolder.of(self.root, subdomain)

    def site(self, subdomain: str) -> Site:
        """Return a site as its site.toml describes it; SiteError when it is unknown."""
        with self.ledger.read() as connection:
            get_site(connection, check_subdomain(subdomain))
        return load_site(self.root, subdomain)

    def sites(self) -> list[Site]:
        """Return every site as the ledger knows it, disabled ones too; sources without their settings.

        No site.toml is read, so that a broken one stops no listing.
        """
        with self.ledger.read() as connection:
            rows = list_sites(connection)
        return [
            Site(row.subdomain, row.name, row.state, row.kind, row.enabled, {source: {} for source in row.sources})
            for row in rows
        ]

    @cached_property
    def states(self) -> tuple[StateEntry, ...]:
        """The states of sites/states.json, in its order; SettingsError where it cannot be read."""
        return read_states(self.root)

    def state_of(self, subdomain: str) -> StateEntry | None:
        """Return the state whose site this is."""
        return next((entry for entry in self.states if entry.site == subdomain), None)

    def config(self, site: Site, source: str) -> Mapping[str, Any]:
        """Return a source's settings: what states.json says, then clerk.toml's [sources.NAME], then the site's own.

        A secret stands there by name, as `key = {secret = "netfile_key"}`, and stays a name here.
        """
        return {
            **self._state_config(site, source),
            **self.settings.sources.get(source, {}),
            **site.sources.get(source, {}),
        }

    def _state_config(self, site: Site, source: str) -> Mapping[str, Any]:
        # Not asked for other sources: a broken states.json must not stop them.
        entry = self.state_of(site.subdomain) if self.family(source) is STATES else None
        return entry.config if entry and entry.adapter == source else {}

    def secrets(self, site: Site, source: str) -> Mapping[str, str]:
        """Return the names of the secrets that a source's settings ask for, by key."""
        values = self.config(site, source).items()
        return {key: str(value["secret"]) for key, value in values if isinstance(value, dict) and "secret" in value}

    def family_sources(self, site: Site, family: Family) -> list[str]:
        """Return the site's sources of a family, those without a plugin left out."""
        offered = self.plugins.names(family.hook)
        return [name for name in site.sources if name in offered]

    def orphan_sources(self, site: Site) -> list[str]:
        """Return the site's sources that no plugin offers."""
        return [name for name in site.sources if self.family(name) is None]

    def family(self, source: str) -> Family | None:
        """Return the family that a source is offered in; None when no plugin offers it."""
        return next((family for family in FAMILIES if source in self.plugins.names(family.hook)), None)

    def load_command(self, site: Site) -> str:
        """Return the command that loads a site; empty when no plugin offers any of its sources."""
        family = next(filter(None, map(self.family, site.sources)), None)
        return f"{family.command} {site.subdomain}" if family else ""

    def source(self, site: Site, name: str, family: Family | None = None) -> Source:
        """Return a source ready for a site; PluginError when no plugin offers it, or not in the family asked for."""
        found = self.family(name)
        if found is None:
            raise self.plugins.missing(name, [candidate.hook for candidate in FAMILIES])
        if family not in (None, found):
            offered = ", ".join(self.plugins.names(family.hook)) or "none"
            raise UsageError(f"{name!r} is of {found.name}, not of {family.name}", remedy=f"offered: {offered}")
        return _checked(self.plugins.load(found.hook, name)(self._revealed_config(site, name)), name)

    def _revealed_config(self, site: Site, source: str) -> Mapping[str, Any]:
        revealed = {key: self.settings.secret(name) for key, name in self.secrets(site, source).items()}
        return {**self.config(site, source), **revealed}

    def close(self) -> None:
        """Close the ledger where it was opened."""
        if "ledger" in vars(self):
            self.ledger.dispose()


def _checked(source: object, name: str) -> Source:
    if not isinstance(source, Source):
        raise PluginError(f"{name!r} is not a Source", remedy="report it to the plugin's author")
    if source.name != name:
        raise PluginError(f"{name!r} calls itself {source.name!r}", remedy="report it to the plugin's author")
    return source


def create_installation(root: Path, url: str = "") -> list[Path]:
    """Make what is missing of an installation in a folder; returns what was made.

    With a URL the ledger is made, or brought up to date, on that server instead of as civic.db.
    """
    made = []
    for folder, mode in ((root, 0o755), (root / "sites", 0o755), (root / "secrets", 0o700)):
        if not folder.exists():
            _make(folder, mode)
            made.append(folder)
    settings = root / FILE_NAME
    if not settings.exists():
        settings.write_text(CLERK_TOML, encoding="utf-8")
        made.append(settings)
    states = states_path(root)
    if not states.exists():
        states.write_text(pilot_states(), encoding="utf-8")
        made.append(states)
    if not url and not (root / "civic.db").exists():
        made.append(root / "civic.db")
    # Named through its package, which imports Alembic only now.
    ledgers.create_ledger(url or ledger_url(root)).dispose()
    return made


def _make(folder: Path, mode: int) -> None:
    try:
        folder.mkdir(mode=mode, parents=True)
    except OSError as error:
        raise SiteError(f"cannot be made: {error.strerror}", where=str(folder)) from error
