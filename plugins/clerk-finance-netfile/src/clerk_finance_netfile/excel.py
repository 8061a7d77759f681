"""NetFile's yearly Excel export: a workbook of sixteen sheets in a ZIP, or the same sheets as CSV files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO, ClassVar

from clerk_finance_netfile.excel_pages import WHERE, ZIP_START
from clerk_finance_netfile.excel_parse import parse_capture
from clerk_finance_netfile.packages import LARGEST_FILE, Package, read_bounded, refused, told_as_damage
from clerkcore import (
    About,
    Capture,
    Client,
    Download,
    Parsed,
    Request,
    Scope,
    Site,
    SiteError,
    SourceError,
)
from clerkcore.finance import FinanceSource

BASE_URL = "http://public.netfile.com/pub2/excel/"
EDITIONS = {"all": "efile", "newest": "efile_newest"}
OLE_START = bytes.fromhex("D0CF11E0A1B11AE1")
SETTINGS = "[sources.netfile_excel]"
_SHORTCUT = re.compile(r"[A-Za-z0-9]{1,20}\Z")
_HEAD_BYTES = 1024


class NetFileExcel(FinanceSource):
    """California's local campaign finance from NetFile's yearly Excel export.

    Settings in [sources.netfile_excel] of a site: `agency` (the shortcut) and `edition` ("all", the default, which
    keeps superseded reports, or "newest").
    """

    name: ClassVar[str] = WHERE
    version: ClassVar[int] = 1
    about: ClassVar[About] = About(
        title="NetFile yearly Excel export, campaign finance by schedule with summary pages",
        publisher="NetFile, for the filing agency",
        url="https://public.netfile.com/pub2/",
        licence="Public record (California Political Reform Act)",
        licence_url="https://www.fppc.ca.gov/about-fppc/the-political-reform-act.html",
    )

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield one scope for each year, named by it."""
        for year in self.years(request):
            yield Scope(str(year), {"year": str(year)})

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        """Yield the year's one file."""
        agency = self._agency
        name = f"{self._prefix}_{agency}_{scope.params['year']}.zip"
        yield client.get(f"{self._base_url}{agency}Browsable/{name}", name=name)

    @property
    def _agency(self) -> str:
        agency = str(self.config.get("agency", ""))
        if not _SHORTCUT.match(agency):
            raise SiteError(
                f"{agency!r} is no agency's shortcut" if agency else "the site's agency is not named",
                where=f"{SETTINGS} agency",
                remedy='set agency to its shortcut at NetFile, such as "CSD" or "BRK"',
            )
        return agency

    @property
    def _prefix(self) -> str:
        edition = str(self.config.get("edition", "all"))
        if edition not in EDITIONS:
            raise SiteError(
                f"{edition!r} is no edition of the export",
                where=f"{SETTINGS} edition",
                remedy=f"editions: {', '.join(EDITIONS)}",
            )
        return EDITIONS[edition]

    @property
    def _base_url(self) -> str:
        return f"{str(self.config.get('base_url', BASE_URL)).rstrip('/')}/"

    def unwrap(self, download: Download, stream: BinaryIO) -> BinaryIO:
        """Return the workbook in a ZIP; an .xlsx, which is itself a ZIP, and a CSV file as they are."""
        where = f"{self.name} {download.name}"
        head = stream.read(_HEAD_BYTES)
        self._refuse(head, where)
        stream.seek(0)
        if not head.startswith(ZIP_START):
            return stream
        with stream:
            return BytesIO(unpack(read_bounded(stream, where), where))

    def _refuse(self, head: bytes, where: str) -> None:
        if head.startswith(OLE_START):
            raise SourceError(
                "is a workbook with a password, or in the old .xls format",
                where=where,
                remedy="save it as .xlsx without a password, or fetch it from NetFile",
            )
        if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            agency = self.config.get("agency", "the agency")
            raise SourceError(
                "is a web page instead of the export",
                where=where,
                remedy=f"see whether NetFile still lists {agency}, at {self.about.url}; some agencies have left it",
            )

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        """Yield transactions, summary lines, filers and filings."""
        return parse_capture(capture)


def unpack(body: bytes, where: str) -> bytes:
    """Return the one workbook in a ZIP, or the ZIP where it is the workbook itself; SourceError where there is none."""
    package = Package(body, where)
    if package.is_workbook:
        return body
    books = [part for part in package.infolist() if part.filename.lower().endswith(".xlsx")]
    if len(books) != 1:
        raise SourceError(
            f"holds {len(books) or 'no'} workbook{'s' if books else ''}, not the one that NetFile sends",
            where=where,
            remedy="fetch it again; see the raw file",
        )
    if books[0].file_size > LARGEST_FILE:
        raise refused(f"holds a workbook of {books[0].file_size:,} bytes, more than {LARGEST_FILE:,}", where)
    with told_as_damage(where):
        return package.read(books[0])
