"""Small sample files in upstream formats, for the tests of other plugins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clerk_demo.connect2 import Row, count_pages, encode_csv, encode_json


def write_netfile_csv(path: Path, rows: Sequence[Row], lone_cr: bool = True) -> Path:
    """Write rows as one year CSV of NetFile and return its path."""
    path.write_bytes(encode_csv(rows, lone_cr=lone_cr))
    return path


def write_netfile_json_pages(folder: Path, rows: Sequence[Row], page_size: int) -> list[Path]:
    """Write rows as NetFile's JSON pages page-0.json, page-1.json ... and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = count_pages(len(rows), page_size)
    paths = [folder / f"page-{page}.json" for page in range(max(pages, 1))]
    for page, path in enumerate(paths):
        part = rows[page * page_size : (page + 1) * page_size]
        path.write_bytes(encode_json(part, total=len(rows), pages=pages))
    return paths
