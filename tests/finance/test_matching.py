"""Two versions of a filing, row by row."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerkcore.finance.matching import Matching, match_rows, tell_amendment

CONTENT = ("form_type", "calculated_date", "tran_naml", "tran_namf", "amount_cents", "tran_dscr")


def row(tran_id: str, cents: int | None = 100, form: str = "A", **more: Any) -> dict[str, Any]:
    own = {"form_type": form, "tran_id": tran_id, "amount_cents": cents, "calculated_date": "2026-02-01"}
    return {"tran_naml": "Demo", "tran_namf": None, "tran_dscr": None, **own, **more}


def count(found: Matching) -> dict[str, int]:
    kinds = ("unchanged", "edited", "renumbered", "added", "dropped")
    return {kind: len(getattr(found, kind)) for kind in kinds if getattr(found, kind)}


CASES = {
    "equal rows": ([row("1"), row("2", 5)], [row("2", 5), row("1")], {"unchanged": 2}),
    "an edited text": ([row("1")], [row("1", tran_dscr="New")], {"edited": 1}),
    "an edited amount": ([row("1")], [row("1", 200)], {"edited": 1}),
    "a new number": ([row("1")], [row("9")], {"renumbered": 1}),
    "a new number and text": ([row("1")], [row("9", tran_dscr="New")], {"renumbered": 1}),
    "numbers that moved by one": (
        [row("1", 100), row("2", 200)],
        [row("1", 50), row("2", 100), row("3", 200)],
        {"renumbered": 2, "added": 1},
    ),
    "a new row": ([row("1")], [row("1"), row("2", 7)], {"unchanged": 1, "added": 1}),
    "a dropped row": ([row("1"), row("2", 7)], [row("1")], {"unchanged": 1, "dropped": 1}),
    "another schedule": ([row("1")], [row("1", form="C")], {"added": 1, "dropped": 1}),
    "two alike, one renumbered": ([row("1"), row("2")], [row("1"), row("3")], {"unchanged": 1, "renumbered": 1}),
    "an amount that was left empty": ([row("1")], [row("1", None)], {"edited": 1}),
    "a payee in capitals": ([row("1")], [row("9", tran_naml="DEMO")], {"renumbered": 1}),
    "nothing in common": ([row("1", 1)], [row("2", 2)], {"added": 1, "dropped": 1}),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_rows_are_matched(old: list[dict[str, Any]], new: list[dict[str, Any]], expected: dict[str, int]) -> None:
    assert count(match_rows(old, new, CONTENT)) == expected


def test_the_columns_that_were_edited_are_named_with_the_number_of_rows() -> None:
    old = [row("1"), row("2", 2), row("3", 3)]
    new = [row("1", 5, tran_dscr="New"), row("2", 2, tran_dscr="New"), row("3", 3)]
    assert match_rows(old, new, CONTENT).edited_columns == {"tran_dscr": 2, "amount_cents": 1}


rows = st.lists(
    st.builds(row, st.sampled_from("123456"), st.sampled_from([1, 2, None]), st.sampled_from("AE")),
    unique_by=lambda made: (made["form_type"], made["tran_id"]),
)


def ids(found: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter((one["form_type"], one["tran_id"]) for one in found)


@given(old=rows, new=rows)
def test_every_row_is_told_once(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    found = match_rows(old, new, CONTENT)
    pairs = [*found.unchanged, *found.edited, *found.renumbered]
    assert ids([*(pair.old for pair in pairs), *found.dropped]) == ids(old)  # type: ignore[list-item]
    assert ids([*(pair.new for pair in pairs), *found.added]) == ids(new)  # type: ignore[list-item]


@given(old=rows, new=rows)
def test_unchanged_rows_are_equal_and_the_others_are_not(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    found = match_rows(old, new, CONTENT)
    assert all(pair.old == pair.new and not pair.columns for pair in found.unchanged)
    assert all(pair.columns for pair in found.edited)
    assert all(pair.old["tran_id"] != pair.new["tran_id"] for pair in found.renumbered)


@given(old=rows, data=st.data())
def test_the_order_of_rows_means_nothing(old: list[dict[str, Any]], data: st.DataObject) -> None:
    assert count(match_rows(old, data.draw(st.permutations(old)), CONTENT)) == ({"unchanged": len(old)} if old else {})


def test_an_amendment_is_told_in_a_sentence() -> None:
    old = [row(str(n), n) for n in range(100)]
    new = [*old[:96], *(row(str(n), n, tran_dscr="New") for n in range(96, 99)), row("x", 99)]
    new += [row(f"n{n}", 1000 + n) for n in range(4)]
    found = match_rows(old, new, CONTENT)
    assert tell_amendment("1", "2", found, inferred=False) == (
        "filing 1 amended by 2: 96 rows unchanged, 3 edited, 1 renumbered, 4 new"
    )
    assert tell_amendment("1", "2", match_rows(old[:1], old[:1], CONTENT), inferred=True) == (
        "filing 1 amended by 2: 1 row unchanged (inferred)"
    )
