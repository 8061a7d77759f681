"""The timers of an installation: what is written, and that nothing else is touched."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clerkcore.errors import ClerkError, SettingsError
from clerkcore.jobs.entries import plan_entries
from clerkcore.jobs.oncalendar import read_calendar
from clerkcore.jobs.systemd import UnitFolder, find_units, install_units, render_units, uninstall_units, user_folder
from clerkcore.testing.clerk import Clerk

ROOT = Path("/srv/civic")
CLERK = Path(sys.executable).with_name("clerk")
MARK = "# Written by clerk for /srv/civic; clerk schedule uninstall systemd removes it.\n"


def test_a_service_runs_what_is_due_and_can_do_little_else() -> None:
    units = render_units(ROOT, plan_entries(ROOT))
    assert units == {
        "clerk-civic-6edde327-due.timer": MARK
        + "[Unit]\nDescription=clerk: when what is due of /srv/civic runs\n\n"
        + "[Timer]\nOnCalendar=*-*-* *:00,05,10,15,20,25,30,35,40,45,50,55:00\nAccuracySec=10s\n"
        + "# What was due while the machine was off is done when it is on again.\nPersistent=true\n\n"
        + "[Install]\nWantedBy=timers.target\n",
        "clerk-civic-6edde327-due.service": MARK
        + "[Unit]\nDescription=clerk: what is due of /srv/civic\n\n"
        + f'[Service]\nType=oneshot\nExecStart="{CLERK}" "--root" "/srv/civic" "jobs" "run" "--due"\n'
        + "# Something is held: told by clerk status, no failure of this service.\nSuccessExitStatus=3\n"
        + "# The job at hand is ended before the service stops.\nTimeoutStopSec=15min\n"
        + "NoNewPrivileges=yes\nLockPersonality=yes\nRestrictRealtime=yes\nRestrictSUIDSGID=yes\n"
        + "RestrictNamespaces=yes\nRestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK\n"
        + "SystemCallArchitectures=native\n",
    }


@pytest.mark.parametrize(
    ("cron", "events"),
    [
        ("0 6 * * *", ["*-*-* 06:00:00"]),
        ("0 9 15 JAN,APR,JUL,OCT *", ["*-01,04,07,10-15 09:00:00"]),
        ("30 */6 * * 0,7", ["Sun *-*-* 00,06,12,18:30:00"]),
        ("0 6 1 * MON-FRI", ["*-*-01 06:00:00", "Mon,Tue,Wed,Thu,Fri *-*-* 06:00:00"]),
    ],
    ids=["daily", "the four filing dates", "sundays", "either day matches"],
)
def test_cron_expressions_are_said_in_the_words_of_systemd(cron: str, events: list[str]) -> None:
    assert read_calendar(cron) == events


def test_what_systemd_cannot_say_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        read_calendar("0 6 L * *")
    assert str(caught.value) == (
        "'0 6 L * *' cannot be said to systemd (use plain days and weekdays, or: clerk schedule install cron)"
    )


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not there")
def test_systemd_takes_the_units_of_a_folder_with_an_odd_name(tmp_path: Path) -> None:
    root = tmp_path / 'my 100% $HOME "civic"'
    root.mkdir()
    folder = UnitFolder(tmp_path / "units", system=True)
    paths = install_units(root, plan_entries(root, next_site="0 6 1 * MON-FRI"), folder)
    done = subprocess.run(["systemd-analyze", "verify", *map(str, paths)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_service_of_the_machine_writes_nowhere_but_in_the_root(tmp_path: Path) -> None:
    service = render_units(tmp_path, plan_entries(tmp_path), system=True).popitem()[1]
    assert f'ReadWritePaths="{tmp_path}"\n' in service
    assert f"User={tmp_path.owner()}\n" in service
    assert "ProtectSystem=strict\n" in service


def test_installing_again_replaces_what_was_there(tmp_path: Path) -> None:
    folder = UnitFolder(tmp_path)
    install_units(ROOT, plan_entries(ROOT), folder)
    install_units(ROOT, plan_entries(ROOT, next_site="0 6 * * *"), folder)
    assert [path.name.rpartition("-")[2] for path in find_units(ROOT, folder)] == [
        "finance.service",
        "finance.timer",
        "states.service",
        "states.timer",
    ]


def test_uninstalling_removes_only_its_own_files_and_what_enabled_them(tmp_path: Path) -> None:
    folder, other = UnitFolder(tmp_path), Path("/srv/civic2")
    timer = install_units(ROOT, plan_entries(ROOT), folder)[0]
    kept = install_units(other, plan_entries(other), folder)
    mine = tmp_path / "clerk-mine.timer"
    mine.write_text("[Timer]\n")
    (tmp_path / "timers.target.wants").mkdir()
    (tmp_path / "timers.target.wants" / timer.name).symlink_to(timer)
    assert len(uninstall_units(ROOT, folder)) == 2
    left = sorted(path for path in tmp_path.rglob("*") if not path.is_dir())
    assert left == sorted([*kept, mine])


def test_a_file_of_that_name_that_is_not_ours_is_left(tmp_path: Path) -> None:
    folder = UnitFolder(tmp_path)
    timer = install_units(ROOT, plan_entries(ROOT), folder)[0]
    timer.write_text("[Timer]\n")
    with pytest.raises(ClerkError) as caught:
        install_units(ROOT, plan_entries(ROOT), folder)
    assert str(caught.value) == f"{timer}: is there and was not written by clerk (move it away)"
    assert timer.read_text() == "[Timer]\n"


def test_units_of_a_user_go_where_their_systemd_looks() -> None:
    assert user_folder({"XDG_CONFIG_HOME": "/home/me/.conf"}).path == Path("/home/me/.conf/systemd/user")
    assert user_folder({}).path == Path.home() / ".config/systemd/user"


def test_the_command_says_what_is_left_to_do(clerk: Clerk, tmp_path: Path) -> None:
    folder = tmp_path / "units"
    installed = clerk("schedule", "install", "systemd", "--directory", folder)
    timer = next(folder.glob("*.timer")).name
    service = timer.replace(".timer", ".service")
    assert installed.stdout == (
        f"wrote {folder}/{timer}\nwrote {folder}/{service}\n"
        f"To start: systemctl --user daemon-reload && systemctl --user enable --now {timer}\n"
        "So that it runs while you are not logged in: loginctl enable-linger\n"
    )
    removed = clerk("schedule", "uninstall", "systemd", "--directory", folder)
    assert removed.stdout == (
        f"removed {folder}/{service}\nremoved {folder}/{timer}\n"
        f"To end: systemctl --user stop {timer}; systemctl --user daemon-reload\n"
    )
    again = clerk("schedule", "uninstall", "systemd", "--directory", folder)
    assert again.stdout == f"{folder} has nothing of this installation\n"
