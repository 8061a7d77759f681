"""clerk legal-hold: placing, listing and lifting holds."""

from __future__ import annotations

from typing import Any

import pytest

State = Any  # the class of the fixture in conftest.py
WHY = ("--reason", "recount", "--by", "Ann")


def test_a_hold_is_placed_until_the_end_of_a_day(state: State) -> None:
    placed = state("legal-hold", "place", "ks", *WHY, "--until", "9999-12-31")
    assert placed.out == "ks: nothing may be removed, by legal hold 1 until 9999-12-31T23:59:59.999999Z\n"
    [row] = state("legal-hold", "list", "--json").rows
    assert (row["subdomain"], row["reason"], row["placed_by"], row["lifted_at"]) == ("ks", "recount", "Ann", None)


def test_a_hold_is_lifted_once(state: State) -> None:
    assert state("legal-hold", "place", "--all", *WHY).out == "every site: nothing may be removed, by legal hold 1\n"
    assert state("legal-hold", "lift", "1", "--by", "Bob").out == "legal hold 1 on every site is lifted by Bob\n"
    assert state("legal-hold", "list").out == "There is no legal hold.\n"
    assert state("legal-hold", "list", "--all", "--json").rows[0]["lifted_by"] == "Bob"
    again = state("legal-hold", "lift", "1", "--by", "Bob")
    assert (again.code, again.err) == (2, "Error: legal hold 1 has ended already (clerk legal-hold list --all)\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("place", *WHY), "name a site, or --all (clerk legal-hold place sandiego.ca --reason WHY --by WHO)"),
        (
            ("place", "ks", "--all", *WHY),
            "name a site, or --all (clerk legal-hold place sandiego.ca --reason WHY --by WHO)",
        ),
        (("place", "nosuch", *WHY), "the ledger has no site 'nosuch' (sites: ks)"),
        (
            ("place", "ks", "--reason", " ", "--by", "Ann"),
            "a legal hold needs a reason and a name (give --reason and --by)",
        ),
        (
            ("place", "ks", *WHY, "--until", "2020-01-01"),
            "the legal hold would have ended already (give --until a day to come)",
        ),
        (("lift", "9", "--by", "Ann"), "no legal hold 9 (in force: none)"),
        (("lift", "9", "--by", " "), "nobody lifts the legal hold (give --by a name)"),
    ],
)
def test_what_makes_no_sense_is_refused(state: State, words: tuple[str, ...], told: str) -> None:
    refused = state("legal-hold", *words)
    assert (refused.code, refused.err) == (2, f"Error: {told}\n")


def test_a_reason_cannot_drive_the_terminal(state: State) -> None:
    assert state("legal-hold", "place", "ks", "--reason", "a\x1b[2Jb", "--by", "Ann").code == 0
    assert "\x1b" not in state("legal-hold", "list").out
