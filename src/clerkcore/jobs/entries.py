"""What an installed schedule calls, whether cron or systemd does so."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clerkcore.errors import UsageError
from clerkcore.installation import FAMILIES, Installation
from clerkcore.settings import variable
from clerkcore.timing import Timing, check_timing


@dataclass(frozen=True, slots=True)
class Entry:
    """A command line and the cron expression of its starts, in the machine's own zone."""

    name: str
    about: str
    cron: str
    words: tuple[str, ...]


def plan_entries(root: Path, *, every_minutes: int = 5, next_site: str = "") -> list[Entry]:
    """Return the entries of an installation: one that runs what is due, or with a cron expression the next sites.

    UsageError for minutes that do not divide an hour, SettingsError for an expression that cannot be used.
    """
    _check_words((str(root), *_clerk()))
    base = (*_clerk(), "--root", str(root))
    if not next_site:
        return [Entry("due", "what is due", _every(every_minutes), (*base, "jobs", "run", "--due"))]
    cron = " ".join(check_timing(Timing(cron=next_site), "--next-site").cron.split())
    return [
        Entry(family.name, f"the next site of {family.name}", cron, (*base, *family.command.split()[1:], "--next-site"))
        for family in FAMILIES
    ]


def name_variables(installation: Installation) -> list[str]:
    """Return the environment variables that set something here, which neither cron nor systemd passes on."""
    settings = installation.settings
    set_there = [name for name, origin in settings.origins.items() if origin == variable(name)]
    return sorted([*map(variable, set_there), *settings.secrets])


def _every(minutes: int) -> str:
    if not 1 <= minutes <= 60 or 60 % minutes:
        raise UsageError(f"{minutes} minutes do not divide an hour evenly", remedy="choose 1, 5, 10, 15, 20, 30 or 60")
    return {1: "* * * * *", 60: "0 * * * *"}.get(minutes, f"*/{minutes} * * * *")


def _clerk() -> Sequence[str]:
    """Return how to call this very clerk from anywhere: the script beside the interpreter, or the module."""
    script = Path(sys.executable).with_name("clerk")
    return (str(script),) if script.is_file() else (sys.executable, "-m", "clerkcore")


def _check_words(paths: Sequence[str]) -> None:
    for path in paths:
        # Backslashes mean something else to each cron and to systemd; the others would end or hide a line.
        if "\\" in path or not path.isprintable():
            raise UsageError(
                f"{path!r} cannot stand in a schedule", remedy="use a path without backslashes and control characters"
            )
