"""The metadata of civic.db, and the columns that its tables are made of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData, Text, text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def required(name: str) -> Column[str]:
    """Return a text that must be there."""
    return Column(name, Text, nullable=False)


def words(name: str) -> Column[str]:
    """Return a text that is empty where there is none."""
    return Column(name, Text, nullable=False, server_default="")


def count(name: str) -> Column[int]:
    """Return a number that starts at nothing."""
    return Column(name, Integer, nullable=False, server_default=text("0"))


def counts() -> list[Column[int]]:
    """Return the counts of a run or a scope."""
    names = ("records_read", "added", "changed", "disappeared", "unchanged")
    return [count(name) for name in (*names, "duplicates", "quarantined", "aside", "refreshed", "findings")]


def site_key(**options: Any) -> Column[str]:
    """Return the site that a row belongs to, and goes with."""
    site = ForeignKey("sites.subdomain", onupdate="CASCADE", ondelete="CASCADE")
    return Column("subdomain", Text, site, nullable=False, **options)


def one_of(column: str, *words: str) -> CheckConstraint:
    """Return the check that a column holds one of some words, or nothing."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(word) for word in words)})", name=column)
