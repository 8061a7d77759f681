"""Which answer a request gets: the routes of NetFile Connect2 and of Florida's county ballot reports."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from clerk_demo.answers import Answer, answer_html, name_version
from clerk_demo.connect2 import COLUMNS, count_pages, encode_csv, encode_json
from clerk_demo.faults import Faults
from clerk_demo.upstreams import AGENCIES, Upstreams
from clerkcore import NotPublished, UsageError

NETFILE = "/Connect2/api/public/"
FLORIDA = "/countyballotreportfiles/"
YEAR = "campaign/export/cal201/transaction/year"
MAX_PAGE_SIZE = 1000
JSON = "application/json; charset=utf-8"
_AGENCIES_PATH = f"{NETFILE}campaign/agencies.json"
_YEAR_PATH = NETFILE + YEAR
_NUMBER = re.compile(r"[0-9]{1,9}\Z")
_STATS_PATH = re.compile(rf"{FLORIDA}Stats_([^_/]+)_([^_/]+)\.txt\Z")


@dataclass(frozen=True)
class Moment:
    """The simulated day and the faults that a request meets."""

    day: int
    faults: Faults


@dataclass(frozen=True)
class Asked:
    """What a request for an agency's year asks for; `paged` is false when it names neither page nor size."""

    aid: str
    year: int
    page: int
    page_size: int
    paged: bool


def route(upstreams: Upstreams, moment: Moment, target: str) -> Answer:
    """Return the answer to GET `target`."""
    parts = urlsplit(target)
    query = {name.lower(): value for name, value in parse_qsl(parts.query, keep_blank_values=True)}
    try:
        return _route(upstreams, moment, parts.path, query)
    except UsageError as error:
        status = {"responseStatus": {"errorCode": "ArgumentException", "message": str(error)}}
        return Answer(400, json.dumps(status).encode(), JSON)
    except NotPublished:
        return answer_html(404, "404 - File or directory not found.")


def _route(upstreams: Upstreams, moment: Moment, path: str, query: Mapping[str, str]) -> Answer:
    if path == _AGENCIES_PATH:
        return _answer_agencies()
    if path == _YEAR_PATH:
        return _answer_json(upstreams, moment, _read_query(query))
    if path == f"{_YEAR_PATH}/csv":
        return _answer_csv(upstreams, moment, _read_query(query))
    if match := _STATS_PATH.match(path):
        return _answer_stats(upstreams, moment, match[1], match[2])
    raise NotPublished(f"nothing is published at {path}")


def _answer_agencies() -> Answer:
    agencies = [{"id": id_, "shortcut": key, "name": name} for id_, (key, name) in enumerate(AGENCIES.items(), start=1)]
    return Answer(200, json.dumps({"agencies": agencies, "responseStatus": {}}).encode(), JSON)


def _answer_json(upstreams: Upstreams, moment: Moment, asked: Asked) -> Answer:
    faults = moment.faults
    rows = faults.keep(upstreams.transactions(asked.aid, asked.year, moment.day))
    total, pages = len(rows) + faults.wrong_total, count_pages(len(rows), asked.page_size)
    page = _cut(rows, asked, faults)
    return Answer(200, encode_json(page, total=total, pages=pages, header=faults.rename(COLUMNS)), JSON)


def _answer_csv(upstreams: Upstreams, moment: Moment, asked: Asked) -> Answer:
    faults = moment.faults
    verbatim = upstreams.year_file(asked.aid, asked.year, moment.day)
    if verbatim is not None and not asked.paged and not faults.rewrites_rows:
        return Answer(200, verbatim, "text/csv")
    rows = faults.keep(upstreams.transactions(asked.aid, asked.year, moment.day))
    page = _cut(rows, asked, faults) if asked.paged else rows
    return Answer(200, encode_csv(page, lone_cr=faults.lone_cr, header=faults.rename(COLUMNS)), "text/csv")


def _answer_stats(upstreams: Upstreams, moment: Moment, election: str, report: str) -> Answer:
    published = upstreams.county_report(election, report, moment.day)
    faults = moment.faults
    body = _rewrite_stats(published.body, faults) if faults.rewrites_rows else published.body
    return Answer(200, body, "text/plain", name_version(body, published.modified))


def _rewrite_stats(body: bytes, faults: Faults) -> bytes:
    header, totals, *counties = body.decode().splitlines()
    lines = ["\t".join(faults.rename(header.split("\t"))), totals, *faults.keep(counties)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _cut(rows: Sequence[dict[str, str]], asked: Asked, faults: Faults) -> Sequence[dict[str, str]]:
    page = 0 if faults.repeat_page and asked.page == 1 else asked.page
    return rows[page * asked.page_size : (page + 1) * asked.page_size]


def _read_query(query: Mapping[str, str]) -> Asked:
    return Asked(
        aid=query.get("aid", ""),
        year=_read_number(query, "Year", None, 1900, 2200),
        page=_read_number(query, "CurrentPageIndex", "0", 0, 999_999),
        page_size=_read_number(query, "PageSize", str(MAX_PAGE_SIZE), 1, MAX_PAGE_SIZE),
        paged="currentpageindex" in query or "pagesize" in query,
    )


def _read_number(query: Mapping[str, str], name: str, default: str | None, low: int, high: int) -> int:
    text = query.get(name.lower(), default)
    if text is None or not _NUMBER.match(text) or not low <= int(text) <= high:
        raise UsageError(f"{name} {text!r} is not a whole number from {low} to {high}")
    return int(text)
