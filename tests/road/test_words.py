"""Change sets in words."""

from __future__ import annotations

import pytest

from clerkcore.models import ChangeSet, Counts, TableChange
from clerkcore.road.words import name_rows, tell_changes, tell_evidence


def test_every_table_that_changed_has_its_sentences() -> None:
    transactions = TableChange(
        "transactions",
        Counts(added=1086, changed=2, disappeared=1),
        added_by_group={"A": 1000, "F497P1": 86},
        disappeared_by_group={"E": 1},
        changed_by_column={"amount_cents": 2},
    )
    filings = TableChange("filings", Counts(added=1))
    same = TableChange("filers", Counts(unchanged=7, refreshed=2))
    assert tell_changes(ChangeSet(Counts(), (transactions, filings, same))) == (
        "1,086 transactions added (A 1,000, F497P1 86); 2 transactions changed (amount_cents 2);"
        " 1 transaction disappeared (E 1); 1 filing added"
    )


def test_a_change_set_without_changes_says_so() -> None:
    assert tell_changes(ChangeSet(Counts(), (TableChange("filings", Counts(unchanged=3)),))) == "no changes"
    assert tell_changes(ChangeSet(Counts())) == "no changes"


@pytest.mark.parametrize(
    ("table", "count", "words"),
    [
        ("filings", 1, "filing"),
        ("filings", 0, "filings"),
        ("agencies", 1, "agency"),
        ("county_ballots", 2, "county ballots"),
        ("county_ballots", 1, "county ballot"),
    ],
)
def test_rows_are_named_after_their_table(table: str, count: int, words: str) -> None:
    assert name_rows(table, count) == words


def test_evidence_tells_what_was_left_out() -> None:
    assert tell_evidence(Counts(duplicates=2, quarantined=1234, aside=1)) == (
        "2 exact duplicates, 1,234 quarantined, 1 set aside"
    )
    assert tell_evidence(Counts(read=3, added=3)) == ""


def test_of_many_groups_the_largest_are_told() -> None:
    groups = {f"C{number:02}": number for number in range(1, 41)}
    told = tell_changes(ChangeSet(Counts(), (TableChange("roster", Counts(added=820), groups),)))
    assert told == (
        "820 roster rows added (C40 40, C39 39, C38 38, C37 37, C36 36, C35 35, C34 34, C33 33 and 32 more)"
    )


def test_a_table_whose_name_is_no_plural_has_rows() -> None:
    assert (name_rows("roster", 1), name_rows("county_turnout", 2)) == ("roster row", "county turnout rows")
