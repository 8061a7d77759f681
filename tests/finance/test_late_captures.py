"""Files older than the rows: they add history and move nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from clerkcore import Finding, Reader, Scope, Severity
from clerkcore.errors import UsageError
from clerkcore.testing.bench import Bench

from .conftest import County, Desk, day, gift, late

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


def live(desk: Desk) -> list[str]:
    return [row["filing_id"] for row in desk.ask("SELECT filing_id FROM filings_effective ORDER BY 1")]


def test_undoing_an_older_file_of_what_is_live_leaves_the_live_capture_standing(desk: Desk) -> None:
    desk.load(*NOW, on=10)
    desk.load(*NOW, on=5)
    desk.undo()
    result = desk.load(*EARLY, on=7)
    assert "added as withdrawn, being older than the rows" in result.message
    assert live(desk) == ["2", "9"]


def test_what_was_live_comes_back_though_an_older_file_of_it_was_undone(desk: Desk) -> None:
    desk.load(*NOW, on=10)
    desk.load(*NOW, on=5)
    desk.undo()
    desk.load(*NOW, late("8", "1", 5), on=11)
    assert str(desk.load(*NOW, on=12).outcome) == "changed"


def test_an_older_file_of_what_was_undone_does_not_make_it_stand_again(desk: Desk) -> None:
    desk.load(*EARLY, on=1)
    desk.load(*NOW, on=10)
    desk.undo()
    result = desk.load(*NOW, on=5)
    assert (str(result.outcome), result.message) == ("held", "this very capture was loaded before and undone")


def test_a_pull_found_the_same_stands_with_the_run_that_brought_its_content(desk: Desk) -> None:
    desk.load(*NOW, on=10)
    desk.load(*NOW, on=12)
    desk.load(*NOW, on=5)
    desk.undo()
    desk.load(*EARLY, on=11)
    assert live(desk) == ["2", "9"]


def test_undoing_an_older_file_names_its_capture_as_the_rows_rest_on_what_they_did(desk: Desk) -> None:
    newest = desk.load(*NOW, on=5).capture
    older = desk.load(*EARLY, on=2).capture
    assert older < newest
    assert desk.undo().capture == older


def test_undoing_what_the_rows_rest_on_names_no_capture(desk: Desk) -> None:
    desk.load(*EARLY, on=2)
    desk.load(*NOW, on=5)
    assert desk.undo().capture == ""


def test_an_older_file_leaves_the_findings_of_the_live_rows_as_they_were(desk: Desk) -> None:
    rows = [gift("1", "1", 100, calculated_date="2026-08-15", filing_end="2026-08-31"), gift("1", "2", 5)]
    desk.load(*rows, gift("1", "3", 7, calculated_date="2026-08-25", filing_end="2026-08-31"), on=20)
    before = desk.findings("date_in_future")
    result = desk.load(gift("9", "1", 100), on=5)
    assert "A 3 on 2026-08-25" in before[0]["message"]
    assert desk.findings("date_in_future") == before
    assert result.findings == 1


def test_an_older_file_is_not_held_for_what_the_live_rows_say(tmp_path: Path) -> None:
    class Doubted(County):
        def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
            (row,) = db.rows("SELECT count(*) AS runs FROM _clerk_runs")
            yield Finding("doubt", Severity.BLOCKING if row["runs"] else Severity.WARNING, "the source has doubts")

    desk = Desk(tmp_path, Doubted)
    desk.load(*NOW, on=5)
    assert str(desk.load(*EARLY, on=2).outcome) == "changed"
    assert str(desk.load(*NOW, late("8", "1", 5), on=6).outcome) == "held"


def test_an_older_file_taken_back_and_brought_back_leaves_what_the_rows_rest_on(desk: Desk) -> None:
    desk.load(*NOW, on=5)
    base = "SELECT run_id, capture, changed_at FROM _clerk_scopes"
    before = desk.ask(base)
    desk.load(*EARLY, on=2)
    for _ in range(2):
        desk.undo()
        assert desk.ask(base) == before
    assert desk.ask("SELECT started_on, ended_on FROM filing_states WHERE filing_id = '1'") == [
        {"started_on": "2026-08-02", "ended_on": "2026-08-05"}
    ]
