"""What is found in a ZIP, and what is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from clerk_state_georgia.adapter import Georgia
from clerkcore import Site, SourceError
from clerkcore.models import Kind
from clerkcore.rosters import make_scope
from clerkcore.testing import Bench
from clerkcore.testing.shelf import parse_files

MakeCsv = Callable[..., bytes]
MakeZip = Callable[[dict[str, bytes]], bytes]
SCOPE = make_scope("ABSENTEE", "A-12601")


def parse(body: bytes) -> list[Any]:
    return parse_files(Georgia(), SCOPE, {"absentee.zip": body})


@pytest.mark.parametrize("name", ["STATEWIDE.csv", "statewide.CSV", "A-12601/Statewide.csv", r"..\..\STATEWIDE.csv"])
def test_the_statewide_file_is_read_and_no_other(name: str, make_csv: MakeCsv, make_zip: MakeZip) -> None:
    counties = make_csv([{}] * 3)
    body = make_zip({"APPLING.csv": counties, name: make_csv([{"County": "WORTH"}]), "WORTH.csv": counties})
    assert [record.values["county"] for record in parse(body)] == ["Worth"]


def test_latin_1_does_no_harm(make_csv: MakeCsv, make_zip: MakeZip) -> None:
    (record,) = parse(make_zip({"STATEWIDE.csv": make_csv([{"County Precinct": "PEÑA"}])}))
    assert record.values["precinct"] == "PEÑA"


def test_a_file_alone_with_a_digit_in_its_name_is_read(make_csv: MakeCsv, make_zip: MakeZip) -> None:
    assert len(parse(make_zip({"A-12601.csv": make_csv([{}])}))) == 1


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["FULTON.csv"], "holds no STATEWIDE.csv, not one; it holds 'FULTON.csv'"),
        (["a1.csv", "a2.csv"], "holds no STATEWIDE.csv, not one; it holds 'a1.csv', 'a2.csv'"),
        (["STATEWIDE.csv", "x/statewide.csv"], "holds 2 STATEWIDE.csv, not one"),
        ([], "holds no STATEWIDE.csv, not one; it holds nothing"),
        ([f"{number}.csv" for number in range(1001)], "holds 1,002 files, more than 1,000"),
    ],
    ids=["a county alone", "several", "two of them", "a folder alone", "a thousand"],
)
def test_a_zip_with_something_else_is_refused(names: list[str], told: str, make_zip: MakeZip) -> None:
    with pytest.raises(SourceError) as refused:
        parse(make_zip({"folder/": b"", **dict.fromkeys(names, b"County\r\n")}))
    assert str(refused.value).startswith(f"georgia absentee.zip: {told}")
    assert refused.value.remedy


def test_a_zip_under_a_password_is_refused(make_csv: MakeCsv, make_zip: MakeZip) -> None:
    body = bytearray(make_zip({"STATEWIDE.csv": make_csv([{}])}))
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(SourceError, match=r"holds 'STATEWIDE.csv' under a password \(save it without a password\)"):
        parse(bytes(body))


def test_an_unknown_way_of_packing_is_refused(make_csv: MakeCsv, make_zip: MakeZip) -> None:
    body = bytearray(make_zip({"STATEWIDE.csv": make_csv([{}])}))
    body[8] = 77
    body[body.index(b"PK\x01\x02") + 10] = 77
    with pytest.raises(SourceError, match="is a ZIP that cannot be read: That compression method is not supported"):
        parse(bytes(body))


def test_a_zip_cut_anywhere_is_refused(make_csv: MakeCsv, make_zip: MakeZip) -> None:
    body = make_zip({"STATEWIDE.csv": make_csv([{}, {"Party": "DEMOCRAT"}])})
    for place in range(4, len(body), 7):
        with pytest.raises(SourceError, match=r"georgia absentee.zip: "):
            parse(body[:place])


def test_a_byte_that_changed_on_the_way_makes_no_other_row(make_csv: MakeCsv, make_zip: MakeZip) -> None:
    body = make_zip({"STATEWIDE.csv": make_csv([{}, {"Party": "DEMOCRAT"}])})
    good = [record.values for record in parse(body)]
    for place in range(0, len(body), 5):
        spoilt = bytearray(body)
        spoilt[place] ^= 0x55
        with suppress(SourceError):
            assert [record.values for record in parse(bytes(spoilt))] == good


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("STATEWIDE.csv", b"0" * 5_000_000)
    site = Site("ga", "Georgia", "GA", Kind.STATE)
    bench = Bench(tmp_path, Georgia(), SCOPE, site, http_max_bytes=1_000_000)
    with pytest.raises(SourceError, match="unpacks to more than 4,000,000 bytes"):
        bench.load({"absentee.zip": body.getvalue()})
