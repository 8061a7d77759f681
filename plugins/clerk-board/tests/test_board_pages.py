"""What readers see on the pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datasette.app import Datasette  # type: ignore[import-untyped]
from datasette.plugins import pm  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from conftest import Pages, World

FINANCE = "/sandiego-ca-election_finance"
LIVE = f"{FINANCE}/transactions_effective"
SCRIPT = "<script>alert(1)</script>"


def read_text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def local_links(html: str) -> set[str]:
    return {link.replace("&amp;", "&").split("#")[0] for link in re.findall(r'href="(/[^"]*)"', html)}


def test_home_lists_the_sites_by_state_with_rows_times_source_and_licence(world: World) -> None:
    world.add_san_diego({}, {}, {"removed_run_id": 1})
    world.add_florida()
    assert world.open().words("/") == (
        "Civic data 2 databases as their official sources publish them, for operators on this machine."
        " California San Diego city, sandiego.ca campaign finance"
        " Transactions 2 Summary pages 0 Filings 0 Filers 0 Agencies 0 Last checked 2026-07-14 08:30 UTC"
        " Last changed 2026-07-08 06:00 UTC Open findings none Source Transactions , NetFile Licence Public record"
        " Florida Florida state, fl ballots and turnout Ballots by county 1 Last checked 2026-07-14 08:30 UTC"
        " Last changed 2026-07-08 06:00 UTC Open findings none Source County reports , Division of Elections"
        " Licence Public record"
    )


def test_home_names_the_sites_without_data(world: World) -> None:
    world.add_florida()
    world.add_site("oakland.ca", "Oakland")
    assert "California Nothing loaded yet: Oakland (oakland.ca)." in world.open().words("/")


def test_every_link_of_the_home_and_database_pages_leads_somewhere(world: World) -> None:
    path = world.add_san_diego({})
    world.add_florida()
    world.add_finding(path, run_id=1)
    pages = world.open()
    links = local_links(pages.read("/")) | local_links(pages.read(FINANCE))
    assert {link: pages.get(link).status for link in links} == dict.fromkeys(links, 200)
    assert {FINANCE, LIVE, "/fl-voters", f"{FINANCE}/_clerk_findings?_sort_desc=id&severity=info"} <= links


def test_what_a_filer_is_called_never_becomes_markup(world: World) -> None:
    world.add_site("sandiego.ca", SCRIPT)
    key = {"filing_id": "1", "form_type": SCRIPT, "tran_id": "1"}
    world.load("sandiego.ca", world.hostile, transactions=[{**key, "filer_name": SCRIPT, "tran_dscr": SCRIPT}])
    pages = world.open()
    row = re.search(r'data-row="([^"]*)"', pages.read(f"{FINANCE}/transactions"))
    assert row
    for path in ("/", FINANCE, LIVE, f"{FINANCE}/transactions", f"{FINANCE}/transactions/{row[1]}"):
        html = pages.read(path)
        assert SCRIPT not in html
        assert "&lt;script&gt;alert(1)" in html


def test_only_addresses_of_the_web_become_links(world: World) -> None:
    world.add_site("sandiego.ca", "San Diego")
    world.load("sandiego.ca", world.hostile, transactions=[])
    pages = world.open()
    for path in ("/", FINANCE, LIVE, f"{FINANCE}/filers"):
        html = pages.read(path)
        assert "javascript:" not in html
        assert "&lt;b&gt;t&lt;/b&gt;, &lt;i&gt;p&lt;/i&gt;" in html


def test_cents_are_shown_as_dollars_with_the_cents_at_hand(world: World) -> None:
    world.add_san_diego({"amount_cents": 123456}, {"amount_cents": -5}, {"amount_cents": None})
    assert sorted(world.open().cells(f"{LIVE}?_sort=tran_id", "amount_cents")) == [
        "&nbsp;",
        '<span class="money" title="-5 cents">-$0.05</span>',
        '<span class="money" title="123456 cents">$1,234.56</span>',
    ]


def test_cents_of_a_query_are_shown_as_dollars_too(world: World) -> None:
    world.add_san_diego({"amount_cents": 250}, {"amount_cents": 250})
    query = f"{FINANCE}/-/query?sql=select+sum(amount_cents)+as+total_cents+from+transactions"
    assert world.open().cells(query, "total_cents") == ['<span class="money" title="500 cents">$5.00</span>']


def test_the_export_keeps_the_plain_cents(world: World) -> None:
    world.add_san_diego({"amount_cents": 123456})
    assert world.open().read(f"{LIVE}.csv?_col=amount_cents").splitlines() == ["amount_cents", "123456"]


def test_the_newest_rows_come_first(world: World) -> None:
    world.add_san_diego(*({"calculated_date": f"2026-01-0{day}"} for day in (2, 3, 1)))
    days = world.open().cells(LIVE, "calculated_date")
    assert days == ["2026-01-03", "2026-01-02", "2026-01-01"]


def test_live_rows_leave_out_what_was_removed_and_the_table_keeps_it(world: World) -> None:
    world.add_san_diego({}, {"removed_run_id": 1})
    pages = world.open()
    every = f"{FINANCE}/transactions"
    assert ("<h1>Transactions</h1>" in pages.read(LIVE), len(pages.cells(LIVE, "tran_id"))) == (True, 1)
    assert "<h1>Transactions, with withdrawn rows</h1>" in pages.read(every)
    assert len(pages.cells(every, "tran_id")) == 2


def test_the_live_rows_and_the_table_say_which_rows_they_hold(world: World) -> None:
    world.add_san_diego({})
    pages = world.open()
    filed = '<p class="lead">Contributions, expenditures, loans and debts as filed'
    withdrawn = "Includes rows the publisher has withdrawn: removed_run_id is set"
    assert f"{filed}. Rows the publisher still lists</p>" in pages.read(LIVE)
    assert f"{filed}. {withdrawn}</p>" in pages.read(f"{FINANCE}/transactions")


def test_the_way_back_is_named_for_readers(world: World) -> None:
    world.add_san_diego({})
    pages = world.open()
    row = f"{FINANCE}/transactions/netfile,2026,1,A,T0"
    ways = {path: read_crumbs(pages.read(path)) for path in (LIVE, row, f"{FINANCE}/_clerk_findings")}
    place = "home / San Diego: campaign finance"
    assert ways == {
        LIVE: f"{place} / Transactions",
        row: f"{place} / Transactions, with withdrawn rows",
        f"{FINANCE}/_clerk_findings": f"{place} / Findings of the checks",
    }
    assert "<title>Transactions - San Diego: campaign finance</title>" in pages.read(LIVE)


def read_crumbs(html: str) -> str:
    return read_text(html.split('<p class="crumbs">')[1].split("</p>")[0])


def test_a_live_row_leads_to_its_own_page(world: World) -> None:
    world.add_san_diego({"tran_id": "A/B, <i>1</i>"}, {"tran_id": ""})
    pages = world.open()
    cells = pages.cells(f"{LIVE}?_sort=tran_id", "tran_id")
    assert [re.sub(r'"[^"]*"', "", cell) for cell in cells] == [
        "<a href=>(empty)</a>",
        "<a href=>A/B, &lt;i&gt;1&lt;/i&gt;</a>",
    ]
    headings = [read_text(pages.read(link).split("<h1>")[1].split("</h1>")[0]) for link in map(local_link, cells)]
    assert headings == ["Transactions:", "Transactions: A/B, &lt;i&gt;1&lt;/i&gt;"]


def local_link(html: str) -> str:
    (link,) = local_links(html)
    return link


def test_a_live_row_is_not_linked_when_the_chosen_columns_do_not_tell_which_it_is(world: World) -> None:
    world.add_san_diego({})
    assert world.open().cells(f"{LIVE}?_col=tran_id", "tran_id") == ["T0"]


def test_a_row_is_shown_downwards_without_its_empty_columns(world: World) -> None:
    world.add_san_diego({"amount_cents": 123456, "tran_emp": "City", "tran_occ": "", "transaction_type": 0})
    html = world.open().read(f"{FINANCE}/transactions/netfile,2026,1,A,T0")
    rows = re.findall(r'<tr><th scope="row">(\w+)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td></tr>', html)
    names = [name for name, _, _ in rows]
    own = ["source", "scope", "run_id"]
    assert names == ["tran_id", "amount_cents", "form_type", "filing_id", "tran_emp", "transaction_type", *own]
    assert rows[4] == ("tran_emp", "City", "Employer of the other party")
    assert "<h1>Transactions: T0</h1>" in html


def test_columns_begin_with_what_a_row_is_about_on_the_page_and_in_the_export(world: World) -> None:
    world.add_san_diego({})
    pages = world.open()
    first = ["tran_id", "calculated_date", "amount_cents", "filer_name", "form_type", "entity_cd", "filing_id"]
    heads = re.findall(r'<th [^>]*data-column="(\w+)"', pages.read(LIVE))
    assert (heads[:7], heads[-4:]) == (first, ["source", "scope", "run_id", "removed_run_id"])
    assert pages.read(f"{LIVE}.csv").splitlines()[0].split(",") == heads


def test_the_head_of_a_column_of_dollars_does_not_say_cents(world: World) -> None:
    world.add_san_diego({})
    html = world.open().read(LIVE)
    head = re.search(r'<th [^>]*data-column="amount_cents"[^>]*>(.*?)</th>', html, re.DOTALL)
    assert head
    assert read_text(head[1]) == "amount"


def test_thousands_are_grouped_in_columns_that_count_and_nowhere_else(world: World) -> None:
    world.execute(world.add_florida(), "UPDATE county_ballots SET total = 1234567, run_id = 1000")
    path, pages = "/fl-voters/county_ballots_effective", world.open()
    assert (pages.cells(path, "total"), pages.cells(path, "run_id")) == (["1,234,567"], ["1000"])


def test_the_findings_page_says_what_severity_means_and_whence_the_rows_come(world: World) -> None:
    path = world.add_san_diego({})
    world.add_finding(path, run_id=1)
    words = world.open().words(f"{FINANCE}/_clerk_findings")
    assert words.startswith("Findings of the checks What the checks of each run found: blocking means")
    assert "Open findings none; 1 note Source Transactions , NetFile Licence Public record" in words


def test_facets_of_the_source_stand_above_the_rows(world: World) -> None:
    world.add_san_diego({}, {})
    pages = world.open()
    for path in (LIVE, f"{FINANCE}/transactions"):
        assert re.findall(r'id="facet-(\w+)"', pages.read(path)) == ["form_type", "entity_cd", "filer_name"]


def test_columns_are_explained_in_a_closed_list_and_at_their_heads(world: World) -> None:
    world.add_san_diego({})
    html = world.open().read(LIVE)
    assert "<dt>tran_emp</dt><dd>Employer of the other party</dd>" in html
    assert 'data-column-description="Employer of the other party"' in html
    assert '<dl class="column-descriptions">' not in html


def test_a_row_names_its_source(world: World) -> None:
    world.add_san_diego({})
    html = world.open().read(f"{FINANCE}/transactions/netfile,2026,1,A,T0")
    assert 'Source</dt><dd><a href="https://netfile.example/" rel="noreferrer">Transactions</a>, NetFile</dd>' in html


def test_clerks_own_tables_are_not_listed_until_they_are_asked_for(world: World) -> None:
    world.add_san_diego({})
    pages = world.open()
    own = {f"{FINANCE}/_clerk_runs", f"{FINANCE}/_clerk_scopes", f"{FINANCE}/sqlite_sequence"}
    assert local_links(pages.read(FINANCE)).isdisjoint(own)
    assert own <= local_links(pages.read(f"{FINANCE}?_show_hidden=1"))


def test_the_update_log_is_listed_and_explained(world: World) -> None:
    world.add_san_diego({})
    pages = world.open()
    assert f'<a href="{FINANCE}/data_update_log">Update log</a>' in pages.read(FINANCE)
    assert "<dt>summary</dt><dd>What happened, in words</dd>" in pages.read(f"{FINANCE}/data_update_log")


def test_last_checked_is_read_anew_for_each_page(world: World) -> None:
    path = world.add_san_diego({})
    pages = world.open()
    assert [read_checked(pages, page) for page in ("/", FINANCE, LIVE)] == ["2026-07-14 08:30 UTC"] * 3
    world.execute(path, "UPDATE _clerk_scopes SET checked_at = '2026-07-15T09:00:00Z'")
    assert [read_checked(pages, page) for page in ("/", FINANCE, LIVE)] == ["2026-07-15 09:00 UTC"] * 3


def read_checked(pages: Pages, path: str) -> str:
    return pages.words(path).split("Last checked ")[1].split(" Last changed")[0]


def test_rows_are_counted_anew_after_a_run(world: World) -> None:
    path = world.add_san_diego({}, {})
    pages = world.open()
    assert "Transactions 2" in pages.words("/")
    world.execute(path, "UPDATE transactions SET removed_run_id = 2 WHERE tran_id = 'T0'")
    world.execute(path, "UPDATE _clerk_runs SET run_id = 2")
    assert "Transactions 1" in pages.words("/")


def test_findings_are_those_of_the_run_a_scope_rests_on(world: World) -> None:
    path = world.add_san_diego({})
    for run_id, severity in ((0, "warning"), (1, "blocking"), (1, "warning"), (1, "info")):
        world.add_finding(path, run_id, severity)
    pages = world.open()
    assert [read_findings(pages, page) for page in ("/", FINANCE, LIVE)] == ["2, 1 blocking ; 1 note"] * 3
    assert read_findings(pages, f"{FINANCE}/filers") == "none"


def read_findings(pages: Pages, path: str) -> str:
    return pages.words(path).split("Open findings ")[1].split(" Source")[0]


def test_a_database_that_breaks_while_it_is_served_is_named(world: World) -> None:
    path = world.add_san_diego({})
    world.add_florida()
    pages = world.open()
    pages.read("/")
    world.execute(path, "DROP TABLE _clerk_scopes")
    words = pages.words("/")
    assert "campaign finance This database cannot be read just now." in words
    assert "Ballots by county 1" in words


def test_pages_take_nothing_from_other_machines(world: World) -> None:
    world.add_san_diego({})
    pages = world.open()
    for path in ("/", FINANCE, LIVE):
        html = pages.read(path)
        assets = re.findall(r'<(?:script|img)[^>]* src="([^"]*)"', html) + re.findall(
            r'<link[^>]* href="([^"]*)"', html
        )
        assert [asset for asset in assets if not asset.startswith(("/", "http://localhost/"))] == []
        assert [pages.get(asset).status for asset in assets if "board.css" in asset] == [200]


def test_databases_cannot_be_downloaded(world: World) -> None:
    world.add_san_diego({})
    assert world.open().get(f"{FINANCE}.db").status == 403


def test_a_page_of_another_site_cannot_read_through_a_name_of_its_own(world: World) -> None:
    world.add_florida()
    pages = world.open()
    answer = pages.get("/", host="attacker.example:8001")
    assert (answer.status, answer.text) == (421, "This server answers only to 127.0.0.1, ::1 and localhost.\n")
    names = ("127.0.0.1:8001", "localhost", "[::1]:8001")
    assert [pages.get("/", host=name).status for name in names] == [200, 200, 200]


def test_every_hook_still_exists_in_datasette(world: World) -> None:
    world.add_florida()
    world.open()
    assert pm.has_plugin("clerk_board")
    pm.check_pending()


def test_another_datasette_of_the_process_is_left_alone(world: World) -> None:
    path = world.add_san_diego({"amount_cents": 123456})
    pages = world.open()
    other = type(pages)(Datasette([str(path)]))
    assert other.cells("/election_finance/transactions", "amount_cents") == ["123456"]
    assert "board.css" not in other.read("/")
