from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clerk_demo import Faults, Replay, Simulator, agency_year, county_file, write_netfile_csv
from clerk_demo.connect2 import decode_csv
from clerk_demo.routes import YEAR
from clerkcore import UsageError

DATA = Path(__file__).parents[4] / "shared" / "data"
real_data = pytest.mark.skipif(not DATA.is_dir(), reason="the folder ../shared/data with real pulls is not here")
STATS = "Stats_49894_VbmVoted.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "below").mkdir()
    for day in range(2):
        rows = agency_year(5, "CSD", 2020, day, 30)
        write_netfile_csv(tmp_path / "below" / f"netfile_api_2020__CSD__2020-07-1{day}.csv", rows)
        (tmp_path / f"Stats_49894_VbmVoted_2026100{day + 1}.txt").write_bytes(county_file(5, "49894", "VbmVoted", day))
    return tmp_path


@pytest.fixture
def simulator(folder: Path) -> Iterator[Simulator]:
    with Simulator(replay=Replay.from_folder(folder), size=40) as running:
        yield running


def count_rows(netfile: httpx.Client, aid: str, year: int) -> int:
    total: int = netfile.get(YEAR, params={"Aid": aid, "Year": year}).json()["totalMatchingCount"]
    return total


def test_files_are_days_in_the_order_of_their_dates_and_the_last_one_stays(
    simulator: Simulator, netfile: httpx.Client, folder: Path
) -> None:
    files = sorted(folder.rglob("*.csv"))
    for day, path in ((0, files[0]), (1, files[1]), (2, files[1])):
        simulator.set_day(day)
        assert netfile.get(f"{YEAR}/csv", params={"Aid": "CSD", "Year": 2020}).content == path.read_bytes()


def test_county_reports_are_replayed_with_the_date_of_their_name(florida: httpx.Client, folder: Path) -> None:
    answer = florida.get(STATS)
    assert answer.content == (folder / "Stats_49894_VbmVoted_20261001.txt").read_bytes()
    assert answer.headers["Last-Modified"] == "Thu, 01 Oct 2026 12:00:00 GMT"


@pytest.mark.parametrize(("aid", "year", "rows"), [("CSD", 2020, 30), ("CSD", 2021, 40), ("COAK", 2020, 40)])
def test_what_the_folder_does_not_hold_is_invented(netfile: httpx.Client, aid: str, year: int, rows: int) -> None:
    assert count_rows(netfile, aid, year) == rows


def test_a_replayed_year_is_cut_into_pages_when_pages_are_asked_for(netfile: httpx.Client) -> None:
    query: dict[str, str | int] = {"Aid": "CSD", "Year": 2020, "PageSize": 25, "CurrentPageIndex": 1}
    assert netfile.get(f"{YEAR}/csv", params=query).content.count(b"\r\n") == 5


def test_row_faults_apply_to_replayed_files(simulator: Simulator, netfile: httpx.Client, florida: httpx.Client) -> None:
    simulator.faults = Faults(drop_share=0.5)
    assert netfile.get(f"{YEAR}/csv", params={"Aid": "CSD", "Year": 2020}).content.count(b"\r\n") == 15
    assert len(florida.get(STATS).content.splitlines()) == 2 + 33


def test_a_file_of_another_format_is_answered_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "netfile_api_2020__CSD__2020-07-10.csv").write_text("a,b\r\n1,2\r\n")
    with Simulator(replay=Replay.from_folder(tmp_path)) as simulator:
        answer = httpx.get(simulator.netfile_url + YEAR, params={"Aid": "CSD", "Year": "2020"})
    assert "its header is not that of a NetFile year CSV" in answer.json()["responseStatus"]["message"]


@pytest.mark.parametrize("name", ["nowhere", "."], ids=["missing folder", "folder without files"])
def test_a_folder_without_files_is_refused_with_the_names_looked_for(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"no files to replay \(names: netfile_api_YEAR__AID__YYYY-MM-DD\.csv"):
        Replay.from_folder(tmp_path / name)


def test_a_name_with_an_impossible_date_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Stats_1_VbmVoted_20261399.txt").touch()
    with pytest.raises(UsageError, match=r"20261399 is no date \(rename or remove the file\)"):
        Replay.from_folder(tmp_path)


@real_data
def test_a_real_year_is_served_byte_for_byte_and_counted_on_both_days() -> None:
    replay = Replay.from_folder(DATA / "netfile_connect2")
    with Simulator(replay=replay) as simulator, httpx.Client(base_url=simulator.netfile_url) as netfile:
        for day, (name, rows) in enumerate((("2020-07-08", 6392), ("2020-07-14", 6478))):
            simulator.set_day(day)
            body = netfile.get(f"{YEAR}/csv", params={"Aid": "CSD", "Year": 2020}).content
            assert body == (DATA / "netfile_connect2" / f"netfile_api_2020__CSD__{name}.csv").read_bytes()
            assert count_rows(netfile, "CSD", 2020) == rows


@real_data
def test_a_real_county_report_is_served_byte_for_byte() -> None:
    with Simulator(replay=Replay.from_folder(DATA / "fl_vbm_stats")) as simulator:
        body = httpx.get(simulator.florida_url + STATS).content
    assert body == (DATA / "fl_vbm_stats" / "Stats_49894_VbmVoted_20261008.txt").read_bytes()


@real_data
def test_rendering_a_real_year_from_its_rows_gives_its_bytes(tmp_path: Path) -> None:
    real = (DATA / "netfile_connect2" / "netfile_api_2020__CSD__2020-07-08.csv").read_bytes()
    assert write_netfile_csv(tmp_path / "again.csv", decode_csv(real)).read_bytes() == real
