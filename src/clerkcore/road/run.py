"""One run: the scopes of one source of one site go down the road, each on its own."""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from clerkcore.errors import ClerkError, LeaseLost, NotPublished, SourceError, StoreError, Unbalanced, UsageError
from clerkcore.fetch import KeptCapture, OfflineClient
from clerkcore.interfaces import Client
from clerkcore.models import Capture, Outcome, Request, Scope, ScopeResult
from clerkcore.road.acquire import fetch_capture, import_capture, open_client, reopen_capture
from clerkcore.road.apply import apply_stage
from clerkcore.road.bases import current_base
from clerkcore.road.log import log_failure
from clerkcore.road.prepare import Prepared, prepare_stage, stage_all
from clerkcore.road.release import release_scope
from clerkcore.road.seal import seal_scope
from clerkcore.road.settle import settle_known
from clerkcore.road.stage import read_meta, staged_files, sweep_stages
from clerkcore.road.undo import undo_run
from clerkcore.road.work import Work
from clerkcore.store.database import read_database
from clerkcore.store.runs import overdue_scopes
from clerkcore.store.tables import check_tables

Step = Callable[[Work, Scope], ScopeResult]
OnCapture = Callable[[Work, Capture], ScopeResult]


def run_all(work: Work, request: Request, files: tuple[Path, ...] = ()) -> list[ScopeResult]:
    """Extract, transform and load every scope that is asked for."""
    return _with_captures(work, request, files, _bring_in)


def run_extract(work: Work, request: Request, files: tuple[Path, ...] = ()) -> list[ScopeResult]:
    """Only fetch and keep."""
    return _with_captures(work, request, files, _extracted)


def run_transform(work: Work, request: Request) -> list[ScopeResult]:
    """Parse the newest kept capture of each scope into a stage that can be inspected."""
    scopes = _plan(work, request, OfflineClient(work.archive, work.source.name))
    return _each(work, scopes, _transform)


def run_load(work: Work, request: Request) -> list[ScopeResult]:
    """Load what transform staged."""
    wanted = (
        {scope.name for scope in _plan(work, request, OfflineClient(work.archive, work.source.name))}
        if request.years
        else None
    )
    staged = [read_meta(path).scope for path in staged_files(work.folder.stage / work.source.name)]
    scopes = [scope for scope in staged if wanted is None or scope.name in wanted]
    if not scopes:
        raise StoreError("nothing is staged", where=work.site.subdomain, remedy="run transform first")
    return _each(work, scopes, _load)


def run_accept(work: Work, held: Iterable[ScopeResult]) -> list[ScopeResult]:
    """Apply what a run held; refuses a scope whose rows have changed since."""
    results = {result.scope: result for result in held}
    kept = [work.archive.load_capture(work.source.name, r.scope, r.capture) for r in results.values()]
    captures = {capture.scope.name: capture for capture in kept}
    return _each(
        work,
        [capture.scope for capture in kept],
        lambda scoped, scope: _accept(scoped, captures[scope.name], results[scope.name]),
    )


def run_release(work: Work, released: Iterable[ScopeResult]) -> list[ScopeResult]:
    """Parse what some scopes rest on again, with today's plugin, and apply what is now read well."""
    kept = [work.archive.load_capture(work.source.name, result.scope, result.capture) for result in released]
    captures = {capture.scope.name: capture for capture in kept}
    scopes = [capture.scope for capture in kept]
    return _each(work, scopes, lambda scoped, scope: release_scope(scoped, captures[scope.name]))


def run_undo(work: Work, undone: int) -> list[ScopeResult]:
    """Take back a run."""
    return undo_run(work, undone)


def _with_captures(work: Work, request: Request, files: tuple[Path, ...], step: OnCapture) -> list[ScopeResult]:
    work.archive.sweep()
    sweep_stages(work.folder.stage / work.source.name)
    if files:
        work = replace(work, taken_at=request.taken_at)
        scopes = _plan(work, request, OfflineClient(work.archive, work.source.name))
        if len(scopes) != 1:
            names = ", ".join(scope.name for scope in scopes) or "none"
            message = f"files belong to one scope, and this asks for {names}"
            raise UsageError(message, remedy="name one: --year 2020 for finance, --source for states")
        return _each(work, scopes, lambda scoped, scope: step(scoped, import_capture(scoped, scope, files)))
    with open_client(work) as client:
        scopes = _plan(work, request, client)
        return _each(work, scopes, lambda scoped, scope: step(scoped, fetch_capture(scoped, scope, client)))


def _plan(work: Work, request: Request, client: Client) -> list[Scope]:
    check_tables(work.source)
    return list(work.source.plan(work.site, replace(request, overdue=_overdue(work)), client))


def _overdue(work: Work) -> tuple[str, ...]:
    """Return the scopes that were not compared with their source for longer than the installation allows."""
    days = work.settings.recheck_days
    if not days or not work.database.is_file():
        return ()
    try:
        with read_database(work.database) as connection:
            return overdue_scopes(connection, work.source.name, work.now() - timedelta(days=days))
    except StoreError:
        # The scopes that need the database tell what is wrong with it.
        return ()


def _refuse_full_disk(work: Work) -> None:
    free = shutil.disk_usage(work.settings.root).free
    if free < work.settings.min_free_bytes:
        raise StoreError(
            f"only {free:,} bytes are free on the disk",
            where=str(work.settings.root),
            remedy="free some space, or lower disk.min_free_bytes",
        )


def _each(work: Work, scopes: Iterable[Scope], step: Step) -> list[ScopeResult]:
    _refuse_full_disk(work)
    return list(_results(work, scopes, step))


def _results(work: Work, scopes: Iterable[Scope], step: Step) -> Iterator[ScopeResult]:
    """Take every scope through a step; one that fails stops no other, a lost lease stops all."""
    for scope in scopes:
        scoped = replace(work, started_at=work.now())
        try:
            result = step(scoped, scope)
        except LeaseLost:
            raise
        except NotPublished as error:
            result = _unpublished(work, scope, error)
        except ClerkError as error:
            result = ScopeResult(scope.name, Outcome.FAILED, message=_plain(error), remedy=error.remedy)
        except (Exception, SystemExit) as error:  # a plugin's bug must not stop the other scopes and sites
            result = _bug(work, scope, error)
        if result.outcome is Outcome.FAILED:
            _note_failure(scoped, scope, result)
        seal_scope(scoped, scope, result)
        yield result


def _note_failure(work: Work, scope: Scope, result: ScopeResult) -> None:
    try:
        log_failure(work, scope, result)
    except StoreError as error:
        # The database itself may be what failed; the ledger has the failure all the same.
        work.report(f"{work.where(scope.name)}: the update log could not be written: {error}")


def _plain(error: ClerkError) -> str:
    return f"{error.where}: {error.message}" if error.where else error.message


def _bug(work: Work, scope: Scope, error: BaseException) -> ScopeResult:
    message = f"source {work.source.name} broke: {type(error).__name__}: {error}"
    remedy = f"report it to the plugin's author; see: clerk plugins show {work.source.name}"
    trace = "".join(traceback.format_exception(error))
    return ScopeResult(scope.name, Outcome.FAILED, message=message, remedy=remedy, traceback=trace)


def _unpublished(work: Work, scope: Scope, error: NotPublished) -> ScopeResult:
    if current_base(work, scope.name):
        message = f"{_plain(error)}; the source had this before"
        return ScopeResult(scope.name, Outcome.FAILED, message=message, remedy="see whether the publisher withdrew it")
    return ScopeResult(scope.name, Outcome.SKIPPED, message="not published yet", remedy=error.remedy)


def _extracted(work: Work, capture: Capture) -> ScopeResult:
    message = f"{len(capture.pages)} downloads kept as capture {capture.id}"
    return ScopeResult(capture.scope.name, Outcome.FRESH, capture=capture.id, message=message)


def _bring_in(work: Work, capture: Capture) -> ScopeResult:
    known = settle_known(work, capture)
    if known:
        return known
    return _stage_and_apply(work, capture, guarded=True)


def _stage_and_apply(work: Work, capture: Capture, *, guarded: bool) -> ScopeResult:
    stage = work.passing_stage_path(capture.scope.name)
    try:
        base = current_base(work, capture.scope.name)
        prepared = prepare_stage(work, capture, base.capture if base else "", stage)
        try:
            return apply_stage(work, capture, stage, prepared, guarded=guarded)
        except Unbalanced as error:
            if not prepared.relative_to:
                raise
            work.report(f"{work.where(capture.scope.name)}: compared in full: {error.message}")
            return apply_stage(work, capture, stage, prepare_stage(work, capture, "", stage), guarded=guarded)
    finally:
        stage.unlink(missing_ok=True)


def _newest(work: Work, scope: Scope) -> Capture:
    kept = work.archive.newest(work.source.name, scope.name)
    if kept is None:
        raise SourceError("nothing was extracted yet", where=work.where(scope.name), remedy="run extract first")
    return reopen_capture(work, kept)


def _transform(work: Work, scope: Scope) -> ScopeResult:
    capture = _newest(work, scope)
    path = work.stage_path(scope.name)
    facts = stage_all(work, capture, path)
    usable = facts.read - facts.duplicates - facts.quarantined - facts.aside
    message = f"{facts.read:,} records read, {usable:,} rows staged, {facts.quarantined:,} quarantined: {path}"
    return ScopeResult(scope.name, Outcome.FRESH, capture=capture.id, message=message)


def _load(work: Work, scope: Scope) -> ScopeResult:
    path = work.stage_path(scope.name)
    meta = read_meta(path)
    if meta.parser_version != work.source.reading:
        raise StoreError(
            "the stage was parsed by another version of the plugin, or with other settings",
            remedy="run transform again",
        )
    base = current_base(work, scope.name)
    # The id of a capture begins with the time it was taken.
    if base and base.capture > meta.capture:
        raise StoreError("the rows rest on a newer capture than the stage", remedy="run transform again")
    capture = reopen_capture(work, work.archive.load_capture(work.source.name, scope.name, meta.capture))
    result = settle_known(work, capture) or apply_stage(work, capture, path, Prepared(meta.facts))
    if result.outcome in (Outcome.CHANGED, Outcome.FRESH) and not work.dry_run:
        path.unlink()
    return result


def _accept(work: Work, kept: KeptCapture, held: ScopeResult) -> ScopeResult:
    base = current_base(work, held.scope)
    if (base.capture if base else "") != held.base:
        raise UsageError(
            "the rows have changed since this was held",
            where=work.where(held.scope),
            remedy="pull again and look at the new run",
        )
    # Where the capture was older than the rows when it was held, it still is.
    dated = replace(work, taken_at=kept.taken_at)
    return _stage_and_apply(dated, reopen_capture(work, kept), guarded=False)
