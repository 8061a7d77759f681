"""Fetch and keep: the raw bytes of a scope are in the archive before anything reads them (law 1)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from clerkcore.errors import SettingsError, SourceError, StoreError, UsageError
from clerkcore.fetch import HttpClient, KeptCapture, build_capture, hash_payloads, measure_payloads, page_name
from clerkcore.interfaces import Client
from clerkcore.models import Capture, Download, Scope
from clerkcore.road.bases import current_base
from clerkcore.road.raw_tombstones import refuse_removed
from clerkcore.road.work import Work

UNWRAPPED_FACTOR = 4  # how much larger than the largest answer its unwrapped payload may be
# What a source may set for itself: key, field of the settings, kinds of number, least value.
_PACE = (("concurrency", "http_concurrency", (int,), 1), ("delay", "http_delay", (int, float), 0))


def open_client(work: Work) -> HttpClient:
    """Return the polite client of a run; earlier downloads of the source let it ask conditionally.

    `concurrency` and `delay` among the source's own settings stand before the installation's.
    """
    own = _own_pace(work)
    settings = replace(work.settings, **own)
    pace = work.pace.tuned(settings.http_delay, settings.http_concurrency) if work.pace and own else work.pace
    return HttpClient(
        settings,
        work.archive,
        previous=_previous(work),
        pace=pace,
        report=work.report,
        source=work.source.name,
    )


def _own_pace(work: Work) -> dict[str, Any]:
    own: dict[str, Any] = {}
    for key, name, kinds, least in _PACE:
        value = work.source.config.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value < math.inf:
            raise SettingsError(
                f"{value!r} cannot be used: not a {'whole ' if kinds == (int,) else ''}number of {least} or more",
                where=f"[sources.{work.source.name}] {key}",
                remedy="see docs/settings.md",
            )
        own[name] = value
    return own


def _previous(work: Work) -> list[Download]:
    newest = work.archive.newest_of_each_scope(work.source.name)
    return [download for capture in newest for download in capture.downloads]


def fetch_capture(work: Work, scope: Scope, client: Client) -> Capture:
    """Fetch a scope and keep it."""
    return _keep(work, scope, work.source.fetch(scope, client))


def import_capture(work: Work, scope: Scope, paths: Iterable[Path]) -> Capture:
    """Keep files that an operator saved as a capture of the scope."""
    limit = work.settings.http_max_bytes
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise UsageError("no file to read", remedy="give a file, or a folder that holds some")
    return _keep(work, scope, (work.archive.keep_file(file, page_name(file), work.now(), limit) for file in files))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    return [path]


def _keep(work: Work, scope: Scope, arriving: Iterable[Download]) -> Capture:
    """Save what arrives as a capture; one that broke off, or that holds no data, is saved as incomplete."""
    downloads: list[Download] = []
    try:
        for download in arriving:
            downloads.append(download)
            work.report(f"{work.where(scope.name)}: {download.name}, {download.size:,} bytes")
        hashed, sizes = _measure_payloads(work, scope, downloads)
    except Exception:
        if downloads:
            _save(work, scope, downloads, _hash_bytes(downloads), complete=False)
        raise
    return open_capture(work, _save(work, scope, downloads, hashed, complete=True), sizes)


def _measure_payloads(work: Work, scope: Scope, downloads: Sequence[Download]) -> tuple[str, tuple[int, ...]]:
    if not downloads:
        raise SourceError("the source sent nothing", where=work.where(scope.name), remedy="see the plugin's README")
    if _mirrored(work, scope) == [(download.name, download.sha256) for download in downloads]:
        # The same bytes hold the same payloads: an unchanged file costs the hash that it was kept under.
        base = current_base(work, scope.name)
        return (base.sha256 if base else ""), ()
    return measure_payloads(work.source, work.archive, downloads, max_bytes=_unwrapped_limit(work))


def _mirrored(work: Work, scope: Scope) -> list[tuple[str, str]]:
    """Return name and sha256 of the downloads that the rows mirror, where they were read as they would be today."""
    base = current_base(work, scope.name)
    if base is None or base.parser_version != work.source.reading:
        return []
    try:
        kept = work.archive.load_capture(work.source.name, scope.name, base.capture)
    except StoreError:
        # What the archive has lost is told where it is needed.
        return []
    return [(download.name, download.sha256) for download in kept.downloads]


def _hash_bytes(downloads: Iterable[Download]) -> str:
    return sha256("".join(download.sha256 for download in downloads).encode()).hexdigest()


def _unwrapped_limit(work: Work) -> int:
    return work.settings.http_max_bytes * UNWRAPPED_FACTOR


def _save(work: Work, scope: Scope, downloads: Sequence[Download], hashed: str, *, complete: bool) -> KeptCapture:
    taken_at = work.taken_at or work.now()
    return work.archive.save_capture(work.source.name, scope, downloads, hashed, complete=complete, taken_at=taken_at)


def open_capture(work: Work, kept: KeptCapture, sizes: Sequence[int] = ()) -> Capture:
    """Return a kept capture as its parser sees it; `sizes` are those of its pages, where they are known."""
    return build_capture(
        work.source,
        kept.scope,
        work.archive,
        kept.downloads,
        kept.id,
        kept.taken_at,
        sha256=kept.sha256,
        max_bytes=_unwrapped_limit(work),
        sizes=sizes,
    )


def reopen_capture(work: Work, kept: KeptCapture) -> Capture:
    """Return a capture kept earlier; StoreError when the archive no longer holds the bytes it was made of."""
    refuse_removed(work.archive, kept, work.where(kept.scope.name))
    limit = _unwrapped_limit(work)
    if hash_payloads(work.source, work.archive, kept.downloads, max_bytes=limit) != kept.sha256:
        raise StoreError(
            f"capture {kept.id} is not what was kept: the raw archive is damaged",
            where=work.where(kept.scope.name),
            remedy="fetch again, or restore the raw folder from a backup",
        )
    return open_capture(work, kept)
