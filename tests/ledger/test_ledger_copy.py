"""Moving a ledger into another database, in either direction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from clerkcore.errors import LedgerError
from clerkcore.ledger import (
    Ledger,
    acquire,
    create_ledger,
    get_site,
    ledger_url,
    list_events,
    open_ledger,
    open_run,
    record_event,
)
from clerkcore.ledger.copy import TableSum, copy_ledger, copy_to_file, sum_tables
from clerkcore.ledger.create import upgrade_ledger
from clerkcore.ledger.describe import describe_ledger
from clerkcore.ledger.tables import REVISIONS, metadata
from clerkcore.times import now

AddSites = Callable[..., None]


@pytest.fixture
def filled(ledger: Ledger, add_sites: AddSites) -> Ledger:
    """A ledger with sites, a run of a run, and an event whose last id is gone."""
    add_sites("alameda.ca", "berkeley.ca")
    with ledger.write() as conn:
        first = open_run(conn, "finance.etl", "alameda.ca", "netfile", "me:b:1:1", {"year": 2026}, above=0, at=now())
        open_run(conn, "undo", "alameda.ca", "netfile", "me:b:1:1", {}, of_run=first, above=0, at=now())
        for message in ("one", "zwei: ä €", "three"):
            record_event(conn, "test", message, at=now())
        conn.execute(text("DELETE FROM events WHERE message = 'three'"))
    return ledger


@pytest.fixture
def other(tmp_path: Path) -> str:
    """Where another SQLite ledger may be made."""
    (tmp_path / "other").mkdir()
    return ledger_url(tmp_path / "other")


def rows_of(compared: list[TableSum]) -> dict[str, int]:
    return {each.table: each.rows for each in compared if each.rows}


def test_every_row_is_copied_and_compared(filled: Ledger, url: str, other: str) -> None:
    compared = copy_ledger(url, other)
    assert rows_of(compared) == {"events": 2, "job_tracking": 2, "marks": 1, "sites": 2, "site_sources": 2}
    assert [each.table for each in compared] == [table.name for table in metadata.sorted_tables]
    with open_ledger(other) as copied, copied.read() as conn:
        assert sum_tables(conn) == compared
        assert get_site(conn, "alameda.ca").sources == ("netfile",)
        assert [event.message for event in list_events(conn, limit=9)] == ["one", "zwei: ä €"]


def test_a_copy_of_a_copy_has_the_same_checksums(filled: Ledger, url: str, other: str, tmp_path: Path) -> None:
    there = copy_ledger(url, other)
    (tmp_path / "back").mkdir()
    assert copy_ledger(other, ledger_url(tmp_path / "back")) == there


def test_no_id_is_given_out_again_after_copying(filled: Ledger, url: str, other: str) -> None:
    copy_ledger(url, other)
    for target in (url, other):
        with open_ledger(target) as ledger, ledger.write() as conn:
            assert record_event(conn, "test", "four", at=now()) == 4


def test_a_ledger_is_filled_from_a_file(filled: Ledger, url: str, other: str) -> None:
    there = copy_ledger(url, other)
    with filled.write() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
    assert copy_ledger(other, url) == there
    with filled.write() as conn:
        assert record_event(conn, "test", "four", at=now()) == 4


def test_a_target_with_rows_is_refused(filled: Ledger, url: str, other: str) -> None:
    with create_ledger(other) as target, target.write() as conn:
        record_event(conn, "test", "mine", at=now())
    with pytest.raises(LedgerError) as caught:
        copy_ledger(url, other)
    assert caught.value.message == "the ledger that was to be filled has rows in events"
    assert caught.value.remedy == "copy into an empty database"


def test_a_ledger_is_not_copied_into_itself(filled: Ledger, url: str) -> None:
    with pytest.raises(LedgerError, match="is both the source and the target"):
        copy_ledger(url, url)


def test_a_ledger_in_use_is_not_copied(filled: Ledger, url: str, other: str) -> None:
    acquire(filled, "alameda.ca", "finance.etl", "otherhost:b-1:7:1", 60, now())
    with pytest.raises(LedgerError) as caught:
        copy_ledger(url, other)
    assert caught.value.message == "site 'alameda.ca' is busy: otherhost:b-1:7:1 runs finance.etl"
    with open_ledger(other) as target, target.read() as conn:
        assert rows_of(sum_tables(conn)) == {}


def test_rows_that_the_target_refuses_roll_everything_back(ledger: Ledger, url: str, other: str) -> None:
    with create_ledger(other) as source, source.write() as conn:
        record_event(conn, "test", "one", at=now())
        conn.execute(text("PRAGMA ignore_check_constraints = ON"))
        conn.execute(
            text(
                "INSERT INTO tombstones (at, kind, target, sha256, reason, removed_by) VALUES ('', 'x', '', '', '', '')"
            )
        )
    with pytest.raises(LedgerError) as caught:
        copy_ledger(other, url)
    assert caught.value.message.startswith("a row of tombstones does not fit: ")
    assert caught.value.remedy == "correct it in the source; nothing was copied"
    with ledger.read() as conn:
        assert rows_of(sum_tables(conn)) == {}


def test_the_checksum_of_a_table_tells_one_changed_value(filled: Ledger) -> None:
    with filled.read() as conn:
        before = {each.table: each for each in sum_tables(conn)}
    with filled.write() as conn:
        conn.execute(text("UPDATE sites SET enabled = :no WHERE subdomain = 'alameda.ca'"), {"no": False})
    with filled.read() as conn:
        after = {each.table: each for each in sum_tables(conn)}
    assert {name for name in before if before[name] != after[name]} == {"sites"}


def test_an_older_ledger_is_copied_to_a_file_as_it_is(url: str, other: str) -> None:
    with create_ledger(url, "0002") as old:
        with old.write() as conn:
            conn.execute(
                text(
                    "INSERT INTO sites (subdomain, name, state, kind, created_at, updated_at)"
                    " VALUES ('alameda.ca', 'Alameda', 'CA', 'city', '2026', '2026')"
                )
            )
        assert rows_of(copy_to_file(old, other)) == {"sites": 1}
    assert describe_ledger(other).revision == "0002"


def test_an_older_ledger_is_upgraded(url: str) -> None:
    create_ledger(url, "0002").dispose()
    assert describe_ledger(url).state == "older"
    upgrade_ledger(url)
    assert (describe_ledger(url).state, describe_ledger(url).revision) == ("current", REVISIONS[-1])


def test_an_empty_database_is_described_as_one(url: str) -> None:
    Ledger(url).dispose()
    if url.startswith("sqlite"):
        with Ledger(url) as empty, empty.write():
            pass
    facts = describe_ledger(url)
    assert (facts.state, facts.revision, facts.rows) == ("missing", "", {})


def test_an_empty_database_is_not_upgraded(url: str) -> None:
    with pytest.raises(LedgerError, match="there is no ledger in this database"):
        upgrade_ledger(url)
