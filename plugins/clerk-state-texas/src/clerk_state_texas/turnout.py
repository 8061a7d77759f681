"""The state's own turnout by county: the platform's JSON of one day, or the same flattened to a CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from clerk_state_texas.counties import COUNTY_IDS, read_county
from clerk_state_texas.documents import read_document, read_list, read_number, require_keys, show
from clerk_state_texas.words import NAME, read_moment
from clerkcore import Capture, Location, Page, Parsed, Record, Rejected, Scope, SourceError, Value
from clerkcore.parsing import Line, read_count, read_date, read_delimited
from clerkcore.rosters import COUNTY_TURNOUT

UNKNOWN_COUNTY = "unknown_county"
# Column of ours, the platform's key, and what the flattened CSV calls it.
FIGURES = (
    ("registered_voters", "registered_voters", "registered_voters"),
    ("in_person_on_date", "in_person_votes_on_date", "in_person_votes_on_date"),
    ("in_person_total", "total_in_person_votes_for_election", "total_in_person_votes"),
    ("mail_total", "total_mail_votes_for_election", "total_mail_votes"),
)
JSON_KEYS = ("name", *(key for _, key, _ in FIGURES))
CSV_COLUMNS = ("election_id", "report_date", "county", *(column for _, _, column in FIGURES))

Reading = tuple[str, Callable[[Any], Value], Any]


def parse_turnout(capture: Capture) -> Iterator[Parsed]:
    """Yield the figures of each county; SourceError when a page is of another election or day."""
    for page in capture.pages:
        yield from _parse_document(page, capture.scope) if is_json(page) else _parse_flat(page, capture.scope)


def is_json(page: Page) -> bool:
    """Whether a page begins as JSON does."""
    with page.open() as stream:
        return stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[", b"n")


def _parse_document(page: Page, scope: Scope) -> Iterator[Parsed]:
    where = f"{NAME} {page.name}"
    with page.open() as stream:
        document = read_document(stream, where)
    _refuse_other(document.get("election_id"), document.get("early_voting_date"), scope, where)
    counties = read_list(document, "turnout_by_county", where)
    require_keys(counties, JSON_KEYS, where)
    constants = {**_constants(scope), "published_at": read_moment(document.get("date_updated"))}
    for number, county in enumerate(counties, 1):
        yield _read_county(county, constants, Location(page.name, number))


def _read_county(county: Any, constants: Mapping[str, Value], at: Location) -> Record | Rejected:
    if not isinstance(county, dict):
        return Rejected("bad_county", "is no object with the figures of a county", at, value=show(county))
    figures = [(column, read_number, county.get(key)) for column, key, _ in FIGURES]
    return read_row(county.get("name"), figures, constants, at)


def _parse_flat(page: Page, scope: Scope) -> Iterator[Parsed]:
    constants = _constants(scope)
    for line in read_delimited(page, CSV_COLUMNS, where=NAME, whole=True):
        yield line if isinstance(line, Rejected) else _read_flat(line, scope, constants)


def _read_flat(line: Line, scope: Scope, constants: Mapping[str, Value]) -> Record | Rejected:
    where = f"{NAME} {line.at.page} line {line.at.line}"
    _refuse_other(line.values["election_id"], line.values["report_date"], scope, where)
    figures = [(column, read_count, line.values[name]) for column, _, name in FIGURES]
    return read_row(line.values["county"], figures, constants, line.at)


def read_row(
    name: Any, figures: Sequence[Reading], constants: Mapping[str, Value], at: Location, place: str = ""
) -> Record | Rejected:
    """Return a county's row; Rejected names the first figure that cannot be read, and `place` where it stood."""
    try:
        county = str(read_county(name if isinstance(name, str) else show(name)))
    except ValueError as error:
        return Rejected(UNKNOWN_COUNTY, f"{place}{error}", at, "county", show(name))
    read = read_figures(figures, at, place)
    if isinstance(read, Rejected):
        return read
    return Record(COUNTY_TURNOUT.name, {**constants, "county": county, "county_id": COUNTY_IDS[county], **read}, at)


def read_figures(figures: Sequence[Reading], at: Location, place: str = "") -> dict[str, Value] | Rejected:
    """Return the figures by their columns; Rejected names the first that cannot be read."""
    values: dict[str, Value] = {}
    for column, read, found in figures:
        try:
            values[column] = read(found)
        except ValueError as error:
            return Rejected(f"bad_{column}", f"{place}{error}", at, column, show(found))
    return values


def _constants(scope: Scope) -> dict[str, Value]:
    return {"election_id": scope.params["election_id"], "vote_date": scope.params["election_date"]}


def _refuse_other(election: Any, day: Any, scope: Scope, where: str) -> None:
    """Refuse figures of another election or another day, where they say of which they are."""
    wanted = scope.params["election_id"]
    if election is not None and str(election).strip() != wanted:
        raise SourceError(
            f"is of election {show(election)}, not {wanted}",
            where=where,
            remedy="name the election of the file with --election",
        )
    if day is None or day == "":
        return
    try:
        found = read_date(str(day))
    except ValueError:
        found = None
    if found != scope.params["election_date"]:
        raise SourceError(
            f"is of {found or show(day)}, not {scope.params['election_date']}",
            where=where,
            remedy="name the day of the file with --date",
        )
