"""Example County: one CSV a year, whose last line is a control total."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from clerkcore import (
    About,
    Aside,
    Capture,
    Client,
    Download,
    Finding,
    Parsed,
    Reader,
    Record,
    Rejected,
    Request,
    Scope,
    Severity,
    Site,
    SiteError,
    SourceError,
)
from clerkcore.finance import FinanceSource, with_filings
from clerkcore.parsing import Line, read_cents, read_date, read_delimited, read_text

CONTROL_TOTAL = "control_total"
FIELDS = {
    "Filing": ("filing_id", read_text),
    "Form": ("form_type", read_text),
    "Transaction": ("tran_id", read_text),
    "Date": ("calculated_date", read_date),
    "Amount": ("amount_cents", read_cents),
    "Filer": ("filer_name", read_text),
    "Other party": ("tran_naml", read_text),
}


class ExampleCounty(FinanceSource):
    """Settings in [sources.example] of a site: `url`, the folder that holds 2026.csv and its like."""

    name: ClassVar[str] = "example"
    version: ClassVar[int] = 1
    about: ClassVar[About] = About(
        title="Campaign finance transactions by year",
        publisher="Example County, Registrar of Voters",
        url="https://county.example/finance",
        licence="Public record",
    )

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield one scope for each year, named by it."""
        for year in self.years(request):
            yield Scope(str(year), {"year": str(year)})

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        """Yield the year's one file."""
        if "url" not in self.config:
            raise SiteError("the county's address is not set", where="[sources.example]", remedy='write url = "..."')
        yield client.get(f"{self.config['url']}/{scope.params['year']}.csv")

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        """Yield the transactions, and what they say of filers and filings."""
        return with_filings(self._lines(capture))

    def _lines(self, capture: Capture) -> Iterator[Parsed]:
        """Yield a transaction for each line, and set the control total aside; a file without one was cut off."""
        for page in capture.pages:
            last: Parsed | None = None
            for line in read_delimited(page, tuple(FIELDS), where=self.name, whole=True):
                last = line if isinstance(line, Rejected) else _read_line(line)
                yield last
            if not isinstance(last, Aside):
                raise SourceError("ends without its total", where=f"{self.name} {page.name}", remedy="fetch it again")

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Compare the sum of the transactions with the control total, beside the checks of every finance source."""
        yield from super().verify(db, scope)
        found = db.rows(
            "SELECT coalesce(sum(amount_cents), 0) AS cents FROM transactions"
            " WHERE source = :source AND scope = :scope AND removed_run_id IS NULL"
        )[0]["cents"]
        for total in db.asides(CONTROL_TOTAL):
            if total["amount_cents"] != found:
                yield Finding(
                    CONTROL_TOTAL,
                    Severity.BLOCKING,
                    "the transactions do not add up to the county's total",
                    "transactions",
                    expected=str(total["amount_cents"]),
                    actual=str(found),
                )


def _read_line(line: Line) -> Record | Rejected | Aside:
    values = {}
    for name, (column, read) in FIELDS.items():
        try:
            values[column] = read(line.values[name])
        except ValueError as error:
            return Rejected(f"bad_{column}", str(error), line.at, column, line.values[name])
    if values["filing_id"] == "TOTAL":
        return Aside(CONTROL_TOTAL, {"amount_cents": values["amount_cents"]}, line.at)
    return Record("transactions", values, line.at)
