"""Reading and writing site.toml, the tracked description of a site."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import tomlkit

from clerkcore.errors import SiteError
from clerkcore.models import Kind, Site
from clerkcore.sites.layout import SITES, SiteFolder, check_subdomain
from clerkcore.sites.states_file import STATES_FILE

_KEYS = {"name", "state", "kind", "enabled", "sources"}


def parse_site(subdomain: str, text: str, where: str) -> Site:
    """Read the text of a site.toml; SiteError names the file and the key that is wrong."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise SiteError(f"not valid TOML: {error}", where=where, remedy="correct the line it names") from error
    unknown = sorted(set(document) - _KEYS)
    if unknown:
        raise SiteError(f"unknown key {unknown[0]!r}", where=where, remedy=f"known keys: {', '.join(sorted(_KEYS))}")
    sources = document.get("sources", {})
    if not isinstance(sources, dict) or not all(isinstance(part, dict) for part in sources.values()):
        raise SiteError("sources is not a table of tables", where=where, remedy="write [sources.NAME]")
    return Site(
        subdomain=check_subdomain(subdomain, where),
        name=_text(document, "name", where),
        state=read_state(_text(document, "state", where), where),
        kind=read_kind(_text(document, "kind", where), where),
        enabled=_flag(document, "enabled", where),
        sources=sources,
    )


def _text(document: Mapping[str, Any], key: str, where: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value.strip():
        raise SiteError(f"{key} is missing or not text", where=where, remedy=f'add a line such as {key} = "..."')
    return value


def _flag(document: Mapping[str, Any], key: str, where: str) -> bool:
    value = document.get(key, True)
    if not isinstance(value, bool):
        raise SiteError(f"{key} is neither true nor false", where=where, remedy=f"write {key} = false")
    return value


def read_state(text: str, where: str = "") -> str:
    """Return a two-letter state code in capitals; SiteError otherwise."""
    if len(text) != 2 or not text.isascii() or not text.isalpha():
        raise SiteError(f"{text!r} is not a two-letter state code", where=where, remedy="write CA or FL")
    return text.upper()


def read_kind(text: str, where: str = "") -> Kind:
    """Return the kind of that name; SiteError lists the kinds otherwise."""
    try:
        return Kind(text)
    except ValueError as error:
        raise SiteError(f"{text!r} is no kind of site", where=where, remedy=f"kinds: {', '.join(Kind)}") from error


def render_site(site: Site) -> str:
    """Return the site.toml of a site."""
    document: dict[str, Any] = {"name": site.name, "state": site.state, "kind": str(site.kind)}
    if not site.enabled:
        document["enabled"] = False
    if site.sources:
        document["sources"] = {name: dict(config) for name, config in site.sources.items()}
    return tomlkit.dumps(document)


def read_site(path: Path) -> Site:
    """Read one site.toml; its folder's name is the subdomain."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SiteError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise SiteError("is not UTF-8", where=str(path), remedy="save it as UTF-8") from error
    return parse_site(path.parent.name, text, str(path))


def find_sites(root: Path) -> Iterator[Path]:
    """Yield the site.toml of every site folder below a root."""
    yield from sorted((root / SITES).glob("*/site.toml"))


def load_site(root: Path, subdomain: str) -> Site:
    """Read the site of that name; SiteError names the sites there are."""
    config = SiteFolder.of(root, subdomain).config
    if not _is_there(config):
        known = ", ".join(path.parent.name for path in find_sites(root)) or "none; add one with: clerk sites add"
        raise SiteError(f"site {subdomain!r} not found", remedy=f"sites: {known}")
    return read_site(config)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise SiteError(f"cannot be looked at: {error.strerror}", where=str(path)) from error


def write_site(root: Path, site: Site, text: str = "") -> Path:
    """Write a site's folder and site.toml (`text` where it is at hand), whole or not at all."""
    config = SiteFolder.of(root, site.subdomain).config
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        part = config.with_name(".site.toml.part")
        part.write_text(text or render_site(site), encoding="utf-8")
        os.replace(part, config)
    except OSError as error:
        raise SiteError(f"cannot be written: {error.strerror}", where=str(config)) from error
    return config


def enable_in_file(root: Path, subdomain: str, enabled: bool) -> None:
    """Set `enabled` in a site.toml; its comments and order stay."""
    config = SiteFolder.of(root, subdomain).config
    document = tomlkit.parse(config.read_text(encoding="utf-8"))
    document["enabled"] = enabled
    write_site(root, read_site(config), tomlkit.dumps(document))


def rename_folder(root: Path, old: str, new: str) -> None:
    """Move a site's folder to its new subdomain; SiteError when the new one exists."""
    source, target = SiteFolder.of(root, old).path, SiteFolder.of(root, new).path
    if target.exists():
        raise SiteError(f"site {new!r} exists already", remedy="choose another subdomain")
    source.rename(target)


def pilot_sites() -> list[Site]:
    """Return the pilot sites that ship with clerk."""
    names = sorted(item.name for item in _pilots().iterdir() if item.is_dir())
    return [parse_site(name, pilot_text(name), f"pilot {name}") for name in names]


def pilot_text(subdomain: str) -> str:
    """Return the site.toml of a pilot site."""
    return (_pilots() / subdomain / "site.toml").read_text(encoding="utf-8")


def pilot_states() -> str:
    """Return the states.json that ships with clerk."""
    return (_pilots() / STATES_FILE).read_text(encoding="utf-8")


def _pilots() -> Traversable:
    return files("clerkcore") / "pilots"
