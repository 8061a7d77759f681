"""The block of an installation in the user's crontab: nothing else there is touched."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerkcore.errors import ClerkError, SettingsError, UsageError
from clerkcore.jobs.crontab import QUIETLY, find_block, install_block, put_block, render_block, uninstall_block
from clerkcore.jobs.entries import Entry, plan_entries
from clerkcore.testing.clerk import Clerk

ROOT = Path("/srv/civic")
CLERK = Path(sys.executable).with_name("clerk")
TABLE = b"# mine\r\nMAILTO=me@example.org\n\n0 3 * * * backup '100\\%'\n"


def entries(root: Path = ROOT, **options: Any) -> list[Entry]:
    return plan_entries(root, **options)


def block(root: Path = ROOT) -> bytes:
    return render_block(root, entries(root)).encode()


def test_the_block_calls_what_is_due_every_five_minutes() -> None:
    assert render_block(ROOT, entries()) == (
        f"# BEGIN clerk /srv/civic\n*/5 * * * * {QUIETLY}{CLERK} --root /srv/civic jobs run --due >/dev/null\n"
        "# END clerk /srv/civic\n"
    )


def test_the_block_of_next_sites_has_a_line_for_each_family() -> None:
    assert render_block(ROOT, entries(next_site="0  6 * * *")) == (
        "# BEGIN clerk /srv/civic\n"
        f"0 6 * * * {QUIETLY}{CLERK} --root /srv/civic finance etl --next-site >/dev/null\n"
        f"0 6 * * * {QUIETLY}{CLERK} --root /srv/civic states update --next-site >/dev/null\n"
        "# END clerk /srv/civic\n"
    )


@pytest.mark.parametrize(("minutes", "cron"), [(1, "* * * * *"), (15, "*/15 * * * *"), (60, "0 * * * *")])
def test_the_minutes_between_two_ticks_can_be_chosen(minutes: int, cron: str) -> None:
    assert entries(every_minutes=minutes)[0].cron == cron


def test_minutes_that_do_not_divide_an_hour_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        entries(every_minutes=7)
    assert str(caught.value) == "7 minutes do not divide an hour evenly (choose 1, 5, 10, 15, 20, 30 or 60)"


def test_times_that_cannot_be_used_are_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        entries(next_site="0 25 * * *")
    assert str(caught.value) == (
        "--next-site: '0 25 * * *' is no cron expression: bad hour"
        " (write it as 0 6 * * * (every day at 6:00), with dates that exist)"
    )


@pytest.mark.parametrize("root", ["/srv/a\nb", "/srv/a\\b", "/srv/\x1b[31m"])
def test_a_folder_whose_name_would_break_a_line_is_refused(root: str) -> None:
    with pytest.raises(UsageError) as caught:
        entries(Path(root))
    assert str(caught.value) == (
        f"{root!r} cannot stand in a schedule (use a path without backslashes and control characters)"
    )


@given(st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\\/")))
def test_cron_and_the_shell_see_the_folder_as_it_is_called(name: str) -> None:
    root = Path(f"/srv/my {name}")
    line = render_block(root, entries(root)).splitlines()[1]
    command = line.removeprefix(f"*/5 * * * * {QUIETLY}").removesuffix(" >/dev/null")
    assert command.count("%") == command.count("\\%")  # cron ends a command at any other
    assert shlex.split(command.replace("\\%", "%")) == [str(CLERK), "--root", str(root), "jobs", "run", "--due"]


@given(st.binary() | st.lists(st.sampled_from([b"# BEGIN clerk /srv/civic2", b"\n", b"\r\n", b"x"])).map(b"".join))
def test_taking_the_block_out_leaves_every_other_byte(table: bytes) -> None:
    with_block = put_block(table, ROOT, entries())
    assert with_block.replace(block(), b"") == table
    assert with_block.count(block()) == 1


@given(st.binary())
def test_a_second_installation_changes_nothing(table: bytes) -> None:
    once = put_block(table, ROOT, entries())
    assert put_block(once, ROOT, entries()) == once


def test_a_crontab_without_a_last_newline_keeps_its_last_line() -> None:
    assert put_block(b"0 3 * * * backup", ROOT, entries()) == block() + b"0 3 * * * backup"


def test_the_first_block_makes_the_crontab(crontab: Any) -> None:
    assert install_block(ROOT, entries(), crontab.program) is True
    assert crontab.read() == block()


def test_installing_twice_writes_once(crontab: Any) -> None:
    install_block(ROOT, entries(), crontab.program)
    assert install_block(ROOT, entries(), crontab.program) is False


def test_another_interval_takes_the_place_of_the_block(crontab: Any) -> None:
    crontab.write(TABLE + block() + b"# after\n")
    install_block(ROOT, entries(every_minutes=10), crontab.program)
    assert crontab.read() == TABLE + block().replace(b"*/5", b"*/10") + b"# after\n"


def test_uninstalling_takes_only_the_block_of_its_own_root(crontab: Any) -> None:
    other = Path("/srv/civic2")
    crontab.write(TABLE + block() + block(other))
    assert uninstall_block(ROOT, crontab.program) is True
    assert crontab.read() == TABLE + block(other)
    assert uninstall_block(ROOT, crontab.program) is False


def test_a_block_whose_lines_an_editor_ended_otherwise_is_found(crontab: Any) -> None:
    crontab.write(TABLE + block().replace(b"\n", b"\r\n") + b"# after\n")
    uninstall_block(ROOT, crontab.program)
    assert crontab.read() == TABLE + b"# after\n"


@pytest.mark.parametrize(
    ("table", "begins", "ends"),
    [
        (b"# BEGIN clerk /srv/civic\n0 3 * * * backup\n", 1, 0),
        (b"# END clerk /srv/civic\n", 0, 1),
        (b"# END clerk /srv/civic\n# BEGIN clerk /srv/civic\n", 1, 1),
        (2 * (b"# BEGIN clerk /srv/civic\n# END clerk /srv/civic\n"), 2, 2),
    ],
    ids=["no end", "no beginning", "upside down", "twice"],
)
@pytest.mark.parametrize(
    "change", [lambda program: install_block(ROOT, entries(), program), lambda program: uninstall_block(ROOT, program)]
)
def test_a_broken_block_is_left_to_people(crontab: Any, table: bytes, begins: int, ends: int, change: Any) -> None:
    crontab.write(table)
    with pytest.raises(ClerkError) as caught:
        change(crontab.program)
    assert str(caught.value) == (
        f"crontab: its block is broken: {begins} lines '# BEGIN clerk /srv/civic', {ends} lines"
        " '# END clerk /srv/civic' (remove what is left of it by hand with crontab -e, then install again)"
    )
    assert crontab.read() == table


def test_a_crontab_that_is_not_taken_stays_as_it_was(crontab: Any) -> None:
    crontab.write(b"# REFUSED\n")
    with pytest.raises(ClerkError) as caught:
        install_block(ROOT, entries(), crontab.program)
    assert str(caught.value) == (
        'the crontab was not taken; it is as it was before: "-":1: bad minute\n'
        "errors in crontab file, can't install. (see: crontab -l)"
    )
    assert crontab.read() == b"# REFUSED\n"


def test_a_crontab_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    program = tmp_path / "crontab"
    program.write_text("#!/bin/sh\necho 'you (me) are not allowed to use this program' >&2; exit 1\n")
    program.chmod(0o755)
    with pytest.raises(ClerkError) as caught:
        find_block(ROOT, str(program))
    assert str(caught.value) == (
        "the crontab cannot be read: you (me) are not allowed to use this program (see: crontab -l)"
    )


def test_a_machine_without_cron_is_told_what_else_there_is() -> None:
    with pytest.raises(ClerkError) as caught:
        find_block(ROOT, "no-such-crontab")
    assert str(caught.value) == (
        "there is no program 'no-such-crontab'"
        " (install cron, or use: clerk schedule install systemd, or clerk schedule run)"
    )


def test_the_command_installs_shows_and_takes_out_again(clerk: Clerk, crontab: Any) -> None:
    crontab.write(TABLE)
    words = [
        clerk("schedule", *words.split()).stdout
        for words in ("install cron", "install cron", "installed", "uninstall cron", "uninstall cron", "installed")
    ]
    assert words == [
        "installed in your crontab; to see it: crontab -l\n",
        "your crontab has this already\n",
        f"cron: */5 * * * * {QUIETLY}{CLERK} --root {clerk.root} jobs run --due >/dev/null\n",
        "taken out of your crontab\n",
        "your crontab has nothing of this installation\n",
        "Nothing calls clerk here: clerk schedule install cron\n",
    ]
    assert crontab.read() == TABLE


def test_printing_writes_nothing(clerk: Clerk, crontab: Any) -> None:
    printed = clerk("schedule", "install", "cron", "--print").stdout
    assert printed.encode() == block(clerk.root)
    assert not crontab.path.exists()


def test_settings_that_cron_would_not_see_are_named(clerk: Clerk, crontab: Any) -> None:
    given = {"CLERK_HTTP_DELAY": "0", "CLERK_SECRET_NETFILE_KEY": "x"}
    assert clerk("schedule", "install", "cron", environ=given).stderr == (
        "Warning: what cron and systemd start does not see CLERK_HTTP_DELAY, CLERK_SECRET_NETFILE_KEY:"
        " write it to clerk.toml or secrets/\n"
    )
