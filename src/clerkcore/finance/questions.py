"""Questions to a site's finance database from the command line: a filer, totals, amendments, donors, a search.

Each answers as of a day where one is given: with the filings that held on it, so that a later amendment, or a Form
460 that covers a late report, changes nothing before its own day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from clerkcore.errors import UsageError
from clerkcore.finance.candidates import COMMITTEES, add_up, candidate_row, candidates_sql
from clerkcore.finance.contributions import contribution_line, contributions_sql
from clerkcore.finance.names import name_key
from clerkcore.finance.search import check_words, find_rows
from clerkcore.finance.totals import AS_OF, totals_sql
from clerkcore.store.runs import standing_captures, taken_of

Row = dict[str, Any]
Rows = list[Row]
YEAR_DIGITS = 4
_SUCCESSOR = {"superseded_by", "superseded_on", "basis"}
_ANYWHERE = {"source": None, "in_scope": None}


@dataclass(frozen=True, slots=True)
class Asked:
    """What narrows a question: a year, a filer (id, FPPC number or words of its name), a day, a source."""

    year: int | None = None
    filer: str = ""
    as_of: str = ""
    source: str = ""

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Whether a row with year and filer is asked for."""
        return self.year in (None, row["year"]) and self.fits_filer(row)

    def fits_filer(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is of the filer asked for."""
        if not self.filer or self.filer in (row.get("filer_local_id"), row.get("filer_state_id")):
            return True
        name = str(row.get("filer_name") or "").casefold()
        return all(word in name for word in self.filer.casefold().split())


def _rows(connection: Connection, sql: str, **params: Any) -> Rows:
    return [dict(row) for row in connection.execute(sql, params)]


def _authority(connection: Connection) -> set[tuple[int, str]]:
    return {(row["year"], row["source"]) for row in connection.execute("SELECT year, source FROM authority")}


def _believed(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> Rows:
    believed = _authority(connection)
    return [dict(row) for row in rows if (row["year"], row["source"]) in believed]


def read_totals(connection: Connection, asked: Asked) -> Rows:
    """Return the totals of each filer and year, the largest first."""
    rows = _rows(connection, "SELECT * FROM totals_by_filer")
    if asked.as_of:
        rows = _totals_as_of(connection, rows, asked.as_of)
    found = [row for row in rows if asked.fits(row)]
    return sorted(found, key=lambda row: (-row["year"], -row["contributions_cents"], row["filer_local_id"]))


def _totals_as_of(connection: Connection, known: Rows, day: str) -> Rows:
    names = {(row["year"], row["filer_local_id"]): row for row in known}
    summed = _believed(connection, _rows(connection, totals_sql(AS_OF), source=None, day=day))
    kept = ("filer_state_id", "filer_name")
    return [
        {**{name: names.get((row["year"], row["filer_local_id"]), {}).get(name) for name in kept}, **row, "as_of": day}
        for row in summed
    ]


def read_candidates(connection: Connection, asked: Asked) -> Rows:
    """Return the totals of each candidate and year, those with most independent support first."""
    if asked.as_of:
        rows = _candidates_as_of(connection, asked.as_of)
    else:
        rows = _rows(connection, "SELECT * FROM totals_by_candidate")
    named = Asked(asked.year, asked.filer)
    found = [row for row in rows if named.fits({**row, "filer_name": row["candidate"]})]
    return sorted(found, key=lambda row: (-row["year"], -row["support_cents"] - row["oppose_cents"], row["candidate"]))


def _candidates_as_of(connection: Connection, day: str) -> Rows:
    about = _believed(connection, connection.execute(candidates_sql(AS_OF), {"source": None, "day": day}))
    committees = _committees_as_of(connection, day)
    found = add_up(about, committees)
    rows = [{"source": key[0], **candidate_row(key, candidate), "as_of": day} for key, candidate in found.items()]
    for row in rows:
        del row["filed_raised_cents"]
    return rows


def _committees_as_of(connection: Connection, day: str) -> Rows:
    totals = {
        (row["source"], row["scope"], row["year"], row["filer_local_id"]): row
        for row in _rows(connection, totals_sql(AS_OF), source=None, day=day)
    }
    committees = _rows(connection, COMMITTEES, source=None)
    nothing = {"contributions_cents": 0, "expenditures_cents": 0}
    for row in committees:
        row.update(nothing)
        row.update(totals.get((row["source"], row["scope"], row["year"], row["filer_local_id"]), {}))
    return committees


def read_amendments(connection: Connection, asked: Asked) -> Rows:
    """Return the amendments, newest first; as of a day those made by then; of a source, believed or not."""
    every = _rows(connection, "SELECT * FROM amendments ORDER BY amended_on DESC, filing_id")
    told = [row for row in every if row["source"] == asked.source]
    rows = told if asked.source else _believed(connection, every)
    return [row for row in rows if asked.fits(row) and (not asked.as_of or row["amended_on"] <= asked.as_of)]


def read_donors(connection: Connection, name: str, asked: Asked, limit: int | None = None) -> Rows:
    """Return the donors whose normalised names hold every word of a name, with their gifts added up, largest first.

    Without a name these are all donors. UsageError when the name has no word, or more than MOST_WORDS.
    """
    words = name_key(name).split()
    check_words(words)
    if name and not words:
        raise UsageError("nothing to look for: the name has no word", remedy="clerk finance donors marriott")
    lines = _lines_as_of(connection, asked.as_of) if asked.as_of else _lines_named(connection, words)
    donors: dict[str, Rows] = {}
    for line in lines:
        key = line["donor_key"] or ""
        if asked.fits(line) and set(words).issubset(key.split()):
            donors.setdefault(key, []).append(line)
    found = [_donor(key, gifts) for key, gifts in donors.items()]
    return sorted(found, key=lambda donor: (-donor["amount_cents"], donor["donor_key"]))[:limit]


def _lines_named(connection: Connection, words: list[str]) -> Rows:
    holds = " AND ".join(f"donor_key LIKE :w{n}" for n in range(len(words))) or "1"
    patterns = {f"w{n}": f"%{word}%" for n, word in enumerate(words)}
    return _rows(connection, f"SELECT * FROM contributions WHERE {holds}", **patterns)


def _lines_as_of(connection: Connection, day: str) -> Rows:
    found = connection.execute(contributions_sql(AS_OF), {**_ANYWHERE, "day": day})
    return [{**row, **contribution_line(row)} for row in _believed(connection, found)]


def _donor(key: str, gifts: Rows) -> dict[str, Any]:
    variants = sorted({gift["donor"] for gift in gifts})
    by_filer: dict[str, int] = {}
    for gift in gifts:
        filer = gift["filer_name"] or gift["filer_local_id"] or "-"
        by_filer[filer] = by_filer.get(filer, 0) + (gift["amount_cents"] or 0)
    days = sorted(gift["contributed_on"] for gift in gifts if gift["contributed_on"])
    return {
        "donor_key": key,
        "donor": max(variants, key=lambda name: sum(gift["donor"] == name for gift in gifts)),
        "variants": variants,
        "contributions": len(gifts),
        "amount_cents": sum(by_filer.values()),
        "first_on": days[0] if days else None,
        "last_on": days[-1] if days else None,
        "given_to": [{"filer": filer, "amount_cents": cents} for filer, cents in _largest(by_filer)],
    }


def _largest(sums: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(sums.items(), key=lambda item: (-item[1], item[0]))


def search_transactions(connection: Connection, text: str, asked: Asked, limit: int) -> Rows:
    """Return the transactions whose names, employers, occupations or descriptions hold every word, best first.

    Year and day narrow it; a filer's name is searched for as any other word.
    """
    return [as_held(row, asked.as_of) for row in find_rows(connection, text, asked.as_of, limit, asked.year)]


def read_filers(connection: Connection, asked: Asked) -> Rows:
    """Return each filer asked for, with totals by year, filings and amendments."""
    totals: dict[str, Rows] = {}
    for row in read_totals(connection, asked):
        totals.setdefault(row["filer_local_id"], []).append(row)
    filings = _by_filer(_filings(connection, asked))
    amendments = _by_filer(read_amendments(connection, asked))
    return [
        {
            "filer_local_id": filer,
            "filer_state_id": years[0].get("filer_state_id"),
            "filer_name": years[0].get("filer_name"),
            "totals": years,
            "filings": filings.get(filer, []),
            "amendments": amendments.get(filer, []),
        }
        for filer, years in totals.items()
    ]


def _by_filer(rows: Rows) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for row in rows:
        found.setdefault(row["filer_local_id"], []).append(row)
    return found


def _filings(connection: Connection, asked: Asked) -> Rows:
    which = AS_OF if asked.as_of else "1"
    sql = f"SELECT * FROM filing_states s WHERE {which} ORDER BY s.started_on, s.filing_id"
    rows = _believed(connection, _rows(connection, sql, day=asked.as_of))
    return [as_held(row, asked.as_of) for row in rows if asked.year in (None, row["year"])]


def as_held(row: Row, day: str) -> Row:
    """Return the state of a filing that held on a day without what became of it later; as it is where no day is."""
    if not day:
        return row
    held = {**row, "in_force": 1}
    if (row["ended_on"] or "") > day:
        held["ended_on"] = None
    if (row["superseded_on"] or "") > day:
        held.update(dict.fromkeys(_SUCCESSOR & row.keys()))
    return held


@dataclass(frozen=True, slots=True)
class Beginning:
    """The day of the first capture of a source's scope; what stood at the publisher before it was never seen."""

    source: str
    scope: str
    day: str

    @property
    def year(self) -> int | None:
        """The year that the scope is; None where it is no year."""
        return int(self.scope) if self.scope.isdecimal() and len(self.scope) == YEAR_DIGITS else None


def known_since(connection: Connection) -> list[Beginning]:
    """Return since when each scope that answers are read from was captured."""
    believed = dict(_authority(connection))
    rows = _rows(connection, "SELECT DISTINCT source, scope FROM _clerk_captures ORDER BY source, scope")
    found = []
    for row in rows:
        captures = standing_captures(connection, row["source"], row["scope"])
        if captures:
            found.append(Beginning(row["source"], row["scope"], taken_of(captures[0]).date().isoformat()))
    return [beginning for beginning in found if _is_read(beginning, believed)]


def _is_read(beginning: Beginning, believed: Mapping[int, str]) -> bool:
    """Whether questions read the scope: no other source is believed for its year, or for every year."""
    if beginning.year is None:
        return not believed or beginning.source in believed.values()
    return believed.get(beginning.year, beginning.source) == beginning.source
