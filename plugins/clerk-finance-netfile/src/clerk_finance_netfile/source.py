"""NetFile Connect2: transactions of an agency's year, as JSON pages or as the year CSV."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, ClassVar

from clerk_finance_netfile.agencies import PAGE, Agency, find_agency, read_agencies
from clerk_finance_netfile.documents import WHERE, read_document, read_number
from clerk_finance_netfile.parse import parse_capture
from clerkcore import (
    About,
    Capture,
    Client,
    Download,
    Get,
    NotPublished,
    Parsed,
    Request,
    Scope,
    Site,
    SiteError,
    SourceError,
)
from clerkcore.finance import FINANCE_TABLES, FinanceSource

BASE_URL = "https://netfile.com/Connect2/api/public/"
PAGE_SIZE = 1000
MOST_PAGES = 5000
FORMATS = ("json", "csv")


class NetFile(FinanceSource):
    """California's local campaign finance from NetFile's public Connect2 API.

    Settings in [sources.netfile] of a site: `agency` (the shortcut) or `agency_name`, and
    `format` ("json", the default, whose pages carry totals, or "csv").
    """

    name: ClassVar[str] = "netfile"
    version: ClassVar[int] = 2
    about: ClassVar[About] = About(
        title="NetFile Connect2, campaign finance transactions by year",
        publisher="NetFile, for the filing agency",
        url="https://public.netfile.com/pub2/",
        licence="Public record (California Political Reform Act)",
        licence_url="https://www.fppc.ca.gov/about-fppc/the-political-reform-act.html",
    )
    tables = FINANCE_TABLES

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield one scope for each year, named by it."""
        for year in self.years(request):
            yield Scope(str(year), {"year": str(year)})

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        """Yield the list of agencies, then every page of the year."""
        listed = self._list_agencies(client)
        yield listed
        with client.open(listed) as stream:
            agency = find_agency(read_agencies(stream), self.config)
        fetch = self._fetch_csv if self._format == "csv" else self._fetch_json
        yield from fetch(agency, scope.params["year"], client)

    def _list_agencies(self, client: Client) -> Download:
        url = f"{self._base_url}campaign/agencies.json"
        try:
            return client.get(url, params={"format": "json"}, name=PAGE)
        except NotPublished as error:
            raise SourceError(
                f"the list of agencies is not there: {error.message}",
                where=f"netfile {PAGE}",
                remedy="the API has moved; see base_url in [sources.netfile]",
            ) from error

    @property
    def _base_url(self) -> str:
        return f"{str(self.config.get('base_url', BASE_URL)).rstrip('/')}/"

    @property
    def _format(self) -> str:
        wanted = str(self.config.get("format", FORMATS[0]))
        if wanted not in FORMATS:
            raise SiteError(
                f"{wanted!r} is no format of NetFile",
                where="[sources.netfile] format",
                remedy=f"formats: {', '.join(FORMATS)}",
            )
        return wanted

    def _page(self, agency: Agency, year: str, number: int, kind: str) -> Get:
        path = "campaign/export/cal201/transaction/year"
        params: dict[str, str | int] = {
            "Aid": agency.shortcut,
            "Year": year,
            "CurrentPageIndex": number,
            "PageSize": PAGE_SIZE,
            "ShowSuperceded": "false",
        }
        if kind == "json":
            params["format"] = "json"
        url = f"{self._base_url}{path}{'/csv' if kind == 'csv' else ''}"
        return Get(url, params, name=f"page-{number:04}.{kind}")

    def _fetch_json(self, agency: Agency, year: str, client: Client) -> Iterator[Download]:
        """Yield as many pages as the first one says there are."""
        first = _fetch_one(self._page(agency, year, 0, "json"), client)
        yield first
        pages = _count_pages(first, client)
        yield from client.get_all(self._page(agency, year, number, "json") for number in range(1, pages))

    def _fetch_csv(self, agency: Agency, year: str, client: Client) -> Iterator[Download]:
        """Yield pages until one is not full; the CSV says no total."""
        for number in range(MOST_PAGES):
            download = _fetch_one(self._page(agency, year, number, "csv"), client)
            yield download
            if _count_lines(download, client) <= PAGE_SIZE:
                return
        raise _too_many(download.name)

    def unwrap(self, download: Download, stream: BinaryIO) -> BinaryIO:
        """Reduce the list of agencies to the site's own, so that its other entries change nothing here."""
        if download.name != PAGE:
            return stream
        with stream:
            return io.BytesIO(find_agency(read_agencies(stream), self.config).to_json())

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        """Yield transactions, filers, filings and the agency."""
        return parse_capture(capture)


def _fetch_one(page: Get, client: Client) -> Download:
    return client.get(page.url, params=page.params, name=page.name)


def _count_pages(download: Download, client: Client) -> int:
    with client.open(download) as stream:
        document = read_document(stream, download.name)
    try:
        pages = read_number(document, "totalMatchingPages")
    except ValueError as error:
        raise SourceError(
            f"does not say how many pages there are: {error}",
            where=f"{WHERE} {download.name}",
            remedy="see the raw file; the publisher may have changed the format",
        ) from error
    if pages > MOST_PAGES:
        raise _too_many(download.name)
    return pages


def _count_lines(download: Download, client: Client) -> int:
    """Count line ends; a page that holds PAGE_SIZE rows has one more for its header."""
    with client.open(download) as stream:
        return sum(1 for line in io.TextIOWrapper(stream, "latin-1") if line.strip())


def _too_many(page: str) -> SourceError:
    return SourceError(
        f"says there are more than {MOST_PAGES:,} pages", where=f"{WHERE} {page}", remedy="see the raw file"
    )
