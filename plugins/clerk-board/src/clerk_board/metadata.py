"""The catalogue in Datasette's terms: metadata (titles, sources, descriptions) and configuration (facets, order)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clerk_board.catalogue import SEARCH, Catalogue, DatabaseFacts, Origin, TableFacts, quote
from clerk_board.columns import OWN, ColumnFacts, find_date, find_label

TITLE = "Civic data"
UPDATE_LOG = "data_update_log"
FINDINGS = "_clerk_findings"
# Without an index on the date, ordering a larger table takes longer than a page may.
MOST_ROWS_TO_SORT = 500_000

SETTINGS: Mapping[str, int | bool] = {
    "default_page_size": 100,
    "sql_time_limit_ms": 3000,
    "facet_time_limit_ms": 1000,
    "num_sql_threads": 2,
    "allow_download": False,
    "default_facet_size": 10,
    # The page of a row shows its values whole.
    "truncate_cells_html": 200,
    # Hundreds of trial queries on each page of a table with ninety columns.
    "suggest_facets": False,
}

_LIVE = "Rows the publisher still lists"
_WITHDRAWN = "Includes rows the publisher has withdrawn: removed_run_id is set"
_FOUND = "Rows that the publisher still lists and that hold every word, of every source that the database has"
_FOUND_AMENDED = (
    "Rows of amended filings are among them where the publisher still lists those;"
    " clerk finance search reads one source for each year, and tells what took the place of which filing"
)
_LOG_DESCRIPTION = "One entry for each run of each scope: what was read, what changed, what was held"
LOG_COLUMNS = (
    ColumnFacts("id", "", "Number of the entry"),
    ColumnFacts("run_timestamp", "", "When the run began (UTC)"),
    ColumnFacts("state_code", "", "The site's state"),
    ColumnFacts("data_source", "", "What was compared with its source"),
    ColumnFacts("election_id", "", "The election, where the data are about one"),
    ColumnFacts("election_date", "", "Day of the election"),
    ColumnFacts("records_before", "", "Live rows of the scope before the run"),
    ColumnFacts("records_after", "", "Live rows of the scope after the run"),
    ColumnFacts("records_added", "", "Rows that were new"),
    ColumnFacts("records_updated", "", "Rows whose content changed"),
    ColumnFacts("records_verified", "", "Rows compared with an independent figure"),
    ColumnFacts("changes_detected", "", "1 when the source said something else than the rows"),
    ColumnFacts("summary", "", "What happened, in words"),
    ColumnFacts("details", "", "Counts by table, group and column, as JSON"),
    ColumnFacts("error_message", "", "Why the run failed, if it did"),
    ColumnFacts("duration_seconds", "", "How long the scope took"),
    ColumnFacts("created_at", "", "When this entry was written (UTC)"),
    ColumnFacts("records_disappeared", "", "Rows that the source no longer holds; they are kept, marked as removed"),
    ColumnFacts("held", "", "1 when the change looked like a broken source and was not applied"),
    ColumnFacts("capture", "", "The capture that was compared"),
    ColumnFacts("run_id", "", "The run, see: clerk runs show"),
    ColumnFacts("scope", "", "The slice of the source, such as a year"),
)

_FINDINGS_DESCRIPTION = (
    "What the checks of each run found: blocking means that the scope should not be published as it is,"
    " warning that somebody should look, info is a note"
)
FINDING_COLUMNS = (
    ColumnFacts("id", "", "Number of the finding"),
    ColumnFacts("run_id", "", "The run whose checks found it, see: clerk runs show"),
    ColumnFacts("source", "", "The source whose rows were checked"),
    ColumnFacts("scope", "", "The slice of the source, such as a year"),
    ColumnFacts("check_name", "", "The check that found it"),
    ColumnFacts("severity", "", "How much it matters: info, warning or blocking"),
    ColumnFacts("message", "", "What was found, in words"),
    ColumnFacts("table_name", "", "The table that it is about"),
    ColumnFacts("row_keys", "", "The rows that it is about, as JSON"),
    ColumnFacts("expected", "", "What the check expected"),
    ColumnFacts("actual", "", "What it found instead"),
)
OWN_TABLES: Mapping[str, tuple[ColumnFacts, ...]] = {UPDATE_LOG: LOG_COLUMNS, FINDINGS: FINDING_COLUMNS}
OWN_TITLES: Mapping[str, str] = {UPDATE_LOG: "Update log", FINDINGS: "Findings of the checks"}


def build_metadata(catalogue: Catalogue) -> dict[str, Any]:
    """Return titles, descriptions, sources and licences; columns are described apart."""
    databases = {database.name: _database_metadata(database) for database in catalogue.databases}
    return {"title": TITLE, "databases": databases}


def _database_metadata(database: DatabaseFacts) -> dict[str, Any]:
    tables: dict[str, Any] = {
        UPDATE_LOG: {"title": OWN_TITLES[UPDATE_LOG], "description": _LOG_DESCRIPTION},
        FINDINGS: {"title": OWN_TITLES[FINDINGS], "description": _FINDINGS_DESCRIPTION},
    }
    for table in database.tables:
        for name, rows in _faces(table):
            text = ". ".join(filter(None, (table.subject, rows)))
            tables[name] = {"title": name_table(table, name), "description": text, **_origin_metadata(table.origins)}
    return {"title": database.title, **_origin_metadata(database.origins), "tables": tables}


def _faces(table: TableFacts) -> tuple[tuple[str, str], ...]:
    """Return under which names a table is shown, and what each says of its rows."""
    if table.kind != "source":
        return ((table.name, ""),)
    return (table.view, _LIVE), (table.name, _WITHDRAWN)


def name_table(table: TableFacts, name: str) -> str:
    """Return what the table, or the view of its live rows, is called on the pages."""
    return table.title if name == table.view else f"{table.title}, with withdrawn rows"


def name_crumbs(database: DatabaseFacts, name: str | None) -> dict[str, str]:
    """Return what the addresses' names of a database and of a table or a view stand for."""
    labels = {database.name: database.title}
    if name is None:
        return labels
    table = database.table(name)
    return {**labels, name: name_table(table, name) if table else OWN_TITLES.get(name, name)}


def describe_columns(catalogue: Catalogue) -> Iterator[tuple[str, str, str, str]]:
    """Yield database, table or view, column and description of every column that is described."""
    for database in catalogue.databases:
        for name, columns in OWN_TABLES.items():
            yield from _describe(database, name, columns)
        for table in database.tables:
            for name, _ in _faces(table):
                yield from _describe(database, name, table.columns)


def _describe(
    database: DatabaseFacts, table: str, columns: Iterable[ColumnFacts]
) -> Iterator[tuple[str, str, str, str]]:
    for column in columns:
        if column.description:
            yield database.name, table, column.name, column.description


def _origin_metadata(origins: Iterable[Origin]) -> dict[str, str]:
    known = list(origins)
    # Datasette knows one link a table; with several sources the pages list them all.
    first = known[0] if len(known) == 1 else None
    values = {
        "source": "; ".join(dict.fromkeys(f"{origin.publisher}: {origin.title}" for origin in known)),
        "source_url": first.url if first else "",
        "license": "; ".join(dict.fromkeys(origin.licence for origin in known)),
        "license_url": first.licence_url if first else "",
    }
    return {key: value for key, value in values.items() if value}


def build_config(catalogue: Catalogue) -> dict[str, Any]:
    """Return facets, order and labels of tables and views."""
    return {"databases": {database.name: _database_config(database) for database in catalogue.databases}}


def _database_config(database: DatabaseFacts) -> dict[str, Any]:
    tables: dict[str, Any] = {
        UPDATE_LOG: {"sort_desc": "id"},
        FINDINGS: {"sort_desc": "id", "facets": ["severity", "check_name"]},
        "sqlite_sequence": {"hidden": True},
    }
    for table in database.tables:
        tables[table.name] = tables[table.view] = _table_config(table)
    return {"tables": tables, "queries": {f"search_{t.name}": _search(t) for t in database.tables if t.searched}}


def _search(table: TableFacts) -> dict[str, str | bool]:
    """Return the query that searches the texts of a table's live rows, of every source, the best match first."""
    columns = ", ".join(f"t.{quote(column.name)}" for column in table.columns if column.name not in OWN)
    index = quote(table.name + SEARCH)
    return {
        "title": f"Search {table.title.lower()}",
        "hide_sql": True,
        "description": f"{_FOUND}. {_FOUND_AMENDED}" if any(c.name == "filing_id" for c in table.columns) else _FOUND,
        "sql": f"select {columns} from {index} as i join {quote(table.name)} as t on t.rowid = i.rowid"
        f" where {index} match escape_fts(:text) and t.removed_run_id is null order by i.rank limit 200",
    }


def _table_config(table: TableFacts) -> dict[str, Any]:
    config: dict[str, Any] = {"facets": list(table.facets)}
    # A view comes in the order that its question asks for.
    date = find_date(table.columns) if table.kind != "view" else None
    if date and table.rows <= MOST_ROWS_TO_SORT:
        config["sort_desc"] = date
    label = find_label(table.columns)
    return {**config, "label_column": label} if label else config
