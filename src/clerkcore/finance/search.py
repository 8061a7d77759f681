"""Full-text search in the transactions of a finance database."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any

from clerkcore.errors import UsageError
from clerkcore.finance.totals import AS_OF

MOST_WORDS = 50
_FOUND = """
SELECT t.source, s.year, t.filing_id, t.form_type, t.tran_id, t.filer_local_id, t.filer_state_id, t.filer_name,
    t.calculated_date, t.amount_cents, t.tran_naml, t.tran_namf, t.tran_emp, t.tran_occ, t.tran_dscr, t.cand_naml,
    t.cand_namf, s.in_force, s.superseded_by, s.superseded_on, s.ended_on
FROM transactions_fts i JOIN transactions t ON t.rowid = i.rowid
JOIN filings f ON f.source = t.source AND f.scope = t.scope AND f.filing_id = t.filing_id
JOIN filing_states s ON s.source = t.source AND s.scope = t.scope AND s.filing_id = t.filing_id
JOIN authority a ON a.source = s.source AND a.year = s.year
WHERE transactions_fts MATCH :words AND t.removed_run_id IS f.removed_run_id AND {which}
    AND (:year IS NULL OR s.year = :year)
ORDER BY i.rank, t.calculated_date DESC, t.filing_id, t.tran_id LIMIT :limit
"""


def check_words(words: Sequence[str]) -> None:
    """Refuse more words than anyone looks for, each of which costs time; UsageError."""
    if len(words) > MOST_WORDS:
        raise UsageError(f"{len(words):,} words are more than the {MOST_WORDS} that can be looked for")


def quote_words(text: str) -> str:
    """Return a text as FTS5 takes it whatever it holds: every word must be there, the last one may go on."""
    words = list(dict.fromkeys(word.replace('"', '""') for word in text.replace("\0", " ").split()))
    return " ".join(f'"{word}"' for word in words[:-1]) + (f' "{words[-1]}"*' if words else "")


def find_rows(connection: Connection, text: str, day: str, limit: int, year: int | None = None) -> list[dict[str, Any]]:
    """Return the transactions that hold every word, the best match first; as of a day those that held on it.

    UsageError when the text has no word, which the index could not look for, or more than MOST_WORDS.
    """
    check_words(text.split())
    if not any(character.isalnum() for character in text):
        raise UsageError("nothing to search for: the text has no word", remedy="clerk finance search lawn signs")
    asked = {"words": quote_words(text), "day": day, "year": year, "limit": limit}
    found = connection.execute(_FOUND.format(which=AS_OF if day else "1"), asked)
    return [dict(row) for row in found]
