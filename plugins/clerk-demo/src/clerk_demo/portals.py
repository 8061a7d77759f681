"""The routes of the other ways to the same filings: yearly Excel, Campaign API v101 and San Diego's eFile."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error

from clerk_demo.answers import JSON, Answer, name_version
from clerk_demo.campaign import MAX_LIMIT, Campaign
from clerk_demo.efile import MAX_PAGE_SIZE, EFile, Window, cut_page, wrap
from clerk_demo.queries import Moment, Query
from clerk_demo.upstreams import Upstreams
from clerkcore import NotPublished

EXCEL = "/pub2/excel/"
CAMPAIGN = "/api/campaign"
EFILE = "/api/v1/public/"
EFILE_AGENCY = "CSD"
CAMPAIGN_KEY = "demo-key"
CAMPAIGN_SECRET = "demo-secret"  # noqa: S105 (of a simulator that knows no other)
_EXCEL_PATH = re.compile(rf"{EXCEL}(\w+)Browsable/efile_(newest_)?\1_(\d{{4}})\.zip\Z")


def answer_excel(upstreams: Upstreams, moment: Moment, query: Query) -> Answer:
    """Answer with a year's workbook in a ZIP."""
    match = _EXCEL_PATH.match(query.path)
    if match is None:
        raise NotPublished(f"nothing is published at {query.path}")
    aid, newest, year = match[1], bool(match[2]), int(match[3])
    _check_agency(upstreams, moment, aid)
    published = upstreams.workbook(aid, year, moment.day, newest=newest)
    return Answer(200, published.body, "application/zip", name_version(published.body, published.modified))


def answer_campaign(upstreams: Upstreams, moment: Moment, query: Query) -> Answer:
    """Answer with a page of the Campaign API, to those who hold the key."""
    if not _is_known(query):
        refusal = json.dumps({"message": "Authorization has been denied for this request."})
        return Answer(401, refusal.encode(), JSON, {"WWW-Authenticate": 'Basic realm="netfile"'})
    aid = query.text("aid")
    _check_agency(upstreams, moment, aid)
    offset = query.number("offset", 0, 0, 999_999_999)
    limit = query.number("limit", MAX_LIMIT, 1, MAX_LIMIT)
    if moment.faults.repeat_page and offset == limit:
        offset = 0
    campaign = Campaign(upstreams.world(aid, upstreams.year), moment.day)
    return Answer(200, _page_campaign(campaign, query, offset, limit), JSON)


def _page_campaign(campaign: Campaign, query: Query, offset: int, limit: int) -> bytes:
    path = query.path.removeprefix(CAMPAIGN)
    if path == "/cal/v101/transaction-elements":
        return campaign.elements_page(offset, limit, query.text("filingNid"))
    pages = {
        "/filing/v101/filings": campaign.filings_page,
        "/filer/v101/filers": campaign.filers_page,
        "/election/v101/elections": campaign.elections_page,
    }
    if path not in pages:
        raise NotPublished(f"nothing is published at {query.path}")
    return pages[path](offset, limit)


def _is_known(query: Query) -> bool:
    kind, _, token = query.headers.get("Authorization", "").partition(" ")
    try:
        return kind == "Basic" and b64decode(token) == f"{CAMPAIGN_KEY}:{CAMPAIGN_SECRET}".encode()
    except Base64Error:
        return False


def answer_efile(upstreams: Upstreams, moment: Moment, query: Query) -> Answer:
    """Answer with what San Diego's eFile finds."""
    _check_agency(upstreams, moment, EFILE_AGENCY)
    return Answer(200, _search(upstreams, moment, query), JSON)


def _search(upstreams: Upstreams, moment: Moment, query: Query) -> bytes:
    path = query.path.removeprefix(EFILE)
    if path == "campaign-search/by-name":
        world = upstreams.world(EFILE_AGENCY, upstreams.year)
        return wrap({"committee_list": EFile(world, moment.day).committees()})
    if path not in ("campaign-search/advanced", "campaign-search"):
        raise NotPublished(f"nothing is published at {query.path}")
    window = Window(query.day("start_date"), query.day("end_date"), query.text("most_recent_amendment") == "true")
    if path == "campaign-search":
        efile = EFile(upstreams.world(EFILE_AGENCY, window.start.year), moment.day)
        return wrap(list(efile.filings(window)))
    number = query.number("page_number", 1, 1, 999_999)
    if moment.faults.repeat_page and number == 2:
        number = 1
    size = query.number("page_size", MAX_PAGE_SIZE, 1, MAX_PAGE_SIZE)
    return cut_page(upstreams.efile_transactions(EFILE_AGENCY, window, moment.day), number, size)


def _check_agency(upstreams: Upstreams, moment: Moment, aid: str) -> None:
    if aid in moment.faults.gone or not upstreams.lists(aid):
        raise NotPublished(f"there is no agency {aid!r}")
