"""Files older than the rows: they add history and move nothing."""

from __future__ import annotations

import pytest

from clerkcore.errors import UsageError
from clerkcore.testing.bench import Bench

from .conftest import Desk, day, gift, late

EARLY = [gift("1", "1", 100), gift("1", "2", 200), gift("9", "1", 7, filer_local_id="F9")]
NOW = [gift("2", "1", 100), gift("2", "2", 250), gift("9", "1", 7, filer_local_id="F9")]


def test_an_older_file_leaves_the_rows_alone(desk: Desk) -> None:
    desk.load(*NOW, on=5)
    before = desk.benches["county"].rows()
    result = desk.load(*EARLY, on=2)
    assert desk.benches["county"].rows() == before
    assert (str(result.outcome), result.counts.read, result.counts.added, result.counts.unchanged) == (
        "changed",
        3,
        2,
        1,
    )
    assert result.message.startswith("2 transactions added as withdrawn, being older than the rows; 1 filing added")


def test_an_older_file_tells_what_was_amended(desk: Desk) -> None:
    desk.load(*NOW, on=5)
    result = desk.load(*EARLY, on=2)
    assert result.notes == ("filing 1 amended by 2: 1 row unchanged, 1 edited (inferred)",)
    assert desk.ask("SELECT started_on, ended_on FROM filing_states WHERE filing_id = '1'") == [
        {"started_on": "2026-08-02", "ended_on": "2026-08-05"}
    ]


def test_an_older_file_of_what_is_known_brings_nothing_new(desk: Desk) -> None:
    desk.load(*NOW, on=5)
    result = desk.load(*NOW[:2], on=4)
    assert (str(result.outcome), result.message) == ("fresh", "nothing in it was new")


def test_the_same_file_dated_earlier_says_since_when_it_held(desk: Desk) -> None:
    desk.load(*NOW, on=5)
    desk.load(*NOW, on=3)
    assert desk.ask("SELECT DISTINCT started_on FROM filing_states") == [{"started_on": "2026-08-03"}]


def test_a_file_is_late_also_where_the_newer_pull_brought_nothing_new(desk: Desk) -> None:
    desk.load(*NOW, on=3)
    desk.load(*NOW, on=6)
    before = desk.benches["county"].rows()
    desk.load(*EARLY, on=5)
    assert desk.benches["county"].rows() == before
    (state,) = desk.ask("SELECT started_on, ended_on FROM filing_states WHERE filing_id = '1'")
    assert state == {"started_on": "2026-08-05", "ended_on": "2026-08-06"}


def test_an_older_file_can_be_taken_back(desk: Desk) -> None:
    desk.load(*NOW, on=5)
    before = desk.benches["county"].rows()
    desk.load(*EARLY, on=2)
    desk.undo()
    assert desk.benches["county"].rows() == before
    assert desk.ask("SELECT filing_id FROM filing_states ORDER BY 1") == [{"filing_id": "2"}, {"filing_id": "9"}]
    assert desk.ask("SELECT * FROM amendments") == []


def test_the_next_pull_rests_on_the_newest_capture_and_not_on_the_late_one(desk: Desk) -> None:
    desk.load(*NOW, on=5)
    desk.load(*EARLY, on=2)
    result = desk.load(*NOW, late("8", "1", 5), on=6)
    assert (result.counts.added, result.counts.disappeared, result.counts.unchanged) == (1, 0, 3)


def test_a_source_without_lasting_rows_refuses_an_older_file(plain: Bench) -> None:
    plain.load({"a.csv": b"box,ballots\nHall,1\n"}, day(5))
    with pytest.raises(UsageError) as caught:
        plain.load({"a.csv": b"box,ballots\nHall,2\n"}, day(2))
    assert caught.value.message == "source boxes keeps no history by filing, and its rows rest on a newer capture"
    assert caught.value.remedy == "leave out --taken to load the file as what the source holds now"
