"""Whether a capture holds the year that it was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clerkcore.errors import SourceError
from clerkcore.models import Parsed, Record


def within_year(parsed: Iterable[Parsed], year: str, where: str) -> Iterator[Parsed]:
    """Yield what was parsed; SourceError naming `where` when most transactions are dated outside `year`.

    A few are: a period may begin in the year before, and filers mistype. A file of another year would look as if
    every row had disappeared.
    """
    inside = outside = 0
    for one in parsed:
        if isinstance(one, Record) and one.table == "transactions" and (day := one.values["calculated_date"]):
            if str(day).startswith(year):
                inside += 1
            else:
                outside += 1
        yield one
    if outside > inside:
        raise SourceError(
            f"{outside:,} of {inside + outside:,} transactions are not of {year}",
            where=where,
            remedy="name the year of the file, as in --year 2020",
        )
