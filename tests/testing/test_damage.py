"""Damaged files are damaged in the way their name says, so that no test of the suite is about nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clerkcore.testing.damage import (
    DAMAGES,
    cuts,
    drop_column,
    misshape_record,
    name_columns,
    rename_column,
    spoil_value,
)

CSV = b'id,name\r1,"Ada, B."\r\n2,Bob\r\n3,Cy\r\n'
JSON = b'{"rows": [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}, {"id": 3, "name": "Cy"}], "total": 3}'


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
@pytest.mark.parametrize("body", [CSV, JSON], ids=["CSV", "JSON"])
def test_every_damage_changes_the_file(body: bytes, damage: object) -> None:
    assert damage.spoil(body) != body  # type: ignore[attr-defined]


def test_cuts_lie_inside_the_file_and_at_each_of_its_last_bytes() -> None:
    found = cuts(bytes(1000))
    assert (found[0], found[-40:], len(found) < 110) == (0, list(range(960, 1000)), True)


def test_the_columns_of_a_csv_are_its_header() -> None:
    assert name_columns(CSV) == ["id", "name"]


def test_the_columns_of_json_are_all_its_keys() -> None:
    assert name_columns(JSON) == ["id", "name", "rows", "total"]


def test_other_files_have_no_columns() -> None:
    assert [name_columns(body) for body in (b"", b"\xff\xfe", b"just words\n")] == [[], [], []]


def test_a_column_is_renamed_in_the_header_alone() -> None:
    assert rename_column(CSV, "name") == b'id,name_renamed\r\n1,"Ada, B."\r\n2,Bob\r\n3,Cy\r\n'


def test_a_key_is_renamed_wherever_it_stands() -> None:
    renamed = json.loads(rename_column(JSON, "name"))
    assert renamed["rows"][2] == {"id": 3, "name_renamed": "Cy"}


def test_a_column_is_dropped_with_its_values() -> None:
    assert drop_column(CSV, "id") == b'name\r\n"Ada, B."\r\nBob\r\nCy\r\n'
    assert json.loads(drop_column(JSON, "id"))["rows"][0] == {"name": "Ada"}


def test_one_record_in_the_middle_is_misshapen() -> None:
    assert misshape_record(CSV) == b'id,name\r\n1,"Ada, B."\r\n2,Bob,spoilt\r\n3,Cy\r\n'
    assert json.loads(misshape_record(JSON) or b"")["rows"] == [
        {"id": 1, "name": "Ada"},
        "spoilt",
        {"id": 3, "name": "Cy"},
    ]


@pytest.mark.parametrize("body", [b"", b"words", b"{}"], ids=["empty", "words", "no list"])
def test_a_file_without_records_cannot_be_misshapen(body: bytes) -> None:
    assert misshape_record(body) is None


def test_one_value_in_the_middle_is_spoilt() -> None:
    assert spoil_value(CSV, "name", "?!") == b'id,name\r\n1,"Ada, B."\r\n2,?!\r\n3,Cy\r\n'
    assert json.loads(spoil_value(JSON, "name", "?!"))["rows"][1] == {"id": 2, "name": "?!"}


def test_damage_is_the_same_in_every_run() -> None:
    assert [damage.spoil(CSV) for damage in DAMAGES] == [damage.spoil(CSV) for damage in DAMAGES]


def test_nothing_but_the_kit_needs_pytest() -> None:
    source = Path(__file__).parents[2] / "src" / "clerkcore"
    users = {path.relative_to(source).parts[0] for path in source.rglob("*.py") if "import pytest" in path.read_text()}
    assert users == {"testing"}
