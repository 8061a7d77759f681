"""The Texas upstream over HTTP: what each request is answered, and what its faults make of it."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from clerk_demo import Faults, Simulator
from clerk_demo.civix_counties import COUNTIES
from clerk_demo.civix_envelope import BOMB_BYTES
from clerk_demo.faults import CIVIX_FAULTS
from clerkcore import UsageError

RUNOFF, GENERAL = "90501", "81105"
FIRST, SECOND, LAST = "05/18/2026", "05/19/2026", "05/26/2026"
HARRIS = {"county": "HARRIS", "countyId": "101", "format": "csv"}
ELECTION_DAY = 8


@pytest.fixture(scope="module")
def upstream() -> Iterator[Simulator]:
    with Simulator(seed=1) as running:
        yield running


@pytest.fixture
def simulator(upstream: Simulator) -> Simulator:
    upstream.set_day(0)
    upstream.faults = Faults()
    return upstream


@pytest.fixture
def texas(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.civix_url) as client:
        yield client


def ask(texas: httpx.Client, kind: str, day: str = FIRST, election: str = RUNOFF, **more: str) -> httpx.Response:
    query = {"type": kind, "electionId": election, "electionDate": day} | more
    return texas.get("getFileByFormat" if more else "getFile", params=query)


def unwrap(answer: httpx.Response) -> bytes:
    assert answer.status_code == 200
    return b64decode(answer.json()["upload"])


def read_rows(payload: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(payload.decode(), newline=""), strict=True))


def statewide(texas: httpx.Client, day: str = FIRST) -> list[dict[str, str]]:
    return read_rows(unwrap(ask(texas, "EVR_STATEWIDE", day)))


def test_the_index_names_the_elections_with_their_days_so_far_and_all_counties(texas: httpx.Client) -> None:
    index = json.loads(unwrap(texas.get("getFile", params={"type": "EVR_ELECTION"})))
    assert list(index) == ["date_updated", "elections", "elections_local"]
    republican = index["elections"][0]
    counties = republican.pop("counties")
    assert republican == {
        "id": 90501,
        "type": "EV",
        "election_date": "05/26/2026",
        "election_name": "2026 SIMULATED REPUBLICAN PRIMARY RUNOFF ELECTION",
        "certified": False,
        "early_voting_dates": [{"date": "05/18/2026", "date_turnout_id": 1}],
    }
    assert [county["county_id"] for county in counties] == list(range(1, 255))
    assert [counties[at]["name"] for at in (69, 70, 100)] == ["ELLIS", "EL PASO", "HARRIS"]
    assert [(each["id"], each["certified"]) for each in index["elections"][1:]] == [(90502, False), (81105, True)]


def test_an_early_voting_day_is_in_the_index_once_it_has_come(simulator: Simulator, texas: httpx.Client) -> None:
    counts = []
    for day in (0, 3, 20):
        simulator.set_day(day)
        index = json.loads(unwrap(texas.get("getFile", params={"type": "EVR_ELECTION"})))
        counts.append([len(election["early_voting_dates"]) for election in index["elections"]])
    assert counts == [[1, 1, 12], [4, 4, 12], [5, 5, 12]]


@pytest.mark.parametrize(
    ("kind", "day"),
    [
        ("EVR_STATEWIDE", SECOND),
        ("EVR_STATEWIDE", LAST),
        ("EVR_EARLYVOTING", SECOND),
        ("EVR_ELECTIONDAYTURNOUT", LAST),
        ("EVR_STATEWIDE_ELECTIONDAY", LAST),
        ("EVR_STATEWIDE", "07/04/2026"),
    ],
)
def test_a_day_without_data_is_an_empty_body(texas: httpx.Client, kind: str, day: str) -> None:
    answer = ask(texas, kind, day)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_county_in_which_nobody_voted_is_an_empty_body(texas: httpx.Client, simulator: Simulator) -> None:
    listed = simulator.civix_world.voters_on(90501, simulator.civix_world.election(90501).early_days[0], 0)
    name = next(name for name, counts in listed.items() if counts.in_person + counts.mail == 0)
    county = {"county": name, "countyId": str(COUNTIES.index(name) + 1), "format": "csv"}
    assert ask(texas, "EVR_EARLYVOTING", **county).content == b""


@pytest.mark.parametrize(
    "wrong",
    [
        {"electionDate": "2026-05-18"},
        {"electionDate": "5/18/2026"},
        {"electionDate": ""},
        {"electionId": "1"},
        {"type": "EVR_NOTHING"},
    ],
    ids=str,
)
def test_what_the_platform_cannot_look_up_is_its_exception(texas: httpx.Client, wrong: dict[str, str]) -> None:
    query = {"type": "EVR_STATEWIDE", "electionId": RUNOFF, "electionDate": FIRST} | wrong
    answer = texas.get("getFile", params=query).json()
    assert (answer["type"], list(answer["errorModels"][0])) == ("EXCEPTION", ["code", "detail", "message", "params"])


def test_another_county_id_is_an_exception_and_another_path_is_not_found(texas: httpx.Client) -> None:
    assert ask(texas, "EVR_EARLYVOTING", **HARRIS | {"countyId": "102"}).json()["type"] == "EXCEPTION"
    assert texas.get("getFiles").status_code == 404


def test_a_county_file_has_the_rows_of_the_statewide_one_under_other_names(texas: httpx.Client) -> None:
    county = read_rows(unwrap(ask(texas, "EVR_EARLYVOTING", **HARRIS)))
    assert list(county[0]) == ["VOTER_NAME", "VUID", "VOTING_METHOD", "PRECINCT"]
    whole = [list(row.values()) for row in statewide(texas)]
    assert [list(row.values()) for row in county] == [row[1:] for row in whole if row[0] == "HARRIS"]


def test_the_roster_of_election_day_is_a_zip_for_the_state_and_for_a_county(
    simulator: Simulator, texas: httpx.Client
) -> None:
    simulator.set_day(ELECTION_DAY)
    payloads = [
        unwrap(ask(texas, "EVR_STATEWIDE_ELECTIONDAY", LAST)),
        unwrap(ask(texas, "EVR_ELECTIONDAYTURNOUT", LAST, **HARRIS | {"format": "zip"})),
    ]
    archives = [zipfile.ZipFile(io.BytesIO(payload)) for payload in payloads]
    assert [archive.namelist() for archive in archives] == [
        ["STATEWIDE_90501_05262026.csv"],
        ["HARRIS_90501_05262026.csv"],
    ]
    whole, county = (read_rows(archive.read(archive.namelist()[0])) for archive in archives)
    assert [row["VUID"] for row in county] == [row["id_voter"] for row in whole if row["tx_county_name"] == "HARRIS"]


def test_the_old_election_has_county_files_alone(texas: httpx.Client) -> None:
    days = ("10/21/2024", "11/05/2024")
    statuses = [
        ask(texas, "EVR_STATEWIDE", days[0], GENERAL),
        ask(texas, "EVR_STATEWIDE_ELECTIONDAY", days[1], GENERAL),
    ]
    assert [answer.status_code for answer in statuses] == [502, 502]
    assert read_rows(unwrap(ask(texas, "EVR_EARLYVOTING", days[0], GENERAL, **HARRIS)))
    assert json.loads(unwrap(ask(texas, "EVR_ELECTIONDAYTURNOUT", days[1], GENERAL)))["election_type"] == "G"


def test_turnout_comes_in_the_platforms_shape(simulator: Simulator, texas: httpx.Client) -> None:
    simulator.set_day(1)
    turnout = json.loads(unwrap(ask(texas, "EVR_EARLYVOTING", SECOND)))
    counties = turnout.pop("turnout_by_county")
    assert turnout == {
        "date_updated": "2026-05-19",
        "election_id": 90501,
        "election_type": "P",
        "early_voting_date": "2026-05-19",
        "early_voting_date_id": 10021,
    }
    assert [county["name"] for county in counties] == list(COUNTIES)
    harris = counties[100]
    on_date, in_person, mail = list(harris.values())[3:6]
    assert 0 < on_date < in_person
    assert harris == {
        "name": "HARRIS",
        "id": 101,
        "registered_voters": simulator.civix_world.registered("HARRIS"),
        "in_person_votes_on_date": on_date,
        "total_in_person_votes_for_election": in_person,
        "total_mail_votes_for_election": mail,
        "voter_details_report": "EarlyVotingTurnoutByDate/2026-05-19/EVR_EarlyVotingByDate",
    }


def test_a_file_that_has_not_changed_answers_304(simulator: Simulator, texas: httpx.Client) -> None:
    statuses = []
    tag = ""
    for day in (0, 0, 1, 2, 3):
        simulator.set_day(day)
        query = {"type": "EVR_STATEWIDE", "electionId": RUNOFF, "electionDate": FIRST}
        answer = texas.get("getFile", params=query, headers={"If-None-Match": tag})
        statuses.append(answer.status_code)
        tag = answer.headers["ETag"]
    assert statuses == [200, 304, 200, 304, 304]
    assert answer.headers["Last-Modified"] == "Tue, 19 May 2026 06:00:00 GMT"


@pytest.mark.parametrize(
    ("fault", "status", "start"),
    [
        ("empty", 200, b""),
        ("exception", 200, b'{"type": "EXCEPTION"'),
        ("withdrawn", 403, b"<!DOCTYPE html>"),
        ("statewide_502", 502, b"<!DOCTYPE html>"),
        ("unwrapped", 200, b'"tx_county_name","voter_name"'),
    ],
)
def test_a_fault_changes_the_answer(
    simulator: Simulator, texas: httpx.Client, fault: str, status: int, start: bytes
) -> None:
    simulator.faults = Faults(civix=(fault,))
    answer = ask(texas, "EVR_STATEWIDE")
    assert (answer.status_code, answer.content[: len(start) or None]) == (status, start)
    assert texas.get("getFile", params={"type": "EVR_ELECTION"}).status_code == 200


def test_a_stale_roster_is_that_of_the_day_before(simulator: Simulator, texas: httpx.Client) -> None:
    simulator.set_day(1)
    before = statewide(texas, FIRST)
    simulator.faults = Faults(civix=("stale",))
    assert statewide(texas, SECOND) == before
    assert ask(texas, "EVR_STATEWIDE", FIRST).content == b""


def test_a_cut_roster_ends_within_its_last_line(simulator: Simulator, texas: httpx.Client) -> None:
    whole = unwrap(ask(texas, "EVR_STATEWIDE"))
    simulator.faults = Faults(civix=("cut_line",))
    cut = unwrap(ask(texas, "EVR_STATEWIDE"))
    last = whole.splitlines()[-1]
    assert 0 < len(cut) - whole.rindex(last) < len(last)
    assert whole.startswith(cut)


def test_a_wide_roster_has_400_columns_in_every_row(simulator: Simulator, texas: httpx.Client) -> None:
    rows = statewide(texas)
    simulator.faults = Faults(civix=("wide",))
    wide = statewide(texas)
    assert {len(row) for row in wide} == {400}
    assert [list(row.values())[:6] for row in wide] == [[*row.values(), ""] for row in rows]


@pytest.mark.parametrize(
    ("fault", "names"),
    [("county_dropped", {"TRAVIS"}), ("unknown_county", {"HARRIS", "ATLANTIS"})],
)
def test_a_county_is_gone_or_unknown(simulator: Simulator, texas: httpx.Client, fault: str, names: set[str]) -> None:
    simulator.faults = Faults(civix=(fault,))
    found = {row["tx_county_name"] for row in statewide(texas)}
    assert found & {"HARRIS", "TRAVIS", "ATLANTIS"} == names


def test_every_50th_id_is_malformed_in_turn(simulator: Simulator, texas: httpx.Client) -> None:
    simulator.faults = Faults(civix=("bad_ids",))
    ids = [row["id_voter"] for row in statewide(texas)]
    assert [(len(each), each.isdigit()) for each in ids[:150:50]] == [(10, False), (9, True), (11, True)]
    assert Counter(len(each) == 10 and each.isdigit() for each in ids)[False] == -(-len(ids) // 50)


def test_a_zip_bomb_is_small_until_it_is_opened(simulator: Simulator, texas: httpx.Client) -> None:
    simulator.set_day(ELECTION_DAY)
    simulator.faults = Faults(civix=("zip_bomb",))
    payload = unwrap(ask(texas, "EVR_STATEWIDE_ELECTIONDAY", LAST))
    assert len(payload) < 1_000_000
    assert zipfile.ZipFile(io.BytesIO(payload)).infolist()[0].file_size == BOMB_BYTES


def test_the_faults_of_all_upstreams_hold_for_texas_too(simulator: Simulator, texas: httpx.Client) -> None:
    rows = statewide(texas)
    simulator.faults = Faults(drop_share=0.5, rename_column="id_voter")
    spoilt = statewide(texas)
    assert (len(spoilt), list(spoilt[0])[2]) == (len(rows) - round(len(rows) / 2), "id_voter_renamed")
    simulator.faults = Faults(html=True)
    assert ask(texas, "EVR_STATEWIDE").headers["Content-Type"].startswith("text/html")
    simulator.faults = Faults(every_nth_500=1)
    assert ask(texas, "EVR_STATEWIDE").status_code == 500


def test_an_encoding_is_that_of_the_roster_within_the_envelope(simulator: Simulator, texas: httpx.Client) -> None:
    right = unwrap(ask(texas, "EVR_STATEWIDE")).decode()
    simulator.faults = Faults(encoding="latin-1")
    assert unwrap(ask(texas, "EVR_STATEWIDE")) == right.encode("latin-1")


def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    wrong: Any = ("emty",)
    with pytest.raises(UsageError) as caught:
        Faults(civix=wrong)
    assert str(caught.value) == f"there is no Civix fault 'emty' (faults: {', '.join(CIVIX_FAULTS)})"
