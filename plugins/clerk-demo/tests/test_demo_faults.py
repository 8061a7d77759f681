from __future__ import annotations

from typing import Any

import httpx
import pytest

from clerk_demo import Faults, Simulator
from clerk_demo.routes import YEAR
from clerkcore import UsageError

CSD = {"Aid": "CSD", "Year": "2026"}
STATS = "Stats_49894_VbmVoted.txt"


def get_page(netfile: httpx.Client, page: int = 0, page_size: int = 1000) -> Any:
    query = CSD | {"CurrentPageIndex": str(page), "PageSize": str(page_size)}
    return netfile.get(YEAR, params=query).json()


def test_every_nth_request_answers_500(simulator: Simulator, netfile: httpx.Client) -> None:
    simulator.faults = Faults(every_nth_500=3)
    statuses = [netfile.get("campaign/agencies.json").status_code for _ in range(6)]
    assert statuses == [200, 200, 500, 200, 200, 500]
    assert [status for _, _, status in simulator.requests] == statuses


def test_a_slow_upstream_makes_an_impatient_client_give_up(simulator: Simulator, netfile: httpx.Client) -> None:
    simulator.faults = Faults(slow_seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        netfile.get("campaign/agencies.json", timeout=0.05)


@pytest.mark.parametrize(("lone_cr", "line_ends"), [(True, 150), (False, 151)])
def test_the_header_line_may_end_with_a_cr_alone(
    simulator: Simulator, netfile: httpx.Client, lone_cr: bool, line_ends: int
) -> None:
    simulator.faults = Faults(lone_cr=lone_cr)
    body = netfile.get(f"{YEAR}/csv", params=CSD).content
    assert (body.count(b"\r\n"), body.count(b"\r")) == (line_ends, 151)


def test_a_truncated_body_has_a_fitting_length(simulator: Simulator, florida: httpx.Client) -> None:
    whole = florida.get(STATS).content
    simulator.faults = Faults(truncate=100)
    answer = florida.get(STATS)
    assert (answer.content, answer.headers["Content-Length"]) == (whole[:100], "100")


def test_an_html_page_comes_with_status_200(simulator: Simulator, florida: httpx.Client) -> None:
    known = {"If-None-Match": florida.get(STATS).headers["ETag"]}
    simulator.faults = Faults(html=True)
    answer = florida.get(STATS, headers=known)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_page_is_answered_twice(simulator: Simulator, netfile: httpx.Client) -> None:
    simulator.faults = Faults(repeat_page=True)
    pages = [get_page(netfile, page, 50)["results"] for page in range(3)]
    assert pages[0] == pages[1] != pages[2]


def test_the_total_is_wrong(simulator: Simulator, netfile: httpx.Client) -> None:
    simulator.faults = Faults(wrong_total=7)
    page = get_page(netfile)
    assert (page["totalMatchingCount"], len(page["results"])) == (157, 150)


def test_a_share_of_the_rows_is_gone(simulator: Simulator, netfile: httpx.Client) -> None:
    simulator.faults = Faults(drop_share=0.5)
    page = get_page(netfile)
    assert (page["totalMatchingCount"], len(page["results"])) == (75, 75)


def test_a_share_of_the_counties_is_gone_but_the_state_totals_stay(simulator: Simulator, florida: httpx.Client) -> None:
    whole = florida.get(STATS).content
    simulator.faults = Faults(drop_share=0.5)
    assert florida.get(STATS).content == b"".join(whole.splitlines(keepends=True)[: 2 + 33])


def test_a_column_is_renamed_on_every_route(simulator: Simulator, netfile: httpx.Client, florida: httpx.Client) -> None:
    simulator.faults = Faults(rename_column="Tran_Amt1")
    assert b",Tran_Amt1_renamed,Tran_Amt2," in netfile.get(f"{YEAR}/csv", params=CSD).content
    assert {"tran_Amt1_renamed"} == {name for name in get_page(netfile)["results"][0] if name.startswith("tran_Amt1")}
    simulator.faults = Faults(rename_column="CountyName")
    assert b"\tCountyName_renamed\t" in florida.get(STATS).content


def test_a_body_comes_in_another_encoding(simulator: Simulator, netfile: httpx.Client) -> None:
    right = netfile.get(f"{YEAR}/csv", params=CSD).content
    simulator.faults = Faults(encoding="latin-1")
    wrong = netfile.get(f"{YEAR}/csv", params=CSD).content
    assert wrong == right.decode().encode("latin-1") != right


def test_the_connection_breaks_before_the_promised_length(simulator: Simulator, netfile: httpx.Client) -> None:
    simulator.faults = Faults(broken_body=True)
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        netfile.get("campaign/agencies.json")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"drop_share": 2}, "drop_share 2 is not a share (pass a number from 0 to 1)"),
        ({"encoding": "klingon"}, "Python knows no encoding 'klingon' (try utf-8 or latin-1)"),
    ],
    ids=str,
)
def test_an_impossible_fault_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Faults(**wrong)
    assert str(caught.value) == message
