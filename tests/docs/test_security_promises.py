"""What SECURITY.md promises about sensitive columns and the modes of files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from clerkcore import (
    About,
    Capture,
    Client,
    Column,
    Download,
    Location,
    Parsed,
    Record,
    Rejected,
    Request,
    Scope,
    Site,
    Source,
    Table,
)
from clerkcore.models import Kind
from clerkcore.parsing import read_date
from clerkcore.store.database import read_database
from clerkcore.testing import Bench

SECRET = "31 Elm Street"
AT = Location("page", 1)


class Neighbours(Source):
    """Two records of one key, and a birthday that is none."""

    name: ClassVar[str] = "neighbours"
    database: ClassVar[str] = "voters"
    about: ClassVar[About] = About("Neighbours", "Nobody", "https://example.org/", "Public record")
    tables = (
        Table(
            "neighbours",
            ("home", "born"),
            (Column("home", sensitive=True), Column("born", "date", sensitive=True), Column("pets", "integer")),
            "Neighbours",
            "People next door",
        ),
    )

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        yield Scope("all")

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        yield from ()

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        try:
            read_date(SECRET)
        except ValueError as error:
            yield Rejected("bad_born", str(error), AT, "born", SECRET)
        for pets in (1, 2):
            yield Record("neighbours", {"home": SECRET, "born": "1970-01-01", "pets": pets}, AT)
        for number in range(100):
            yield Record("neighbours", {"home": f"{number}", "born": "1970-01-01", "pets": 0}, AT)


def test_a_sensitive_value_stays_out_of_quarantine(tmp_path: Path) -> None:
    """Neither the value nor a message that quotes it is kept."""
    site = Site("example.ca", "Example", "CA", Kind.CITY)
    Bench(tmp_path, Neighbours(), Scope("all"), site).load({"page": b"x"})
    with read_database(tmp_path / "site" / "voters.db") as connection:
        rows = [
            tuple(row) for row in connection.execute("SELECT rule, column_name, value, message FROM _clerk_quarantine")
        ]
    assert [row[0] for row in rows] == ["bad_born", "conflicting_key", "conflicting_key"]
    assert SECRET not in json.dumps(rows)


def test_nobody_else_can_read_the_raw_archive(tmp_path: Path) -> None:
    site = Site("example.ca", "Example", "CA", Kind.CITY)
    Bench(tmp_path, Neighbours(), Scope("all"), site).load({"page": b"x"})
    kept = [tmp_path / "site" / "raw", *(tmp_path / "site" / "raw").rglob("*")]
    assert {(path.is_dir(), path.stat().st_mode & 0o777) for path in kept} == {(True, 0o700), (False, 0o600)}
