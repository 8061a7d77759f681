"""What Texas's own faults do to a roster's rows and to its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from clerk_demo.civix_rosters import LINE_END
from clerk_demo.civix_voters import Row
from clerk_demo.faults import Faults

DROPPED_COUNTY = "HARRIS"
RENAMED_COUNTY, UNKNOWN_COUNTY = "TRAVIS", "ATLANTIS"
BAD_ID_EVERY = 50
WIDE_COLUMNS = 400
# Fewer than the shortest row has, and more than its precinct.
CUT_BYTES = 12


def spoil_rows(rows: Iterable[Row], faults: Faults) -> Iterable[Row]:
    """Return the rows as these faults leave them."""
    if faults.drop_share:
        rows = faults.keep(list(rows))
    for name, spoiler in _ROW_SPOILERS.items():
        if name in faults.civix:
            rows = spoiler(rows)
    return rows


def spoil_roster(roster: bytes, faults: Faults) -> bytes:
    """Return the file as these faults leave it."""
    if "wide" in faults.civix:
        roster = b"".join(_widen(roster))
    return roster[:-CUT_BYTES] if "cut_line" in faults.civix else roster


def _drop_county(rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if row[0] != DROPPED_COUNTY)


def _rename_county(rows: Iterable[Row]) -> Iterator[Row]:
    return ((UNKNOWN_COUNTY if row[0] == RENAMED_COUNTY else row[0], *row[1:]) for row in rows)


def _break_ids(rows: Iterable[Row]) -> Iterator[Row]:
    """Give every so many rows an id with a letter, of 9 digits or of 11, in turn."""
    for number, (county, name, code, method, precinct) in enumerate(rows):
        wrong = (f"{code[:4]}O{code[5:]}", code[:9], f"{code}7")[number // BAD_ID_EVERY % 3]
        yield county, name, code if number % BAD_ID_EVERY else wrong, method, precinct


def _widen(roster: bytes) -> Iterator[bytes]:
    """Fill each line up with columns; line breaks within a name are no lines."""
    end = f'"{LINE_END}'.encode()
    header, *lines, _ = roster.split(end)
    columns = header.count(b",") + 1
    yield header + b"".join(b'","extra_%d' % number for number in range(columns + 1, WIDE_COLUMNS + 1)) + end
    blank = b'","' * (WIDE_COLUMNS - columns) + end
    for line in lines:
        yield line + blank


_ROW_SPOILERS: dict[str, Callable[[Iterable[Row]], Iterable[Row]]] = {
    "county_dropped": _drop_county,
    "unknown_county": _rename_county,
    "bad_ids": _break_ids,
}
