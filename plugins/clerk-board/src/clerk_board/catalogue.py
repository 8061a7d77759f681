"""What the chosen sites' databases say of themselves: tables, descriptions, sources and licences."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from clerk_board.columns import ColumnFacts, order_columns
from clerkcore import Site
from clerkcore.installation import Installation

EFFECTIVE = "_effective"
SEARCH = "_fts"
SUBJECTS = {"election_finance": "campaign finance", "voters": "ballots and turnout"}
# Datasette opens a file by a URI that it does not quote.
UNUSABLE_IN_A_PATH = "?#%"
_ABOUT_REMOVED_ROWS = re.compile(r"(^|[;.] )[^;.]*removed_run_id[^;.]*")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a source's rows come from; addresses that are not of the web are left empty."""

    source: str
    publisher: str
    title: str
    url: str
    licence: str
    licence_url: str


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table or view of one or more sources as they describe it; `rows` counts removed rows too.

    `kind` is source (as published), computed (worked out from those) or view (a question; it holds no rows, and
    `rows` is the most it can have). `searched` says that it has a full-text index.
    """

    name: str
    title: str
    description: str
    facets: tuple[str, ...]
    origins: tuple[Origin, ...]
    columns: tuple[ColumnFacts, ...]
    key: tuple[str, ...]
    rows: int
    kind: str = "source"
    searched: bool = False

    @property
    def subject(self) -> str:
        """The description without what it says of removed rows: that is said by the table or the view."""
        return _ABOUT_REMOVED_ROWS.sub("", self.description).strip(" .;")

    @property
    def row_link(self) -> str:
        """The column that leads to a row's own page."""
        return self.key[-1] if self.key else ""

    def counts(self, column: str) -> bool:
        """Whether the column holds amounts of something."""
        return any(known.counted for known in self.columns if known.name == column)

    @property
    def view(self) -> str:
        """What readers are shown: the view of the table's live rows, or what it is itself."""
        return f"{self.name}{EFFECTIVE}" if self.kind == "source" else self.name


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """A database to be served: its name in addresses, what it is about, its site and its tables."""

    name: str
    subject: str
    site: Site
    path: Path
    tables: tuple[TableFacts, ...]

    @property
    def title(self) -> str:
        """The site's name and what the database is about."""
        return f"{self.site.name}: {self.subject}"

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The sources of all tables, each once."""
        return tuple(dict.fromkeys(origin for table in self.tables for origin in table.origins))

    def table(self, name: str) -> TableFacts | None:
        """Return the table of this name, or the one whose live rows the view of this name shows."""
        return next((table for table in self.tables if name in (table.name, table.view)), None)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is left out, and why."""

    site: Site
    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The chosen sites with their databases, and the files that cannot be shown."""

    sites: tuple[Site, ...]
    databases: tuple[DatabaseFacts, ...]
    unreadable: tuple[Unreadable, ...] = ()

    def database(self, name: str | None) -> DatabaseFacts | None:
        """Return the database of this name."""
        return next((database for database in self.databases if database.name == name), None)

    def databases_of(self, site: Site) -> list[DatabaseFacts]:
        """Return the databases of a site."""
        return [database for database in self.databases if database.site.subdomain == site.subdomain]

    def unreadable_of(self, site: Site) -> list[Unreadable]:
        """Return the files of a site that cannot be shown."""
        return [entry for entry in self.unreadable if entry.site.subdomain == site.subdomain]


def choose_sites(installation: Installation, subdomains: Sequence[str]) -> tuple[Site, ...]:
    """Return the named sites, or all of them; SiteError when one is unknown."""
    if subdomains:
        return tuple(installation.site(subdomain) for subdomain in dict.fromkeys(subdomains))
    return tuple(installation.sites())


def list_databases(installation: Installation, sites: Iterable[Site]) -> list[tuple[Site, Path]]:
    """Return every database that the sites have by now."""
    return [(site, path) for site in sites for path in installation.folder(site.subdomain).databases()]


def read_catalogue(sites: Sequence[Site], files: Iterable[tuple[Site, Path]]) -> Catalogue:
    """Read what the databases say of themselves; a damaged one keeps none of the others away."""
    databases: list[DatabaseFacts] = []
    unreadable: list[Unreadable] = []
    for site, path in files:
        name = _name_database(site, path, [database.name for database in databases])
        subject = SUBJECTS.get(path.stem, path.stem.replace("_", " "))
        try:
            databases.append(DatabaseFacts(name, subject, site, path, _read_tables(path)))
        except sqlite3.Error as error:
            unreadable.append(Unreadable(site, path, _explain(error)))
    return Catalogue(tuple(sites), tuple(databases), tuple(unreadable))


def _name_database(site: Site, path: Path, taken: Sequence[str]) -> str:
    wanted = f"{site.subdomain.replace('.', '-')}-{path.stem}"
    # alameda-county.ca and alameda.county.ca would share a name.
    return wanted if wanted not in taken else f"{site.subdomain}-{path.stem}-{len(taken)}"


def _explain(error: sqlite3.Error) -> str:
    text = str(error)
    if "no such table" in text or "no such column" in text:
        return "was not made by this version of clerk"
    if "unable to open" in text:
        return "cannot be opened: see its permissions and those of its folder"
    return text


def _read_tables(path: Path) -> tuple[TableFacts, ...]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        # Written down anew in the order in which their source shows them.
        names = connection.execute("SELECT table_name FROM _clerk_tables GROUP BY table_name ORDER BY max(rowid)")
        present = {row["name"] for row in connection.execute("SELECT name FROM sqlite_schema")}
        wanted = [row["table_name"] for row in names if row["table_name"] in present]
        known = [_read_table(connection, name, name + SEARCH in present) for name in wanted]
        most = max((table.rows for table in known), default=0)
        return tuple(replace(table, rows=most) if table.kind == "view" else table for table in known)


def _read_table(connection: sqlite3.Connection, name: str, searched: bool) -> TableFacts:
    rows = connection.execute("SELECT * FROM _clerk_tables WHERE table_name = ? ORDER BY source", (name,)).fetchall()
    columns = list(_read_columns(connection, name))
    kind = rows[0]["kind"] if "kind" in rows[0].keys() else "source"  # noqa: SIM118 - a row is no mapping
    key = _read_key(connection, name)
    known = {column.name for column in columns}
    several = ["source"] if len(rows) > 1 and kind == "source" else []
    declared = (facet for row in rows for facet in _read_facets(row["facets"]))
    facets = dict.fromkeys(facet for facet in (*several, *declared) if facet in known)
    return TableFacts(
        name=name,
        title=rows[0]["title"],
        description=rows[0]["description"],
        facets=tuple(facets),
        origins=tuple(_read_origin(row) for row in rows),
        columns=tuple(columns) if kind == "view" else order_columns(columns, key[-1] if key else "", facets),
        key=key,
        rows=0 if kind == "view" else connection.execute(f"SELECT count(*) FROM {quote(name)}").fetchone()[0],
        kind=kind,
        searched=searched,
    )


def _read_columns(connection: sqlite3.Connection, table: str) -> Iterator[ColumnFacts]:
    described = connection.execute("SELECT * FROM _clerk_columns WHERE table_name = ?", (table,))
    about = {row["column_name"]: (row["type"], row["description"]) for row in described}
    for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,)):
        yield ColumnFacts(row["name"], *about.get(row["name"], ("", "")))


def _read_key(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    rows = connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (table,))
    return tuple(row["name"] for row in rows)


def _read_facets(text: str) -> list[str]:
    try:
        facets = json.loads(text)
    except ValueError:
        return []
    return [facet for facet in facets if isinstance(facet, str)] if isinstance(facets, list) else []


def _read_origin(row: sqlite3.Row) -> Origin:
    return Origin(
        source=row["source"],
        publisher=row["publisher"],
        title=row["source_title"],
        url=web_address(row["source_url"]),
        licence=row["licence"],
        licence_url=web_address(row["licence_url"]),
    )


def web_address(text: str) -> str:
    """Return the text when it is a http or https address, else nothing: a javascript: link is never made."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.netloc else ""


def quote(name: str) -> str:
    """Return a name as SQL takes it whatever it holds."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
