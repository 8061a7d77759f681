from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from clerk_demo import Simulator, agency_year
from clerk_demo.connect2 import COLUMNS, json_value
from clerk_demo.routes import YEAR
from clerkcore import UsageError

CSD = {"Aid": "CSD", "Year": "2026"}


def names_of_json() -> list[str]:
    return [name[0].lower() + name[1:] for name in COLUMNS]


def fetch_all(netfile: httpx.Client, page_size: int) -> list[dict[str, Any]]:
    query = CSD | {"PageSize": str(page_size)}
    first = netfile.get(YEAR, params=query).json()
    rows: list[dict[str, Any]] = []
    for page in range(first["totalMatchingPages"]):
        rows += netfile.get(YEAR, params=query | {"CurrentPageIndex": str(page)}).json()["results"]
    return rows


def test_agencies_are_listed_in_netfiles_envelope(netfile: httpx.Client) -> None:
    answer = netfile.get("campaign/agencies.json").json()
    assert list(answer) == ["agencies", "responseStatus"]
    assert answer["agencies"][0] == {"id": 1, "shortcut": "CSD", "name": "City of San Diego"}
    assert {"City of Alameda", "County of Alameda"} < {agency["name"] for agency in answer["agencies"]}


def test_a_page_of_json_says_how_many_rows_and_pages_there_are(netfile: httpx.Client) -> None:
    page = netfile.get(YEAR, params=CSD | {"PageSize": "40"}).json()
    assert (page["totalMatchingCount"], page["totalMatchingPages"], len(page["results"])) == (150, 4, 40)


@pytest.mark.parametrize("page_size", [1, 40, 50, 149, 150, 1000])
def test_all_pages_together_are_the_whole_year(netfile: httpx.Client, page_size: int) -> None:
    keys = [row["netFileKey"] for row in fetch_all(netfile, page_size)]
    assert keys == [row["NetFileKey"] for row in agency_year(1, "CSD", 2026, 0, 150)]


def test_json_and_csv_agree_row_for_row(netfile: httpx.Client) -> None:
    text = netfile.get(f"{YEAR}/csv", params=CSD).content.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline=None)))
    expected = [[json_value(column, row[column]) for column in COLUMNS] for row in rows]
    results = fetch_all(netfile, 1000)
    assert [list(row.values()) for row in results] == expected
    assert list(results[0]) == names_of_json()


def test_json_has_numbers_booleans_and_nulls(netfile: httpx.Client) -> None:
    debt = next(row for row in fetch_all(netfile, 1000) if row["form_Type"] == "F")
    assert (debt["transactionType"], debt["tran_Self"], debt["tran_Amt1"], debt["tran_Date"]) == (11, False, None, None)
    assert isinstance(debt["calculated_Amount"], float)
    assert debt["tran_Adr1"] == ""


def test_each_csv_page_begins_with_the_header(netfile: httpx.Client) -> None:
    answer = netfile.get(f"{YEAR}/csv", params=CSD | {"PageSize": "100", "CurrentPageIndex": "1"})
    header, rest = answer.content.split(b"\r", 1)
    assert header.decode() == ",".join(COLUMNS)
    assert rest.count(b"\r\n") == 50


def test_a_page_after_the_last_is_empty(netfile: httpx.Client) -> None:
    assert netfile.get(YEAR, params=CSD | {"CurrentPageIndex": "9"}).json()["results"] == []


def test_an_unknown_agency_has_no_rows(netfile: httpx.Client) -> None:
    answer = netfile.get(YEAR, params=CSD | {"Aid": "NONE"})
    assert answer.json() == {"results": [], "totalMatchingCount": 0, "totalMatchingPages": 0}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PageSize", "0", "PageSize '0' is not a whole number from 1 to 1000"),
        ("PageSize", "1001", "PageSize '1001' is not a whole number from 1 to 1000"),
        ("CurrentPageIndex", "-1", "CurrentPageIndex '-1' is not a whole number from 0 to 999999"),
        ("Year", "", "Year '' is not a whole number from 1900 to 2200"),
    ],
)
def test_a_bad_parameter_is_answered_with_400(netfile: httpx.Client, name: str, value: str, message: str) -> None:
    answer = netfile.get(YEAR, params=CSD | {name: value})
    assert (answer.status_code, answer.json()["responseStatus"]["message"]) == (400, message)


def test_an_unknown_path_is_answered_with_404(netfile: httpx.Client) -> None:
    assert netfile.get("campaign/nothing").status_code == 404


def test_early_voting_is_published_from_day_1(simulator: Simulator, florida: httpx.Client) -> None:
    before = florida.get("Stats_49894_EarlyVoted.txt").status_code
    simulator.set_day(1)
    assert (before, florida.get("Stats_49894_EarlyVoted.txt").status_code) == (404, 200)


@pytest.mark.parametrize(("ours", "theirs"), [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")])
def test_a_report_the_client_already_has_is_answered_with_304_until_the_day_changes(
    simulator: Simulator, florida: httpx.Client, ours: str, theirs: str
) -> None:
    known = {theirs: florida.get("Stats_49894_VbmVoted.txt").headers[ours]}
    same = florida.get("Stats_49894_VbmVoted.txt", headers=known)
    simulator.set_day(1)
    newer = florida.get("Stats_49894_VbmVoted.txt", headers=known)
    assert (same.status_code, same.content, newer.status_code) == (304, b"", 200)


def test_an_unreadable_if_modified_since_is_ignored(florida: httpx.Client) -> None:
    answer = florida.get("Stats_49894_VbmVoted.txt", headers={"If-Modified-Since": "yesterday"})
    assert answer.status_code == 200


def test_requests_are_recorded_with_query_and_status(simulator: Simulator, netfile: httpx.Client) -> None:
    netfile.get(YEAR, params={"Aid": "CSD", "Year": "x"})
    assert simulator.requests == [("GET", f"/Connect2/api/public/{YEAR}?Aid=CSD&Year=x", 400)]


def test_set_day_moves_the_year_on(simulator: Simulator, netfile: httpx.Client) -> None:
    simulator.set_day(2)
    total = netfile.get(YEAR, params=CSD).json()["totalMatchingCount"]
    assert total == len(agency_year(1, "CSD", 2026, 2, 150)) > 150


def test_a_day_before_the_first_is_refused(simulator: Simulator) -> None:
    with pytest.raises(UsageError, match=r"day -1 is before the first \(pass 0 or more\)"):
        simulator.set_day(-1)


def test_a_closed_simulator_answers_nobody_not_even_on_a_kept_connection() -> None:
    with Simulator(size=20) as simulator, httpx.Client(base_url=simulator.netfile_url) as client:
        client.get("campaign/agencies.json")
        simulator.close()
        with pytest.raises(httpx.TransportError):
            client.get("campaign/agencies.json")


def test_a_port_in_use_is_refused_with_a_remedy(simulator: Simulator) -> None:
    port = int(simulator.url.rpartition(":")[2])
    with pytest.raises(UsageError, match=rf"port {port} cannot be used: .* \(pass another port, or 0 for a free one\)"):
        Simulator(port=port).__enter__()


def test_a_simulator_that_is_not_running_has_no_url() -> None:
    with pytest.raises(UsageError, match="the simulator is not running"):
        _ = Simulator().url
