"""Timers of systemd: for each entry of an installation a service and its timer, marked as ours."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clerkcore.errors import ClerkError
from clerkcore.jobs.entries import Entry
from clerkcore.jobs.oncalendar import read_calendar

SYSTEM_FOLDER = Path("/etc/systemd/system")
_WANTS = "timers.target.wants"

_SERVICE = """\
{mark}
[Unit]
Description=clerk: {about} of {root}
{unit}
[Service]
Type=oneshot
ExecStart={command}
# Something is held: told by clerk status, no failure of this service.
SuccessExitStatus=3
# The job at hand is ended before the service stops.
TimeoutStopSec=15min
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
{service}"""
_SYSTEM_UNIT = """\
Wants=network-online.target
After=network-online.target
"""
_SYSTEM_SERVICE = """\
User={user}
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
CapabilityBoundingSet=
ReadWritePaths={path}
"""
_TIMER = """\
{mark}
[Unit]
Description=clerk: when {about} of {root} runs

[Timer]
{calendar}
AccuracySec=10s
# What was due while the machine was off is done when it is on again.
Persistent=true

[Install]
WantedBy=timers.target
"""


@dataclass(frozen=True, slots=True)
class UnitFolder:
    """Where unit files go: those of this user, or of the system, which run as the owner of the root."""

    path: Path
    system: bool = False

    @property
    def control(self) -> str:
        """The program that knows these units."""
        return "systemctl" if self.system else "systemctl --user"


def user_folder(environ: Mapping[str, str]) -> UnitFolder:
    """Return where this user's unit files lie."""
    config = environ.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    return UnitFolder(Path(config) / "systemd" / "user")


def system_folder() -> UnitFolder:
    """Return where the machine's own unit files lie, which root alone may write."""
    return UnitFolder(SYSTEM_FOLDER, system=True)


def render_units(root: Path, entries: Sequence[Entry], *, system: bool = False) -> dict[str, str]:
    """Return the unit files of an installation by name; SettingsError for a time that systemd cannot say."""
    units = {}
    for entry in entries:
        name, shared = _name(root, entry.name), {"mark": _mark(root), "about": entry.about, "root": _escape(str(root))}
        calendar = "\n".join(f"OnCalendar={event}" for event in read_calendar(entry.cron))
        units[f"{name}.timer"] = _TIMER.format(calendar=calendar, **shared)
        units[f"{name}.service"] = _SERVICE.format(
            command=" ".join(_quote(word).replace("$", "$$") for word in entry.words),
            unit=_SYSTEM_UNIT if system else "",
            service=_SYSTEM_SERVICE.format(user=_owner(root), path=_quote(str(root))) if system else "",
            **shared,
        )
    return units


def install_units(root: Path, entries: Sequence[Entry], folder: UnitFolder) -> list[Path]:
    """Write an installation's unit files in place of those there, and return them.

    ClerkError for a file of that name which is not ours.
    """
    units = render_units(root, entries, system=folder.system)
    old = find_units(root, folder)
    for name in units:
        path = folder.path / name
        if path.exists() and path not in old:
            raise ClerkError("is there and was not written by clerk", where=str(path), remedy="move it away")
    folder.path.mkdir(parents=True, exist_ok=True)
    for name, text in units.items():
        _write(folder.path / name, text)
    _remove([path for path in old if path.name not in units])
    return [folder.path / name for name in units]


def uninstall_units(root: Path, folder: UnitFolder) -> list[Path]:
    """Remove an installation's unit files, and what enabled them; returns which they were."""
    found = find_units(root, folder)
    _remove(found)
    return found


def find_units(root: Path, folder: UnitFolder) -> list[Path]:
    """Return an installation's unit files, by name."""
    marked = _mark(root)
    paths = sorted([*folder.path.glob("clerk-*.timer"), *folder.path.glob("clerk-*.service")])
    return [path for path in paths if path.is_file() and _first_line(path) == marked]


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        return file.readline().rstrip("\n")


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8", errors="surrogateescape")
    os.replace(temporary, path)


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        enabled = path.parent / _WANTS / path.name
        if enabled.is_symlink():
            enabled.unlink()
        path.unlink(missing_ok=True)


def _name(root: Path, entry: str) -> str:
    # The folder's name for people, a hash of the whole path because many are called the same.
    slug = re.sub(r"[^a-z0-9]+", "-", root.name.lower()).strip("-")[:30]
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
    return "-".join(filter(None, ("clerk", slug, digest, entry)))


def _mark(root: Path) -> str:
    return f"# Written by clerk for {root}; clerk schedule uninstall systemd removes it."


def _owner(root: Path) -> str:
    number = root.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _escape(text: str) -> str:
    # systemd takes % for one of its own names; in a command it takes $ for a variable as well.
    return text.replace("%", "%%")


def _quote(word: str) -> str:
    return '"' + _escape(word).replace('"', '\\"') + '"'
