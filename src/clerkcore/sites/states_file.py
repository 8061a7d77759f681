"""Reading sites/states.json: which states an installation follows, by which adapter and how often."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clerkcore.errors import SettingsError, SiteError
from clerkcore.sites.layout import SITES, check_subdomain

STATES_FILE = "states.json"
DEFAULT_HOURS = 4.0
MOST_HOURS = 8784  # a year: what is asked for less often needs no schedule
LARGEST_FILE = 1_000_000  # bytes
_CODE = re.compile(r"[A-Z]{2}")
_SUFFIX = "_adapter"
_API = ("base_url", "endpoints")
_REQUIRED = ("enabled", "name", "adapter")
_KEYS = (*_REQUIRED, "update_interval_hours", "data_sources", "api_config", "site", "settings")
# What the adapter is told under these names comes from elsewhere in the file.
_TAKEN = (*_API, "data_sources", "update_interval_hours")


@dataclass(frozen=True, slots=True)
class StateEntry:
    """One state of states.json; `adapter` is the source's name, `site` the subdomain of its site.

    `config` is what the file tells the adapter; clerk.toml and the site's own site.toml stand before it.
    """

    code: str
    name: str
    enabled: bool
    adapter: str
    site: str
    interval_hours: float = DEFAULT_HOURS
    data_sources: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)


def states_path(root: Path) -> Path:
    """Return where an installation's states.json lies."""
    return root / SITES / STATES_FILE


def read_states(root: Path) -> tuple[StateEntry, ...]:
    """Return the states of an installation, in the file's order; none where it has no states.json."""
    path = states_path(root)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", where=str(path), remedy="see: clerk doctor") from error
    if len(data) > LARGEST_FILE:
        raise SettingsError(f"has more than {LARGEST_FILE:,} bytes", where=str(path), remedy="it is something else")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 (byte {error.start + 1})"
        raise SettingsError(message, where=str(path), remedy="save it as UTF-8") from error
    return parse_states(text, str(path))


def parse_states(text: str, where: str) -> tuple[StateEntry, ...]:
    """Read the text of a states.json; SettingsError names the key by its path, as states.TX.adapter."""
    document = _Node(_load(text, where), "", where)
    document.allow(("states",), ("states",))
    states = document.node("states")
    entries = tuple(_entry(code, states) for code in states.values)
    _refuse_shared_sites(entries, where)
    return entries


def _load(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg}, line {error.lineno} column {error.colno}"
        raise SettingsError(message, where=where, remedy="correct the line it names") from error
    except RecursionError as error:
        raise SettingsError("is nested too deeply", where=where, remedy="see docs/settings.md") from error
    except ValueError as error:
        raise SettingsError(f"not valid JSON: {error}", where=where, remedy="see docs/settings.md") from error


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


@dataclass(frozen=True, slots=True)
class _Node:
    """An object of the file, with the path that leads to it."""

    values: Any
    path: str
    where: str

    def __post_init__(self) -> None:
        if not isinstance(self.values, dict):
            raise self.wrong("", f"{_show(self.values)} is not an object", "write {...}")

    def wrong(self, key: str, message: str, remedy: str) -> SettingsError:
        """Return the error about one key, or about the object itself."""
        path = ".".join(filter(None, (self.path, key)))
        return SettingsError(f"{path}: {message}" if path else message, where=self.where, remedy=remedy)

    def allow(self, known: Iterable[str], required: Iterable[str] = ()) -> None:
        """Refuse keys that nobody reads, and the absence of those that must be there."""
        unknown = sorted(set(self.values) - set(known))
        if unknown:
            raise self.wrong(_key(unknown[0]), "unknown key", f"known keys: {', '.join(known)}")
        for key in required:
            if key not in self.values:
                raise self.wrong(key, "is missing", f'add "{key}"')

    def node(self, key: str) -> _Node:
        """Return the object under a key; an empty one where there is none."""
        return _Node(self.values.get(key, {}), ".".join(filter(None, (self.path, key))), self.where)

    def text(self, key: str) -> str:
        """Return a text that is not blank and can be shown."""
        return self._text(key, self.values[key])

    def _text(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.wrong(key, f"{_show(value)} is not a text", 'write it in quotes, as "Texas"')
        return value

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self.values[key]
        if not isinstance(value, bool):
            raise self.wrong(key, f"{_show(value)} is neither true nor false", "write true or false, without quotes")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, none of which stands twice."""
        values = self.values[key]
        if not isinstance(values, list) or not values:
            raise self.wrong(key, f"{_show(values)} is not a list of texts", 'write ["EVR", "ELECTION_DAY"]')
        found = tuple(self._text(f"{key}[{number}]", value) for number, value in enumerate(values))
        if len(set(found)) != len(found):
            raise self.wrong(key, "names something twice", "name each once")
        return found

    def hours(self, key: str) -> float:
        """Return a number of hours above zero."""
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST_HOURS:
            message = f"{_show(value)} is not a positive number of hours, {MOST_HOURS:,} at most"
            raise self.wrong(key, message, "write it without quotes, as 4 or 0.5")
        return float(value)


def _key(name: str) -> str:
    return name if name.isprintable() else repr(name)


def _show(value: object) -> str:
    shown = json.dumps(value) if isinstance(value, str | int | float | bool | None) else type(value).__name__
    return {"dict": "an object", "list": "a list"}.get(shown, shown[:60])


def _entry(code: str, states: _Node) -> StateEntry:
    if not _CODE.fullmatch(code):
        raise states.wrong(_key(code), "is not a two-letter state code in capitals", "write TX or FL")
    node = states.node(code)
    node.allow(_KEYS, _REQUIRED)
    hours = node.hours("update_interval_hours") if "update_interval_hours" in node.values else DEFAULT_HOURS
    data_sources = node.texts("data_sources") if "data_sources" in node.values else ()
    told = {key: node.values[key] for key in ("data_sources", "update_interval_hours") if key in node.values}
    config = {**_settings(node.node("settings")), **_api(node.node("api_config")), **told}
    adapter = node.text("adapter").removesuffix(_SUFFIX)
    if not adapter:
        raise node.wrong("adapter", "names no adapter", 'write "texas_adapter" or "texas"')
    return StateEntry(
        code, node.text("name"), node.flag("enabled"), adapter, _site(node, code), hours, data_sources, config
    )


def _site(node: _Node, code: str) -> str:
    if "site" not in node.values:
        return code.lower()
    try:
        return check_subdomain(node.text("site"))
    except SiteError as error:
        raise node.wrong("site", error.message, error.remedy) from error


def _api(node: _Node) -> dict[str, Any]:
    node.allow(_API)
    config: dict[str, Any] = {}
    if "base_url" in node.values:
        config["base_url"] = _base_url(node)
    endpoints = node.node("endpoints")
    for name in endpoints.values:
        if not endpoints.text(name).startswith("/"):
            raise endpoints.wrong(name, f"{_show(endpoints.values[name])} does not begin with /", "write its path")
    if endpoints.values:
        config["endpoints"] = dict(endpoints.values)
    return config


def _base_url(node: _Node) -> str:
    url = node.text("base_url")
    remedy = 'write it as "https://host"'
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in url
    except ValueError:
        usable = False
    if not usable:
        raise node.wrong("base_url", f"{_show(url)} is not an http or https address", remedy)
    if "@" in parts.netloc:
        raise node.wrong("base_url", "holds a user's name or password", "name a secret in the settings instead")
    return url


def _settings(node: _Node) -> dict[str, Any]:
    for key, value in node.values.items():
        if key in _TAKEN:
            raise node.wrong(key, "has a place of its own", "write it outside of settings")
        parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
        if not all(_is_plain(part) for part in parts):
            remedy = "write texts, numbers, true or false, or lists or objects of those"
            raise node.wrong(_key(key), "holds something that is no setting", remedy)
    return dict(node.values)


def _is_plain(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value.isprintable() if isinstance(value, str) else isinstance(value, int)


def _refuse_shared_sites(entries: Iterable[StateEntry], where: str) -> None:
    owners: dict[str, str] = {}
    for entry in entries:
        other = owners.setdefault(entry.site, entry.code)
        if other != entry.code:
            message = f"states.{entry.code}.site: {entry.site!r} is the site of {other} already"
            raise SettingsError(message, where=where, remedy='give each state a "site" of its own')
