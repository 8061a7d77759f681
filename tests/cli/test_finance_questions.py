"""clerk finance show, totals, amendments, donors and search, on two simulated pulls."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from clerk_demo import Simulator
from clerkcore.finance import methods
from clerkcore.finance.source import running_years
from clerkcore.testing import Clerk, Ended, SiteMaker
from clerkcore.times import now

pytest_plugins = ["clerkcore.testing.fixtures"]

Ask = Callable[..., Ended]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7, size=150) as running:
        yield running


@pytest.fixture
def ask(make_site: SiteMaker, run_clerk: Clerk, simulator: Simulator) -> Ask:
    """Ask about San Diego, pulled before and after an amendment."""
    make_site("sandiego.ca", netfile={"agency": "CSD", "base_url": simulator.netfile_url})
    for day in (0, 1):
        simulator.set_day(day)
        assert run_clerk("finance", "etl", "sandiego.ca", "--year", "2026").exit_code == 0
    return lambda *words: run_clerk("finance", *words)


def test_totals_tell_each_filer_as_filed_and_as_amended(ask: Ask) -> None:
    ended = ask("totals", "--json")
    assert ended.exit_code == 0
    first = ended.lines[0]
    assert {"site", "year", "filer_name", "filed_contributions_cents", "contributions_cents"} <= first.keys()
    assert any(line["filed_contributions_cents"] != line["contributions_cents"] for line in ended.lines)
    assert [line["contributions_cents"] for line in ended.lines] == sorted(
        (line["contributions_cents"] for line in ended.lines), reverse=True
    )


def test_totals_are_a_table_on_a_terminal(ask: Ask) -> None:
    lines = ask("totals", "--year", "2026").stdout.splitlines()
    assert lines[0].split()[:4] == ["Site", "Year", "Filer", "As"]
    assert all("$" in line for line in lines[1:])


def test_totals_of_a_year_without_data_say_so(ask: Ask) -> None:
    assert ask("totals", "--year", "1999").stdout == "Nothing found.\n"


def test_a_day_before_anything_is_known_is_told_on_stderr(ask: Ask) -> None:
    ended = ask("totals", "--as-of", "2001-01-01")
    assert ended.stdout == "Nothing found.\n"
    assert ended.stderr.startswith("sandiego.ca: netfile (2026) was first captured on 20")


def test_a_year_that_was_not_asked_for_is_not_warned_of(ask: Ask) -> None:
    assert "first captured" not in ask("totals", "--as-of", "2001-01-01", "--year", "1999").stderr
    assert "first captured" in ask("totals", "--as-of", "2001-01-01", "--year", "2026").stderr


def test_years_that_were_first_captured_on_one_day_are_warned_of_together(ask: Ask) -> None:
    assert ask("etl", "sandiego.ca", "--year", "2019").exit_code == 0
    (warning,) = (line for line in ask("totals", "--as-of", "2001-01-01").stderr.splitlines() if "first" in line)
    assert warning.startswith("sandiego.ca: netfile (2019, 2026) was first captured on ")


METHODS = {
    ("totals",): methods.TOTALS,
    ("totals", "--by", "candidate"): methods.CANDIDATES,
    ("amendments",): methods.AMENDMENTS,
    ("donors", "testwell"): methods.DONORS,
    ("show", "a"): methods.FILERS,
}


@pytest.mark.parametrize("words", METHODS, ids=" ".join)
def test_an_answer_names_its_method_on_stderr(ask: Ask, words: tuple[str, ...]) -> None:
    ended = ask(*words)
    assert ended.stderr == f"Method: {METHODS[words]}\n"
    assert "Method:" not in ended.stdout


@pytest.mark.parametrize("words", METHODS, ids=" ".join)
def test_every_object_of_an_answer_names_its_method(ask: Ask, words: tuple[str, ...]) -> None:
    ended = ask(*words, "--json")
    assert {line["method"] for line in ended.lines} == {METHODS[words]}
    assert ended.stderr == ""


def test_a_search_has_no_method_to_name(ask: Ask) -> None:
    ended = ask("search", "canvassing")
    assert (ended.exit_code, ended.stderr) == (0, "")


def test_totals_by_candidate(ask: Ask) -> None:
    lines = ask("totals", "--by", "candidate", "--json").lines
    assert lines
    assert {"candidate", "support_cents", "oppose_cents", "raised_cents"} <= lines[0].keys()


def test_amendments_are_told_in_words(ask: Ask) -> None:
    (line,) = ask("amendments", "--json").lines
    assert (line["unchanged"], line["edited"], line["renumbered"], line["added"]) == (17, 2, 1, 3)
    assert line["edited_columns"] == "tran_dscr 2"
    head, *rows = ask("amendments").stdout.splitlines()
    cell = " ".join(row[head.index("Amendment") :].strip() for row in rows)
    assert cell == f"{line['told']}; edited: tran_dscr 2"


def test_amendments_by_a_day_before_them_are_none(ask: Ask) -> None:
    assert ask("amendments", "--as-of", "2020-01-01").stdout == "Nothing found.\n"


def test_the_run_that_brought_an_amendment_tells_it(ask: Ask, run_clerk: Clerk) -> None:
    (amendment,) = ask("amendments", "--json").lines
    run = run_clerk("runs", "show", "2", "--json").line
    assert run["scopes"][0]["notes"] == [amendment["told"]]
    assert amendment["told"] in run_clerk("runs", "show", "2").stdout


def test_donors_are_found_by_any_words_of_their_name(ask: Ask) -> None:
    found = ask("donors", "TESTWELL", "--json").lines
    assert found
    assert all("testwell" in line["donor_key"] for line in found)
    assert all(sum(gift["amount_cents"] for gift in line["given_to"]) == line["amount_cents"] for line in found)
    assert ask("donors", "estwel", "--json").lines == []


def test_donors_as_of_a_day_are_those_of_the_filings_that_held(ask: Ask) -> None:
    assert ask("donors", "testwell", "--as-of", "2001-01-01").stdout == "Nothing found.\n"
    now = [(line["donor_key"], line["amount_cents"]) for line in ask("donors", "testwell", "--json").lines]
    later = ask("donors", "testwell", "--as-of", "2099-01-01", "--json").lines
    assert [(line["donor_key"], line["amount_cents"]) for line in later] == now


def test_search_finds_words_in_descriptions(ask: Ask) -> None:
    lines = ask("search", "canvassing", "--json").lines
    assert lines
    assert all("Canvassing" in (line["tran_dscr"] or "") for line in lines)
    assert len(ask("search", "canvassing", "--limit", "1", "--json").lines) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("search", " "), "nothing to search for: the text has no word (clerk finance search lawn signs)"),
        (("donors", "..."), "nothing to look for: the name has no word (clerk finance donors marriott)"),
    ],
    ids=["search", "donors"],
)
def test_a_question_without_words_says_what_to_type(ask: Ask, words: tuple[str, ...], message: str) -> None:
    ended = ask(*words)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (2, "", f"Error: {message}\n")


def test_search_looks_for_the_year_before_it_cuts_off(ask: Ask) -> None:
    assert ask("etl", "sandiego.ca", "--year", "2019").exit_code == 0
    found = [ask("search", "canvassing", "--year", year, "--limit", "1", "--json").line for year in ("2019", "2026")]
    assert [line["year"] for line in found] == [2019, 2026]


def test_search_says_of_a_superseded_row_what_took_its_place(ask: Ask) -> None:
    (amendment,) = ask("amendments", "--json").lines
    lines = ask("search", amendment["filer_name"], "--limit", "1000", "--json").lines
    gone = {line["superseded_by"] for line in lines if not line["in_force"]}
    assert gone == {amendment["amended_by"]}


def test_show_tells_a_filers_totals_filings_and_amendments(ask: Ask) -> None:
    (amendment,) = ask("amendments", "--json").lines
    (filer,) = ask("show", amendment["filer_local_id"], "--json").lines
    assert [row["told"] for row in filer["amendments"]] == [amendment["told"]]
    states = {filing["filing_id"]: filing["superseded_by"] for filing in filer["filings"]}
    assert states[amendment["filing_id"]] == amendment["amended_by"]
    shown = ask("show", *amendment["filer_name"].split()).stdout
    assert amendment["told"] in shown
    assert f"amended by {amendment['amended_by']}" in shown


@pytest.mark.parametrize("words", [("show", "nobody"), ("donors", "nobody"), ("search", "nobody")])
def test_what_is_not_there_is_said(ask: Ask, words: tuple[str, ...]) -> None:
    ended = ask(*words)
    assert (ended.exit_code, ended.stdout) == (0, "Nothing found.\n")


def test_a_question_before_anything_was_loaded_says_what_to_do(run_clerk: Clerk) -> None:
    ended = run_clerk("finance", "totals")
    assert (ended.exit_code, ended.stderr) == (
        2,
        "Error: no site has finance data yet (clerk finance etl SITE)\n",
    )


def test_a_site_without_data_is_named(run_clerk: Clerk, make_site: SiteMaker) -> None:
    make_site("empty.ca", netfile={"agency": "CSD"})
    ended = run_clerk("finance", "totals", "--subdomain", "empty.ca")
    assert (ended.exit_code, ended.stderr) == (
        2,
        "Error: empty.ca: has no finance data yet (clerk finance etl empty.ca)\n",
    )


def test_a_damaged_database_stops_no_other(ask: Ask, make_site: SiteMaker, run_clerk: Clerk) -> None:
    make_site("broken.ca", netfile={"agency": "CSD"})
    path = run_clerk.root / "sites" / "broken.ca" / "finance" / "election_finance.db"
    path.parent.mkdir()
    path.write_bytes(b"no database" * 100)
    ended = ask("totals", "--json")
    assert ended.exit_code == 1
    assert ended.lines
    assert "is damaged or not an SQLite database" in ended.stderr


def test_a_database_of_an_older_clerk_is_named_with_the_remedy(ask: Ask, run_clerk: Clerk) -> None:
    path = run_clerk.root / "sites" / "sandiego.ca" / "finance" / "election_finance.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE filing_days")
    ended = ask("totals", "--json")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr == (
        "Warning: sandiego.ca election_finance: was last loaded by an older clerk, which did not keep what questions"
        " read (load it again: clerk finance etl sandiego.ca)\n"
    )


@pytest.mark.parametrize(
    ("spoil", "told"),
    [("DROP VIEW totals_by_filer", "lacks the view totals_by_filer"), ("", "is empty")],
)
def test_a_database_that_was_spoilt_says_so(ask: Ask, run_clerk: Clerk, spoil: str, told: str) -> None:
    path = run_clerk.root / "sites" / "sandiego.ca" / "finance" / "election_finance.db"
    if spoil:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(spoil)
    else:
        path.write_bytes(b"")
    ended = ask("totals", "--subdomain", "sandiego.ca")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert f"{told} (load it again: clerk finance etl sandiego.ca)" in ended.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--taken", "2020-01-01"), "--taken dates files, and none is named (name them with --from)"),
        (("--taken", "2199-01-01", "--from", "."), "--taken lies in the future"),
    ],
)
def test_a_date_of_files_must_make_sense(ask: Ask, words: tuple[str, ...], message: str) -> None:
    ended = ask("etl", "sandiego.ca", *words)
    assert ended.exit_code == 2
    assert message in ended.stderr


def test_closed_years_are_compared_again_when_they_are_due(ask: Ask, run_clerk: Clerk) -> None:
    def pulled(**environ: str) -> set[str]:
        ended = run_clerk("finance", "etl", "sandiego.ca", "--json", environ=environ)
        return {scope["scope"] for scope in ended.line["scopes"]}

    assert run_clerk("finance", "etl", "sandiego.ca", "--year", "2019").exit_code == 0
    running = {str(year) for year in running_years(now().date())}
    assert pulled() == running
    assert pulled(CLERK_RECHECK_DAYS="0.0000001") == running | {"2019", "2026"}
    assert pulled(CLERK_RECHECK_DAYS="0") == running
