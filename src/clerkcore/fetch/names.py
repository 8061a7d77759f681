"""Names of an operator's files as clean text, whatever bytes the file system holds them in."""

from __future__ import annotations

import os
from pathlib import Path


def page_name(path: Path) -> str:
    """Return a file's name as captures, the ledger and messages tell it."""
    return clean_name(path.name)


def clean_name(name: str | Path) -> str:
    r"""Return a name with \x.. for what is not UTF-8 and for characters that do not print."""
    text = os.fsencode(name).decode(errors="backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
