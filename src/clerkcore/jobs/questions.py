"""Asking the finance databases of sites, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from clerkcore.errors import ClerkError, StoreError, UsageError
from clerkcore.finance.computed import FILING_DAYS
from clerkcore.finance.questions import Beginning, known_since
from clerkcore.finance.source import DATABASE
from clerkcore.finance.views import FINANCE_VIEWS
from clerkcore.installation import Installation
from clerkcore.store.database import read_database

Rows = list[dict[str, Any]]
Question = Callable[[Connection], Rows]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one site's database says; `since` tells from which day on it was captured, scope by scope."""

    site: str
    rows: Rows
    since: list[Beginning]


def ask_finance(
    installation: Installation, subdomains: Iterable[str], question: Question, broken: list[ClerkError]
) -> Iterator[Answer]:
    """Yield the answers of the named sites, or of all that have finance data.

    UsageError when none has any. A database that cannot be read goes to `broken` and stops no other.
    """
    named = [installation.site(name).subdomain for name in subdomains]
    asked = 0
    for subdomain in named or [site.subdomain for site in installation.sites()]:
        path = installation.folder(subdomain).database(DATABASE)
        if not path.is_file():
            if named:
                raise _nothing(subdomain)
            continue
        asked += 1
        try:
            with read_database(path) as connection:
                _refuse_damaged(connection, subdomain)
                yield Answer(subdomain, question(connection), known_since(connection))
        except StoreError as error:
            broken.append(error)
    if not asked:
        raise _nothing("no site")


def _nothing(which: str) -> UsageError:
    where = "" if which == "no site" else which
    message = "no site has finance data yet" if which == "no site" else "has no finance data yet"
    return UsageError(message, where=where, remedy=f"clerk finance etl {where or 'SITE'}")


def _refuse_damaged(connection: Connection, subdomain: str) -> None:
    """StoreError when the database does not hold what questions read."""
    present = {row["name"] for row in connection.execute("SELECT name FROM sqlite_schema")}
    lost = [view.name for view in FINANCE_VIEWS if view.name not in present]
    if not present:
        said = "is empty"
    elif FILING_DAYS.name not in present:
        said = "was last loaded by an older clerk, which did not keep what questions read"
    elif lost:
        said = f"lacks the view {lost[0]}"
    else:
        return
    raise StoreError(said, where=f"{subdomain} {DATABASE}", remedy=f"load it again: clerk finance etl {subdomain}")
