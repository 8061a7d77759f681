"""Rosters of any length for measurements."""

from __future__ import annotations

import csv
import tracemalloc
from pathlib import Path

import pytest

from clerk_demo.civix_bulk import NEXT_PULL, Changes, Written, roster_file
from clerk_demo.civix_counties import COUNTIES
from clerk_demo.civix_rosters import STATEWIDE_HEADER


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, strict=True)
    assert tuple(header) == STATEWIDE_HEADER
    return rows


def test_a_file_has_as_many_distinct_voters_as_asked_for(tmp_path: Path) -> None:
    written = roster_file(tmp_path / "roster.csv", 15_000)
    rows = read(written.path)
    assert written == Written(tmp_path / "roster.csv", 15_000, 0, 0, 0)
    assert len({row[2] for row in rows}) == len(rows) == 15_000
    assert {row[0] for row in rows} == set(COUNTIES)
    assert sum("\n" in row[1] for row in rows) > 0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one, again, other = (
        roster_file(tmp_path / f"{at}.csv", 100, seed).path.read_bytes() for at, seed in enumerate((1, 1, 2))
    )
    assert one == again != other


def test_the_next_pull_differs_by_what_is_said_and_keeps_its_order(tmp_path: Path) -> None:
    before = read(roster_file(tmp_path / "1.csv", 15_000).path)
    written = roster_file(tmp_path / "2.csv", 15_000, changed=NEXT_PULL)
    after = read(written.path)
    old, new = ({row[2]: row for row in rows} for rows in (before, after))
    edited = [code for code in old.keys() & new.keys() if old[code] != new[code]]
    assert (len(new.keys() - old.keys()), len(edited), len(old.keys() - new.keys())) == (
        written.new,
        written.edited,
        written.gone,
    )
    assert [written.new, written.edited, written.gone] == pytest.approx([75, 30, 15], rel=0.5)
    assert written.lines == len(after)
    assert all(old[code][:4] == new[code][:4] for code in edited)
    assert [row[2] for row in before if row[2] in new] == [row[2] for row in after if row[2] in old]


@pytest.mark.parametrize("rows", [0, 1, 2, 1000])
def test_a_shuffled_file_has_the_same_rows_in_another_order(tmp_path: Path, rows: int) -> None:
    plain = read(roster_file(tmp_path / "1.csv", rows).path)
    shuffled = read(roster_file(tmp_path / "2.csv", rows, shuffled=True).path)
    assert sorted(plain) == sorted(shuffled)
    assert (plain == shuffled) == (rows <= 2)


def test_everything_can_change(tmp_path: Path) -> None:
    written = roster_file(tmp_path / "1.csv", 300, changed=Changes(gone=1.0))
    assert (written.lines, written.gone, read(written.path)) == (0, 300, [])


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    peaks = []
    for rows in (10_500, 16_000):
        tracemalloc.start()
        roster_file(tmp_path / "1.csv", rows)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
