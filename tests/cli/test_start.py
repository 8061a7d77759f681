"""What happens before a command runs: imports, the root, help, interruptions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from clerkcore.__main__ import run
from clerkcore.cli.root import CORE, build_cli
from clerkcore.plugins.discovery import discover

HEAVY = {
    "httpx",
    "sqlalchemy",
    "alembic",
    "rich",
    "datasette",
    "sqlite_utils",
    "tenacity",
    "asyncio",
    "structlog",
    "prometheus_client",
}
LIST_MODULES = "print(*sorted(sys.modules), file=sys.stderr)"


def modules_after(code: str, folder: Path) -> set[str]:
    """Return the modules a new interpreter has loaded after this code, which may print to stdout only."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CLERK_")}
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n{LIST_MODULES}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env=environ,
    )
    return set(ended.stderr.split())


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_help_imports_no_plugin_and_nothing_heavy(tmp_path: Path, words: list[str]) -> None:
    plugin = tmp_path / "plugin_of_a_test.py"
    plugin.write_text("raise SystemExit('imported')\n")
    words = [*words, "--plugins-dir", str(tmp_path)]
    loaded = modules_after(f"from clerkcore.__main__ import run\nassert run({words!r}, {{}}) == 0", tmp_path)
    assert loaded & HEAVY == set()
    assert [name for name in loaded if name.startswith("clerk_") or name == "plugin_of_a_test"] == []


def test_importing_clerkcore_loads_none_of_its_modules(tmp_path: Path) -> None:
    loaded = modules_after("import clerkcore", tmp_path)
    assert {name for name in loaded if name.startswith("clerk")} == {"clerkcore"}


def test_importing_every_module_leaves_no_trace(tmp_path: Path) -> None:
    code = (
        "import importlib, pkgutil, threading, clerkcore\n"
        "skipped = ('clerkcore.ledger.migrations', 'clerkcore.testing')\n"
        "for module in pkgutil.walk_packages(clerkcore.__path__, 'clerkcore.'):\n"
        "    if not module.name.startswith(skipped):\n"
        "        importlib.import_module(module.name)\n"
        "assert threading.active_count() == 1"
    )
    assert "clerkcore.cli.sites" in modules_after(code, tmp_path)
    assert list(tmp_path.iterdir()) == []


def find_commands(group: click.Group, path: str = "clerk") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from find_commands(command, f"{path} {name}")


COMMANDS = dict(find_commands(build_cli(discover(reserved=CORE), lambda: None)))


@pytest.mark.parametrize("path", [path for path, command in COMMANDS.items() if not isinstance(command, click.Group)])
def test_every_command_has_help_with_an_example(path: str) -> None:
    text = " ".join((COMMANDS[path].help or "").split())
    assert f"e.g. {path}" in text or f"For example: {path}" in text


@pytest.mark.parametrize("path", [path for path, command in COMMANDS.items() if isinstance(command, click.Group)])
def test_every_group_has_help(path: str) -> None:
    assert COMMANDS[path].help


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_has_help(path: str) -> None:
    options = [option for option in COMMANDS[path].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_the_root_is_found_from_a_folder_below(tmp_path: Path) -> None:
    assert run(["init", str(tmp_path)], {}) == 0
    below = tmp_path / "sites"
    ended = subprocess.run(
        [sys.executable, "-m", "clerkcore", "doctor"], capture_output=True, text=True, check=False, cwd=below
    )
    assert f"ok       root: {tmp_path}\n" in ended.stdout


@pytest.mark.parametrize(
    "words",
    [["--root", "{}", "doctor"], ["doctor", "--root", "{}"], ["doctor", "--root={}"]],
    ids=["before the command", "after it", "with ="],
)
def test_the_root_option_may_stand_anywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    run(["init", str(tmp_path)], {})
    run([word.format(tmp_path) for word in words], {"CLERK_ROOT": "/nowhere"})
    assert f"ok       root: {tmp_path}\n" in capsys.readouterr().out


def test_clerk_root_names_the_root(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["init", str(tmp_path)], {})
    run(["doctor"], {"CLERK_ROOT": str(tmp_path)})
    assert f"ok       root: {tmp_path}\n" in capsys.readouterr().out


def test_init_tells_what_it_made_and_makes_nothing_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, next_steps = tmp_path / "civic", ("Next: clerk sites import --pilots, or clerk sites add ", "clerk states ")
    assert run(["init", str(root)], {}) == 0
    made = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(next_steps)]
    inside = ("sites", "secrets", "clerk.toml", "sites/states.json", "civic.db")
    assert made == [f"made {path}" for path in (root, *(root / name for name in inside))]
    assert run(["init", str(root)], {}) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{root} is complete"
    assert (root / "secrets").stat().st_mode & 0o777 == 0o700


def test_a_command_without_an_installation_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--root", str(tmp_path)], {}) == 1
    assert "clerk init" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nosuch"], "No such command 'nosuch'."),
        (["status", "--nosuch"], "No such option '--nosuch'."),
        (["runs", "show", "zero"], "'zero' is not a valid integer range"),
        (["runs", "show"], "Missing argument 'RUN'."),
    ],
)
def test_wrong_usage_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert run([*words, "--root", str(tmp_path)], {}) == 2
    assert told in capsys.readouterr().err


def test_a_broken_settings_file_ends_with_2_and_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clerk.toml").write_text("contact = ")
    assert run(["status", "--root", str(tmp_path)], {}) == 2
    assert capsys.readouterr().err.startswith(f"Error: {tmp_path / 'clerk.toml'}: not valid TOML: ")


def test_a_reader_that_goes_away_gets_no_traceback(tmp_path: Path) -> None:
    run(["init", str(tmp_path)], {})
    line = f"{sys.executable} -m clerkcore doctor --root {tmp_path} | head -c 1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (ended.returncode in (0, 1), ended.stderr) == (True, "")
