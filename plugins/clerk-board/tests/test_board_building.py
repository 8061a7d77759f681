"""Which databases a board is built over, and what it refuses."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from typing import TYPE_CHECKING

import pytest

from clerk_board.catalogue import web_address
from clerk_board.cells import show_money, show_number
from clerk_board.columns import ColumnFacts, order_columns
from clerk_board.facts import Moment, show_moment
from clerk_board.hosts import address_of, listen
from clerk_board.metadata import build_config
from clerk_board.serving import build_datasette, count_shown
from clerk_board.states import STATE_NAMES, name_state
from clerkcore import ClerkError, SiteError, UsageError
from clerkcore.installation import Installation, create_installation

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import World


def names(world: World, *subdomains: str) -> list[str]:
    return list(world.open(*subdomains).board.databases)


def test_databases_of_all_sites_are_named_by_site_and_subject(world: World) -> None:
    world.add_san_diego({})
    world.add_florida()
    assert names(world) == ["fl-voters", "sandiego-ca-election_finance"]


def test_only_the_named_sites_are_shown_each_once(world: World) -> None:
    world.add_san_diego({})
    world.add_florida()
    assert names(world, "fl", "fl") == ["fl-voters"]


def test_two_sites_that_differ_by_a_dot_keep_names_of_their_own(world: World) -> None:
    path = world.add_florida()
    for subdomain in ("bay-town.fl", "bay.town.fl"):
        world.add_site(subdomain, "Bay Town", "FL")
        shutil.copy(path, world.installation.folder(subdomain).path)
    assert names(world, "bay-town.fl", "bay.town.fl") == ["bay-town-fl-voters", "bay.town.fl-voters-1"]


def test_a_database_without_a_title_of_its_own_is_called_by_its_name(world: World) -> None:
    path = world.add_florida()
    shutil.copy(path, path.with_name("town_meetings.db"))
    assert [database.title for database in world.open().board.catalogue.databases] == [
        "Florida: town meetings",
        "Florida: ballots and turnout",
    ]


def test_an_unknown_site_is_refused(world: World) -> None:
    world.add_florida()
    with pytest.raises(SiteError, match="nowhere"):
        world.open("nowhere.ca")


@pytest.mark.parametrize(
    ("source", "command"),
    [("netfile", "clerk finance etl somewhere"), ("florida", "clerk states update somewhere")],
)
def test_sites_without_data_are_told_how_to_load_some(world: World, source: str, command: str) -> None:
    world.add_site("anywhere", "Anywhere")
    world.add_site("somewhere", "Somewhere", source=source)
    with pytest.raises(UsageError) as refused:
        world.open()
    assert str(refused.value) == f"there is nothing to show yet (load some data, such as: {command})"


@pytest.mark.parametrize("source", ["", "nosuch"])
def test_sites_that_nothing_loads_are_sent_to_the_status(world: World, source: str) -> None:
    world.add_site("somewhere", "Somewhere", source=source)
    with pytest.raises(UsageError) as refused:
        world.open()
    remedy = "no site has a source that can be loaded: clerk status"
    assert str(refused.value) == f"there is nothing to show yet ({remedy})"


def test_an_installation_without_sites_is_told_how_to_add_one(world: World) -> None:
    with pytest.raises(UsageError, match=r"nothing to show yet \(add a site: clerk sites add"):
        world.open()


def test_more_databases_than_one_server_shows_are_refused(world: World) -> None:
    path = world.add_florida()
    for number in range(50):
        shutil.copy(path, path.with_name(f"copy{number}.db"))
    with pytest.raises(UsageError) as refused:
        world.open()
    assert str(refused.value) == (
        "51 databases are more than the 50 that one server shows (name the sites: clerk serve SUBDOMAIN ...)"
    )


def test_a_damaged_database_is_left_out_and_named(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.add_florida()
    path = world.add_san_diego({})
    path.with_name("election_finance.db-wal").unlink(missing_ok=True)
    path.write_bytes(b"not a database, not at all" * 100)
    pages = world.open()
    assert list(pages.board.databases) == ["fl-voters"]
    assert "election_finance.db is left out: file is not a database." in pages.read("/")
    assert caplog.messages == [f"{path}: left out: file is not a database"]


def test_nothing_but_a_damaged_database_is_an_error_that_names_it(world: World) -> None:
    path = world.add_florida()
    path.write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(ClerkError) as refused:
        world.open()
    assert str(refused.value) == f"{path}: file is not a database (see: clerk doctor)"


def test_a_database_of_another_program_is_left_out(world: World) -> None:
    path = world.add_florida().with_name("strange.db")
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (c)")
    connection.close()
    pages = world.open()
    assert list(pages.board.databases) == ["fl-voters"]
    assert "strange.db is left out: was not made by this version of clerk." in pages.read("/")


def test_a_path_that_datasette_cannot_open_is_refused(world: World, tmp_path: Path) -> None:
    path = world.add_florida()
    odd = tmp_path / "odd#1"
    create_installation(odd)
    shutil.copytree(world.installation.root, odd, dirs_exist_ok=True)
    installation = Installation(world.installation.settings.__class__(root=odd), world.installation.plugins)
    with pytest.raises(UsageError) as refused:
        build_datasette(installation)
    installation.close()
    where = odd / path.relative_to(world.installation.root)
    assert str(refused.value) == f"{where}: Datasette cannot open a path with one of ? # % (rename the folder)"


def test_facets_that_are_no_columns_are_dropped(world: World) -> None:
    path = world.add_florida()
    for facets in ('["county", "nonsense", 7]', "not json", '{"county": 1}'):
        world.execute(path, f"UPDATE _clerk_tables SET facets = '{facets}'")
        tables = build_config(world.open().board.catalogue)["databases"]["fl-voters"]["tables"]
        expected = ["county"] if facets.startswith('["') else []
        assert tables["county_ballots"] == {"facets": expected, "label_column": "county"}


def test_the_line_counts_databases_and_their_sites(world: World) -> None:
    world.add_san_diego({})
    path = world.add_florida()
    assert count_shown(world.open("fl").board.catalogue) == "1 database of 1 site"
    shutil.copy(path, path.with_name("more.db"))
    assert count_shown(world.open().board.catalogue) == "3 databases of 2 sites"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "", "127.0.0.1.example.org"])
def test_a_host_that_others_can_reach_is_refused(host: str) -> None:
    with pytest.raises(UsageError) as refused:
        listen(host, 0)
    assert str(refused.value) == (
        f"cannot listen on {host!r}: until publishing exists, the databases are for operators on this machine"
        " (leave --host out; from elsewhere, use an SSH tunnel)"
    )


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "[::1]")])
def test_loopback_is_listened_on(host: str, shown: str) -> None:
    if host == "::1" and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with listen(host, 0) as listener:
        assert address_of(listener) == f"http://{shown}:{listener.getsockname()[1]}/"


def test_a_port_that_is_taken_is_named() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(UsageError) as refused:
            listen("127.0.0.1", port)
    assert str(refused.value) == f"port {port} is in use (choose another with --port, or 0 for any)"


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("http://example.org", "http://example.org"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org", ""),
        ("https:", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_only_http_and_https_are_addresses_of_the_web(text: str, link: str) -> None:
    assert web_address(text) == link


@pytest.mark.parametrize(
    ("cents", "shown"),
    [
        (0, "$0.00"),
        (7, "$0.07"),
        (-7, "-$0.07"),
        (-123456789, "-$1,234,567.89"),
        (2**63 - 1, "$92,233,720,368,547,758.07"),
    ],
)
def test_money_is_shown_to_the_cent(cents: int, shown: str) -> None:
    assert show_money(cents) == f'<span class="money" title="{cents} cents">{shown}</span>'


def test_thousands_are_grouped() -> None:
    assert [show_number(value) for value in (0, -1234, 1234567)] == ["0", "-1,234", "1,234,567"]


def test_columns_begin_with_what_a_row_is_about_and_end_with_clerks_own() -> None:
    types = {"source": "text", "state": "text", "key": "text", "kind": "text", "note": "text", "name": "text"}
    types |= {"run_id": "integer", "paid_cents": "integer", "day": "date"}
    columns = [ColumnFacts(name, type_, "") for name, type_ in types.items()]
    names = [column.name for column in order_columns(columns, "key", ["kind", "source"])]
    assert names == ["key", "day", "paid_cents", "name", "kind", "state", "note", "source", "run_id"]


@pytest.mark.parametrize(
    ("description", "subject"),
    [
        ("Gifts as filed; a row with removed_run_id is published no more", "Gifts as filed"),
        ("Gifts as filed. Where removed_run_id is set, it is gone. By year.", "Gifts as filed. By year"),
        ("Rows with removed_run_id are gone", ""),
        ("Gifts; as filed", "Gifts; as filed"),
    ],
)
def test_a_description_is_shown_without_what_it_says_of_removed_rows(
    world: World, description: str, subject: str
) -> None:
    path = world.add_florida()
    world.execute(path, f"UPDATE _clerk_tables SET description = '{description}'")
    assert world.open().board.catalogue.databases[0].tables[0].subject == subject


def test_times_are_shown_in_utc_to_the_minute_and_anything_else_as_it_is() -> None:
    assert show_moment("2026-07-14T10:30:59+02:00") == Moment("2026-07-14T10:30:59+02:00", "2026-07-14 08:30 UTC")
    assert show_moment("soon") == Moment("soon", "soon")
    assert show_moment(None) is None


def test_states_are_called_by_their_names() -> None:
    assert (name_state("CA"), name_state("WY"), name_state("ZZ"), len(STATE_NAMES)) == (
        "California",
        "Wyoming",
        "ZZ",
        56,
    )
