"""Every kind of amendment: what becomes of a filing's rows, and the record of it that a change report must match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from clerk_demo.draws import money
from clerk_demo.reports import Report
from clerk_demo.transactions import Transaction, date_and_pay, draw_form, draw_row

# mixed: some rows unchanged, edited, renumbered, new and dropped; again: the same of a filing already amended;
# texts: edited texts alone; equal: all rows equal; other: no row is that of the old filing;
# twins: one of two late reports of a committee amended on one day; withdrawn: no successor.
KINDS = ("mixed", "again", "texts", "equal", "other", "twins", "withdrawn")
UNPAID_FORMS = ("F", "B1")
_EDITS = ("text", "amount", "date", "renumbered", "dropped")


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one row: edited, renumbered, new or dropped; `columns` (of Connect2) hold other texts now."""

    what: str
    form: str
    old_tran_id: str
    new_tran_id: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Amended:
    """The rows of the new filing and the changes that lead to them."""

    rows: tuple[Transaction, ...]
    changes: tuple[Change, ...]
    unchanged: int


def amend(kind: str, chance: Random, report: Report, rows: Sequence[Transaction], version: int) -> Amended:
    """Return what an amendment of this kind makes of the rows; `version` is the number of the new filing's report."""
    if kind == "equal":
        return Amended(tuple(rows), (), len(rows))
    if kind == "other":
        fresh = tuple(map(_rename, _draw_new(chance, report, version, len(rows))))
        return Amended(fresh, (*map(_note_dropped, rows), *map(_note_new, fresh)), 0)
    plan = _plan_texts(rows) if kind in ("texts", "twins") else _plan_mixed(rows)
    fresh = tuple(_draw_new(chance, report, version, 0 if kind in ("texts", "twins") else 1 + (len(rows) >= 8)))
    return _apply(_assign(chance, rows, plan), report, rows, fresh, version)


def _plan_texts(rows: Sequence[Transaction]) -> tuple[str, ...]:
    return ("text",) * min(2, len(rows) // 2)


def _plan_mixed(rows: Sequence[Transaction]) -> tuple[str, ...]:
    """The edits to make, the rarer ones only where rows enough stay unchanged."""
    return ("text",) * (len(rows) // 10) + _EDITS[: len(rows) // 2]


def _assign(chance: Random, rows: Sequence[Transaction], plan: Sequence[str]) -> dict[int, str]:
    """Choose a row for each edit; an edit that no row can take is left out."""
    free = list(range(len(rows)))
    assigned: dict[int, str] = {}
    for what in plan:
        able = [place for place in free if what not in ("amount", "date") or is_dated_payment(rows[place])]
        if able:
            place = chance.choice(able)
            free.remove(place)
            assigned[place] = what
    return assigned


def is_dated_payment(row: Transaction) -> bool:
    """Whether the row has a day and an amount of its own, which an amendment may correct."""
    return row.form not in UNPAID_FORMS and row.day is not None and row.cents is not None


def _apply(
    assigned: dict[int, str],
    report: Report,
    rows: Sequence[Transaction],
    fresh: tuple[Transaction, ...],
    version: int,
) -> Amended:
    kept, changes = [], []
    for place, row in enumerate(rows):
        what = assigned.get(place)
        if what == "dropped":
            changes.append(_note_dropped(row))
            continue
        now = _edit(what, report, row, version) if what else row
        if what:
            changes.append(_note_edit(row, now))
        kept.append(now)
    return Amended((*kept, *fresh), (*changes, *map(_note_new, fresh)), len(rows) - len(assigned))


def _edit(what: str, report: Report, row: Transaction, version: int) -> Transaction:
    if what == "renumbered":
        return row._replace(tran_id=f"{row.tran_id}R{version}")
    if what == "amount" and row.cents is not None:
        cents = row.cents + 1_000 * version + 5
        amount = {"Calculated_Amount": money(cents), "Tran_Amt1": money(cents)}
        return row._replace(cents=cents, fields=row.fields | amount)
    if what == "date" and row.day is not None:
        day = row.day + timedelta(days=-1 if row.day >= report.end else 1)
        dates = {name: text for name, text in date_and_pay(day, 0).items() if name in ("Calculated_Date", "Tran_Date")}
        return row._replace(day=day, fields=row.fields | dates)
    column = "Tran_Emp" if row.fields.get("Tran_Emp") and version % 2 == 0 else "Tran_Dscr"
    return row._replace(fields=row.fields | {column: f"Corrected in amendment {version}"})


def _draw_new(chance: Random, report: Report, version: int, count: int) -> Iterator[Transaction]:
    for place in range(count):
        form = draw_form(chance, report, place)
        yield draw_row(chance, report, form, f"{report.serial}-{place}A{version}")


def _rename(row: Transaction) -> Transaction:
    """Give the row a payee whom no row of the old filing names, so that nothing ties the two filings together."""
    return row._replace(fields=row.fields | {"Tran_NamL": f"{row.fields['Tran_NamL']} & Successors"})


def _note_edit(row: Transaction, now: Transaction) -> Change:
    columns = tuple(sorted(name for name in now.fields if now.fields[name] != row.fields.get(name, "")))
    return Change("edited" if columns else "renumbered", row.form, row.tran_id, now.tran_id, columns)


def _note_new(row: Transaction) -> Change:
    return Change("new", row.form, "", row.tran_id)


def _note_dropped(row: Transaction) -> Change:
    return Change("dropped", row.form, row.tran_id, "")
