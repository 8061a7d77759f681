"""What cog writes into the docs: commands, hooks, settings, tables and example files, as the code has them."""

from __future__ import annotations

import inspect
import sqlite3
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import click

import clerkcore
from clerkcore import hookspecs
from clerkcore.cli.root import CORE, build_cli
from clerkcore.installation import FAMILIES
from clerkcore.interfaces import Source, Table
from clerkcore.ledger.tables import metadata
from clerkcore.plugins import Discovery, Manager, discover
from clerkcore.settings import setting_fields, variable
from clerkcore.store.system import create_system_tables

DOCS = Path(__file__).parent
ROOT = DOCS.parent
WIDTH = 88


@cache
def first_party() -> Discovery:
    """Return the core's and this repository's plugins only, whatever else is installed."""
    projects = [tomllib.loads(path.read_text(encoding="utf-8")) for path in ROOT.glob("plugins/*/pyproject.toml")]
    names = {"clerkcore", *(project["project"]["name"] for project in projects)}
    found = discover(reserved=CORE)
    return Discovery(
        tuple(plugin for plugin in found.plugins if plugin.name in names),
        {name: command for name, command in found.commands.items() if command.plugin in names},
    )


def first_party_sources() -> list[tuple[str, type[Source]]]:
    """Return (plugin, source class) of every source that a plugin of this repository offers."""
    manager = Manager(first_party())
    return [
        (offer.plugin, manager.load(family.hook, name))
        for family in FAMILIES
        for name, offer in manager.offers[family.hook].items()
    ]


def walk_commands() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield (full name, command, context) of `clerk` and every command below it."""
    root = build_cli(first_party(), lambda: None)
    context = click.Context(root, info_name="clerk", terminal_width=WIDTH, **root.context_settings)
    yield "clerk", root, context
    yield from _walk("clerk", root, context)


def _walk(name: str, group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        if command is None or command.hidden:
            continue
        below = click.Context(command, parent=context, info_name=word, terminal_width=WIDTH)
        yield f"{name} {word}", command, below
        if isinstance(command, click.Group):
            yield from _walk(f"{name} {word}", command, below)


def tell_commands() -> str:
    """Return a section for each command with its help text."""
    sections = []
    for name, command, context in walk_commands():
        level = "#" * min(len(name.split()) + 1, 4)
        sections.append(f"{level} {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n")
    return "\n".join(sections)


def hook_signature(name: str) -> str:
    """Return a hook's signature as its specification writes it."""
    return f"{name}{inspect.signature(getattr(hookspecs, name))}".replace("'", "")


def list_hooks() -> list[str]:
    """Return the names of all hooks, in the order of their specification."""
    return [name for name, thing in vars(hookspecs).items() if hasattr(thing, f"{hookspecs.PROJECT}_spec")]


def tell_hooks() -> str:
    """Return a section for each hook with its signature and what it is for."""
    parts = [f"This is version {hookspecs.HOOKS_VERSION} of the hooks.\n"]
    for name in list_hooks():
        about = inspect.getdoc(getattr(hookspecs, name)) or ""
        parts.append(f"## {name}\n\n```python\ndef {hook_signature(name)}\n```\n\n{about}\n")
    return "\n".join(parts)


def tell_settings() -> str:
    """Return the table of settings."""
    rows = [
        (f"`{key}`", f"`{variable(name)}`", _default(default), about) for name, key, about, default in setting_fields()
    ]
    return _table(("Key in clerk.toml", "Variable", "Default", "Meaning"), rows)


def _default(value: object) -> str:
    return f"`{value}`" if value or value == 0 else "(none)"


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def system_tables() -> dict[str, str]:
    """Return the tables that clerk keeps in every site database, with their SQL."""
    with closing(sqlite3.connect(":memory:")) as connection:
        create_system_tables(connection)
        query = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        return dict(connection.execute(query).fetchall())


def tell_system_table(name: str) -> str:
    """Return the SQL of one system table."""
    return f"```sql\n{inspect.cleandoc(system_tables()[name])}\n```\n"


def tell_ledger() -> str:
    """Return the tables of civic.db with their columns."""
    rows = [
        (f"`{table.name}`", ", ".join(f"`{column.name}`" for column in table.columns))
        for table in metadata.sorted_tables
    ]
    return _table(("Table", "Columns"), sorted(rows))


def tell_sources() -> str:
    """Return the table of sources with what they bring and the database they fill."""
    rows = [
        (f"`{source.name}`", plugin, source.about.title, f"`{source.database}.db`")
        for plugin, source in first_party_sources()
    ]
    return _table(("Source", "Plugin", "What it brings", "Database"), rows)


def tell_source_tables() -> str:
    """Return every table that a source of this repository fills, column by column, once."""
    return "\n".join(
        _tell_table(table, f"Filled by {', '.join(f'`{name}`' for name in names)}.")
        for table, names in _by_source("tables")
    )


def tell_computed_tables() -> str:
    """Return every table that is computed from those of sources, column by column."""
    return "\n".join(_tell_computed(table) for table, _ in _by_source("computed"))


def tell_views() -> str:
    """Return every view, with its columns."""
    return "\n".join(
        f"#### {view.name}\n\n{view.description}. Columns: {', '.join(f'`{c.name}`' for c in view.columns)}.\n"
        for view, _ in _by_source("views")
    )


def _by_source(kind: str) -> list[tuple[Any, list[str]]]:
    """Return each table or view once, with the names of the sources that have it."""
    found: dict[Any, list[str]] = {}
    for _, source in first_party_sources():
        for thing in getattr(source, kind):
            found.setdefault(thing, []).append(source.name)
    return list(found.items())


def _tell_computed(table: Table) -> str:
    rows = [(f"`{column.name}`", column.type, column.description) for column in table.columns]
    columns = _table(("Column", "Type", "Meaning"), rows)
    return f"#### {table.name}\n\n{table.description}. Key: {', '.join(f'`{n}`' for n in table.key)}.\n\n{columns}"


def _tell_table(table: Table, filled: str) -> str:
    facts = [filled, f"Key: {', '.join(f'`{name}`' for name in table.key)}, within source and scope."]
    if table.derived:
        facts.append("Derived: repeats what other records of the capture say, and is left out of the counts.")
    if table.group_by:
        facts.append(f"Change sets are told by `{table.group_by}`.")
    if table.max_shrink is not None:
        facts.append(f"Held when more than {table.max_shrink:.0%} of its rows would vanish.")
    if table.search:
        facts.append(f"Searched in full text: {', '.join(f'`{name}`' for name in table.search)}.")
    rows = [
        (f"`{column.name}`", column.type, "" if column.compared else "no", column.description)
        for column in table.columns
    ]
    columns = _table(("Column", "Type", "Compared", "Meaning"), rows)
    return f"#### {table.name}\n\n{table.description}. {' '.join(facts)}\n\n{columns}"


def tell_names() -> str:
    """Return the table of the names that `clerkcore` exports."""
    return _table(("Name", "What it is"), [(f"`{name}`", _first_sentence(name)) for name in clerkcore.__all__])


def _first_sentence(name: str) -> str:
    thing = getattr(clerkcore, name)
    if isinstance(thing, type) or name == "hookimpl":
        return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())
    return f"`{thing}`".replace("clerkcore.models.", "").replace("typing.", "").replace("collections.abc.", "")


def include(path: str, language: str = "python") -> str:
    """Return a file of docs/ as a block of code."""
    text = (DOCS / path).read_text(encoding="utf-8").rstrip()
    return f"```{language}\n{text}\n```\n"
