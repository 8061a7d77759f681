"""The examples of the README are sites that load what they describe."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerkcore.testing import Clerk, Ended

pytest_plugins = ["clerkcore.testing.fixtures"]

README = Path(__file__).parents[1] / "README.md"
COUNTY, STATE = re.findall(r"```toml\n# (\S+)\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
Make = dict[str, Callable[..., Any]]
Example = Callable[..., tuple[Ended, list[tuple[Any, ...]]]]


@pytest.fixture
def example(run_clerk: Clerk, tmp_path: Path) -> Example:
    """Load a file into one of the sites of the README and ask its database."""

    def run(text: tuple[str, str], source: str, name: str, body: bytes, sql: str, *more: str) -> Any:
        config = run_clerk.root / text[0]
        config.parent.mkdir(parents=True)
        config.write_text(text[1], encoding="utf-8")
        run_clerk("sites", "import")
        (tmp_path / name).write_bytes(body)
        load = ("states", "update", config.parent.name, "--source", source, "--from", tmp_path / name, "--json")
        ended = run_clerk(*load, *more)
        assert ended.exit_code == 0, ended.stdout + ended.stderr
        with closing(sqlite3.connect(config.parent / "voters.db")) as connection:
            return ended, connection.execute(sql).fetchall()

    return run


def test_the_county_loads_its_roster(example: Example) -> None:
    body = b"Voter ID,Method,Precinct\n17,VBM,P1\n18,Vote Center,P\xf1\n"
    sql = (
        "SELECT voter_id, vote_date, voting_method, county, precinct, party, election_id FROM roster ORDER BY voter_id"
    )
    ended, rows = example(COUNTY, "RETURNED", "returned.csv", body, sql, "--date", "2026-10-20")
    assert ended.line["scopes"][0]["scope"] == "2026-11-03/RETURNED/2026-10-20"
    assert rows == [
        ("17", "2026-10-20", "absentee-mail", "EXAMPLE", "P1", None, "2026-11-03"),
        ("18", "2026-10-20", "early", "EXAMPLE", "Pñ", None, "2026-11-03"),
    ]


def test_the_county_loads_its_workbook(example: Example, make: Make) -> None:
    rows = [
        ["Turnout"],
        [],
        ["Day", "VBM total", "Vote centers total"],
        [46315, 120, 30.0],
        ["10/21/2026", "1,300", 31],
    ]
    body = make["workbook"](make["sheet"](rows, dates=(0,)))
    sql = "SELECT vote_date, county, mail_total, in_person_total FROM county_turnout ORDER BY vote_date"
    _, found = example(COUNTY, "COUNTS", "turnout.xlsx", body, sql)
    assert found == [("2026-10-20", "EXAMPLE", 120, 30), ("2026-10-21", "EXAMPLE", 1300, 31)]


def test_the_state_loads_its_fixed_widths(example: Example, make: Make) -> None:
    lines = b"0010000000120261020R M\r\n0030000000220261103\xd1  \r\n"
    body = make["zip"]({"readme.txt": b"x", "2026/VOTED_58.DAT": lines})
    sql = "SELECT voter_id, vote_date, voting_method, county, party FROM roster ORDER BY voter_id"
    _, rows = example(STATE, "VOTED", "58.zip", body, sql)
    assert rows == [
        ("00000001", "2026-10-20", "absentee-mail", "ASPEN", "R"),
        ("00000002", "2026-11-03", "election-day", "CEDAR", "Ñ"),
    ]


def test_the_state_loads_its_document(example: Example, make: Make) -> None:
    items = [{"county": {"name": "birch"}, "asOf": "2026-11-03T09:00:00Z", "registered": 2000, "cast": "1,100"}]
    sql = "SELECT election_id, vote_date, county, registered_voters, ballots_total FROM county_turnout"
    _, rows = example(STATE, "TURNOUT", "t.json", make["json"]("results.counties", items), sql)
    assert rows == [("58", "2026-11-03", "BIRCH", 2000, 1100)]
