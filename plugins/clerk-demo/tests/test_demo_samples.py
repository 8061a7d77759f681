from __future__ import annotations

import json
from pathlib import Path

import pytest

import clerk_demo
from clerk_demo import agency_year, write_netfile_csv, write_netfile_json_pages
from clerk_demo.connect2 import decode_csv


@pytest.mark.parametrize("lone_cr", [True, False])
def test_a_written_csv_reads_back_as_its_rows(tmp_path: Path, lone_cr: bool) -> None:
    rows = agency_year(1, "CSD", 2026, 0, 30)
    path = write_netfile_csv(tmp_path / "year.csv", rows, lone_cr)
    assert decode_csv(path.read_bytes()) == rows


def test_written_json_pages_hold_the_rows_in_order(tmp_path: Path) -> None:
    rows = agency_year(1, "CSD", 2026, 0, 30)
    paths = write_netfile_json_pages(tmp_path / "pages", rows, 12)
    pages = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    assert [path.name for path in paths] == ["page-0.json", "page-1.json", "page-2.json"]
    assert [row["netFileKey"] for page in pages for row in page["results"]] == [row["NetFileKey"] for row in rows]
    assert {(page["totalMatchingCount"], page["totalMatchingPages"]) for page in pages} == {(30, 3)}


def test_no_rows_make_one_empty_page(tmp_path: Path) -> None:
    (path,) = write_netfile_json_pages(tmp_path, [], 10)
    assert json.loads(path.read_text()) == {"results": [], "totalMatchingCount": 0, "totalMatchingPages": 0}


def test_every_public_name_exists() -> None:
    assert [name for name in clerk_demo.__all__ if not hasattr(clerk_demo, name)] == []
