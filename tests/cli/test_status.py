"""clerk status: one line for each source of each site, with the command that helps."""

from __future__ import annotations

from typing import Any

from clerk_demo import Faults, Simulator

Clerk = Any  # the class of the fixture in conftest.py
KEYS = ["site", "source", "outcome", "run_id", "at", "counts", "findings", "held", "message", "command"]


def etl(clerk: Clerk) -> int:
    code: int = clerk("finance", "etl", "sandiego.ca", "--year", "2020", CLERK_HTTP_RETRIES="0").code
    return code


def tell(clerk: Clerk) -> list[tuple[str, str, str, str]]:
    rows = clerk("status", "--json").rows
    return [(row["site"], row["source"], row["outcome"], row["command"]) for row in rows]


def test_a_source_that_never_ran_shows_the_command_that_loads_it(clerk: Clerk) -> None:
    clerk("sites", "import", "--pilots")
    load = "clerk finance etl"
    assert [row for row in tell(clerk) if row[0] not in ("ga", "nc", "tx")] == [
        ("alameda-county.ca", "netfile", "never", f"{load} alameda-county.ca"),
        ("alameda.ca", "netfile", "never", f"{load} alameda.ca"),
        ("berkeley.ca", "netfile", "never", f"{load} berkeley.ca"),
        ("fl", "florida", "never", "clerk states update fl"),
        ("oakland.ca", "netfile", "never", f"{load} oakland.ca"),
        ("san-francisco.ca", "netfile", "never", f"{load} san-francisco.ca"),
        ("sandiego.ca", "netfile", "never", f"{load} sandiego.ca"),
    ]


def test_a_loaded_source_needs_no_command(san_diego: Clerk) -> None:
    etl(san_diego)
    [row] = san_diego("status", "--json").rows
    assert list(row) == KEYS
    assert (row["outcome"], row["run_id"], row["counts"]["added"], row["at"][-1]) == ("changed", 1, 60, "Z")
    assert row["command"] in ("", "clerk runs show 1")


def test_a_failed_source_shows_the_command_that_repeats_it(san_diego: Clerk, simulator: Simulator) -> None:
    simulator.faults = Faults(html=True)
    assert etl(san_diego) == 1
    assert tell(san_diego) == [("sandiego.ca", "netfile", "failed", "clerk finance etl sandiego.ca")]


def test_a_held_source_shows_the_command_that_looks_at_it(san_diego: Clerk, simulator: Simulator) -> None:
    etl(san_diego)
    simulator.faults = Faults(drop_share=0.5)
    assert etl(san_diego) == 3
    assert tell(san_diego) == [("sandiego.ca", "netfile", "held", "clerk runs show 2")]


def test_after_an_accept_the_status_is_that_of_the_accept(san_diego: Clerk, simulator: Simulator) -> None:
    etl(san_diego)
    simulator.faults = Faults(drop_share=0.5)
    etl(san_diego)
    assert san_diego("accept", "2").code == 0
    [row] = san_diego("status", "--json").rows
    assert (row["outcome"], row["run_id"], row["counts"]["disappeared"], row["held"]) == ("changed", 3, 30, 0)


def test_after_an_undo_the_status_is_that_of_the_undo(san_diego: Clerk, simulator: Simulator) -> None:
    etl(san_diego)
    simulator.set_day(3)
    etl(san_diego)
    [undone] = san_diego("undo", "2", "--json").rows
    [row] = san_diego("status", "--json").rows
    assert (row["outcome"], row["run_id"], row["message"]) == ("changed", 3, undone["message"])


def test_a_refused_undo_points_to_its_own_run(san_diego: Clerk) -> None:
    etl(san_diego)
    etl(san_diego)
    assert san_diego("undo", "2").code == 1
    assert tell(san_diego) == [("sandiego.ca", "netfile", "failed", "clerk runs show 3")]


def test_a_source_without_a_plugin_points_to_the_plugins(clerk: Clerk) -> None:
    clerk.add_site("oz.ks", "nosuch.agency=OZ", state="KS")
    assert tell(clerk) == [("oz.ks", "nosuch", "never", "clerk plugins list")]


def test_a_site_without_a_source_is_shown(clerk: Clerk) -> None:
    clerk.add_site("oz.ks", state="KS")
    assert tell(clerk) == [("oz.ks", "", "never", "clerk sites show oz.ks")]


def test_a_disabled_site_is_left_out(clerk: Clerk) -> None:
    clerk.add_site("oz.ks", state="KS")
    clerk("sites", "disable", "oz.ks")
    assert tell(clerk) == []


def test_the_screen_ends_with_a_summary(san_diego: Clerk) -> None:
    san_diego.add_site("oakland.ca", "netfile.agency=COAK")
    etl(san_diego)
    lines = san_diego("status").out.splitlines()
    assert lines[0].split() == [
        "Site",
        "Source",
        "Last",
        "run",
        "Outcome",
        "Changes",
        "Held",
        "Message",
        "What",
        "helps",
    ]
    assert "clerk finance etl oakland.ca" in lines[1]
    assert "+60 ~0 -0" in lines[2]
    assert lines[-2:] == [
        "2 sites, 2 sources: 1 changed, 1 never",
        "No schedule has run yet: clerk schedule install cron, or clerk jobs run --due",
    ]


def test_no_sites_yet(clerk: Clerk) -> None:
    assert clerk("status").out.splitlines()[-1] == "No sites yet: clerk sites import --pilots"
