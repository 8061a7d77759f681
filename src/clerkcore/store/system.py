"""The tables that clerk itself keeps in every site database."""

from __future__ import annotations

import sqlite3

SCHEMA_VERSION = 4

# The mission's change log, its columns, order and indexes kept; what clerk adds stands after them.
DATA_UPDATE_LOG = """
CREATE TABLE data_update_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_timestamp TEXT NOT NULL,
    state_code TEXT NOT NULL,
    data_source TEXT NOT NULL,
    election_id TEXT,
    election_date TEXT,
    records_before INTEGER,
    records_after INTEGER,
    records_added INTEGER,
    records_updated INTEGER,
    records_verified INTEGER,
    changes_detected INTEGER,
    summary TEXT,
    details TEXT,
    error_message TEXT,
    duration_seconds REAL,
    created_at TEXT DEFAULT (datetime('now')),
    records_disappeared INTEGER,
    held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    capture TEXT,
    run_id INTEGER,
    scope TEXT
)
"""

# Every complete capture that a scope was compared with, those that brought nothing new among them.
CAPTURES = """
CREATE TABLE _clerk_captures (
    source TEXT NOT NULL,
    scope TEXT NOT NULL,
    capture TEXT NOT NULL,
    capture_sha256 TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    PRIMARY KEY (source, scope, capture)
) STRICT
"""

# The lines of exact duplicates, the first of each left out.
DUPLICATES = """
CREATE TABLE _clerk_duplicates (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    scope TEXT NOT NULL,
    capture TEXT NOT NULL,
    page TEXT NOT NULL,
    line INTEGER NOT NULL
) STRICT
"""
DUPLICATES_INDEX = "CREATE INDEX idx_clerk_duplicates_run ON _clerk_duplicates(run_id, source, scope)"

# Which views give numbers that can be compared, for reconciliation to find.
FIGURES = """
CREATE TABLE _clerk_figures (
    dataset TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('published', 'counted')),
    source TEXT NOT NULL,
    view_name TEXT NOT NULL,
    dimensions TEXT NOT NULL,
    value_column TEXT NOT NULL,
    PRIMARY KEY (dataset, role, source)
) STRICT
"""

# What may never come back: keys as salted hashes, for a source's scope or, where that is empty, for all of them.
REDACTIONS = """
CREATE TABLE _clerk_redactions (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    scope TEXT NOT NULL,
    table_name TEXT NOT NULL,
    key_columns TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    word_hashes TEXT NOT NULL,
    salt TEXT NOT NULL,
    reason TEXT NOT NULL,
    removed_by TEXT NOT NULL,
    at TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    rows_removed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, scope, table_name, key_hash)
) STRICT
"""

_STATEMENTS = (
    DATA_UPDATE_LOG,
    "CREATE INDEX idx_update_log_state ON data_update_log(state_code, created_at)",
    "CREATE INDEX idx_update_log_election ON data_update_log(election_id, election_date)",
    """
    CREATE TABLE _clerk_runs (
        run_id INTEGER NOT NULL,
        source TEXT NOT NULL,
        scope TEXT NOT NULL,
        job TEXT NOT NULL,
        applied_at TEXT NOT NULL,
        capture TEXT,
        capture_sha256 TEXT,
        parser_version INTEGER,
        base_run_id INTEGER,
        counts TEXT NOT NULL,
        tables TEXT NOT NULL,
        findings INTEGER NOT NULL DEFAULT 0,
        undoes_run_id INTEGER,
        undone_by_run_id INTEGER,
        late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
        PRIMARY KEY (run_id, source, scope)
    ) STRICT
    """,
    "CREATE INDEX idx_clerk_runs_scope ON _clerk_runs(source, scope, run_id)",
    """
    CREATE TABLE _clerk_scopes (
        source TEXT NOT NULL,
        scope TEXT NOT NULL,
        run_id INTEGER NOT NULL,
        capture TEXT,
        capture_sha256 TEXT,
        parser_version INTEGER,
        checked_at TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        computed INTEGER NOT NULL DEFAULT 1 CHECK (computed IN (0, 1)),
        PRIMARY KEY (source, scope)
    ) STRICT
    """,
    CAPTURES,
    """
    CREATE TABLE _clerk_history (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL,
        table_name TEXT NOT NULL,
        source TEXT NOT NULL,
        scope TEXT NOT NULL,
        row_key TEXT NOT NULL,
        before TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX idx_clerk_history_run ON _clerk_history(run_id, table_name, source, scope, row_key)",
    "CREATE INDEX idx_clerk_history_row ON _clerk_history(table_name, row_key)",
    """
    CREATE TABLE _clerk_quarantine (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL,
        source TEXT NOT NULL,
        scope TEXT NOT NULL,
        capture TEXT NOT NULL,
        page TEXT NOT NULL,
        line INTEGER NOT NULL,
        rule TEXT NOT NULL,
        column_name TEXT NOT NULL,
        value TEXT NOT NULL,
        message TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX idx_clerk_quarantine_run ON _clerk_quarantine(run_id, source, scope)",
    """
    CREATE TABLE _clerk_asides (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL,
        source TEXT NOT NULL,
        scope TEXT NOT NULL,
        capture TEXT NOT NULL,
        page TEXT NOT NULL,
        line INTEGER NOT NULL,
        rule TEXT NOT NULL,
        record TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX idx_clerk_asides_run ON _clerk_asides(run_id, source, scope)",
    DUPLICATES,
    DUPLICATES_INDEX,
    """
    CREATE TABLE _clerk_findings (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL,
        source TEXT NOT NULL,
        scope TEXT NOT NULL,
        check_name TEXT NOT NULL,
        severity TEXT NOT NULL,
        message TEXT NOT NULL,
        table_name TEXT NOT NULL,
        row_keys TEXT NOT NULL,
        expected TEXT NOT NULL,
        actual TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX idx_clerk_findings_run ON _clerk_findings(run_id, source, scope)",
    """
    CREATE TABLE _clerk_tables (
        table_name TEXT NOT NULL,
        source TEXT NOT NULL,
        title TEXT NOT NULL,
        description TEXT NOT NULL,
        facets TEXT NOT NULL,
        publisher TEXT NOT NULL,
        source_title TEXT NOT NULL,
        source_url TEXT NOT NULL,
        licence TEXT NOT NULL,
        licence_url TEXT NOT NULL,
        kind TEXT NOT NULL DEFAULT 'source' CHECK (kind IN ('source', 'computed', 'view')),
        PRIMARY KEY (table_name, source)
    ) STRICT
    """,
    """
    CREATE TABLE _clerk_columns (
        table_name TEXT NOT NULL,
        column_name TEXT NOT NULL,
        type TEXT NOT NULL,
        description TEXT NOT NULL,
        public INTEGER NOT NULL,
        sensitive INTEGER NOT NULL,
        PRIMARY KEY (table_name, column_name)
    ) STRICT
    """,
    FIGURES,
    REDACTIONS,
)


# What brings a database of the version before to this one.
_UPGRADES = {
    2: (
        "ALTER TABLE _clerk_tables ADD COLUMN kind TEXT NOT NULL DEFAULT 'source'"
        " CHECK (kind IN ('source', 'computed', 'view'))",
        CAPTURES,
        "INSERT OR IGNORE INTO _clerk_captures SELECT source, scope, capture, capture_sha256, run_id FROM _clerk_runs"
        " WHERE capture <> '' AND capture_sha256 IS NOT NULL AND undoes_run_id IS NULL",
        "ALTER TABLE _clerk_runs ADD COLUMN late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1))",
        "ALTER TABLE _clerk_scopes ADD COLUMN computed INTEGER NOT NULL DEFAULT 1 CHECK (computed IN (0, 1))",
    ),
    3: (DUPLICATES, DUPLICATES_INDEX, FIGURES),
    4: (REDACTIONS,),
}


def upgrade_system_tables(connection: sqlite3.Connection, version: int) -> None:
    """Bring clerk's own tables of an older database to this version, inside the caller's transaction."""
    for step in range(version + 1, SCHEMA_VERSION + 1):
        for statement in _UPGRADES[step]:
            connection.execute(statement)


def create_system_tables(connection: sqlite3.Connection) -> None:
    """Create clerk's own tables in an empty database, inside the caller's transaction."""
    for statement in _STATEMENTS:
        connection.execute(statement)
