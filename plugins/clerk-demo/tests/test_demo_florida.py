from __future__ import annotations

import pytest

from clerk_demo import county_file
from clerk_demo.florida import COUNTIES, HEADER
from clerkcore import NotPublished


def lines(day: int, report: str = "VbmVoted", seed: int = 1) -> list[list[str]]:
    text = county_file(seed, "49894", report, day).decode()
    assert text.endswith("\r\n")
    return [line.split("\t") for line in text.split("\r\n")[:-1]]


def by_county(day: int, report: str = "VbmVoted") -> dict[str, list[str]]:
    return {line[3]: line for line in lines(day, report)[1:]}


def count(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert lines(3) == lines(3)
    assert lines(3) != lines(3, seed=2)


def test_a_file_has_the_header_then_the_state_totals_then_67_counties() -> None:
    header, totals, *counties = lines(0)
    assert tuple(header) == HEADER
    assert totals[3] == "State Totals"
    assert tuple(line[3] for line in counties) == COUNTIES
    assert len(COUNTIES) == 67


@pytest.mark.parametrize("report", ["VbmProvided", "VbmVoted", "EarlyVoted"])
@pytest.mark.parametrize("day", [1, 2])
def test_the_state_totals_are_the_sums_of_the_counties(report: str, day: int) -> None:
    _, totals, *counties = lines(day, report)
    assert [count(text) for text in totals[5:10]] == [sum(count(line[at]) for line in counties) for at in range(5, 10)]


def test_the_grand_total_is_the_sum_of_the_parties() -> None:
    assert all(sum(map(count, line[5:9])) == count(line[9]) for line in lines(1)[1:])


def test_numbers_have_thousands_commas_and_hours_are_padded_with_a_space() -> None:
    totals, alachua = lines(0)[1:3]
    assert "," in totals[9]
    assert (totals[10], alachua[10]) == ("10/08/2026 11:01AM", "10/08/2026  8:04AM")


@pytest.mark.parametrize(
    ("report", "stat_type"),
    [("VbmProvided", "Provided Vote-by-Mail"), ("VbmVoted", "Voted Vote-by-Mail"), ("EarlyVoted", "Early Voted")],
)
def test_each_report_names_its_statistic(report: str, stat_type: str) -> None:
    assert {line[4] for line in lines(1, report)[1:]} == {stat_type}


def test_counts_never_fall_and_grow_except_in_two_counties_and_the_late_one() -> None:
    before, after = by_county(0), by_county(1)
    grown = {name for name in COUNTIES if count(after[name][9]) > count(before[name][9])}
    fallen = {name for name in COUNTIES if any(count(after[name][at]) < count(before[name][at]) for at in range(5, 10))}
    assert (set(COUNTIES) - grown, fallen) == ({"Baker", "Hardee", "Columbia"}, set())


def test_one_county_is_not_recompiled_on_day_1_and_catches_up_on_day_2() -> None:
    assert by_county(1)["Columbia"] == by_county(0)["Columbia"]
    assert by_county(1)["Baker"][10] == "10/09/2026  8:04AM"
    assert by_county(2)["Columbia"][10] == "10/10/2026  8:04AM"


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ("EarlyVoted", "EarlyVoted is not published on day 0 (it starts on day 1)"),
        ("Vbm", "there is no report 'Vbm' (reports: VbmProvided, VbmVoted, EarlyVoted)"),
    ],
)
def test_a_report_that_is_not_there_is_refused_with_what_is(report: str, message: str) -> None:
    with pytest.raises(NotPublished) as caught:
        county_file(1, "49894", report, 0)
    assert str(caught.value) == message
