"""Secrets: one value a file that only its owner can read, or a variable."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from clerkcore.errors import SettingsError

SECRET_PREFIX = "CLERK_SECRET_"  # noqa: S105 - a name, no secret
SHORTEST_SECRET = 6  # what is shorter would be masked in every other word
LARGEST_SECRET = 10_000  # bytes
_SECRET_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def read_secret(name: str, folder: Path, environ: Mapping[str, str]) -> str:
    """Return a secret from the environment or from a file only its owner can read."""
    if not _SECRET_NAME.match(name):
        raise SettingsError(f"{name!r} is no name of a secret", remedy="small letters, digits and _")
    from_environment = environ.get(f"{SECRET_PREFIX}{name.upper()}")
    if from_environment:
        return from_environment
    path = folder / name
    try:
        mode = path.stat().st_mode
    except OSError as error:
        remedy = f"set {SECRET_PREFIX}{name.upper()} or write it to {path} with mode 0600"
        raise SettingsError(f"the secret {name!r} is not set", remedy=remedy) from error
    if secret_is_exposed(mode):
        raise SettingsError("others can read this secret", where=str(path), remedy=f"chmod 600 {path}")
    return path.read_text(encoding="utf-8").strip()


def read_all(folder: Path) -> Iterator[str]:
    """Yield what the files of a folder hold, without those too large for a secret, or not to be read."""
    for path in folder.iterdir():
        with suppress(OSError, ValueError):
            if path.is_file() and path.stat().st_size <= LARGEST_SECRET:
                yield path.read_text(encoding="utf-8").strip()


def secret_is_exposed(mode: int) -> bool:
    """Whether a file of this mode can be read or written by anyone but its owner."""
    return bool(stat.S_IMODE(mode) & 0o077)
