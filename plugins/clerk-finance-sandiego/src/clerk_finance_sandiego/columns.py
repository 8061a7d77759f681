"""The fields of a transaction in eFile and the column each one fills.

`doc_public` and `e_filing_id`, the names of the document and of the filing on the city's pages, are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from clerkcore import Value
from clerkcore.parsing import read_cents, read_date, read_text

Read = Callable[[str], Value]

_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f]")
_CODE = re.compile(r"[A-Z]{3}\Z")


def read_words(text: str) -> str | None:
    """Return the text without outer white space and NULs, a space for every control character; blank is None."""
    return read_text(_CONTROL.sub(" ", text.replace("\x00", "")))


def read_word(text: str) -> str:
    """Return the same, and blank text where there is none."""
    return read_words(text) or ""


def is_code(text: str) -> bool:
    """Whether the kind of payment is one of the form's codes; filers write a description where none fits."""
    return bool(_CODE.match(text))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the upstream: its name there, the column it fills, and how its text is read."""

    name: str
    column: str
    read: Read = read_words


FIELDS = (
    Field("filing_id", "filing_id"),
    Field("tran_id", "tran_id"),
    Field("transaction_date", "calculated_date", read_date),
    Field("amount", "amount_cents", read_cents),
    Field("tx_type", "rec_type"),
    Field("filer_name", "filer_name"),
    Field("name", "tran_naml"),
    Field("intr_name", "intr_naml"),
    Field("city", "tran_city"),
    Field("state", "tran_st"),
    Field("zip", "tran_zip4"),
    Field("spending_code", "tran_code"),
    Field("employer", "tran_emp"),
    Field("occupation", "tran_occ"),
    # Together they say the form.
    Field("schedule", "form_type"),
    Field("filing_type", "form_type"),
)
