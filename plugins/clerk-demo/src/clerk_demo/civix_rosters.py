"""Rosters as the platform's CSV: every field quoted, the header too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clerk_demo.civix_voters import Row

STATEWIDE_HEADER = ("tx_county_name", "voter_name", "id_voter", "voting_method", "tx_precinct_code")
# A county's own file has other names, and no county.
COUNTY_HEADER = ("VOTER_NAME", "VUID", "VOTING_METHOD", "PRECINCT")
# Which of the two the platform sends is not known. With LF a line break within a name looks just like the end of a
# row, which is the harder case for a reader.
LINE_END = "\n"
_BETWEEN = '","'


def render_line(fields: Sequence[str]) -> str:
    """Write one row, whose fields hold no quotation mark."""
    return f'"{_BETWEEN.join(fields)}"{LINE_END}'


def render_roster(header: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Write a roster; a header without the county makes it a county's own file."""
    skipped = len(STATEWIDE_HEADER) - len(header)
    lines = [render_line(header), *(render_line(row[skipped:]) for row in rows)]
    return "".join(lines).encode()
