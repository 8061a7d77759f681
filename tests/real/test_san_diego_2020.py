"""San Diego's campaign finance of 2020, as pulled on 8 and on 14 July 2020."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Replay, Simulator
from clerkcore.testing import Clerk, Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Rows = list[dict[str, Any]]
Query = Callable[..., Rows]
Load = Callable[[str], Ended]
DATABASE = "sandiego.ca/finance/election_finance.db"
TABLES = ("transactions", "filings", "filers")
FIRST, SECOND = "2020-07-08", "2020-07-14"

# Rows and cents by form, as published with the files.
FORMS = {
    FIRST: {
        "A": (2302, 276335838),
        "B1": (18, 14230000),
        "C": (20, 663662),
        "D": (111, 103661590),
        "E": (1484, 529131289),
        "F": (629, 94277471),
        "F496": (145, 145098307),
        "F496P3": (174, 102034538),
        "F497P1": (1081, 398893530),
        "F497P2": (29, 56906000),
        "G": (385, 336152424),
        "I": (14, 6886737),
    },
    SECOND: {
        "A": (2328, 285083838),
        "B1": (18, 14230000),
        "C": (27, 776162),
        "D": (121, 116056197),
        "E": (1515, 543230388),
        "F": (632, 94377471),
        "F496": (145, 145098307),
        "F496P3": (174, 102034538),
        "F497P1": (1081, 398893530),
        "F497P2": (30, 71906000),
        "G": (393, 337552630),
        "I": (14, 6886737),
    },
}
FILINGS_AND_FILERS = {FIRST: (405, 66), SECOND: (409, 67)}


@pytest.fixture
def load(data: Path, run_clerk: Clerk) -> Load:
    """Load the pull of a day into a site made from the pilots."""
    assert run_clerk("sites", "import", "--pilots").exit_code == 0

    def run(day: str) -> Ended:
        file = data / "netfile_connect2" / f"netfile_api_2020__CSD__{day}.csv"
        return run_clerk("finance", "etl", "sandiego.ca", "--year", "2020", "--from", file, "--json")

    return run


def sum_forms(query: Query) -> dict[str, tuple[int, int]]:
    sql = "SELECT form_type, count(*) AS n, sum(amount_cents) AS cents FROM transactions_effective GROUP BY 1"
    return {row["form_type"]: (row["n"], row["cents"]) for row in query(DATABASE, sql)}


def count_filings_and_filers(query: Query) -> tuple[int, int]:
    counts = [query(DATABASE, f"SELECT count(*) AS n FROM {table}_effective")[0]["n"] for table in TABLES[1:]]
    return counts[0], counts[1]


def read_rows(query: Query, database: str = DATABASE) -> dict[str, Rows]:
    """Every live row, without what tells runs apart."""
    tables = {}
    for table in TABLES:
        rows = query(database, f"SELECT * FROM {table}_effective ORDER BY 1, 2, 3, 4, 5")
        tables[table] = [{k: v for k, v in row.items() if not k.endswith("run_id")} for row in rows]
    return tables


@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_rows_and_sums_of_each_form_are_those_of_the_file(load: Load, query: Query, run_clerk: Clerk, day: str) -> None:
    ended = load(day)
    assert (ended.exit_code, ended.line["outcome"]) == (0, "changed")
    assert [ended.line[name] for name in ("quarantined", "duplicates", "aside")] == [0, 0, 0]
    found = run_clerk("runs", "show", str(ended.line["run_id"]), "--json").line["found"]
    assert {finding["check_name"] for finding in found} == {"possible_duplicate"}
    assert sum_forms(query) == FORMS[day]
    assert count_filings_and_filers(query) == FILINGS_AND_FILERS[day]


def test_the_second_pull_adds_86_rows_and_changes_none(load: Load, query: Query) -> None:
    load(FIRST)
    ended = load(SECOND)
    counts = [ended.line[name] for name in ("read", "added", "disappeared", "changed", "unchanged")]
    assert counts == [6478, 86, 0, 0, 6392]
    assert ended.line["message"].startswith(
        "86 transactions added (A 26, C 7, D 10, E 31, F 3, F497P2 1, G 8); 4 filings added; 1 filer added"
    )
    assert sum_forms(query) == FORMS[SECOND]


def test_the_same_pull_again_is_fresh_and_says_so(load: Load, query: Query) -> None:
    load(SECOND)
    before = query(DATABASE, "SELECT * FROM transactions ORDER BY 1, 2, 3, 4, 5")
    ended = load(SECOND)
    assert (ended.exit_code, ended.line["outcome"], ended.line["message"]) == (0, "fresh", "the source has not changed")
    assert query(DATABASE, "SELECT * FROM transactions ORDER BY 1, 2, 3, 4, 5") == before


def test_undo_of_the_second_pull_returns_to_the_first(load: Load, query: Query, run_clerk: Clerk) -> None:
    load(FIRST)
    before = read_rows(query)
    run_id = load(SECOND).line["run_id"]
    assert run_clerk("undo", str(run_id)).exit_code == 0
    assert read_rows(query) == before
    assert sum_forms(query) == FORMS[FIRST]


def test_a_load_over_the_first_pull_gives_the_rows_of_a_fresh_one(
    load: Load, query: Query, run_clerk: Clerk, make_site: SiteMaker, data: Path
) -> None:
    load(FIRST)
    load(SECOND)
    make_site("fresh.ca", netfile={"agency": "CSD"})
    file = data / "netfile_connect2" / f"netfile_api_2020__CSD__{SECOND}.csv"
    run_clerk("finance", "etl", "fresh.ca", "--year", "2020", "--from", file)
    assert read_rows(query) == read_rows(query, DATABASE.replace("sandiego.ca", "fresh.ca"))


def test_filing_form_and_tran_id_are_a_key_and_filer_form_and_tran_id_are_none(load: Load, query: Query) -> None:
    load(SECOND)
    sql = "SELECT count(DISTINCT {0} || '|' || form_type || '|' || tran_id) AS n FROM transactions_effective"
    assert query(DATABASE, sql.format("filing_id"))[0]["n"] == 6478
    assert query(DATABASE, sql.format("filer_local_id"))[0]["n"] == 6478 - 339


def test_an_amount_is_empty_on_debts_and_loans_and_nowhere_else(load: Load, query: Query) -> None:
    load(SECOND)
    sql = "SELECT form_type, count(*) AS n FROM transactions_effective WHERE tran_amt1_cents IS NULL GROUP BY 1"
    assert {row["form_type"]: row["n"] for row in query(DATABASE, sql)} == {"B1": 18, "F": 632}
    assert query(DATABASE, "SELECT 1 FROM transactions WHERE amount_cents IS NULL") == []
    differing = "SELECT 1 FROM transactions WHERE tran_amt1_cents <> amount_cents"
    assert query(DATABASE, differing) == []


def test_json_over_http_gives_the_rows_of_the_file(
    load: Load, query: Query, run_clerk: Clerk, make_site: SiteMaker, data: Path
) -> None:
    load(FIRST)
    with Simulator(replay=Replay.from_folder(data / "netfile_connect2")) as simulator:
        make_site("replayed.ca", netfile={"agency": "CSD", "base_url": simulator.netfile_url})
        ended = run_clerk("finance", "etl", "replayed.ca", "--year", "2020", "--json")
        assert (ended.line["added"], len(simulator.requests)) == (6392, 8)
        replayed = DATABASE.replace("sandiego.ca", "replayed.ca")
        assert read_rows(query, replayed) == read_rows(query)
        simulator.set_day(1)
        ended = run_clerk("finance", "etl", "replayed.ca", "--year", "2020", "--json")
    assert [ended.line[name] for name in ("added", "disappeared", "changed")] == [86, 0, 0]
