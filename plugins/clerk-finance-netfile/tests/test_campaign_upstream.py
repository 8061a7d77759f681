"""Pulling from the Campaign API over HTTP, with a key."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clerk_finance_netfile.campaign import NetFileCampaign
from clerkcore import ClerkError, Download, FetchError, Request, Scope, Site, SiteError, SourceError
from clerkcore.fetch import Archive, OfflineClient
from clerkcore.models import Kind, Outcome
from clerkcore.plugins import Manager, discover
from clerkcore.testing import Bench, Clerk, SiteMaker

sys.path.insert(0, str(Path(__file__).parent))

from campaign_samples import AID, make_element, make_page, make_record, render, render_record
from campaign_upstream import BASIC, KEY, SECRET, Answer, Asked, Campaign, connect, serve

pytest_plugins = ["clerkcore.testing.fixtures"]

ALL = Scope("all", {})
SITE = Site("oakland.ca", "Oakland", "CA", Kind.CITY)
SECRETS = ("aW52ZW50ZWQta2V5", KEY, SECRET)
FACE = """
from clerkcore import Ref, hookimpl

@hookimpl
def register_finance_sources():
    return [Ref("netfile_campaign", "clerk_finance_netfile.campaign:NetFileCampaign", "NetFile's Campaign API")]
"""
OFFERED = NetFileCampaign.name in Manager(discover()).names("register_finance_sources")
Rule = Callable[[Asked], Answer | None]


@pytest.fixture
def upstream() -> Iterator[Campaign]:
    with serve() as server:
        yield server


def make_source(upstream: Campaign, **changes: Any) -> NetFileCampaign:
    return NetFileCampaign({"agency": AID, "key": KEY, "secret": SECRET, "base_url": upstream.url} | changes)


def pull(source: NetFileCampaign, folder: Path, **kept: list[Any]) -> list[Download]:
    with connect(folder, **kept) as client:
        return list(source.fetch(ALL, client))


def fail(source: NetFileCampaign, folder: Path, **kept: list[Any]) -> ClerkError:
    """Return the error that a pull ends with, which has a remedy and tells no secret."""
    with pytest.raises(ClerkError) as caught:
        pull(source, folder, **kept)
    told = f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    assert not [secret for secret in SECRETS if secret in told]
    assert caught.value.remedy
    return caught.value


def once(answer: Answer) -> Rule:
    """Answer the first request so, and no other."""
    left = [answer]
    return lambda asked: left.pop() if left else None


@pytest.mark.parametrize("years", [(), (2022,), (2020, 2021)])
def test_whatever_year_is_asked_for_the_scope_is_all(tmp_path: Path, years: tuple[int, ...]) -> None:
    request = Request(date(2026, 3, 1), years)
    assert list(NetFileCampaign().plan(SITE, request, OfflineClient(Archive(tmp_path)))) == [ALL]


def test_a_whole_record_is_pulled_page_by_page(upstream: Campaign, tmp_path: Path) -> None:
    upstream.most = 5
    downloads = pull(make_source(upstream), tmp_path)
    assert [download.name for download in downloads] == [
        "filers-0000.json",
        "filings-0000.json",
        *(f"elements-000{number}.json" for number in range(3)),
    ]
    asked = [(path.rpartition("/")[2], params) for path, params, _ in upstream.asked]
    base = {"aid": AID, "limit": "1000"}
    assert asked == [
        ("filers", base | {"offset": "0"}),
        ("filings", base | {"offset": "0"}),
        *(("transaction-elements", base | {"offset": str(n), "parts": "All"}) for n in (0, 5, 10)),
    ]
    assert {headers["authorization"] for _, _, headers in upstream.asked} == {BASIC}


def test_what_is_pulled_is_loaded(upstream: Campaign, tmp_path: Path) -> None:
    source = make_source(upstream)
    archive = Archive(tmp_path / "raw")
    files = {download.name: archive.open(download).read() for download in pull(source, tmp_path)}
    assert files == render_record(make_record())
    result = Bench(tmp_path / "bench", source, ALL, SITE).load(files)
    assert (result.outcome, result.counts.added, result.counts.aside) == (Outcome.CHANGED, 10, 2)


def read_everything(folder: Path) -> bytes:
    """Return every byte below a folder, compressed ones unpacked."""
    bodies = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return b"\n".join(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body for body in bodies)


def test_neither_download_nor_archive_nor_report_holds_the_key(upstream: Campaign, tmp_path: Path) -> None:
    said: list[str] = []
    upstream.rule = once(Answer(503))
    downloads = pull(make_source(upstream), tmp_path, report=said)
    assert said
    kept = f"{downloads!r} {said}".encode() + read_everything(tmp_path)
    assert b"element-1" in kept
    assert not [secret for secret in SECRETS if secret.encode() in kept]


def test_another_host_that_is_redirected_to_gets_no_key(upstream: Campaign, tmp_path: Path) -> None:
    with serve() as other:
        body = render(make_page(make_record()["filers"]))
        other.rule = lambda asked: Answer(200, body)
        upstream.rule = once(Answer(302, headers={"Location": f"{other.url}/elsewhere"}))
        pull(make_source(upstream), tmp_path)
    assert [asked.path for asked in other.asked] == ["/elsewhere"]
    assert "authorization" not in other.asked[0].headers


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_with_where_it_is_kept(upstream: Campaign, tmp_path: Path, status: int) -> None:
    upstream.rule = lambda asked: Answer(status, b'{"title": "Unauthorized"}')
    error = fail(make_source(upstream), tmp_path)
    assert isinstance(error, FetchError)
    assert error.message == f"NetFile refused the key: upstream answered {status}"
    assert error.where.startswith(f"{upstream.url}/filer/v101/filers?aid={AID}")
    assert "secrets/netfile_key" in error.remedy
    assert len(upstream.asked) == 1


def test_a_wrong_secret_is_a_refused_key(upstream: Campaign, tmp_path: Path) -> None:
    assert "refused the key" in fail(make_source(upstream, secret="invented-other"), tmp_path).message


@pytest.mark.parametrize(("headers", "waited"), [({}, 0.0), ({"Retry-After": "7"}, 7.0)])
def test_a_throttled_pull_waits_and_goes_on(
    upstream: Campaign, tmp_path: Path, headers: dict[str, str], waited: float
) -> None:
    naps: list[float] = []
    upstream.rule = once(Answer(429, headers=headers))
    assert len(pull(make_source(upstream), tmp_path, naps=naps)) == 3
    assert max(naps) >= waited


def test_a_pull_that_is_throttled_again_and_again_fails(upstream: Campaign, tmp_path: Path) -> None:
    upstream.rule = lambda asked: Answer(429)
    error = fail(make_source(upstream), tmp_path)
    assert error.message == "NetFile throttles this key: upstream answered 429; gave up after 3 tries"
    assert error.remedy == "raise http.delay, and try again later"


def test_a_wait_of_hours_ends_the_pull_at_once(upstream: Campaign, tmp_path: Path) -> None:
    upstream.rule = lambda asked: Answer(429, headers={"Retry-After": "7200"})
    error = fail(make_source(upstream), tmp_path)
    assert error.message.startswith("NetFile throttles this key: upstream asks to wait until ")
    assert error.remedy.startswith("try again after ")
    assert len(upstream.asked) == 1


def test_another_failure_is_told_as_it_is(upstream: Campaign, tmp_path: Path) -> None:
    upstream.rule = lambda asked: Answer(500)
    assert fail(make_source(upstream), tmp_path).message == "upstream answered 500; gave up after 3 tries"


def test_an_agency_that_is_not_there_is_told(upstream: Campaign, tmp_path: Path) -> None:
    error = fail(make_source(upstream, agency="GONE"), tmp_path)
    assert type(error) is SourceError
    assert str(error).startswith(
        "netfile_campaign filer/v101/filers: NetFile has no filers of the agency 'GONE': upstream answered 404"
        " (check agency in its site.toml"
    )


def test_an_agency_without_any_filer_is_told(upstream: Campaign, tmp_path: Path) -> None:
    upstream.record = {"filers": [], "filings": [], "elements": []}
    error = fail(make_source(upstream), tmp_path)
    assert error.message == f"NetFile lists no filer of the agency '{AID}'"
    assert len(upstream.asked) == 1


def test_an_agency_without_any_transaction_is_no_failure(upstream: Campaign, tmp_path: Path) -> None:
    upstream.record["elements"] = []
    source, archive = make_source(upstream), Archive(tmp_path / "raw")
    files = {download.name: archive.open(download).read() for download in pull(source, tmp_path)}
    assert Bench(tmp_path / "bench", source, ALL, SITE).load(files).counts.read == 0


STUCK = {
    "the same page for ever": (
        lambda asked: Answer(200, render(make_page([make_element(1, 1, 1)], 0, 9))),
        "was asked for records from 1 on and answers with those from 0 on",
    ),
    "a page without records": (
        lambda asked: Answer(200, render(make_page([], 0, 9) | {"hasNextPage": True})),
        "holds no record, but totalCount says 9",
    ),
    "a web page": (lambda asked: Answer(200, b"<html></html>"), "is a web page instead of data"),
    "a cut answer": (lambda asked: Answer(200, render(make_page([]))[:-9]), "is not whole JSON"),
    "a bare list": (lambda asked: Answer(200, render([make_element(1, 1, 1)])), "is a bare list instead of a page"),
}


@pytest.mark.parametrize(("rule", "message"), STUCK.values(), ids=STUCK)
def test_paging_that_goes_astray_is_refused(upstream: Campaign, tmp_path: Path, rule: Rule, message: str) -> None:
    upstream.rule = lambda asked: rule(asked) if asked.path.endswith("elements") else None
    error = fail(make_source(upstream), tmp_path)
    assert message in error.message
    assert error.where == f"netfile_campaign elements-000{1 if 'asked' in message else 0}.json"


class Impatient(NetFileCampaign):
    most_pages = 3


def test_there_is_an_end_to_pages(upstream: Campaign, tmp_path: Path) -> None:
    upstream.most = 1
    error = fail(Impatient(make_source(upstream).config), tmp_path)
    assert error.message == "there are more than 3 pages of filings"
    assert len(upstream.asked) == 3 + 3


NO_SETTINGS = {
    "no agency": ({"agency": ""}, "the site's agency is not named", 'write agency = "AID"'),
    "no key": ({"key": None}, "key is not set", 'key = {secret = "netfile_key"}'),
    "no secret": ({"secret": "  "}, "secret is not set", 'secret = {secret = "netfile_secret"}'),
    "a secret's name": ({"key": {"secret": "netfile_key"}}, "key is not set", "CLERK_SECRET_NETFILE_KEY"),
    "a colon": ({"key": f"{KEY}:b"}, "the key holds a colon", "secrets/netfile_key"),
    "no encryption": ({"base_url": "http://netfile.com/api"}, "base_url would send the key unencrypted", "https://"),
}


@pytest.mark.parametrize(("changes", "message", "remedy"), NO_SETTINGS.values(), ids=NO_SETTINGS)
def test_settings_that_are_missing_are_told(
    upstream: Campaign, tmp_path: Path, changes: dict[str, Any], message: str, remedy: str
) -> None:
    error = fail(make_source(upstream, **changes), tmp_path)
    assert isinstance(error, SiteError)
    assert error.message.startswith(message)
    assert error.where == "[sources.netfile_campaign]"
    assert remedy in error.remedy
    assert upstream.asked == []


@pytest.fixture
def face(tmp_path: Path) -> Iterator[tuple[str | Path, ...]]:
    """Options that bring the source in, until the plugin's own face offers it."""
    if OFFERED:
        yield ()
        return
    folder, path = tmp_path / "faces", list(sys.path)
    folder.mkdir()
    (folder / "campaign_face.py").write_text(FACE)
    yield ("--plugins-dir", folder)
    sys.path[:] = path
    sys.modules.pop("campaign_face", None)


def test_clerk_pulls_with_the_secrets_of_its_installation(
    upstream: Campaign, make_site: SiteMaker, run_clerk: Clerk, face: tuple[str | Path, ...]
) -> None:
    settings = {
        "agency": AID,
        "key": {"secret": "netfile_key"},
        "secret": {"secret": "netfile_secret"},
        "base_url": upstream.url,
    }
    make_site("oakland.ca", netfile_campaign=settings)
    pull = (*face, "finance", "etl", "oakland.ca", "--year", "2022", "--json")
    environ = {"CLERK_SECRET_NETFILE_KEY": KEY, "CLERK_SECRET_NETFILE_SECRET": SECRET}
    ended = run_clerk(*pull, environ=environ)
    assert [ended.line[name] for name in ("outcome", "added", "aside", "findings")] == ["changed", 10, 2, 0]
    assert run_clerk(*pull, environ=environ).line["outcome"] == "fresh"
    refused = run_clerk(*pull, environ=environ | {"CLERK_SECRET_NETFILE_SECRET": "other"})
    assert refused.line["message"].endswith("NetFile refused the key: upstream answered 401")
    kept = read_everything(run_clerk.root) + ended.stdout.encode() + ended.stderr.encode()
    assert not [secret for secret in SECRETS if secret.encode() in kept]


def test_transactions_of_a_filing_that_is_not_listed_are_told(
    upstream: Campaign, make_site: SiteMaker, run_clerk: Clerk, face: tuple[str | Path, ...], tmp_path: Path
) -> None:
    make_site("oakland.ca", netfile_campaign={"agency": AID})
    folder = tmp_path / "pages"
    folder.mkdir()
    record = make_record()
    del record["filings"][2]
    for name, body in render_record(record).items():
        (folder / name).write_bytes(body)
    ended = run_clerk(*face, "finance", "etl", "oakland.ca", "--from", folder, "--json")
    assert [ended.line[name] for name in ("outcome", "added", "findings")] == ["changed", 10, 1]
