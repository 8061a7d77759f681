"""The committed samples are what is described here; `python test_north_carolina_samples.py` writes them anew."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
COUNTIES = ("ALAMANCE", "BUNCOMBE", "DURHAM", "MECKLENBURG", "NEW HANOVER", "WAKE", "YADKIN", "YANCEY")


def _conftest() -> ModuleType:
    spec = importlib.util.spec_from_file_location("north_carolina_files", HERE / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _absentee(returned: int) -> list[dict[str, str]]:
    rows = []
    for number in range(12):
        row = {"ncid": f"AB{number + 100}", "county_desc": COUNTIES[number % 8], "precinct_desc": f"P{number % 3}"}
        row["ballot_req_dt"] = f"09/{number + 10}/2024"
        if number % 3 == 0:
            row |= {"ballot_req_type": "EARLY VOTING", "ballot_rtn_dt": f"10/{number + 17}/2024"}
        elif number < returned:
            row |= {"ballot_rtn_dt": f"10/{number + 10}/2024"}
        else:
            row |= {"ballot_rtn_dt": "", "ballot_rtn_status": ""}
        rows.append(row)
    return rows


def _rough(write: ModuleType) -> bytes:
    rows = _absentee(8)[:9]
    rows[1]["voter_last_name"] = "MUÑOZ"
    rows[2]["voter_street_address"] = '12 "OLD" MILL RD'
    rows[3]["precinct_desc"] = "P0    "
    lines = write.write_absentee(*rows).split(b"\r\n")
    lines[3] = lines[3].replace(b'""OLD""', b'"OLD"')
    lines[5] = lines[5].replace(b'"UNA"', b'"UNA\0\0"')
    return b"\r\n".join([*lines[:-1], lines[1], b""])


def _history(write: ModuleType) -> bytes:
    methods = ("ABSENTEE BY MAIL", "IN-PERSON", "PROVISIONAL", "IN-PERSON", "ABSENTEE ONESTOP", "ABSENTEE BY MAIL")
    rows = [
        {"county_desc": county, "ncid": f"AB{number}", "voting_method": methods[number % 6]}
        for number, county in enumerate(COUNTIES)
    ]
    others = [{**row, "election_lbl": "03/05/2024", "election_desc": "03/05/2024 PRIMARY"} for row in rows[:5]]
    body: bytes = write.write_history(*others[:3], *rows, *others[3:])
    return body


def make_samples() -> dict[str, bytes]:
    """Return the samples by path."""
    write = _conftest()
    return {
        "absentee_20241105.csv": write.write_absentee(*_absentee(8)),
        "absentee_20241105.zip": write.pack(_rough(write)),
        "earlier/absentee_20241105.csv": write.write_absentee(*_absentee(5)[:11]),
        "ncvhis_Statewide.txt": _history(write),
    }


def test_the_samples_are_what_is_described() -> None:
    found = {str(path.relative_to(SAMPLES)): path.read_bytes() for path in SAMPLES.rglob("*") if path.is_file()}
    assert found == make_samples()


if __name__ == "__main__":
    for name, body in make_samples().items():
        (SAMPLES / name).parent.mkdir(parents=True, exist_ok=True)
        (SAMPLES / name).write_bytes(body)
