"""Florida's county ballot reports: ballots by county and party, overwritten in place several times a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from clerkcore import (
    About,
    Aside,
    Capture,
    Client,
    Column,
    Download,
    Finding,
    Parsed,
    Reader,
    Record,
    Rejected,
    Scope,
    Severity,
    SourceError,
    Table,
    Value,
)
from clerkcore.parsing import Line, read_count, read_date, read_delimited, read_text
from clerkcore.rosters import StateAdapter

BASE_URL = "https://electionfiles.floridados.gov/countyballotreportfiles/"
STATE_TOTALS = "State Totals"
STATE_TOTALS_RULE = "state_totals"
# Only this name has been seen in a real file; the other reports may call theirs anything else.
STATISTICS = {"VbmVoted": "Voted Vote-by-Mail"}
# The file names no zone; the Division of Elections works in Tallahassee.
ZONE = ZoneInfo("America/New_York")

_PARTIES = {
    "TotalRep": ("total_rep", "Ballots of registered Republicans"),
    "TotalDem": ("total_dem", "Ballots of registered Democrats"),
    "TotalOth": ("total_oth", "Ballots of voters registered with other parties"),
    "TotalNpa": ("total_npa", "Ballots of voters registered with no party"),
}
_COUNTS = {**_PARTIES, "GrandTotal": ("grand_total", "Ballots in all, as the state publishes it")}
REQUIRED = (
    "ElectionNumber",
    "ElectionDate",
    "ElectionName",
    "CountyName",
    "StatType",
    *_COUNTS,
    "CompileDate",
)

COUNTY_BALLOTS = Table(
    "county_ballots",
    key=("election_id", "stat_type", "county"),
    columns=(
        Column("election_id", description="The state's number of the election", required=True, public=True),
        Column("stat_type", description="What is counted, in the state's words", required=True, public=True),
        Column("county", description="County", required=True, public=True),
        Column("election_date", "date", "Day of the election", required=True, public=True),
        Column("election_name", description="Name of the election", public=True),
        *(
            Column(column, "integer", text, required=True, check=f"{column} >= 0", summed=True, public=True)
            for column, text in _COUNTS.values()
        ),
        Column("compiled_at", "datetime", "When the county's figures were compiled (UTC)", compared=False, public=True),
    ),
    title="Ballots by county",
    description="Vote-by-mail ballots provided and returned and early votes, by county and party of registration",
    group_by="stat_type",
    facets=("stat_type", "election_id"),
    # A county that drops out of the report is never an ordinary change.
    max_shrink=0.0,
)


class Florida(StateAdapter):
    """The three county reports of an election; `State Totals` rows are set aside and used as a control."""

    name: ClassVar[str] = "florida"
    version: ClassVar[int] = 1
    data_sources: ClassVar[tuple[str, ...]] = ("VbmProvided", "VbmVoted", "EarlyVoted")
    about: ClassVar[About] = About(
        title="County ballot reports",
        publisher="Florida Division of Elections",
        url="https://dos.fl.gov/elections/data-statistics/",
        licence="Public record (Florida Statutes, chapter 119)",
        licence_url="http://www.leg.state.fl.us/statutes/index.cfm?App_mode=Display_Statute&URL=0100-0199/0119/0119.html",
    )
    tables = (COUNTY_BALLOTS,)

    def fetch_data(self, data_source: str, election_id: str, election_date: str, client: Client) -> Iterator[Download]:
        """Yield the one file of a report; it is overwritten in place."""
        file = f"Stats_{election_id}_{data_source}.txt"
        yield client.get(f"{self.config.get('base_url', BASE_URL)}{file}", name=file)

    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        """Yield a row for each county and an aside for the state's totals."""
        for page in capture.pages:
            for line in read_delimited(page, REQUIRED, where=self.name, delimiter="\t", quoted=False):
                parsed = line if isinstance(line, Rejected) else _read_line(line)
                _refuse_other_file(parsed, capture.scope)
                yield parsed

    def verify_data_quality(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Compare counties with the state's totals and with their own parties; name counties that are out of date."""
        yield from _compare_totals(db)
        yield from _compare_parties(db)
        yield from _find_stale(db)


def _read_line(line: Line) -> Record | Rejected | Aside:
    values: dict[str, Value] = {}
    for name in REQUIRED:
        column, read = _READERS[name]
        try:
            values[column] = read(line.values[name])
        except ValueError as error:
            return Rejected(f"bad_{column}", str(error), line.at, column, line.values[name])
    if values["county"] == STATE_TOTALS:
        return Aside(STATE_TOTALS_RULE, values, line.at)
    return Record("county_ballots", values, line.at)


def read_compiled(text: str) -> str:
    """Read "10/08/2026  8:04AM", Eastern time, as UTC."""
    try:
        local = datetime.strptime(" ".join(text.split()), "%m/%d/%Y %I:%M%p").replace(tzinfo=ZONE)
        return local.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a time such as 10/08/2026  8:04AM") from error


_READERS = {
    "ElectionNumber": ("election_id", read_text),
    "ElectionDate": ("election_date", read_date),
    "ElectionName": ("election_name", read_text),
    "CountyName": ("county", read_text),
    "StatType": ("stat_type", read_text),
    **{name: (column, read_count) for name, (column, _) in _COUNTS.items()},
    "CompileDate": ("compiled_at", read_compiled),
}


def _refuse_other_file(parsed: Parsed, scope: Scope) -> None:
    """Refuse a file of another election or, where the names of the statistics tell, of another report."""
    if isinstance(parsed, Rejected):
        return
    where = f"florida {parsed.at.page} line {parsed.at.line}"
    election, statistic = parsed.values["election_id"], parsed.values["stat_type"]
    if election != scope.params["election_id"]:
        raise SourceError(
            f"is of election {election}, not {scope.params['election_id']}",
            where=where,
            remedy="name the election of the file with --election",
        )
    report = scope.params["data_source"]
    known = STATISTICS.get(report)
    if statistic != known if known else statistic in STATISTICS.values():
        raise SourceError(
            f"counts {statistic!r}, which is not what {report} counts",
            where=where,
            remedy="name the report of the file with --source",
        )


def _compare_totals(db: Reader) -> Iterator[Finding]:
    columns = [column for column, _ in _COUNTS.values()]
    sums = ", ".join(f"sum({column}) AS {column}" for column in columns)
    where = "FROM county_ballots WHERE source = :source AND scope = :scope AND removed_run_id IS NULL"
    summed = {row["stat_type"]: row for row in db.rows(f"SELECT stat_type, {sums} {where} GROUP BY stat_type")}
    totals = db.asides(STATE_TOTALS_RULE)
    if not totals:
        yield Finding(
            "state_totals", Severity.WARNING, "the file has no State Totals to compare with", "county_ballots"
        )
    for total in totals:
        row = summed.get(total["stat_type"], {})
        for column in columns:
            if row.get(column, 0) != total[column]:
                yield Finding(
                    "state_totals",
                    Severity.BLOCKING,
                    f"{total['stat_type']}: the counties' {column} differs from State Totals",
                    "county_ballots",
                    expected=str(total[column]),
                    actual=str(row.get(column, 0)),
                )


def _compare_parties(db: Reader) -> Iterator[Finding]:
    parties = " + ".join(column for column, _ in _PARTIES.values())
    rows = db.rows(
        f"SELECT county, grand_total, {parties} AS parts FROM county_ballots WHERE source = :source"
        f" AND scope = :scope AND removed_run_id IS NULL AND grand_total <> {parties} ORDER BY county"
    )
    for row in rows:
        yield Finding(
            "parties_sum",
            Severity.WARNING,
            f"{row['county']}: the parties do not add up to the county's total",
            "county_ballots",
            (row["county"],),
            expected=str(row["grand_total"]),
            actual=str(row["parts"]),
        )


def _find_stale(db: Reader) -> Iterator[Finding]:
    """Name the counties whose figures are of an earlier day, by the clocks of Florida."""
    rows = db.rows(
        "SELECT county, compiled_at FROM county_ballots WHERE source = :source"
        " AND scope = :scope AND removed_run_id IS NULL AND compiled_at IS NOT NULL ORDER BY county"
    )
    newest = max((row["compiled_at"] for row in rows), default="")
    for row in rows:
        if _day(row["compiled_at"]) < _day(newest):
            yield Finding(
                "compiled_late",
                Severity.INFO,
                f"{row['county']} was compiled on {_day(row['compiled_at'])}, others on {_day(newest)}",
                "county_ballots",
                (row["county"],),
                expected=newest,
                actual=row["compiled_at"],
            )


def _day(compiled_at: str) -> str:
    return datetime.fromisoformat(compiled_at).astimezone(ZONE).date().isoformat()
