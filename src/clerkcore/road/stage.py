"""Parse a capture into a stage: a small SQLite file that can be inspected, and is loaded as it stands."""

from __future__ import annotations

import gc
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from clerkcore.errors import StoreError
from clerkcore.interfaces import Source
from clerkcore.models import Capture, Scope
from clerkcore.road.stage_lines import LineStage, Tell
from clerkcore.road.staging import StageFile
from clerkcore.store.changes import StageFacts
from clerkcore.store.database import explained
from clerkcore.store.redactions import Redactions

T = TypeVar("T")
Fill = Callable[[sqlite3.Connection], T]


def _tell_nobody(_records: int, _bytes: int) -> None:
    """Tell nobody how far the reading has come."""


def build_stage(
    source: Source, capture: Capture, path: Path, tell: Tell = _tell_nobody, redactions: Redactions | None = None
) -> StageFacts:
    """Parse a capture into the file at `path`, whole or not at all, and count its records.

    Of lines, `tell` is told after each batch how many records, and how many bytes, were read. What `redactions` hold
    is set aside, and nothing of it enters the file.
    """
    form = source.lines(capture.scope)
    if form is None:
        return make_stage(path, lambda connection: _fill(StageFile(connection, source, redactions), capture))
    return make_stage(path, lambda connection: LineStage(connection, source, form, redactions).fill(capture, tell))


def _fill(stage: StageFile, capture: Capture) -> StageFacts:
    stage.create()
    return stage.finish(capture, sum(map(stage.keep, stage.source.parse(capture))))


def make_stage(path: Path, fill: Fill[T]) -> T:
    """Make the stage at `path` by a function that fills it: whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    with explained(path):
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"its folder cannot be used: {error.strerror}", where=str(path)) from error
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as connection, _uncollected():
                filled = fill(connection)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    return filled


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave garbage alone: millions of small rows come and go, and looking for cycles among them doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(frozen=True, slots=True)
class StageMeta:
    """What a stage says of itself: the capture it was parsed from, by which version of the parser."""

    capture: str
    scope: Scope
    parser_version: int
    facts: StageFacts


def read_meta(path: Path) -> StageMeta:
    """Return what a stage says of itself; StoreError when there is none."""
    if not path.is_file():
        raise StoreError("nothing is staged", where=str(path.name), remedy="run transform first")
    with explained(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        meta = dict(connection.execute("SELECT key, value FROM _meta").fetchall())
    scope = Scope(**json.loads(meta["scope"]))
    return StageMeta(meta["capture"], scope, int(meta["parser_version"]), StageFacts(*json.loads(meta["facts"])))


def sweep_stages(folder: Path) -> None:
    """Remove what a killed run left half made; nobody else works in the folder of a leased site."""
    for path in folder.glob(".*.db*"):
        path.unlink(missing_ok=True)


def staged_files(folder: Path) -> Iterator[Path]:
    """Yield the stages that wait in a folder."""
    yield from sorted(path for path in folder.glob("*.db") if not path.name.startswith("."))
