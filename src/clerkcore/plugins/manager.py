"""The plugin manager: imports faces when hooks are first needed and settles who offers what."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from clerkcore import hookspecs
from clerkcore.errors import PluginError
from clerkcore.models import Ref
from clerkcore.plugins.discovery import BUILT_IN, INSTALLED, Discovery, Plugin


@dataclass(frozen=True, slots=True)
class Offer:
    """Something a plugin registered under a name."""

    ref: Ref[Any]
    plugin: str
    hook: str


class Manager:
    """What the plugins of an installation offer; `problems` says which of them cannot be used, and why."""

    def __init__(self, discovery: Discovery) -> None:
        self.discovery = discovery
        self._problems: dict[str, list[str]] = {}
        for plugin in discovery.plugins:
            if plugin.problem:
                self._note(plugin.name, plugin.problem)
            for command in plugin.commands:
                if command.name in discovery.clashes:
                    self._note(plugin.name, discovery.clashes[command.name])

    def _note(self, plugin: str, problem: str) -> None:
        notes = self._problems.setdefault(plugin, [])
        if problem not in notes:
            notes.append(problem)

    @property
    def problems(self) -> Mapping[str, tuple[str, ...]]:
        """Every plugin that cannot be used fully, with the reasons."""
        self.offers  # noqa: B018 - clashes are only known once every face has registered
        return {name: tuple(notes) for name, notes in self._problems.items()}

    @cached_property
    def hooks(self) -> pluggy.PluginManager:
        """The pluggy manager with every face that could be imported and registered."""
        manager = pluggy.PluginManager(hookspecs.PROJECT)
        manager.add_hookspecs(hookspecs)
        for plugin in self.discovery.plugins:
            if not plugin.problem:
                self._register(manager, plugin)
        return manager

    def _register(self, manager: pluggy.PluginManager, plugin: Plugin) -> None:
        for face in plugin.faces:
            name = f"{plugin.name}/{face}"
            try:
                manager.register(import_face(face, plugin.origin), name)
                manager.check_pending()
            # A face is foreign code: whatever it raises, SystemExit included, is that plugin's problem alone.
            except (Exception, SystemExit) as error:
                self._note(plugin.name, f"{face} does not load: {type(error).__name__}: {error}")
                if manager.has_plugin(name):
                    manager.unregister(name=name)

    @cached_property
    def offers(self) -> Mapping[str, Mapping[str, Offer]]:
        """Offers by hook and name; a name that two plugins claim is offered by neither."""
        others = [(hook,) for hook in registering_hooks() if hook not in hookspecs.SOURCE_HOOKS]
        settled = [offer for hooks in (hookspecs.SOURCE_HOOKS, *others) for offer in self._settle(hooks)]
        return {
            hook: {offer.ref.name: offer for offer in settled if offer.hook == hook} for hook in registering_hooks()
        }

    def _settle(self, hooks: tuple[str, ...]) -> list[Offer]:
        """Return the offers of hooks that share their names, by name, where nobody else claims it."""
        claims: dict[str, list[Offer]] = {}
        for hook in hooks:
            for offer in self._collect(hook):
                claims.setdefault(offer.ref.name, []).append(offer)
        for name, claimants in claims.items():
            if len(claimants) > 1:
                owners = " and ".join(sorted(offer.plugin for offer in claimants))
                for offer in claimants:
                    note = f"{offer.hook}: the name {name!r} is claimed by {owners}; remove one of them"
                    self._note(offer.plugin, note)
        return [claimants[0] for _, claimants in sorted(claims.items()) if len(claimants) == 1]

    def _collect(self, hook: str) -> Iterator[Offer]:
        for implementation in getattr(self.hooks.hook, hook).get_hookimpls():
            plugin = implementation.plugin_name.split("/")[0]
            try:
                refs = list(implementation.function())
                for ref in refs:
                    _check_ref(ref)
            except (Exception, SystemExit) as error:  # foreign code, as above
                self._note(plugin, f"{hook} failed: {type(error).__name__}: {error}")
            else:
                yield from (Offer(ref, plugin, hook) for ref in refs)

    def call_each(self, hook: str, **arguments: Any) -> dict[str, BaseException]:
        """Call a hook on every plugin that has it, each on its own; returns the errors by plugin."""
        errors: dict[str, BaseException] = {}
        for implementation in getattr(self.hooks.hook, hook).get_hookimpls():
            wanted = {name: arguments[name] for name in implementation.argnames}
            try:
                implementation.function(**wanted)
            except (Exception, SystemExit) as error:  # foreign code, as above
                errors[implementation.plugin_name.split("/")[0]] = error
        return errors

    def hooks_of(self, plugin: str) -> list[str]:
        """Return the names of the hooks that a plugin implements."""
        found: set[str] = set()
        for name, module in self.hooks.list_name_plugin():
            if name.split("/")[0] == plugin and module is not None:
                found.update(caller.name for caller in self.hooks.get_hookcallers(module) or ())
        return sorted(found)

    def names(self, hook: str) -> list[str]:
        """Return the names offered through a hook."""
        return sorted(self.offers[hook])

    def load(self, hook: str, name: str) -> Any:
        """Import what a plugin offers under this name; PluginError when nobody does or it is broken."""
        offer = self.offers[hook].get(name)
        if offer is None:
            raise self.missing(name, (hook,))
        return load_target(offer.ref.target, offer.plugin)

    def missing(self, name: str, hooks: Iterable[str]) -> PluginError:
        """Return the error that says of a name that nobody offers it through these hooks, and why that may be."""
        notes = {note for notes in self.problems.values() for note in notes}
        offered = ", ".join(sorted(name for hook in hooks for name in self.names(hook))) or "none"
        because = "".join(f"; {note}" for note in sorted(notes))
        return PluginError(
            f"no installed plugin offers {name!r}; offered: {offered}{because}", remedy="see: clerk plugins list"
        )


def _check_ref(ref: object) -> None:
    if not isinstance(ref, Ref):
        raise TypeError("it must return a list of Ref")
    if not all(isinstance(part, str) for part in (ref.name, ref.target, ref.help)):
        raise TypeError(f"{ref!r} holds something else than text")
    if not ref.name.strip():
        raise ValueError(f"{ref!r} has no name")
    if not all(ref.target.partition(":")):
        raise ValueError(f"the target of {ref.name!r} is {ref.target!r}, not 'module:attribute'")


def registering_hooks() -> list[str]:
    """Return the names of the hooks that register something."""
    return sorted(name for name in vars(hookspecs) if name.startswith("register_"))


def import_face(face: str, origin: str) -> ModuleType:
    """Import a plugin's face."""
    _reach(face.split(".")[0], origin)
    return importlib.import_module(face)


def _reach(package: str, origin: str) -> None:
    """Make a folder plugin importable, at the end of the path, so that it shadows nothing."""
    if origin in (INSTALLED, BUILT_IN):
        return
    path = Path(origin)
    folder = path.parent if path.is_file() else path / "src" if (path / "src").is_dir() else path
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    spec = importlib.util.find_spec(package)
    if spec and spec.origin and not (spec.has_location and _lies_in(Path(spec.origin), folder)):
        raise ImportError(f"another module is already called {package} ({spec.origin}); rename the plugin's")


def _lies_in(path: Path, folder: Path) -> bool:
    # By name too, for a folder of plugins may hold links to elsewhere.
    return path.is_relative_to(folder) or path.resolve().is_relative_to(folder.resolve())


def load_command(discovery: Discovery, name: str) -> Any:
    """Import a plugin's command; PluginError names the plugin and the reason."""
    command = discovery.commands[name]
    plugin = next(plugin for plugin in discovery.plugins if plugin.name == command.plugin)
    if plugin.problem:
        raise PluginError(plugin.problem, where=f"plugin {plugin.name}")
    try:
        _reach(command.target.split(":")[0].split(".")[0], plugin.origin)
    except (ImportError, ValueError) as error:
        raise PluginError(str(error), where=f"plugin {plugin.name}") from error
    return load_target(command.target, command.plugin)


def load_target(target: str, plugin: str) -> Any:
    """Import "module:attribute"; PluginError names the plugin and the reason."""
    module_name, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except (Exception, SystemExit) as error:  # foreign code, as above
        raise PluginError(
            f"{target} does not load: {type(error).__name__}: {error}",
            where=f"plugin {plugin}",
            remedy=f"see: clerk plugins show {plugin}",
        ) from error
