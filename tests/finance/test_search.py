"""Full-text search: in step with the rows whatever a run does to them, and safe for any text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerkcore.errors import UsageError
from clerkcore.finance import TRANSACTIONS
from clerkcore.finance.search import MOST_WORDS, find_rows, quote_words
from clerkcore.store.database import open_database, read_database
from clerkcore.store.tables import ensure_tables

from .conftest import County, Desk, gift


def find(desk: Desk, text: str, day: str = "") -> list[str]:
    bench = desk.benches["county"]
    with read_database(bench.folder / "site" / "finance" / "election_finance.db") as connection:
        return [f"{row['filing_id']}/{row['tran_id']}" for row in find_rows(connection, text, day, 50)]


def check_index(desk: Desk) -> None:
    """Let FTS5 compare its index with the rows it is about."""
    with open_database(desk.benches["county"].folder / "site" / "finance" / "election_finance.db") as connection:
        connection.execute("INSERT INTO transactions_fts(transactions_fts, rank) VALUES ('integrity-check', 1)")


def test_names_employers_occupations_and_descriptions_are_found(desk: Desk) -> None:
    desk.load(
        gift("1", "1", 1, tran_naml="Núñez", tran_emp="Imprenta Mañana"),
        gift("1", "2", 1, tran_occ="Engineer"),
        gift("1", "3", 1, tran_dscr="Yard signs"),
    )
    assert find(desk, "nunez") == find(desk, "imprenta manana") == ["1/1"]
    assert (find(desk, "engineer"), find(desk, "signs yard"), find(desk, "yard si")) == (["1/2"], ["1/3"], ["1/3"])
    assert find(desk, "nothing") == []


def test_every_word_must_be_there(desk: Desk) -> None:
    desk.load(gift("1", "1", 1, tran_dscr="Yard signs"), gift("1", "2", 1, tran_dscr="Yard sale"))
    assert find(desk, "yard signs") == ["1/1"]


def test_the_index_follows_edits_and_undo(desk: Desk) -> None:
    desk.load(gift("1", "1", 1, tran_dscr="Mailer"), gift("1", "2", 1))
    desk.load(gift("1", "1", 1, tran_dscr="Billboard"), gift("1", "2", 1), on=2)
    check_index(desk)
    assert (find(desk, "mailer"), find(desk, "billboard")) == ([], ["1/1"])
    desk.undo()
    check_index(desk)
    assert (find(desk, "mailer"), find(desk, "billboard")) == (["1/1"], [])


def test_rows_of_amended_filings_are_found_as_of_their_day(desk: Desk) -> None:
    desk.load(gift("1", "1", 1, tran_dscr="Mailer"), gift("1", "2", 1))
    desk.load(gift("2", "1", 1, tran_dscr="Billboard"), gift("2", "2", 1), on=5)
    check_index(desk)
    assert find(desk, "mailer", "2026-08-04") == ["1/1"]
    assert find(desk, "mailer", "2026-08-05") == []
    assert find(desk, "billboard", "2026-08-05") == ["2/1"]


def test_an_index_over_other_columns_is_made_anew(desk: Desk) -> None:
    desk.load(gift("1", "1", 1, tran_city="Mockton"))

    class Later(County):
        tables = (replace(TRANSACTIONS, search=("tran_city",)),)

    assert find(desk, "mockton") == []
    path = desk.benches["county"].folder / "site" / "finance" / "election_finance.db"
    with open_database(path) as connection:
        ensure_tables(connection, Later())
    assert find(desk, "mockton") == ["1/1"]


@pytest.mark.parametrize("text", ['" x', "a OR", "NEAR(", "tran_naml:x", "- x", "x *", "'; DROP TABLE x", "^x", "é\0b"])
def test_no_text_breaks_the_search(desk: Desk, text: str) -> None:
    desk.load(gift("1", "1", 1))
    assert find(desk, text) == []


@pytest.mark.parametrize("text", ["", " ", '"', "-", "* ^", "\0"])
def test_a_text_without_words_is_refused_with_an_example(desk: Desk, text: str) -> None:
    desk.load(gift("1", "1", 1))
    with pytest.raises(UsageError, match=r"the text has no word \(clerk finance search lawn signs\)"):
        find(desk, text)


def test_punctuation_beside_words_is_passed_over(desk: Desk) -> None:
    desk.load(gift("1", "1", 1, tran_dscr="Yard signs"))
    assert find(desk, "- yard & signs *") == ["1/1"]


@given(text=st.text(max_size=40))
def test_any_text_becomes_words_in_quotes(text: str) -> None:
    quoted = quote_words(text)
    assert quoted.count('"') % 2 == 0
    assert bool(quoted.strip()) == bool(text.replace("\0", " ").split())


def test_a_word_said_twice_is_looked_for_once() -> None:
    assert quote_words("lawn lawn signs") == '"lawn" "signs"*'


def test_more_words_than_anyone_looks_for_are_refused(desk: Desk) -> None:
    desk.load(gift("1", "1", 100))
    words = " ".join(f"w{number}" for number in range(MOST_WORDS + 1))
    with pytest.raises(UsageError, match="51 words are more than the 50 that can be looked for"):
        find(desk, words)
