"""Which elections and days a run is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from clerk_state_texas.elections import Election
from clerk_state_texas.words import EARLY_SOURCES, FINAL_SOURCES, NAME
from clerkcore import Client, Request, Scope, SiteError, UsageError
from clerkcore.rosters import make_scope

FOLLOW_DAYS = 30  # after an election's day
RECENT_DAYS = 7  # in which a day's files are asked for at each run
MOST_DAYS = 36_500
_HERE = f"[sources.{NAME}]"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The elections of the index; not `online` where it could not be asked for and what is kept was taken."""

    elections: Mapping[str, Election]
    online: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request asks for, with the site's settings."""

    request: Request
    config: Mapping[str, Any]
    calendar: Calendar
    data_sources: tuple[str, ...]

    @property
    def asked_election(self) -> str:
        """The election that the command names; empty where it names none."""
        return self.request.options.get("election", "")

    def scopes(self, client: Client) -> Iterator[Scope]:
        """Yield a scope for each file by day; of elections that are only followed, those that may have changed."""
        for election in [self.asked_election] if self.asked_election else self.followed():
            for data_source in self.data_sources:
                if data_source in (*EARLY_SOURCES, *FINAL_SOURCES):
                    yield from self._of_source(data_source, election, client)

    def followed(self) -> list[str]:
        """Return the configured elections, and those that are running."""
        days = read_days(self.config, "follow_days", FOLLOW_DAYS)
        running = sorted(
            (each for each in self.calendar.elections.values() if each.is_followed(self.request.today, days)),
            key=lambda each: (each.day, each.id),
        )
        return list(dict.fromkeys([*configured_elections(self.config), *(each.id for each in running)]))

    def _of_source(self, data_source: str, election: str, client: Client) -> Iterator[Scope]:
        known = self.calendar.elections.get(election)
        day = self.request.options.get("date", "")
        for each in self._named_day(data_source, known, day) if day else self._days(data_source, known):
            scope = self._make(data_source, election, each, known)
            if day or self.asked_election or self._is_due(scope, each, client):
                yield scope

    def _make(self, data_source: str, election: str, day: str, known: Election | None) -> Scope:
        if known:
            return make_scope(data_source, election, day, party=known.party, election_day=known.day)
        party = str(self.config.get("party") or "")
        final = day if data_source in FINAL_SOURCES else ""
        return make_scope(data_source, election, day, party=party, election_day=final)

    def _named_day(self, data_source: str, known: Election | None, day: str) -> Iterator[str]:
        """Yield the day that was asked for, to those data sources that have files of it."""
        final = bool(known and known.day == day)
        if self._named_source or final == (data_source in FINAL_SOURCES):
            yield day

    def _days(self, data_source: str, known: Election | None) -> Iterator[str]:
        if not self.calendar.online and self._named_source and (known is None or data_source in EARLY_SOURCES):
            raise UsageError(
                f"{data_source} has a file for each day",
                where=NAME,
                remedy="name the day of the file with --date YYYY-MM-DD",
            )
        if known is None:
            # Its fetch tells that nobody knows this election, and stops no other.
            yield ""
            return
        days = known.early_days if data_source in EARLY_SOURCES else (known.day,)
        yield from (each for each in days if each <= self.request.today.isoformat())

    def _is_due(self, scope: Scope, day: str, client: Client) -> bool:
        recent = self.request.today - timedelta(days=read_days(self.config, "recent_days", RECENT_DAYS))
        return day >= recent.isoformat() or scope.name in self.request.overdue or not client.kept(scope.name)

    @property
    def _named_source(self) -> bool:
        return bool(self.request.options.get("data_source"))


def configured_elections(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids in `election` and `elections` of the site's settings; SiteError when they are none."""
    listed = config.get("elections") or []
    for election in [*([config["election"]] if config.get("election") else []), *_each(listed)]:
        if isinstance(election, bool) or not isinstance(election, (str, int)) or not str(election).strip():
            raise SiteError(f"{election!r} is no election's id", where=_HERE, remedy='write elections = ["58315"]')
        yield str(election).strip()


def _each(listed: Any) -> Iterable[Any]:
    if not isinstance(listed, (list, tuple)):
        raise SiteError("elections is no list", where=_HERE, remedy='write elections = ["58315"]')
    return listed


def read_days(config: Mapping[str, Any], key: str, default: int) -> int:
    """Return a number of days of the settings; SiteError when it is none."""
    days = config.get(key, default)
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= MOST_DAYS:
        raise SiteError(f"{key} cannot be {days!r}", where=_HERE, remedy=f"write a number of days, as {key} = 7")
    return days
