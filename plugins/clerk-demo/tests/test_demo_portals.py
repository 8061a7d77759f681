"""The finance world over HTTP: yearly Excel, the Campaign API and eFile."""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from clerk_demo import (
    CAMPAIGN_KEY,
    CAMPAIGN_SECRET,
    Faults,
    Simulator,
    World,
    finance_world,
    write_campaign_pages,
    write_efile_pages,
)
from clerk_demo.campaign import FIELDS
from clerk_demo.campaign_filings import name_filer, name_filing
from clerk_demo.efile import FILING_FIELDS, TRANSACTION_FIELDS, write_amount
from clerk_demo.headers import SHEETS
from clerkcore import UsageError

Item = dict[str, Any]
AUTH = (CAMPAIGN_KEY, CAMPAIGN_SECRET)
ELEMENTS = "/cal/v101/transaction-elements"
FILINGS = "/filing/v101/filings"
YEAR = {"start_date": "2026-01-01T00:00:00.000Z", "end_date": "2026-12-31T23:59:59.999Z"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Simulator]:
    with Simulator(seed=1, day=2, size=300, world="full") as running:
        yield running


@pytest.fixture
def simulator(upstream: Simulator) -> Simulator:
    upstream.set_day(2)
    upstream.faults = Faults()
    return upstream


@pytest.fixture(scope="module")
def world() -> World:
    return finance_world(1, "CSD", 2026, 300)


def get_zip(simulator: Simulator, name: str) -> httpx.Response:
    return httpx.get(f"{simulator.excel_url}CSDBrowsable/{name}")


def report_numbers(body: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        (name,) = archive.namelist()
        book = openpyxl.load_workbook(io.BytesIO(archive.read(name)), read_only=True)
        column = SHEETS["Summary"].index("Report_Num")
        return {str(row[column]) for row in book["Summary"].iter_rows(min_row=2, values_only=True)}


def get_campaign(simulator: Simulator, path: str, **params: object) -> Any:
    query = {"aid": "CSD"} | {name: str(value) for name, value in params.items()}
    return httpx.get(simulator.campaign_url + path, params=query, auth=AUTH).raise_for_status().json()


def get_all(simulator: Simulator, path: str, limit: int) -> list[Item]:
    results: list[Item] = []
    while True:
        page = get_campaign(simulator, path, offset=len(results), limit=limit)
        results += page["results"]
        if not page["hasNextPage"]:
            assert len(results) == page["totalCount"]
            return results


def search(simulator: Simulator, path: str = "campaign-search/advanced", **params: object) -> Any:
    query = YEAR | {name: str(value) for name, value in params.items()}
    return httpx.get(simulator.efile_url + path, params=query).raise_for_status().json()


def test_the_export_has_every_version_and_the_newest_one_only_those_in_force(
    simulator: Simulator, world: World
) -> None:
    everything, newest = get_zip(simulator, "efile_CSD_2026.zip"), get_zip(simulator, "efile_newest_CSD_2026.zip")
    assert report_numbers(everything.content) == {"000", "001", "002"}
    assert report_numbers(newest.content) == {f"{one.version:03d}" for one in world.in_force(2) if one.report.periodic}
    assert everything.headers["Content-Type"] == "application/zip"


def test_an_export_the_client_already_has_is_answered_with_304(simulator: Simulator) -> None:
    known = {"If-None-Match": get_zip(simulator, "efile_CSD_2026.zip").headers["ETag"]}
    url = f"{simulator.excel_url}CSDBrowsable/efile_CSD_2026.zip"
    same = httpx.get(url, headers=known).status_code
    simulator.set_day(1)
    assert (same, httpx.get(url, headers=known).status_code) == (304, 200)


@pytest.mark.parametrize(
    "path", ["NONEBrowsable/efile_NONE_2026.zip", "CSDBrowsable/efile_SFO_2026.zip", "CSDBrowsable/efile_CSD_26.zip"]
)
def test_an_export_that_is_not_there_is_answered_with_404(simulator: Simulator, path: str) -> None:
    assert httpx.get(simulator.excel_url + path).status_code == 404


@pytest.mark.parametrize("auth", [None, ("demo-key", "wrong"), ("", "")], ids=str)
def test_without_the_key_the_campaign_api_answers_401(simulator: Simulator, auth: tuple[str, str] | None) -> None:
    answer = httpx.get(simulator.campaign_url + FILINGS, params={"aid": "CSD"}, auth=auth)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="netfile"')


def test_a_token_that_is_no_base64_is_answered_with_401(simulator: Simulator) -> None:
    answer = httpx.get(simulator.campaign_url + FILINGS, headers={"Authorization": "Basic x"})
    assert answer.status_code == 401


@pytest.mark.parametrize("limit", [7, 100, 1000])
def test_all_pages_of_elements_together_are_the_rows_of_all_versions(
    simulator: Simulator, world: World, limit: int
) -> None:
    elements = get_all(simulator, ELEMENTS, limit)
    assert [(one["filingNid"], one["transactionId"]) for one in elements] == [
        (name_filing(filing), row.tran_id) for filing in world.versions(2) for row in world.rows(filing)
    ]
    assert len({one["elementNid"] for one in elements}) == len(elements)


def test_an_element_has_the_fields_of_a_real_one(simulator: Simulator) -> None:
    elements = get_campaign(simulator, ELEMENTS)["results"]
    assert {tuple(element["transaction"]) for element in elements} == {FIELDS}
    forms = {element["transaction"]["formType"]: element["elementType"] for element in elements}
    assert (forms["A"], forms["B1"], forms["F497P1"]) == ("F460A", "F460B1", "F497P1")
    assert all(one["calculatedAmount"] == one["transaction"]["calculatedAmount"] for one in elements)


def test_the_elements_of_one_filing_can_be_asked_for(simulator: Simulator, world: World) -> None:
    filing = world.versions(2)[-1]
    page = get_campaign(simulator, ELEMENTS, filingNid=name_filing(filing), parts="All")
    assert [one["transactionId"] for one in page["results"]] == [row.tran_id for row in world.rows(filing)]


def test_versions_of_a_report_share_their_original_id_and_are_numbered(simulator: Simulator) -> None:
    chains = defaultdict(list)
    for filing in get_all(simulator, FILINGS, 50):
        chains[filing["originalFilingId"]].append(filing["filingMeta"])
    for original, versions in chains.items():
        assert versions[0]["issuedFilingId"] == original
        assert [one["amendmentSequence"] for one in versions] == [None, *range(1, len(versions))]
    assert max(map(len, chains.values())) == 3


def test_the_period_of_a_late_filing_is_null(simulator: Simulator) -> None:
    for filing in get_all(simulator, FILINGS, 50):
        late = filing["specificationRef"]["name"] != "FPPC460"
        assert (filing["filingMeta"]["startDate"] is None) == late


def test_filers_and_elections_are_those_of_the_world(simulator: Simulator, world: World) -> None:
    filers = get_all(simulator, "/filer/v101/filers", 4)
    assert [one["filerNid"] for one in filers] == [name_filer(one) for one in world.committees]
    (election,) = get_campaign(simulator, "/election/v101/elections")["results"]
    assert len(election["candidates"]) == sum(one.kind == "CTL" for one in world.committees)


def test_an_offset_beyond_the_end_has_no_results(simulator: Simulator) -> None:
    page = get_campaign(simulator, ELEMENTS, offset=99_999)
    assert (page["results"], page["hasNextPage"]) == ([], False)


def test_a_limit_above_1000_is_answered_with_400(simulator: Simulator) -> None:
    answer = httpx.get(simulator.campaign_url + FILINGS, params={"aid": "CSD", "limit": "1001"}, auth=AUTH)
    assert answer.status_code == 400


def test_throttling_asks_to_wait(simulator: Simulator) -> None:
    simulator.faults = Faults(every_nth_429=2, retry_after=7)
    url = simulator.campaign_url + FILINGS
    answers = [httpx.get(url, params={"aid": "CSD"}, auth=AUTH) for _ in range(2)]
    assert [(one.status_code, one.headers.get("Retry-After")) for one in answers] == [(200, None), (429, "7")]


def test_an_agency_that_is_gone_is_found_nowhere(simulator: Simulator) -> None:
    simulator.faults = Faults(gone=("CSD",))
    listed = httpx.get(simulator.netfile_url + "campaign/agencies.json").json()["agencies"]
    year = httpx.get(
        simulator.netfile_url + "campaign/export/cal201/transaction/year", params={"Aid": "CSD", "Year": "2026"}
    )
    campaign = httpx.get(simulator.campaign_url + FILINGS, params={"aid": "CSD"}, auth=AUTH)
    assert "CSD" not in {one["shortcut"] for one in listed}
    assert year.json()["totalMatchingCount"] == 0
    assert (get_zip(simulator, "efile_CSD_2026.zip").status_code, campaign.status_code) == (404, 404)


@pytest.mark.parametrize("fault", [Faults(truncate=50), Faults(html=True)], ids=["truncate", "html"])
def test_bodies_are_spoilt_as_elsewhere(simulator: Simulator, fault: Faults) -> None:
    simulator.faults = fault
    body = get_zip(simulator, "efile_CSD_2026.zip").content
    assert not zipfile.is_zipfile(io.BytesIO(body))


def test_another_encoding_leaves_a_zip_alone(simulator: Simulator) -> None:
    simulator.faults = Faults(encoding="latin-1")
    assert zipfile.is_zipfile(io.BytesIO(get_zip(simulator, "efile_CSD_2026.zip").content))


def test_connect2_serves_the_full_world_when_told_to(simulator: Simulator, world: World) -> None:
    query = {"Aid": "CSD", "Year": "2026"}
    page = httpx.get(simulator.netfile_url + "campaign/export/cal201/transaction/year", params=query).json()
    rows = [row["NetFileKey"] for row in world.connect2_rows(2)]
    assert [row["netFileKey"] for row in page["results"]] == rows
    assert simulator.finance_world("CSD", 2026).totals(2) == world.totals(2)


def test_an_unknown_world_is_refused() -> None:
    with pytest.raises(UsageError, match=r"there is no world 'flat' \(worlds: plain, full\)"):
        Simulator(world="flat")


@pytest.mark.parametrize("page_size", [50, 8000])
def test_all_pages_of_a_search_are_the_transactions_of_the_year(
    simulator: Simulator, world: World, page_size: int
) -> None:
    first = search(simulator, page_size=page_size)
    pages = [
        search(simulator, page_size=page_size, page_number=number + 1)["data"] for number in range(first["total_pages"])
    ]
    found = [(one["e_filing_id"], one["schedule"], one["tran_id"]) for page in pages for one in page]
    rows = {(one.filing_id, row.form, row.tran_id) for one in world.versions(2) for row in world.rows(one)}
    assert (len(found), set(found)) == (len(rows), rows)


def test_a_search_finds_what_is_dated_in_its_days_and_the_newest_alone_when_asked(
    simulator: Simulator, world: World
) -> None:
    march = {"start_date": "2026-03-01", "end_date": "2026-03-31"}
    found = search(simulator, **march)["data"]
    newest = search(simulator, **march, most_recent_amendment="true")["data"]
    assert {one["transaction_date"][:2] for one in found} == {"03"}
    assert {one["e_filing_id"] for one in newest} <= {one.filing_id for one in world.in_force(2)}
    assert len(newest) < len(found)


def test_records_of_efile_have_the_real_keys(simulator: Simulator) -> None:
    transaction = search(simulator, page_size=1)["data"][0]
    filing = search(simulator, "campaign-search")["data"][0]
    assert (" ".join(transaction), " ".join(filing)) == (TRANSACTION_FIELDS, FILING_FIELDS)


def test_amendments_name_what_they_amend(simulator: Simulator, world: World) -> None:
    filings = {one["e_filing_id"]: one for one in search(simulator, "campaign-search", end_date="2028-12-31")["data"]}
    for filing in (one for one in world.versions(2) if one.replaces):
        assert filing.replaces
        amended = filings[filing.filing_id]
        assert amended["amends_prev_id"]["prev_id"] == filings[filing.replaces.filing_id]["filing_id"]
        assert amended["amendment_number"] == filing.version


@pytest.mark.parametrize(
    ("cents", "text"),
    [(1_000_000, "$10,000"), (-30_000, "-$300"), (0, "$0"), (1250, "$12.50"), (-5, "-$0.05"), (None, "")],
)
def test_amounts_are_written_as_efile_does(cents: int | None, text: str) -> None:
    assert write_amount(cents) == text


def test_a_search_without_dates_is_answered_with_400(simulator: Simulator) -> None:
    answer = httpx.get(f"{simulator.efile_url}campaign-search/advanced")
    assert (answer.status_code, answer.json()["responseStatus"]["message"]) == (400, "start_date '' is not a date")


def test_committees_are_listed_by_name(simulator: Simulator, world: World) -> None:
    listed = httpx.get(f"{simulator.efile_url}campaign-search/by-name").json()["data"]["committee_list"]
    assert [one["entity_name"] for one in listed] == [one.name for one in world.committees]


def test_written_campaign_pages_hold_every_record_once(tmp_path: Path, world: World) -> None:
    paths = write_campaign_pages(tmp_path, world, 2, limit=200)
    pages = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    elements = [one for name, page in pages.items() if name.startswith("elements") for one in page["results"]]
    assert {name.partition("-")[0] for name in pages} == {"filers", "filings", "elements"}
    assert len(elements) == sum(one.rows for one in world.versions(2)) == pages["elements-0.json"]["totalCount"]


def test_written_efile_pages_are_numbered_from_1(tmp_path: Path, world: World) -> None:
    paths = write_efile_pages(tmp_path, world, 2, page_size=200)
    pages = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    numbers = [page["page_number"] for page in pages[:-1]]
    assert numbers == list(range(1, pages[0]["total_pages"] + 1))
    assert len(pages[-1]["data"]) == len(world.versions(2))


@pytest.mark.parametrize(
    ("error", "column", "text"),
    [
        ("empty_amount", "Calculated_Amount", ""),
        ("impossible_date", "Tran_Date", "2026-02-30"),
        ("future_date", "Tran_Date", "2036-02-15"),
    ],
)
def test_an_error_can_be_planted(error: str, column: str, text: str) -> None:
    world = finance_world(1, "CSD", 2026, 300, errors=[error])
    plain = finance_world(1, "CSD", 2026, 300)
    both = zip(world.connect2_rows(0), plain.connect2_rows(0), strict=True)
    ((wrong, right),) = [(one, other) for one, other in both if one != other]
    assert (wrong[column], wrong["FilerLocalId"]) == (text, world.planted[0].report.committee.local_id)
    assert wrong["Tran_Id"] == right["Tran_Id"]


def test_a_planted_error_is_never_amended() -> None:
    world = finance_world(1, "CSD", 2026, 100, errors=["empty_amount"])
    amended = {event.report.serial for day in range(30) for event in world.events(day)}
    assert world.planted[0].report not in [event.report for day in range(30) for event in world.events(day)]
    assert amended


def test_an_unknown_error_is_refused() -> None:
    with pytest.raises(UsageError, match=r"there is no error 'typo' \(errors: empty_amount, "):
        finance_world(1, "CSD", 2026, 300, errors=["typo"])
