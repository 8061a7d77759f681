"""The reference pages say what the code says."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

import clerkcore
from clerkcore import hookspecs
from clerkcore.settings import setting_fields, variable

ROOT = Path(__file__).parents[2]
GENERATED = sorted(path for path in (ROOT / "README.md", *ROOT.glob("docs/**/*.md")) if "[[[cog" in path.read_text())
HOOKS = [name for name in vars(hookspecs) if hasattr(getattr(hookspecs, name), "clerkcore_spec")]
EXAMPLE = ("e.g. clerk ", "For example: clerk ")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_generated_parts_are_current() -> None:
    """`make docs` would change nothing."""
    command = [
        str(Path(sys.executable).with_name("cog")),
        "--check",
        "--diff",
        *(str(p.relative_to(ROOT)) for p in GENERATED),
    ]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_documented_with_its_exact_signature(docs: Path, name: str) -> None:
    signature = str(inspect.signature(getattr(hookspecs, name))).replace("'", "")
    assert f"## {name}\n\n```python\ndef {name}{signature}\n```" in read(docs / "hooks.md")


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_appears_in_a_test(root: Path, name: str) -> None:
    tests = [
        path for path in (*root.glob("tests/**/*.py"), *root.glob("plugins/*/tests/*.py")) if path != Path(__file__)
    ]
    assert any(name in read(path) for path in tests)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_a_first_party_user(root: Path, name: str) -> None:
    sources = [*root.glob("src/clerkcore/**/*.py"), *root.glob("plugins/*/src/**/*.py")]
    assert any(f"@hookimpl\ndef {name}(" in read(path) for path in sources)


def test_every_command_is_in_the_reference_with_its_help(docs: Path, generate: ModuleType) -> None:
    page = read(docs / "cli-reference.md")
    for name, _, context in generate.walk_commands():
        assert f"# {name}\n\n```text\nUsage: {name}" in page, name
        assert context.get_help().splitlines()[-1] in page, name


def test_the_reference_has_the_commands_of_the_plugins(docs: Path) -> None:
    page = read(docs / "cli-reference.md")
    assert [name for name in ("serve", "demo") if f"### clerk {name}\n" not in page] == []


def test_every_command_has_help_with_an_example(generate: ModuleType) -> None:
    """Groups have theirs in the help of their commands."""
    commands = [
        (name, command) for name, command, _ in generate.walk_commands() if not isinstance(command, click.Group)
    ]
    assert [name for name, command in commands if not any(mark in (command.help or "") for mark in EXAMPLE)] == []


def test_every_option_has_help(generate: ModuleType) -> None:
    options = [
        (name, option.name)
        for name, command, _ in generate.walk_commands()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert options == []


def test_every_setting_is_documented(docs: Path) -> None:
    page = read(docs / "settings.md")
    for name, key, about, _ in setting_fields():
        assert f"| `{key}` | `{variable(name)}` |" in page, key
        assert about in page, key


def test_every_system_table_is_documented(docs: Path, generate: ModuleType) -> None:
    page = read(docs / "tables.md")
    assert [
        name for name, sql in generate.system_tables().items() if f"CREATE TABLE {name} (" not in page or not sql
    ] == []


def test_every_table_and_column_of_a_source_is_documented(docs: Path, generate: ModuleType) -> None:
    page = read(docs / "tables.md")
    tables = [table for _, source in generate.first_party_sources() for table in source.tables]
    assert tables
    for table in tables:
        assert f"#### {table.name}\n" in page
        assert [column.name for column in table.columns if f"| `{column.name}` | {column.type} |" not in page] == []


def test_the_exported_names_are_there_and_no_others_are() -> None:
    assert clerkcore.__all__ == sorted(clerkcore.__all__, key=lambda name: (name[0].islower(), name))
    assert [name for name in clerkcore.__all__ if not hasattr(clerkcore, name)] == []
    with pytest.raises(AttributeError, match="module 'clerkcore' has no attribute 'Manager'"):
        clerkcore.Manager  # noqa: B018


@pytest.mark.parametrize("name", clerkcore.__all__)
def test_an_exported_name_is_in_the_plugin_guide(docs: Path, name: str) -> None:
    assert f"| `{name}` | " in read(docs / "plugin-guide.md")
