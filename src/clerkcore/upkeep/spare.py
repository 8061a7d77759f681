"""Which captures of a raw archive may go by the settings, and why the others stay."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from clerkcore.errors import ClerkError, SettingsError
from clerkcore.installation import Installation
from clerkcore.ledger import list_legal_holds
from clerkcore.models import Site
from clerkcore.times import now
from clerkcore.upkeep.resting import resting_captures
from clerkcore.upkeep.shelf import Shelf, Shelved, read_shelf

YOUNGEST = timedelta(days=1)
"""What is younger stays, whatever the settings say: somebody may be looking at it, or about to name it."""
OWN_DAYS = "raw_keep_days"
YOUNG, WITHIN, ORPHAN, LEGAL = "younger than a day", "within raw.keep_days", "no plugin offers its source", "legal hold"
Reasons = Mapping[tuple[str, str, str], str]


@dataclass(frozen=True, slots=True)
class SourceShelf:
    """What one source has in a site's archive, and what of it would go; sizes are bytes on the disk.

    `kept` says how many captures stay, and why. An empty source is what no capture names.
    """

    site: str
    source: str
    captures: int
    downloads: int
    bytes: int
    going_captures: int
    kept: Mapping[str, int]
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Collection:
    """What would go from the archive of a site, or went: captures, and the downloads that no kept one names.

    `bytes` is what that frees on the disk. `error` is why nothing can be said, or nothing was done.
    """

    site: str
    shelf: Shelf = field(default_factory=lambda: Shelf((), {}), repr=False)
    going: tuple[Shelved, ...] = ()
    downloads: frozenset[str] = frozenset()
    kept: Reasons = field(default_factory=dict)
    sources: tuple[SourceShelf, ...] = ()
    done: bool = False
    error: ClerkError | None = None

    @property
    def bytes(self) -> int:
        """What the downloads that go take on the disk."""
        return self.shelf.size_of(self.downloads)


def plan_collections(
    installation: Installation, subdomains: Iterable[str], at: datetime | None = None
) -> Iterator[Collection]:
    """Yield what a collection would take of each site, changing nothing; one that cannot be told stops no other."""
    for subdomain in subdomains:
        try:
            yield plan_collection(installation, installation.site(subdomain), at)
        except ClerkError as error:
            yield Collection(subdomain, error=error)


def plan_collection(installation: Installation, site: Site, at: datetime | None = None) -> Collection:
    """Return what may go from the archive of a site at a moment.

    A capture goes when it is older than its source keeps them, or when the archive is larger than raw.max_bytes, the
    oldest first; never one that something rests on.
    """
    moment = at or now()
    shelf = read_shelf(installation.folder(site.subdomain).raw)
    spared = _spared(installation, site, shelf, moment)
    rules = _Rules(installation, site, moment)
    loose = _loose(installation, shelf, rules) if _may_take_loose(installation, site, shelf, moment) else []
    going = [shelved for shelved in shelf.captures if shelved.key not in spared and rules.is_old(shelved)]
    going += _above(installation.settings.raw_max_bytes, shelf, spared, going, loose)
    gone = {shelved.key for shelved in going}
    named = {name for shelved in shelf.captures if shelved.key not in gone for name in shelved.names}
    downloads = frozenset(name for shelved in going for name in shelved.names if name in shelf.blobs) | {*loose}
    kept = {shelved.key: spared.get(shelved.key, WITHIN) for shelved in shelf.captures if shelved.key not in gone}
    sources = tuple(_source_shelves(installation, site, shelf, gone, kept))
    return Collection(site.subdomain, shelf, tuple(going), downloads - named, kept, sources)


class _Rules:
    """What the settings say of how long captures are kept."""

    def __init__(self, installation: Installation, site: Site, moment: datetime) -> None:
        self._installation, self._site, self._moment = installation, site, moment
        self._days: dict[str, float] = {}

    def is_old(self, shelved: Shelved) -> bool:
        """Whether a capture is older than its source keeps them; 0 days are for good."""
        source = shelved.kept.source
        if source not in self._days:
            self._days[source] = keep_days(self._installation, self._site, source)
        return self.is_past(shelved.since, self._days[source])

    def is_past(self, since: datetime, days: float) -> bool:
        """Whether something was written longer ago than so many days."""
        return days > 0 and (self._moment - since).total_seconds() > days * YOUNGEST.total_seconds()


def keep_days(installation: Installation, site: Site, source: str) -> float:
    """Return for how many days a source keeps captures that nothing rests on; 0 is for good.

    SettingsError when `raw_keep_days` of the source is no number.
    """
    value = installation.config(site, source).get(OWN_DAYS)
    if value is None:
        return installation.settings.raw_keep_days
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        where = f"{site.subdomain} [sources.{source}] {OWN_DAYS}"
        raise SettingsError(f"{value!r} is not a number of days", where=where, remedy="0 or more; 0 is for good")
    return float(value)


def _spared(installation: Installation, site: Site, shelf: Shelf, moment: datetime) -> Reasons:
    with installation.ledger.read() as connection:
        holds = list_legal_holds(connection, subdomain=site.subdomain, at=moment)
    if holds:
        return {shelved.key: LEGAL for shelved in shelf.captures}
    orphans = {shelved.kept.source for shelved in shelf.captures if not installation.family(shelved.kept.source)}
    young = {shelved.key: YOUNG for shelved in shelf.captures if moment - shelved.since < YOUNGEST}
    orphaned = {shelved.key: ORPHAN for shelved in shelf.captures if shelved.kept.source in orphans}
    # What rests on a capture is the stronger reason, and is told first.
    return {**young, **orphaned, **resting_captures(installation, site.subdomain, shelf)}


def _above(limit: int, shelf: Shelf, spared: Reasons, going: list[Shelved], loose: list[str]) -> list[Shelved]:
    """Return the oldest spare captures, until what is left is no larger than the limit; 0 is any size."""
    uses = Counter(name for shelved in shelf.captures for name in shelved.names)
    uses.subtract(name for shelved in going for name in shelved.names)
    left = shelf.size - shelf.size_of([*loose, *(name for name in uses if not uses[name])])
    more: list[Shelved] = []
    gone = {shelved.key for shelved in going}
    for shelved in shelf.captures:
        if not limit or left <= limit:
            break
        if shelved.key in spared or shelved.key in gone:
            continue
        more.append(shelved)
        uses.subtract(shelved.names)
        left -= shelf.size_of(name for name in shelved.names if not uses[name])
    return more


def _may_take_loose(installation: Installation, site: Site, shelf: Shelf, moment: datetime) -> bool:
    """Whether downloads that no capture names may go: nobody knows whose they are, so no source may be an orphan."""
    with installation.ledger.read() as connection:
        if list_legal_holds(connection, subdomain=site.subdomain, at=moment):
            return False
    sources = {*site.sources, *(shelved.kept.source for shelved in shelf.captures)}
    return all(installation.family(source) for source in sources)


def _loose(installation: Installation, shelf: Shelf, rules: _Rules) -> list[str]:
    days = installation.settings.raw_keep_days
    return [name for name in shelf.unnamed if rules.is_past(shelf.blobs[name].since, max(days, 1.0) if days else 0.0)]


def _source_shelves(
    installation: Installation, site: Site, shelf: Shelf, gone: set[tuple[str, str, str]], kept: Reasons
) -> Iterator[SourceShelf]:
    by_source: dict[str, list[Shelved]] = {source: [] for source in site.sources}
    for shelved in shelf.captures:
        by_source.setdefault(shelved.kept.source, []).append(shelved)
    for source, captures in sorted(by_source.items()):
        names = {name for shelved in captures for name in shelved.names} & shelf.blobs.keys()
        going = sum(shelved.key in gone for shelved in captures)
        reasons = Counter(kept[shelved.key] for shelved in captures if shelved.key in kept)
        offered = installation.family(source) is not None
        yield SourceShelf(
            site.subdomain, source, len(captures), len(names), shelf.size_of(names), going, reasons, offered
        )
    if shelf.unnamed:
        yield SourceShelf(site.subdomain, "", 0, len(shelf.unnamed), shelf.size_of(shelf.unnamed), 0, {})
