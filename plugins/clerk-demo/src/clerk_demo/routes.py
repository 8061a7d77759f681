"""Which answer a request gets: the routes of NetFile Connect2 and Florida, and where the other upstreams begin."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clerk_demo.answers import JSON, Answer, answer_html, name_version
from clerk_demo.civix import CIVIX, answer_civix
from clerk_demo.connect2 import COLUMNS, Row, count_pages, encode_csv, encode_json
from clerk_demo.faults import Faults
from clerk_demo.portals import CAMPAIGN, EFILE, EXCEL, answer_campaign, answer_efile, answer_excel
from clerk_demo.queries import Moment, Query
from clerk_demo.upstreams import AGENCIES, Upstreams
from clerkcore import NotPublished, UsageError

NETFILE = "/Connect2/api/public/"
FLORIDA = "/countyballotreportfiles/"
YEAR = "campaign/export/cal201/transaction/year"
MAX_PAGE_SIZE = 1000
# Pages of a year with more rows than this are kept once they are made.
LARGE = 10_000
_AGENCIES_PATH = f"{NETFILE}campaign/agencies.json"
_YEAR_PATH = NETFILE + YEAR
_STATS_PATH = re.compile(rf"{FLORIDA}Stats_([^_/]+)_([^_/]+)\.txt\Z")


@dataclass(frozen=True)
class Asked:
    """What a request for an agency's year asks for; `paged` is false when it names neither page nor size."""

    aid: str
    year: int
    page: int
    page_size: int
    paged: bool


def route(upstreams: Upstreams, moment: Moment, query: Query) -> Answer:
    """Return the answer to a request."""
    try:
        return _route(upstreams, moment, query)
    except UsageError as error:
        status = {"responseStatus": {"errorCode": "ArgumentException", "message": str(error)}}
        return Answer(400, json.dumps(status).encode(), JSON)
    except NotPublished:
        return answer_html(404, "404 - File or directory not found.")


def _route(upstreams: Upstreams, moment: Moment, query: Query) -> Answer:
    for start, answer in _PORTALS.items():
        if query.path.startswith(start):
            return answer(upstreams, moment, query)
    if query.path == _AGENCIES_PATH:
        return _answer_agencies(moment.faults)
    if query.path == _YEAR_PATH:
        return _answer_json(upstreams, moment, _read_query(query))
    if query.path == f"{_YEAR_PATH}/csv":
        return _answer_csv(upstreams, moment, _read_query(query))
    if match := _STATS_PATH.match(query.path):
        return _answer_stats(upstreams, moment, match[1], match[2])
    raise NotPublished(f"nothing is published at {query.path}")


def _answer_agencies(faults: Faults) -> Answer:
    agencies = [
        {"id": number, "shortcut": key, "name": name}
        for number, (key, name) in enumerate(AGENCIES.items(), start=1)
        if key not in faults.gone
    ]
    return Answer(200, json.dumps({"agencies": agencies, "responseStatus": {}}).encode(), JSON)


def _answer_json(upstreams: Upstreams, moment: Moment, asked: Asked) -> Answer:
    faults = moment.faults
    rows = _list_rows(upstreams, moment, asked)
    total, pages = len(rows) + faults.wrong_total, count_pages(len(rows), asked.page_size)
    page = 0 if faults.repeat_page and asked.page == 1 else asked.page
    header = faults.rename(COLUMNS)
    key = (asked.aid, asked.year, moment.day, page, asked.page_size, len(rows), total, faults.rename_column)

    def make() -> bytes:
        return encode_json(_cut(rows, page, asked.page_size), total=total, pages=pages, header=header)

    return Answer(200, upstreams.pages.get(key, make) if len(rows) > LARGE else make(), JSON)


def _answer_csv(upstreams: Upstreams, moment: Moment, asked: Asked) -> Answer:
    faults = moment.faults
    verbatim = upstreams.year_file(asked.aid, asked.year, moment.day)
    if verbatim is not None and not asked.paged and not faults.rewrites_rows:
        return Answer(200, verbatim, "text/csv")
    rows = _list_rows(upstreams, moment, asked)
    number = 0 if faults.repeat_page and asked.page == 1 else asked.page
    page = _cut(rows, number, asked.page_size) if asked.paged else rows
    return Answer(200, encode_csv(page, lone_cr=faults.lone_cr, header=faults.rename(COLUMNS)), "text/csv")


def _list_rows(upstreams: Upstreams, moment: Moment, asked: Asked) -> Sequence[Row]:
    if asked.aid in moment.faults.gone:
        return []
    return moment.faults.keep(upstreams.transactions(asked.aid, asked.year, moment.day))


def _answer_stats(upstreams: Upstreams, moment: Moment, election: str, report: str) -> Answer:
    published = upstreams.county_report(election, report, moment.day)
    faults = moment.faults
    body = _rewrite_stats(published.body, faults) if faults.rewrites_rows else published.body
    return Answer(200, body, "text/plain", name_version(body, published.modified))


def _rewrite_stats(body: bytes, faults: Faults) -> bytes:
    header, totals, *counties = body.decode().splitlines()
    lines = ["\t".join(faults.rename(header.split("\t"))), totals, *faults.keep(counties)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _cut(rows: Sequence[Row], page: int, page_size: int) -> Sequence[Row]:
    return rows[page * page_size : (page + 1) * page_size]


def _read_query(query: Query) -> Asked:
    return Asked(
        aid=query.text("Aid"),
        year=query.number("Year", None, 1900, 2200),
        page=query.number("CurrentPageIndex", 0, 0, 999_999),
        page_size=query.number("PageSize", MAX_PAGE_SIZE, 1, MAX_PAGE_SIZE),
        paged=query.names("CurrentPageIndex", "PageSize"),
    )


_PORTALS: dict[str, Callable[[Upstreams, Moment, Query], Answer]] = {
    EXCEL: answer_excel,
    CAMPAIGN: answer_campaign,
    EFILE: answer_efile,
    CIVIX: answer_civix,
}
