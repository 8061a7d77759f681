"""The text that Prometheus reads: as bytes, and as a file for node_exporter."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from clerkcore.errors import ClerkError, UsageError
from clerkcore.installation import Installation
from clerkcore.metrics.collector import ClerkCollector

ENDING = ".prom"


@dataclass(frozen=True, slots=True)
class Exposition:
    """What one scrape answers; `errors` name what could not be read, such as a broken database."""

    body: bytes
    content_type: str
    errors: Sequence[ClerkError]


def expose(installation: Installation, accept: str = "") -> Exposition:
    """Read every figure and return them in the format that an Accept header asks for, else the plain one."""
    collector = ClerkCollector(installation)
    registry = CollectorRegistry()
    registry.register(collector)
    encode, content_type = choose_encoder(accept)
    return Exposition(encode(registry), content_type, tuple(collector.errors))


def render(installation: Installation, accept: str = "") -> tuple[bytes, str]:
    """Return the figures and their content type; a ledger that cannot be read is clerk_up 0, and no error."""
    found = expose(installation, accept)
    return found.body, found.content_type


def write_textfile(installation: Installation, path: Path) -> Exposition:
    """Write the figures to a file that all may read, whole or not at all; ClerkError when it cannot be written.

    UsageError unless its name ends in .prom, as node_exporter's textfile collector wants it.
    """
    if path.suffix != ENDING:
        raise UsageError(f"{path.name!r} does not end in {ENDING}", remedy="node_exporter reads no other files")
    found = expose(installation)
    try:
        _replace(path, found.body)
    except OSError as error:
        remedy = "check that its folder exists and can be written"
        raise ClerkError(f"cannot be written: {error.strerror}", where=str(path), remedy=remedy) from error
    return found


def _replace(path: Path, body: bytes) -> None:
    # Another ending until it is whole, for node_exporter would read the half of it.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(body)
            stream.flush()
            os.fchmod(descriptor, 0o644)
            os.fsync(descriptor)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
