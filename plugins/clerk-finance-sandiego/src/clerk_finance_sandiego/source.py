"""San Diego's Electronic Filing System: transactions of a year, and what was filed when."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from typing import ClassVar

from clerk_finance_sandiego.documents import WHERE, Batch, read_batch
from clerk_finance_sandiego.parse import parse_capture
from clerkcore import (
    About,
    Capture,
    Client,
    Download,
    NotPublished,
    Parsed,
    Request,
    Scope,
    Site,
    SiteError,
    SourceError,
)
from clerkcore.finance import FILERS, FILINGS, TRANSACTIONS, FinanceSource

BASE_URL = "https://efile.sandiego.gov/api/v1/public/"
PAGE_SIZE = 2000
MONTHS = (12, 6, 4, 3, 2, 1)
LATEST_AMENDMENT = 2  # years after the transactions' own

Params = Mapping[str, str | int]
SEARCH: Params = {
    "query": "",
    "transaction_name": "",
    "transaction_type": "",
    "most_recent_amendment": "false",
    "search_boolean_expression": "false",
    "filer_name": "",
}


class SanDiegoEFile(FinanceSource):
    """Campaign finance of the City of San Diego from its own eFile API.

    Settings in [sources.sandiego_efile] of a site, all optional: `filings` (true; false goes without the list
    of filings), `months` (12; how many months one search is about) and `base_url`.
    """

    name: ClassVar[str] = "sandiego_efile"
    version: ClassVar[int] = 1
    about: ClassVar[About] = About(
        title="San Diego eFile, campaign finance transactions by year",
        publisher="City of San Diego, Office of the City Clerk, Electronic Filing System",
        url="https://efile.sandiego.gov/",
        licence="Public record (California Political Reform Act)",
        licence_url="https://www.fppc.ca.gov/about-fppc/the-political-reform-act.html",
    )
    tables = (TRANSACTIONS, FILINGS, FILERS)

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield one scope for each year, named by it."""
        for year in self.years(request):
            yield Scope(str(year), {"year": str(year)})

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        """Yield every page of the year's transactions, then the list of filings made in it and the years after."""
        year = int(scope.params["year"])
        for first in range(1, 13, self._months):
            params = {**SEARCH, **_span(year, first, year, first + self._months - 1), "page_size": PAGE_SIZE}
            yield from self._fetch_pages("campaign-search/advanced", params, f"transactions-{first:02}", client)
        if self._with_filings:
            filed = _span(year, 1, year + LATEST_AMENDMENT, 12)
            yield from self._fetch_pages("campaign-search", filed, "filings", client)

    def _fetch_pages(self, path: str, params: Params, name: str, client: Client) -> Iterator[Download]:
        """Yield as many pages as each says there are, and stop at one that lists nothing."""
        number, pages = 1, 1
        while number <= pages:
            numbered = params if number == 1 and "page_size" not in params else {**params, "page_number": number}
            download = self._get(path, numbered, f"{name}-{number:04}.json", client)
            yield download
            batch = _open(download, client)
            pages = batch.pages or 1 if batch.rows else 0
            number += 1

    def _get(self, path: str, params: Params, name: str, client: Client) -> Download:
        try:
            return client.get(f"{self._base_url}{path}", params=params, name=name)
        except NotPublished as error:
            # A search that finds nothing answers with an empty list; without this, a lost API would be skipped.
            raise SourceError(
                f"the search is not there: {error.message}",
                where=f"{WHERE} {name}",
                remedy="the API has moved; see base_url in [sources.sandiego_efile]",
            ) from error

    @property
    def _base_url(self) -> str:
        return f"{str(self.config.get('base_url', BASE_URL)).rstrip('/')}/"

    @property
    def _with_filings(self) -> bool:
        wanted = self.config.get("filings", True)
        if not isinstance(wanted, bool):
            raise _unknown_setting("filings", wanted, "true, false")
        return wanted

    @property
    def _months(self) -> int:
        wanted = self.config.get("months", MONTHS[0])
        if type(wanted) is not int or wanted not in MONTHS:
            raise _unknown_setting("months", wanted, ", ".join(map(str, MONTHS)))
        return wanted

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        """Yield transactions, filers and filings."""
        return parse_capture(capture)


def _span(year: int, month: int, last_year: int, last_month: int) -> dict[str, str | int]:
    """Return a search's bounds, from a month's first day to another's last."""
    day = monthrange(last_year, last_month)[1]
    return {
        "start_date": f"{year}-{month:02}-01T00:00:00.000Z",
        "end_date": f"{last_year}-{last_month:02}-{day:02}T23:59:59.999Z",
    }


def _open(download: Download, client: Client) -> Batch:
    with client.open(download) as stream:
        return read_batch(stream, download.name)


def _unknown_setting(name: str, wanted: object, known: str) -> SiteError:
    return SiteError(
        f"{wanted!r} is not known",
        where=f"[sources.sandiego_efile] {name}",
        remedy=f"known: {known}",
    )
