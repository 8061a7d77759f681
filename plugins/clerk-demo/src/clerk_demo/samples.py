"""Small sample files in upstream formats, for the tests of other plugins."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from clerk_demo.campaign import MAX_LIMIT, Campaign
from clerk_demo.connect2 import Row, count_pages, encode_csv, encode_json
from clerk_demo.efile import MAX_PAGE_SIZE, EFile, Window, wrap, write_pages
from clerk_demo.headers import SHEETS
from clerk_demo.sheets import sheet_rows
from clerk_demo.workbook import write_workbook
from clerk_demo.worlds import World


def write_netfile_csv(path: Path, rows: Sequence[Row], lone_cr: bool = True) -> Path:
    """Write rows as one year CSV of NetFile and return its path."""
    path.write_bytes(encode_csv(rows, lone_cr=lone_cr))
    return path


def write_netfile_json_pages(folder: Path, rows: Sequence[Row], page_size: int) -> list[Path]:
    """Write rows as NetFile's JSON pages page-0.json, page-1.json ... and return their paths."""
    pages = count_pages(len(rows), page_size)
    parts = [rows[page * page_size : (page + 1) * page_size] for page in range(max(pages, 1))]
    return _write_pages(folder, (encode_json(part, total=len(rows), pages=pages) for part in parts), "page")


def write_netfile_excel(path: Path, world: World, day: int) -> Path:
    """Write the yearly Excel export of a day, every version of every report, and return its path."""
    return write_workbook(path, world, world.versions(day))


def write_netfile_sheets(folder: Path, world: World, day: int) -> list[Path]:
    """Write the same sheets as CSV, one file each, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.csv" for name in SHEETS}
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(path.open("w", newline="", encoding="utf-8")) for name, path in paths.items()
        }
        writers = {name: csv.writer(file) for name, file in files.items()}
        for name, header in SHEETS.items():
            writers[name].writerow(header)
        for name, cells in sheet_rows(world, world.versions(day)):
            writers[name].writerow(cells)
    return list(paths.values())


def write_campaign_pages(folder: Path, world: World, day: int, limit: int = MAX_LIMIT) -> list[Path]:
    """Write the Campaign API's pages, as filers-0.json, filings-0.json, elements-0.json ..., and return their paths."""
    campaign = Campaign(world, day)
    kinds = {"filers": campaign.filers_page, "filings": campaign.filings_page, "elements": campaign.elements_page}
    paths = []
    for kind, make in kinds.items():
        total = json.loads(make(0, 1))["totalCount"]
        pages = (make(offset, limit) for offset in range(0, max(total, 1), limit))
        paths += _write_pages(folder, pages, kind)
    return paths


def write_efile_pages(folder: Path, world: World, day: int, page_size: int = MAX_PAGE_SIZE) -> list[Path]:
    """Write eFile's answers about the year, transactions-0.json ... and filings-0.json, and return their paths."""
    efile, year = EFile(world, day), world.agency.year
    found = write_pages(efile.transactions(Window(date(year, 1, 1), date(year, 12, 31))), page_size)
    made = list(efile.filings(Window(date(year, 1, 1), date(year + 2, 12, 31))))
    return [*_write_pages(folder, found, "transactions"), *_write_pages(folder, [wrap(made)], "filings")]


def _write_pages(folder: Path, pages: Iterable[bytes], kind: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, body in enumerate(pages):
        path = folder / f"{kind}-{number}.json"
        path.write_bytes(body)
        paths.append(path)
    return paths
