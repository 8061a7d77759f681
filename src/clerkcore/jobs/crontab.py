"""The user's crontab: one marked block for each installation, and not a byte of the rest is touched."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from clerkcore.errors import ClerkError
from clerkcore.jobs.entries import Entry

PROGRAM = "crontab"
_PATIENCE = 30  # seconds


def install_block(root: Path, entries: Sequence[Entry], program: str = PROGRAM) -> bool:
    """Put an installation's block into the crontab, or in place of the one there; returns whether that changed it.

    ClerkError where the block there is broken, or crontab refuses.
    """
    table = read_crontab(program)
    changed = put_block(table, root, entries)
    if changed != table:
        _write_crontab(changed, program)
    return changed != table


def uninstall_block(root: Path, program: str = PROGRAM) -> bool:
    """Take an installation's block out of the crontab; returns whether there was one."""
    table = read_crontab(program)
    block = _find(table, root)
    if block is None:
        return False
    _write_crontab(table[: block[0]] + table[block[1] :], program)
    return True


def find_block(root: Path, program: str = PROGRAM) -> str:
    """Return an installation's block as it stands in the crontab; empty when there is none."""
    table = read_crontab(program)
    block = _find(table, root)
    return os.fsdecode(table[block[0] : block[1]]) if block else ""


QUIETLY = "CLERK_LOG_LEVEL=warning "
"""Before a command of cron, which mails what it prints: warnings and errors, for what went well is in the ledger."""


def render_block(root: Path, entries: Sequence[Entry]) -> str:
    """Return an installation's block."""
    lines = [f"{entry.cron} {QUIETLY}{_quote(entry.words)} >/dev/null" for entry in entries]
    return "\n".join((_begin(root), *lines, _end(root), ""))


def put_block(table: bytes, root: Path, entries: Sequence[Entry]) -> bytes:
    """Return a crontab with an installation's block, at its place or else at the end."""
    block = os.fsencode(render_block(root, entries))
    found = _find(table, root)
    if found:
        return table[: found[0]] + block + table[found[1] :]
    # A last line without an end stays as it is, so that taking the block out leaves what there was.
    return table + block if not table or table.endswith(b"\n") else block + table


def read_crontab(program: str = PROGRAM) -> bytes:
    """Return the user's crontab; empty when there is none."""
    done = _call([program, "-l"])
    # Every cron says so in these words, and ends with 1, where there is none yet.
    if done.returncode and b"no crontab" not in done.stderr.lower():
        raise _refused(done, "cannot be read")
    return b"" if done.returncode else done.stdout


def _write_crontab(table: bytes, program: str) -> None:
    done = _call([program, "-"], table)
    if done.returncode:
        raise _refused(done, "was not taken; it is as it was before")


def _call(command: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # In the language whose messages are known.
    environ = {**os.environ, "LC_ALL": "C"}
    try:
        return subprocess.run(command, input=given, capture_output=True, timeout=_PATIENCE, env=environ, check=False)
    except FileNotFoundError as error:
        raise ClerkError(
            f"there is no program {command[0]!r}",
            remedy="install cron, or use: clerk schedule install systemd, or clerk schedule run",
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClerkError(f"{command[0]} cannot be run: {error}", remedy="see: crontab -l") from error


def _refused(done: subprocess.CompletedProcess[bytes], what: str) -> ClerkError:
    told = os.fsdecode(done.stderr).strip() or f"exit code {done.returncode}"
    return ClerkError(f"the crontab {what}: {told}", remedy="see: crontab -l")


def _find(table: bytes, root: Path) -> tuple[int, int] | None:
    """Return where an installation's block begins and ends; ClerkError when it is not whole."""
    begins, ends, at = [], [], 0
    for line in table.split(b"\n"):
        after = min(at + len(line) + 1, len(table))
        match line.rstrip():
            case mark if mark == os.fsencode(_begin(root)):
                begins.append(at)
            case mark if mark == os.fsencode(_end(root)):
                ends.append(after)
        at = after
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0] >= ends[0]:
        raise ClerkError(
            f"its block is broken: {len(begins)} lines {_begin(root)!r}, {len(ends)} lines {_end(root)!r}",
            where="crontab",
            remedy="remove what is left of it by hand with crontab -e, then install again",
        )
    return begins[0], ends[0]


def _begin(root: Path) -> str:
    return f"# BEGIN clerk {root}"


def _end(root: Path) -> str:
    return f"# END clerk {root}"


def _quote(words: Sequence[str]) -> str:
    # Cron itself ends a command at a bare %, wherever it stands, before any shell sees it.
    return shlex.join(words).replace("%", r"\%")
