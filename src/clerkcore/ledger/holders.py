"""Who holds a lease: host, process-id namespace, process id and the process's start time."""

from __future__ import annotations

import os
import socket
from pathlib import Path

UNKNOWN = "-"
_STATE, _START_TIME = 0, 19


def holder_name() -> str:
    """Return the name under which this process takes leases: host:pidns:pid:starttime."""
    pid = os.getpid()
    return ":".join((socket.gethostname(), _namespace(), str(pid), _stat(pid)[1]))


def tell_holder(holder: str) -> str:
    """Return a holder as people name it: "process 1234 on vm"."""
    host, _, pid, _ = _split(holder)
    return f"process {pid} on {host}" if pid != UNKNOWN else holder


def holder_is_dead(holder: str) -> bool:
    """Whether the process behind this name is provably gone; False for any process not to be seen from here."""
    host, namespace, pid, started = _split(holder)
    if UNKNOWN in (namespace, pid) or (host, namespace) != (socket.gethostname(), _namespace()):
        return False
    return _is_gone(int(pid)) or _is_replaced(int(pid), started)


def _split(holder: str) -> tuple[str, str, str, str]:
    parts = holder.rsplit(":", 3)
    if len(parts) != 4 or not parts[2].isdecimal():
        return (holder, UNKNOWN, UNKNOWN, UNKNOWN)
    return (parts[0], parts[1], parts[2], parts[3])


def _namespace() -> str:
    # The inode alone is the same on every host outside containers; with the boot it names one namespace.
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}-{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return UNKNOWN


def _is_gone(pid: int) -> bool:
    # Asked of the kernel first: /proc may hide the processes of other users.
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _is_replaced(pid: int, started: str) -> bool:
    state, starts = _stat(pid)
    if state in ("Z", "X"):
        return True
    return UNKNOWN not in (starts, started) and starts != started


def _stat(pid: int) -> tuple[str, str]:
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return (UNKNOWN, UNKNOWN)
    # The command's name stands in brackets and may hold blanks and brackets of its own.
    fields = line.rpartition(")")[2].split()
    return (fields[_STATE], fields[_START_TIME])
