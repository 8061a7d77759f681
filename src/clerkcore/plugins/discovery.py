"""Which plugins there are, told without importing any of them.

Installed plugins are distributions with entry points in the groups below. A folder of plugins
(`--plugins-dir`) holds project folders, read from their pyproject.toml, and single files, whose
version and commands may stand in an inline script block (PEP 723) under [tool.clerk].
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution, distributions
from itertools import chain
from pathlib import Path
from typing import Any

FACES_GROUP = "clerkcore.plugins"
COMMANDS_GROUP = "clerkcore.commands"
INSTALLED = "installed"
BUILT_IN = "built in"

_SCRIPT_BLOCK = re.compile(r"(?m)^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


@dataclass(frozen=True, slots=True)
class Command:
    """A command group that a plugin adds: `target` is "module:attribute" of a click command."""

    name: str
    target: str
    plugin: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin as it describes itself: `faces` are the modules that hold its hooks.

    `origin` is "installed" or the path it was read from; `problem` says why it cannot be used.
    """

    name: str
    version: str
    origin: str
    summary: str = ""
    faces: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """All plugins found, and the commands that exactly one of them claims."""

    plugins: tuple[Plugin, ...]
    commands: Mapping[str, Command] = field(default_factory=dict)
    clashes: Mapping[str, str] = field(default_factory=dict)


def discover(plugins_dir: str = "", reserved: Iterable[str] = ()) -> Discovery:
    """Return every plugin that is installed or lies in `plugins_dir`; `reserved` are the core's command names."""
    found = [*_built_in(), *_installed()]
    if plugins_dir:
        found += _in_folder(Path(plugins_dir).expanduser().resolve())
    plugins = _refuse_namesakes(found)
    commands, clashes = _settle(plugins, frozenset(reserved))
    return Discovery(tuple(plugins), commands, clashes)


def _built_in() -> Iterator[Plugin]:
    # The core uses its own hooks like any plugin.
    faces = ("clerkcore.finance.metadata", "clerkcore.jobs.face", "clerkcore.notify.channels")
    yield Plugin("clerkcore", "", BUILT_IN, "What the core itself registers", faces=faces)


def _installed() -> Iterator[Plugin]:
    found: dict[str, Plugin] = {}
    for distribution in distributions():
        plugin = _read_distribution(distribution)
        if plugin:
            # The first on the path is the one that would be imported.
            found.setdefault(plugin.name, plugin)
    yield from (found[name] for name in sorted(found))


def _read_distribution(distribution: Distribution) -> Plugin | None:
    """Return the plugin that a distribution holds, None when it holds none; a broken one is named by its folder."""
    try:
        points = [point for point in distribution.entry_points if point.group in (FACES_GROUP, COMMANDS_GROUP)]
        if not points:
            return None
        told = _metadata(distribution)
        return _plugin(
            told["name"],
            told["version"],
            INSTALLED,
            told.get("summary", ""),
            [(point.name, point.value) for point in points if point.group == FACES_GROUP],
            [(point.name, point.value) for point in points if point.group == COMMANDS_GROUP],
        )
    except KeyError as error:
        problem = f"its METADATA lacks {str(error.args[0]).title()}; install it again"
    except (OSError, ValueError, TypeError, AttributeError) as error:
        problem = f"it cannot be read: {error!r}; install it again"
    # Nothing public tells where a distribution lies.
    folder = Path(str(getattr(distribution, "_path", distribution.locate_file(""))))
    return Plugin(folder.name, "", str(folder), problem=problem)


def _metadata(distribution: Distribution) -> dict[str, str]:
    # `distribution.metadata` would parse the whole README as an e-mail at every start.
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    told: dict[str, str] = {}
    for line in text.partition("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        if value.strip():
            told.setdefault(key.lower(), value.strip())
    return told


def _plugin(
    name: str,
    version: str,
    origin: str,
    summary: str,
    faces: Iterable[tuple[str, str]],
    commands: Iterable[tuple[str, str]],
) -> Plugin:
    faces, commands = list(faces), list(commands)
    _refuse_other_than_text(name, version, summary, *chain(*faces, *commands))
    return Plugin(
        name=name,
        version=version,
        origin=origin,
        summary=summary,
        faces=tuple(sorted({target.split(":")[0] for _, target in faces})),
        commands=tuple(Command(command, target, name, summary) for command, target in sorted(commands)),
    )


def _refuse_other_than_text(*values: object) -> None:
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"{value!r} stands where a text belongs")


def _in_folder(folder: Path) -> Iterator[Plugin]:
    if not folder.is_dir():
        yield Plugin(str(folder), "", str(folder), problem="the plugins folder does not exist")
        return
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" and path.is_file():
            yield _read_file(path)
        elif (path / "pyproject.toml").is_file():
            yield _read_project(path)


def _read_project(folder: Path) -> Plugin:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        points: dict[str, dict[str, str]] = project.get("entry-points", {})
        return _plugin(
            project["name"],
            project.get("version", "0"),
            str(folder),
            project.get("description", ""),
            points.get(FACES_GROUP, {}).items(),
            points.get(COMMANDS_GROUP, {}).items(),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Plugin(folder.name, "", str(folder), problem=f"its pyproject.toml cannot be used: {error!r}")


def _read_file(path: Path) -> Plugin:
    try:
        table = _script_table(path.read_text(encoding="utf-8"))
        return _plugin(
            path.stem,
            str(table.get("version", "0")),
            str(path),
            str(table.get("summary", "")),
            [(path.stem, path.stem)],
            table.get("commands", {}).items(),
        )
    except (OSError, ValueError, TypeError, AttributeError) as error:
        return Plugin(path.stem, "", str(path), problem=f"it cannot be read: {error!r}")


def _script_table(text: str) -> dict[str, Any]:
    block = _SCRIPT_BLOCK.search(text)
    if block is None:
        return {}
    lines = (line[2:] if line.startswith("# ") else line[1:] for line in block["content"].splitlines())
    table = tomllib.loads("\n".join(lines)).get("tool", {}).get("clerk", {})
    return dict(table)


def _refuse_namesakes(plugins: list[Plugin]) -> list[Plugin]:
    origins: dict[str, list[str]] = {}
    for plugin in plugins:
        origins.setdefault(plugin.name, []).append(plugin.origin)
    return [plugin if len(origins[plugin.name]) == 1 else _refused(plugin, origins[plugin.name]) for plugin in plugins]


def _refused(plugin: Plugin, origins: list[str]) -> Plugin:
    places = " and ".join(origins)
    problem = f"two plugins are called {plugin.name}: {places}; remove one"
    return Plugin(plugin.name, plugin.version, plugin.origin, plugin.summary, problem=problem)


def _settle(plugins: Iterable[Plugin], reserved: frozenset[str]) -> tuple[dict[str, Command], dict[str, str]]:
    claims: dict[str, list[Command]] = {}
    for plugin in plugins:
        for command in plugin.commands:
            claims.setdefault(command.name, []).append(command)
    commands: dict[str, Command] = {}
    clashes: dict[str, str] = {}
    for name, claimants in claims.items():
        owners = (["clerkcore"] if name in reserved else []) + [command.plugin for command in claimants]
        if len(owners) == 1:
            commands[name] = claimants[0]
        else:
            clashes[name] = f"the command {name!r} is claimed by {' and '.join(owners)}"
    return commands, clashes
