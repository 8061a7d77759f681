"""The committed samples are what the simulator writes; `python test_netfile_samples.py` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path

from clerk_demo import agency_year, write_netfile_csv, write_netfile_json_pages
from clerk_finance_netfile.columns import REQUIRED

SAMPLES = Path(__file__).parent / "samples"
CONNECT2 = ("earlier", "csv", "json")
AGENCIES = (("1", "CSD", "City of San Diego"), ("2", "COAK", "City of Oakland"), ("3", "BRK", "City of Berkeley"))


def write_samples(folder: Path) -> None:
    """Write every sample below a folder: 44 and 36 rows as CSV, 18 rows as JSON."""
    for name, day in (("earlier", 1), ("csv", 2)):
        (folder / name).mkdir(parents=True)
        write_netfile_csv(folder / name / "year-2026.csv", agency_year(7, "CSD", 2026, day, 30))
    write_netfile_json_pages(folder / "json", agency_year(7, "CSD", 2026, 1, 12), 8)
    listed = [{"id": int(number), "shortcut": shortcut, "name": name} for number, shortcut, name in AGENCIES]
    document = {"agencies": listed, "responseStatus": {}}
    (folder / "json" / "agencies.json").write_text(json.dumps(document), encoding="utf-8")


def read_tree(folder: Path) -> dict[str, bytes]:
    """Read Connect2's samples; those of the other sources have tests of their own."""
    found = (path for part in CONNECT2 for path in (folder / part).rglob("*"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if path.is_file()}


def test_the_samples_are_what_the_simulator_writes(tmp_path: Path) -> None:
    write_samples(tmp_path)
    assert read_tree(SAMPLES) == read_tree(tmp_path)


def test_only_street_addresses_and_coordinates_of_the_year_csv_are_left_out() -> None:
    header = (SAMPLES / "csv" / "year-2026.csv").read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    addresses = {f"{who}_Adr{line}" for who in ("Tran", "Tres", "Intr") for line in (1, 2)}
    assert set(header).difference(REQUIRED) == {*addresses, "Latitude", "Longitude"}
    assert len(header) == len(REQUIRED) + 8 == 99


if __name__ == "__main__":
    write_samples(SAMPLES)
