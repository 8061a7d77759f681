"""A capture is of the year that it was asked for."""

from __future__ import annotations

import pytest

from clerkcore import Location, Record, SourceError
from clerkcore.finance import within_year


def dated(*days: str | None, table: str = "transactions") -> list[Record]:
    return [Record(table, {"calculated_date": day}, Location("page.csv", 1)) for day in days]


def test_what_is_mostly_of_the_year_passes_as_it_is() -> None:
    parsed = dated("2026-01-02", "2026-12-31", "2025-12-31", None)
    assert list(within_year(parsed, "2026", "nosource")) == parsed


def test_what_is_mostly_of_another_year_is_refused() -> None:
    with pytest.raises(SourceError) as caught:
        list(within_year(dated("2026-01-02", "2025-12-31", "2025-12-31", None), "2026", "nosource"))
    said = "nosource: 2 of 3 transactions are not of 2026 (name the year of the file, as in --year 2020)"
    assert str(caught.value) == said


def test_rows_of_other_tables_have_no_say() -> None:
    parsed = [*dated("2026-01-02"), *dated("2025-12-31", "2025-12-31", table="filings")]
    assert list(within_year(parsed, "2026", "nosource")) == parsed
