"""NetFile's Campaign API v101: an agency's whole record, for those who hold a key."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import ClassVar
from urllib.parse import urlsplit

from clerk_finance_netfile.campaign_pages import WHERE, Kind, next_offset, read_sheet, refuse
from clerk_finance_netfile.campaign_parse import parse_capture
from clerkcore import (
    About,
    Capture,
    Client,
    Download,
    FetchError,
    Finding,
    NotPublished,
    Parsed,
    Reader,
    Request,
    Scope,
    Severity,
    Site,
    SiteError,
    SourceError,
)
from clerkcore.finance import FINANCE_TABLES, FinanceSource

BASE_URL = "https://netfile.com/api/campaign"
PAGE_SIZE = 1000
SETTINGS = f"[sources.{WHERE}]"
ENDPOINTS = {
    Kind.FILERS: ("filer/v101/filers", "filers"),
    Kind.FILINGS: ("filing/v101/filings", "filings"),
    Kind.ELEMENTS: ("cal/v101/transaction-elements", "elements"),
}
KEEP_KEY = (
    'write key = {secret = "netfile_key"} and secret = {secret = "netfile_secret"} there, and put the values in'
    " secrets/netfile_key and secrets/netfile_secret (mode 0600), or in CLERK_SECRET_NETFILE_KEY and"
    " CLERK_SECRET_NETFILE_SECRET"
)
CHECK_KEY = (
    "check the two secrets that key and secret name in [sources.netfile_campaign], such as secrets/netfile_key and"
    " secrets/netfile_secret, and ask NetFile whether the key is still good for this agency"
)
CHECK_AGENCY = (
    "check agency in its site.toml: the agency may have another id or have left NetFile; or the API has moved,"
    f" see base_url in {SETTINGS}"
)
_REFUSED = ("upstream answered 401", "upstream answered 403")
_THROTTLED = ("upstream answered 429", "upstream asks to wait")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NetFileCampaign(FinanceSource):
    """Everything an agency has in NetFile's Campaign API; no year can be asked for, so its only scope is all of it.

    Settings in [sources.netfile_campaign] of a site: `agency` (the aid, such as COAK), and `key` and `secret`,
    which name secrets.
    """

    name: ClassVar[str] = WHERE
    version: ClassVar[int] = 1
    about: ClassVar[About] = About(
        title="NetFile Campaign API v101, campaign finance transactions of an agency",
        publisher="NetFile, for the filing agency",
        url="https://netfile.com/api/campaign/swagger/index.html",
        licence="Public record (California Political Reform Act)",
        licence_url="https://www.fppc.ca.gov/about-fppc/the-political-reform-act.html",
    )
    tables = FINANCE_TABLES
    most_pages: ClassVar[int] = 5000

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield the one scope, whatever years are asked for."""
        yield Scope("all", {})

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        """Yield every page of filers, then of filings, then of transaction elements."""
        agency, headers = self._agency, self._headers
        # An amendment that is listed has its transactions in the pages that are asked for after it.
        for kind in ENDPOINTS:
            yield from self._fetch_pages(kind, agency, headers, client)

    @property
    def _agency(self) -> str:
        agency = self.config.get("agency")
        if not agency:
            raise SiteError(
                "the site's agency is not named", where=SETTINGS, remedy='write agency = "AID" in its site.toml'
            )
        return str(agency)

    @property
    def _headers(self) -> dict[str, str]:
        """The header that proves who asks; it goes to the client and nowhere else."""
        key, secret = (self._secret(name) for name in ("key", "secret"))
        if ":" in key:
            raise SiteError("the key holds a colon, which HTTP Basic cannot send", where=SETTINGS, remedy=CHECK_KEY)
        return {"Authorization": f"Basic {b64encode(f'{key}:{secret}'.encode()).decode()}"}

    def _secret(self, name: str) -> str:
        value = self.config.get(name)
        if not isinstance(value, str) or not value.strip():
            raise SiteError(f"{name} is not set, without which NetFile answers nobody", where=SETTINGS, remedy=KEEP_KEY)
        return value.strip()

    @property
    def _base_url(self) -> str:
        url = str(self.config.get("base_url", BASE_URL)).rstrip("/")
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise SiteError(
                "base_url would send the key unencrypted", where=SETTINGS, remedy="write an address with https://"
            )
        return url

    def _fetch_pages(self, kind: Kind, agency: str, headers: dict[str, str], client: Client) -> Iterator[Download]:
        """Yield pages until one says that it is the last."""
        offset: int | None = 0
        for number in range(self.most_pages):
            params: dict[str, str | int] = {"aid": agency, "offset": offset or 0, "limit": PAGE_SIZE}
            download = self._get_page(kind, params, number, headers, client)
            yield download
            with client.open(download) as stream:
                sheet = read_sheet(stream, download.name)
            if kind is Kind.FILERS and not sheet.results:
                raise _no_filers(agency)
            offset = next_offset(sheet, offset or 0)
            if offset is None:
                return
        raise refuse(f"there are more than {self.most_pages:,} pages of {kind}", remedy="see the raw files")

    def _get_page(
        self, kind: Kind, params: dict[str, str | int], number: int, headers: dict[str, str], client: Client
    ) -> Download:
        path, name = ENDPOINTS[kind]
        asked = params | {"parts": "All"} if kind is Kind.ELEMENTS else params
        try:
            url = f"{self._base_url}/{path}"
            return client.get(url, params=asked, headers=headers, name=f"{name}-{number:04}.json")
        except NotPublished as error:
            raise SourceError(
                f"NetFile has no {kind} of the agency {params['aid']!r}: {error.message}",
                where=f"{WHERE} {path}",
                remedy=CHECK_AGENCY,
            ) from error
        except FetchError as error:
            meaning = _explain(error)
            if meaning is None:
                raise
            raise meaning from error

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        """Yield transactions, filings, filers and the agency, and what is set aside."""
        return parse_capture(capture, str(self.config.get("agency") or ""))

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Report transactions whose filing is not among those listed: their dates and form rest on nothing."""
        yield from super().verify(db, scope)
        unlisted = db.rows(
            "SELECT filing_id FROM filings WHERE source = :source AND scope = :scope"
            " AND removed_run_id IS NULL AND report_num IS NULL ORDER BY filing_id"
        )
        if unlisted:
            message = f"{len(unlisted):,} filings with transactions are not among the filings listed"
            keys = tuple(str(row["filing_id"]) for row in unlisted)
            yield Finding("unlisted_filing", Severity.INFO, message, "filings", keys)


def _no_filers(agency: str) -> SourceError:
    told = f"NetFile lists no filer of the agency {agency!r}"
    return SourceError(told, where=f"{WHERE} filers", remedy=CHECK_AGENCY)


def _explain(error: FetchError) -> FetchError | None:
    """Return what an error of the client means to somebody with a key; None where it says so itself."""
    if error.message.startswith(_REFUSED):
        return FetchError(f"NetFile refused the key: {error.message}", where=error.where, remedy=CHECK_KEY)
    if error.message.startswith(_THROTTLED):
        return FetchError(f"NetFile throttles this key: {error.message}", where=error.where, remedy=error.remedy)
    return None
