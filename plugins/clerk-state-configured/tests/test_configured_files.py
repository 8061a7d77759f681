"""Files as they come: encodings, archives, fixed widths, days, and what is dropped or refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_state_configured.adapter import Configured
from clerkcore import Page, Parsed, Record, Rejected, Scope, SourceError
from clerkcore.rosters import make_scope
from clerkcore.testing import Clerk, Ended

pytest_plugins = ["clerkcore.testing.fixtures"]

Make = dict[str, Callable[..., Any]]
Configure = Callable[..., str]
Load = Callable[..., Ended]
Parse = Callable[..., list[Parsed]]
Query = Callable[[str], list[dict[str, Any]]]
ROW = {
    "voter_id": "1001",
    "vote_date": "2026-10-20",
    "voting_method": "early",
    "county": "ALAMEDA",
    "precinct": "P1",
    "party": "DEM",
    "ballot_status": None,
    "election_id": "2026",
    "voter_name": None,
    "voter_address": None,
}
NOBODY = {"ballot_status": None, "voter_name": None, "voter_address": None}
LIVE = f"SELECT {', '.join(ROW)} FROM roster WHERE removed_run_id IS NULL ORDER BY voter_id"


def test_a_line_becomes_this_row_without_the_name(
    configure: Configure, load: Load, query: Query, roster: dict[str, Any], make: Make
) -> None:
    configure(roster)
    load(make["csv"]({}))
    assert query(LIVE) == [ROW]


def test_a_name_is_kept_where_the_site_keeps_it(
    configure: Configure, load: Load, query: Query, roster: dict[str, Any], make: Make
) -> None:
    configure({**roster, "keep": ["voter_name"]})
    load(make["csv"]({}))
    assert query(LIVE) == [{**ROW, "voter_name": "Ann Example"}]


def test_a_party_that_is_not_listed_stays_and_a_method_does_not(
    configure: Configure, load: Load, query: Query, roster: dict[str, Any], make: Make
) -> None:
    configure(roster)
    rows = [{"VoterID": f"20{number}", "Party": "Green"} for number in range(30)]
    ended = load(make["csv"](*rows, {"Method": "FAX"}))
    assert (ended.line["added"], ended.line["quarantined"]) == (30, 1)
    assert {row["party"] for row in query(LIVE)} == {"Green"}


def test_a_county_that_is_not_listed_holds_the_run(
    configure: Configure, load: Load, roster: dict[str, Any], make: Make
) -> None:
    configure({**roster, "counties": {"Ala Meda": "Alameda"}})
    rows = [{"VoterID": f"20{number}", "County": "ALA  MEDA"} for number in range(30)]
    ended = load(make["csv"](*rows, {"County": "Elsewhere"}))
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert "the file names counties that there are not: 'Elsewhere' (1 records)" in ended.line["message"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_an_encoding_is_read(parse: Parse, roster: dict[str, Any], make: Make, encoding: str) -> None:
    said = encoding.removesuffix("-le").removesuffix("-be").removesuffix("-sig")
    body = make["csv"]({"Precinct": "Peña"}).decode().encode(encoding)
    (row,) = parse({**roster, "encoding": said}, body)
    assert isinstance(row, Record)
    assert {**NOBODY, **row.values} == {**ROW, "precinct": "Peña"}


def test_tabs_without_quotes_are_read(parse: Parse, roster: dict[str, Any], make: Make) -> None:
    (row,) = parse({**roster, "format": "tsv"}, make["csv"]({"Precinct": '"P1'}, delimiter="\t"))
    assert isinstance(row, Record)
    assert {**NOBODY, **row.values} == {**ROW, "precinct": '"P1'}


def test_a_member_of_an_archive_is_read(parse: Parse, roster: dict[str, Any], make: Make) -> None:
    packed = make["zip"]({"a.csv": b"x,y\n1,2\n", "../Voted 1.TXT": make["csv"]({})})
    (row,) = parse({**roster, "member": ["voted*.txt", "*.csv"]}, packed, "file.zip")
    assert isinstance(row, Record)
    assert {**NOBODY, **row.values} == ROW


def test_an_archive_without_the_member_is_refused_by_what_it_holds(
    parse: Parse, roster: dict[str, Any], make: Make
) -> None:
    with pytest.raises(SourceError) as caught:
        parse(roster, make["zip"]({"a.pdf": b"x"}), "file.zip")
    assert str(caught.value).startswith("configured file.zip: holds no *.csv or *.txt, but 'a.pdf'")


def test_a_bomb_is_refused_before_it_unpacks(parse: Parse, roster: dict[str, Any], make: Make) -> None:
    with pytest.raises(SourceError, match="to 20,000,000 bytes, as a ZIP bomb does"):
        parse(roster, make["zip"]({"a.csv": bytes(20_000_000)}), "file.zip")


def test_a_last_line_without_its_end_is_refused_unless_it_never_has_one(
    configure: Configure, load: Load, query: Query, roster: dict[str, Any], make: Make
) -> None:
    configure(roster, {**roster, "data_source": "OPEN", "ended": False})
    body = make["csv"]({}).rstrip()
    ended = load(body, "VOTED", "VOTED x.csv")
    assert ended.line["message"] == "configured VOTED x.csv: ends without the end of its last line"
    assert load(body, "OPEN", "OPEN x.csv").exit_code == 0
    assert query(LIVE) == [ROW]


def test_files_of_days_are_pulled_for_the_latest_days(
    configure: Configure, upstream: Any, run_clerk: Clerk, query: Query, roster: dict[str, Any], make: Make
) -> None:
    columns = {target: names for target, names in roster["columns"].items() if target != "vote_date"}
    url = upstream.url + "/{election}/{date:%m-%d}.csv"
    configure({**roster, "url": url, "by_day": True, "days": 2, "columns": columns})
    upstream.files["/2026/10-20.csv"] = make["csv"]({"Day": "whenever"})
    ended = run_clerk("states", "update", "example.ca", "--date", "2026-10-20", "--json")
    assert (ended.line["scopes"][0]["scope"], ended.line["outcome"]) == ("2026/VOTED/2026-10-20", "changed")
    assert query(LIVE) == [ROW]
    ended = run_clerk("states", "update", "example.ca", "--json")
    assert [scope["outcome"] for scope in ended.line["scopes"]] == ["skipped", "skipped"]
    assert len(upstream.asked) == 3


def test_a_day_is_refused_where_a_file_has_none(
    configure: Configure, load: Load, roster: dict[str, Any], make: Make
) -> None:
    configure(roster)
    ended = load(make["csv"]({}), "VOTED", "file.csv", "--date", "2026-10-20")
    assert "configured VOTED has no files by day" in ended.stdout + ended.stderr


def test_an_unknown_data_source_is_refused_with_those_there_are(
    configure: Configure, load: Load, roster: dict[str, Any]
) -> None:
    configure(roster)
    ended = load(b"", "ELSE")
    assert "configured has no data source 'ELSE'" in ended.stdout + ended.stderr
    assert "data sources: VOTED, DISTRICTS" in ended.stdout + ended.stderr


def test_it_can_be_tried_without_a_site_by_the_settings_of_the_installation(
    run_clerk: Clerk, make: Make, tmp_path: Any
) -> None:
    with (run_clerk.root / "clerk.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[[sources.configured.files]]\ndata_source = "VOTED"\nkind = "roster"\nformat = "csv"\n'
            'url = "https://county.example/{election}.csv"\n'
            'columns = { voter_id = "VoterID", vote_date = "Day", county = "County" }\n'
            'constants = { voting_method = "early" }\n'
        )
    path = tmp_path / "file.csv"
    path.write_bytes(make["csv"]({}))
    ended = run_clerk("states", "try", "configured", "--from", path, "--election", "2026", "--json")
    assert (ended.line["facts"]["read"], ended.line["rows"]["roster"][0]["county"]) == (1, "ALAMEDA")


FIXED = {
    "data_source": "HISTORY",
    "kind": "roster",
    "url": "https://county.example/{election}.txt",
    "format": "fixed",
    "widths": {"COUNTY": 3, "ID": 8, "DAY": 8, "HOW": 1},
    "columns": {"county": "COUNTY", "voter_id": "ID", "vote_date": "DAY", "voting_method": "HOW"},
    "values": {"voting_method": {"M": "absentee-mail"}},
    "date_formats": ["%Y%m%d"],
}
SCOPE: Scope = make_scope("HISTORY", "58")


def read_fixed(lines: list[bytes], **changes: Any) -> list[Any]:
    form = Configured({"files": [{**FIXED, **changes}]}).roster_format(SCOPE)
    assert form is not None
    return list(form.open_page(Page("page", "", io.BytesIO), b"")(lines))


def test_a_line_is_cut_by_its_widths() -> None:
    assert read_fixed([b"0010000000120261103M\r", b"00200000002        M  "]) == [
        ("00000001", "2026-11-03", "absentee-mail", "001"),
        ("00000002", None, "absentee-mail", "002"),
    ]


def test_widths_are_characters_and_separators_no_columns() -> None:
    line = "Ñ\x1f1000000012026110".encode() + b"3M"
    assert read_fixed([line]) == [("00000001", "2026-11-03", "absentee-mail", "Ñ 1")]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=6))
def test_any_line_is_a_row_a_rejected_record_or_blank(lines: list[bytes]) -> None:
    results = read_fixed([*lines, b"0010000000120261103M"])
    assert results[-1] == ("00000001", "2026-11-03", "absentee-mail", "001")
    assert len(results) == len(lines) + 1
    assert all(result is None or isinstance(result, tuple | Rejected) for result in results)


def test_a_line_of_another_length_is_rejected() -> None:
    short, long = read_fixed([b"0010000000120261103", b"0010000000120261103MX"])
    assert (short.rule, short.message) == ("ragged_row", "19 characters instead of 20")
    assert (long.rule, long.message) == ("ragged_row", "21 characters instead of 20")
