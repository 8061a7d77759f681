"""Columns of what clerk works out from finance rows; all of them may be shown to anyone."""

from __future__ import annotations

from clerkcore.interfaces import Column, ColumnType


def public(name: str, type_: ColumnType, description: str, *, required: bool = False) -> Column:
    """Return a column that may be shown to anyone."""
    return Column(name, type_, description, required=required, public=True)
