"""Throwaway plugins in each of the three shapes, and `clerk` that finds them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clerkcore.__main__ import run

FACE = """\
from clerkcore import Ref, hookimpl


@hookimpl
def register_finance_sources():
    return [Ref("{source}", "{module}:Topeka", "Finance of Topeka")]
"""
COMMAND = """\
import click


@click.command()
def command():
    click.echo("hello from {module}")
"""
SCRIPT = """\
# /// script
# dependencies = ["clerkcore"]
#
# [tool.clerk]
# version = "1.0"
# summary = "A plugin of the tests"
#
# [tool.clerk.commands]
# {command} = "{module}:command"
# ///
"""


@dataclass(frozen=True)
class Result:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Stdout as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Plugins:
    """Writes plugins into a folder and runs `clerk` with them."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def write_file(self, module: str, text: str) -> Path:
        path = self.folder / f"{module}.py"
        path.write_text(text, encoding="utf-8")
        return path

    def write_project(self, name: str, pyproject: str, **modules: str) -> Path:
        source = self.folder / name / "src"
        source.mkdir(parents=True)
        (self.folder / name / "pyproject.toml").write_text(pyproject, encoding="utf-8")
        for module, text in modules.items():
            (source / f"{module}.py").write_text(text, encoding="utf-8")
        return self.folder / name

    def clerk(self, *words: str, **environ: str) -> Result:
        return self.clerk_without(*words, "--plugins-dir", str(self.folder), **environ)

    def clerk_without(self, *words: str, **environ: str) -> Result:
        self.capsys.readouterr()
        code = run([*words, "--root", str(self.folder.parent / "civic")], environ)
        printed = self.capsys.readouterr()
        return Result(code, printed.out, printed.err)

    def add_site(self, source: str) -> None:
        """Add Oz, a site with this source."""
        words = ("sites", "add", "oz.ks", "--name", "Oz", "--state", "KS", "--kind", "city", "--set", f"{source}.x=1")
        assert self.clerk(*words).code == 0

    def show(self, name: str) -> dict[str, Any]:
        shown = self.clerk("plugins", "show", name, "--json")
        assert shown.code == 0, shown.err
        return shown.rows[0]


@pytest.fixture
def plugins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Plugins]:
    """A folder of plugins beside a new installation; what it imported is forgotten afterwards."""
    found = Plugins(tmp_path / "plugins", capsys)
    found.folder.mkdir()
    path = list(sys.path)
    assert found.clerk_without("init").code == 0
    yield found
    sys.path[:] = path
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def write_as_file(plugins: Plugins, module: str, source: str, command: str) -> None:
    texts = (SCRIPT, FACE, COMMAND)
    plugins.write_file(module, "".join(text.format(module=module, source=source, command=command) for text in texts))


def write_as_project(plugins: Plugins, module: str, source: str, command: str) -> None:
    plugins.write_project(
        module,
        f"""\
[project]
name = "{module}"
version = "1.0"
description = "A plugin of the tests"

[project.entry-points."clerkcore.plugins"]
{module} = "{module}"

[project.entry-points."clerkcore.commands"]
{command} = "{module}_command:command"
""",
        **{module: FACE.format(module=module, source=source), f"{module}_command": COMMAND.format(module=module)},
    )


def write_as_installed(plugins: Plugins, module: str, source: str, command: str) -> None:
    """Lay a distribution out as an installer does, in a folder of the interpreter's path."""
    site_packages = plugins.folder.parent / "site-packages"
    described = site_packages / f"{module}-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\nSummary: A plugin of the tests\n"
    )
    (described / "entry_points.txt").write_text(
        f"[clerkcore.plugins]\n{module} = {module}\n\n[clerkcore.commands]\n{command} = {module}_command:command\n"
    )
    (site_packages / f"{module}.py").write_text(FACE.format(module=module, source=source))
    (site_packages / f"{module}_command.py").write_text(COMMAND.format(module=module))
    if str(site_packages) not in sys.path:
        sys.path.insert(0, str(site_packages))


Writer = Callable[[Plugins, str, str, str], None]
WRITERS: dict[str, Writer] = {
    "single file": write_as_file,
    "project folder": write_as_project,
    "installed": write_as_installed,
}


@pytest.fixture(params=WRITERS)
def write_plugin(request: pytest.FixtureRequest) -> Writer:
    """Write a plugin with a hook and a command, in each of the three shapes."""
    return WRITERS[request.param]
