"""Sites, their finance metadata, their clocks, and renaming them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from clerkcore.errors import SiteError
from clerkcore.ledger import (
    Clock,
    FinanceMetadata,
    Ledger,
    SiteBusy,
    SiteRow,
    acquire,
    finish_clock,
    get_site,
    list_clocks,
    list_events,
    list_finance_metadata,
    list_runs,
    list_sites,
    open_run,
    record_event,
    rename_site,
    save_finance_metadata,
    save_site,
    set_enabled,
    start_clock,
)
from clerkcore.models import Kind, Outcome, Site

ALAMEDA = Site("alameda.ca", "Alameda", "CA", Kind.CITY, True, {"netfile": {"agency": "COA"}, "form700": {}})
FOUND = FinanceMetadata("alameda.ca", "netfile", "12", "COA", "City of Alameda", 2009, 2026, 7)


@pytest.fixture
def conn(ledger: Ledger, now: datetime) -> Iterator[Connection]:
    with ledger.write() as conn:
        save_site(conn, ALAMEDA, at=now)
        yield conn


def test_a_site_is_read_back_whole(conn: Connection, now: datetime) -> None:
    expected = SiteRow("alameda.ca", "Alameda", "CA", Kind.CITY, True, False, ("form700", "netfile"), now, now)
    assert get_site(conn, "alameda.ca") == expected
    assert list_sites(conn) == [expected]


def test_saving_a_site_again_replaces_its_sources_and_keeps_its_finance_data(conn: Connection, now: datetime) -> None:
    save_finance_metadata(conn, FOUND)
    later = now + timedelta(days=1)
    save_site(conn, Site("alameda.ca", "City of Alameda", "CA", Kind.CITY, False, {"netfile": {}}), at=later)
    expected = SiteRow("alameda.ca", "City of Alameda", "CA", Kind.CITY, False, True, ("netfile",), now, later)
    assert get_site(conn, "alameda.ca") == expected


def test_each_site_has_its_own_sources(conn: Connection, now: datetime) -> None:
    save_site(conn, Site("tx", "Texas", "TX", Kind.STATE, True, {"texas": {}}), at=now)
    assert {site.subdomain: site.sources for site in list_sites(conn)} == {
        "alameda.ca": ("form700", "netfile"),
        "tx": ("texas",),
    }


def test_a_site_can_be_disabled_and_enabled(conn: Connection) -> None:
    set_enabled(conn, "alameda.ca", False)
    assert not get_site(conn, "alameda.ca").enabled
    set_enabled(conn, "alameda.ca", True)
    assert get_site(conn, "alameda.ca").enabled


@pytest.mark.parametrize(
    "use",
    [
        lambda conn: get_site(conn, "alamda.ca"),
        lambda conn: set_enabled(conn, "alamda.ca", True),
        lambda conn: rename_site(conn, "alamda.ca", "other.ca"),
    ],
    ids=["get", "enable", "rename"],
)
def test_an_unknown_site_is_refused_with_its_neighbours(conn: Connection, use: Callable[[Connection], object]) -> None:
    with pytest.raises(SiteError) as caught:
        use(conn)
    assert str(caught.value) == "the ledger has no site 'alamda.ca' (sites: alameda.ca)"


@pytest.mark.parametrize(("rows", "has"), [(0, False), (1, True)])
def test_only_rows_make_a_site_one_with_finance_data(conn: Connection, rows: int, has: bool) -> None:
    save_finance_metadata(conn, FinanceMetadata("alameda.ca", "netfile", rows=rows))
    assert get_site(conn, "alameda.ca").has_finance_data is has


def test_finance_metadata_keeps_what_a_later_check_does_not_say(conn: Connection, now: datetime) -> None:
    later = now + timedelta(days=1)
    save_finance_metadata(conn, FinanceMetadata("alameda.ca", "netfile", "12", rows=7, first_year=2009))
    save_finance_metadata(conn, FinanceMetadata("alameda.ca", "netfile", "12", rows=7, last_changed_at=now))
    save_finance_metadata(conn, FinanceMetadata("alameda.ca", "netfile", "12", rows=7, last_checked_at=later))
    expected = FinanceMetadata(
        "alameda.ca", "netfile", "12", rows=7, first_year=2009, last_checked_at=later, last_changed_at=now
    )
    assert list_finance_metadata(conn, subdomain="alameda.ca") == [expected]


def test_a_clock_keeps_when_the_data_last_changed(conn: Connection, now: datetime) -> None:
    start_clock(conn, "alameda.ca", "finance.etl", now)
    finish_clock(conn, "alameda.ca", "finance.etl", Outcome.CHANGED, 1, now, True)
    later = now + timedelta(days=1)
    start_clock(conn, "alameda.ca", "finance.etl", later)
    finish_clock(conn, "alameda.ca", "finance.etl", Outcome.FRESH, 2, later, False)
    expected = Clock("alameda.ca", "finance.etl", later, later, Outcome.FRESH, 2, now)
    assert list_clocks(conn, subdomain="alameda.ca", job="finance.etl") == [expected]


def test_a_clock_that_was_never_started_starts_where_it_finishes(conn: Connection, now: datetime) -> None:
    finish_clock(conn, "alameda.ca", "finance.etl", Outcome.FAILED, None, now, False)
    assert list_clocks(conn) == [Clock("alameda.ca", "finance.etl", now, now, Outcome.FAILED, None, None)]


def test_renaming_a_site_carries_everything_along(conn: Connection, now: datetime) -> None:
    start_clock(conn, "alameda.ca", "finance.etl", now)
    save_finance_metadata(conn, FOUND)
    open_run(conn, "finance.etl", "alameda.ca", "netfile", "me", {}, at=now)
    record_event(conn, "run.opened", "began", subdomain="alameda.ca", at=now)
    before = get_site(conn, "alameda.ca")
    rename_site(conn, "alameda.ca", "alameda-city.ca", at=now)
    assert list_sites(conn) == [
        SiteRow("alameda-city.ca", "Alameda", "CA", Kind.CITY, True, True, before.sources, now, now)
    ]
    assert [clock.subdomain for clock in list_clocks(conn)] == ["alameda-city.ca"]
    assert [found.subdomain for found in list_finance_metadata(conn)] == ["alameda-city.ca"]
    assert [event.subdomain for event in list_events(conn, limit=9)] == ["alameda-city.ca"]
    assert [stored.run.site for stored in list_runs(conn, limit=9)] == ["alameda-city.ca"]


def test_a_site_is_not_renamed_to_one_that_exists(conn: Connection, now: datetime) -> None:
    save_site(conn, Site("tx", "Texas", "TX", Kind.STATE), at=now)
    with pytest.raises(SiteError) as caught:
        rename_site(conn, "alameda.ca", "tx", at=now)
    assert str(caught.value) == "there is a site 'tx' already (choose another name)"


def test_a_site_is_not_renamed_to_what_is_no_subdomain(conn: Connection, now: datetime) -> None:
    with pytest.raises(SiteError, match=r"^'\.\./other' is not a subdomain"):
        rename_site(conn, "alameda.ca", "../other", at=now)


def test_a_site_somebody_works_on_is_not_renamed(ledger: Ledger, add_sites: Callable[..., None], now: datetime) -> None:
    add_sites("alameda.ca")
    acquire(ledger, "alameda.ca", "finance.etl", "other:b:1:1", 60, now)
    with pytest.raises(SiteBusy, match=r"^site 'alameda.ca' is busy"), ledger.write() as conn:
        rename_site(conn, "alameda.ca", "other.ca", at=now)
