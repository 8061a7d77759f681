"""Real yearly exports of San Diego and Berkeley, and small sets of Oakland's filings, against published totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from clerk_finance_netfile.excel import NetFileExcel
from clerkcore import Parsed, Record, Scope
from clerkcore.testing.shelf import parse_files

pytestmark = pytest.mark.xdist_group("netfile_excel")

Rows = list[dict[str, Any]]
SAN_DIEGO, BERKELEY = "netfile_2020__CSD__2020-06-09.xlsx", "efile_BRK_2017.xlsx"
YEARS = {SAN_DIEGO: "2020", BERKELEY: "2017"}
FORMS = {
    SAN_DIEGO: {
        "A": 4257, "B1": 85, "C": 27, "D": 134, "E": 2163, "F": 1020, "F496": 162, "F496P3": 231, "F497P1": 1171,
        "F497P2": 29, "G": 683, "I": 20,
    },
    BERKELEY: {
        "A": 2251, "B1": 38, "C": 26, "D": 17, "E": 650, "F": 94, "F496": 9, "F496P3": 28, "F497P1": 69, "G": 60,
        "I": 8,
    },
}  # fmt: skip
SUMMARY_LINES = {SAN_DIEGO: 6191, BERKELEY: 4322}
# Reports whose itemised rows add up to line 1 of their own summary page, of those that have rows.
AGREEING = {
    SAN_DIEGO: {"A": (108, 108), "C": (13, 13), "E": (128, 128), "I": (14, 14)},
    BERKELEY: {"A": (42, 43), "C": (10, 10), "E": (66, 67), "I": (5, 5)},
}
REPORTS = {SAN_DIEGO: 137, BERKELEY: 96}
SURPLUS = {SAN_DIEGO: 6, BERKELEY: 14}
IDENTITIES = {"3": ("1", "2"), "5": ("3", "4"), "8": ("6", "7"), "11": ("8", "9", "10")}


class Export:
    """What an export was parsed into."""

    def __init__(self, parsed: Iterable[Parsed]) -> None:
        self.parsed = list(parsed)

    def rows(self, table: str) -> Rows:
        return [dict(item.values) for item in self.parsed if isinstance(item, Record) and item.table == table]

    def lines(self) -> dict[tuple[str, str, str], int]:
        """Column A of the summary pages, by filing, form and line."""
        return {
            (line["filing_id"], line["form_type"], line["line_item"]): line.get("amount_a_cents") or 0
            for line in self.rows("summary_lines")
        }


Load = Callable[..., Export]


@pytest.fixture(scope="session")
def load(data: Path) -> Load:
    """Parse files of the shared data, each set once."""
    known: dict[tuple[str, ...], Export] = {}

    def parse(year: str, *names: str) -> Export:
        if names not in known:
            files = {Path(name).name: (data / name).read_bytes() for name in names}
            known[names] = Export(parse_files(NetFileExcel({}), Scope(year, {"year": year}), files))
        return known[names]

    return parse


# One worker reads each workbook once.
@pytest.fixture(
    params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in (SAN_DIEGO, BERKELEY)], scope="session"
)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def export(load: Load, name: str) -> Export:
    return load(YEARS[name], f"netfile_excel/{name}")


def test_every_row_of_every_sheet_is_read_and_none_is_quarantined(export: Export, name: str) -> None:
    assert [item for item in export.parsed if not isinstance(item, Record)] == []
    assert Counter(row["form_type"] for row in export.rows("transactions")) == FORMS[name]
    assert len(export.rows("summary_lines")) == SUMMARY_LINES[name]


def test_rows_of_one_key_are_exact_duplicates(export: Export, name: str) -> None:
    rows = export.rows("transactions")
    contents = {(row["filing_id"], row["form_type"], row["tran_id"]): row for row in rows}
    assert len(rows) - len(contents) == SURPLUS[name]
    assert all(contents[row["filing_id"], row["form_type"], row["tran_id"]] == row for row in rows)
    assert len(export.lines()) == SUMMARY_LINES[name]


def test_itemised_rows_add_up_to_the_filers_own_summary(export: Export, name: str) -> None:
    lines, agreeing = export.lines(), {}
    for form in AGREEING[name]:
        sums: Counter[str] = Counter()
        for row in export.rows("transactions"):
            if row["form_type"] == form:
                sums[row["filing_id"]] += row["amount_cents"] or 0
        agreeing[form] = (sum(lines.get((filing, form, "1")) == cents for filing, cents in sums.items()), len(sums))
    assert agreeing == AGREEING[name]


def count_identities(export: Export) -> tuple[int, int]:
    """How many lines of Form 460 are the sum of others, and how many of these are not equal."""
    lines = export.lines()
    pairs = [
        (cents, sum(lines[filing, form, part] for part in IDENTITIES[line]))
        for (filing, form, line), cents in lines.items()
        if form == "F460" and line in IDENTITIES and (filing, form, "2") in lines
    ]
    return len(pairs), sum(cents != parts for cents, parts in pairs)


def test_form_460_adds_up_in_every_report(export: Export, name: str) -> None:
    assert len({filing for filing, form, _ in export.lines() if form == "F460"}) == REPORTS[name]
    assert count_identities(export) == (4 * REPORTS[name], 0)


def test_each_later_version_of_a_period_replaces_the_one_before(export: Export) -> None:
    filings = {row["filing_id"]: row for row in export.rows("filings")}
    periodic = [row for row in filings.values() if row["form_family"] == "460"]
    periods = {(row["filer_local_id"], row["filing_start"], row["filing_end"]) for row in periodic}
    amending = [row for row in periodic if row["amends_filing_id"]]
    assert len(amending) == len(periodic) - len(periods)
    for row in amending:
        before = filings[row["amends_filing_id"]]
        assert (before["filer_local_id"], before["filing_end"]) == (row["filer_local_id"], row["filing_end"])
        assert int(before["report_num"]) == int(row["report_num"]) - 1


def test_filers_whose_number_is_pending_are_told_apart(export: Export) -> None:
    names: dict[str, set[str]] = {}
    for row in export.rows("transactions"):
        if not row["filer_state_id"].strip("0").isdigit():
            names.setdefault(row["filer_local_id"], set()).add(row["filer_name"])
    assert names
    assert all(filer.startswith("noid_") and len(told) == 1 for filer, told in names.items())


def test_oaklands_candidate_for_mayor_raised_what_open_disclosure_says(load: Load) -> None:
    """Cat Brooks for Mayor 2018: the amended report alone; with the one it replaces it would be 99,864.84."""
    export = load("2018", "oakland_fixtures/amendment_with_null_filer_id/Summary.csv")
    replaced = {row["amends_filing_id"] for row in export.rows("filings")}
    raised = {
        filing: cents
        for (filing, form, line), cents in export.lines().items()
        if (form, line) == ("F460", "5") and filing.startswith("1405474-")
    }
    assert sum(raised.values()) == 9_986_484
    assert sum(cents for filing, cents in raised.items() if filing not in replaced) == 4_993_242
    assert count_identities(export) == (8, 0)


def test_oaklands_filer_without_a_number_is_one_of_its_own(load: Load) -> None:
    export = load("2018", "oakland_fixtures/amendment_with_null_filer_id/Summary.csv")
    assert {row["filer_name"]: row["filer_local_id"] for row in export.rows("filers")} == {
        "Polk 'Cat Brooks' for Mayor 2018; Sheilagh, ID # 1405474": "1405474",
        "Some other candidate": "noid_some_other_candidate_fa392bff",
    }


def test_oaklands_independent_opposition_is_what_open_disclosure_says(load: Load) -> None:
    export = load("2016", "oakland_fixtures/candidate_independent_supporting_kalb/D-Expenditure.csv")
    opposing = [
        row["amount_cents"]
        for row in export.rows("transactions")
        if (row.get("tran_code"), row.get("sup_opp_cd")) == ("IND", "O")
    ]
    assert (len(opposing), sum(opposing)) == (6, 1_324_165)


def test_oaklands_referendum_was_given_what_open_disclosure_says(load: Load) -> None:
    """The late reports file is empty but for its header; schedule A reads 00:00:00."""
    folder = "oakland_fixtures/referendum_contributions_by_origin"
    export = load("2016", *(f"{folder}/{name}.csv" for name in ("497", "A-Contributions", "C-Contributions")))
    given: Counter[str] = Counter()
    for row in export.rows("transactions"):
        given[row["form_type"]] += row["amount_cents"]
    assert given == {"A": 35_382_000, "C": 12_389_981}
    assert given.total() == 47_771_981
