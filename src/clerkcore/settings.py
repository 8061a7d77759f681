"""The settings of an installation: defaults, then clerk.toml, then CLERK_* variables; read once by `main`."""

from __future__ import annotations

import math
import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from clerkcore.errors import SettingsError

FILE_NAME = "clerk.toml"
PREFIX = "CLERK_"
SECRET_PREFIX = "CLERK_SECRET_"  # noqa: S105 - a name, no secret
OTHER_VARIABLES = ("CLERK_ROOT", "CLERK_REQUIRE_SERVICES")
OTHER_PREFIXES = (SECRET_PREFIX, "CLERK_TEST_")
SHORTEST_LEASE = 5
_SECRET_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def _number(text: object) -> float:
    if isinstance(text, bool):
        raise ValueError("not a number")
    value = float(str(text))
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    if value < 0:
        raise ValueError("below zero")
    return value


def _count(text: object) -> int:
    value = _number(text)
    if value != int(value):
        raise ValueError("not a whole number")
    return int(value)


def _lease(text: object) -> float:
    value = _number(text)
    if value < SHORTEST_LEASE:
        raise ValueError(f"below {SHORTEST_LEASE} seconds a lease may end while its holder works")
    return value


def _share(text: object) -> float:
    value = _number(text)
    if value > 1:
        raise ValueError("above 1")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")
    return value


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise ValueError("not a list of texts")


def _setting(key: str, read: Callable[[Any], Any], default: Any, about: str) -> Any:
    return field(default=default, metadata={"key": key, "read": read, "about": about})


@dataclass(frozen=True)
class Settings:
    """Every setting of the core; `origins` says where each value came from."""

    root: Path
    contact: str = _setting("contact", _text, "", "address or URL in the User-Agent, for the publishers of the data")
    notice: str = _setting("notice", _text, "", "a line above every served page, such as that the data is invented")
    plugins_dir: str = _setting("plugins_dir", _text, "", "folder of plugins that are not installed")
    secrets_dir: str = _setting("secrets_dir", _text, "secrets", "folder of secret files, one value a file, mode 0600")
    http_timeout: float = _setting("http.timeout", _number, 30.0, "seconds without an answer before a request fails")
    http_deadline: float = _setting("http.deadline", _number, 600.0, "seconds a whole download may take")
    http_retries: int = _setting("http.retries", _count, 4, "repeats after a timeout, a 429 or a 5xx")
    http_backoff: float = _setting("http.backoff", _number, 1.0, "seconds before the first repeat, doubled each time")
    http_delay: float = _setting("http.delay", _number, 1.0, "seconds between two requests to one host")
    http_concurrency: int = _setting(
        "http.concurrency", _count, 1, "requests to one host at a time, for sources that fetch in parallel"
    )
    http_max_bytes: int = _setting("http.max_bytes", _count, 1_000_000_000, "largest answer taken, in bytes")
    http_allow_private: tuple[str, ...] = _setting(
        "http.allow_private", _names, (), "hosts that may resolve to private addresses"
    )
    shrink_limit: float = _setting("guards.shrink", _share, 0.02, "share of rows that may vanish before a run is held")
    turnover_limit: float = _setting(
        "guards.turnover", _share, 0.5, "share of rows that may be replaced before a run is held"
    )
    quarantine_limit: float = _setting(
        "guards.quarantine", _share, 0.05, "share of records that may be rejected before a run is held"
    )
    recheck_days: float = _setting(
        "finance.recheck_days",
        _number,
        30.0,
        "days until a closed year is compared again; 0 is never",
    )
    lease_seconds: float = _setting(
        "lease.seconds", _lease, 60.0, "life of a site's lease without a heartbeat, 5 at least"
    )
    min_free_bytes: int = _setting(
        "disk.min_free_bytes", _count, 200_000_000, "free disk space below which no run starts"
    )
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def origin(self, name: str) -> str:
        """Where the value of this field came from: default, clerk.toml or a variable's name."""
        return self.origins.get(name, "default")

    @property
    def plugins_folder(self) -> str:
        """The folder of plugins, which like that of secrets is meant from the root; empty for none."""
        return str(self.root / Path(self.plugins_dir).expanduser()) if self.plugins_dir else ""

    def secret(self, name: str) -> str:
        """Return a secret from CLERK_SECRET_<NAME> or its file; SettingsError when absent or readable by others."""
        return read_secret(name, self.root / self.secrets_dir, self.secrets)


def setting_fields() -> list[tuple[str, str, str, Any]]:
    """Return (field, key in clerk.toml, meaning, default) of every setting, in order."""
    return [(f.name, f.metadata["key"], f.metadata["about"], f.default) for f in fields(Settings) if f.metadata]


def variable(name: str) -> str:
    """The environment variable of a field."""
    return f"CLERK_{name.upper()}"


def find_root(start: Path, environ: Mapping[str, str]) -> Path:
    """Return CLERK_ROOT, else the nearest folder at or above `start` with a clerk.toml, else `start`."""
    if environ.get("CLERK_ROOT"):
        return Path(environ["CLERK_ROOT"]).expanduser().resolve()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    return start


def read_settings(root: Path, environ: Mapping[str, str]) -> Settings:
    """Read clerk.toml of `root` and the CLERK_* variables; SettingsError names the key that is wrong."""
    path = root / FILE_NAME
    _check_variables(environ)
    document = _read_toml(path)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    sources = document.pop("sources", {})
    _check_sources(sources, path)
    flat = _flatten(document)
    for setting in fields(Settings):
        if not setting.metadata:
            continue
        key, read, name = setting.metadata["key"], setting.metadata["read"], setting.name
        if key in flat:
            values[name], origins[name] = _read(read, flat.pop(key), f"{path}: {key}"), FILE_NAME
        if variable(name) in environ:
            values[name] = _read(read, environ[variable(name)], variable(name))
            origins[name] = variable(name)
    if flat:
        known = ", ".join(key for _, key, _, _ in setting_fields())
        raise SettingsError(f"unknown key {sorted(flat)[0]!r}", where=str(path), remedy=f"known keys: {known}, sources")
    secrets = {name: value for name, value in environ.items() if name.startswith(SECRET_PREFIX)}
    return Settings(root=root, sources=sources, origins=origins, secrets=secrets, **values)


def _check_variables(environ: Mapping[str, str]) -> None:
    known = [variable(name) for name, _, _, _ in setting_fields()]
    asked = (name for name in environ if name.startswith(PREFIX) and not name.startswith(OTHER_PREFIXES))
    unknown = sorted(set(asked).difference(known, OTHER_VARIABLES))
    if unknown:
        # Not at the top: only an error must pay for it.
        from difflib import get_close_matches

        [near] = get_close_matches(unknown[0], known, n=1, cutoff=0)
        raise SettingsError(f"unknown variable {unknown[0]!r}", remedy=f"near: {near}; all are in docs/settings.md")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"not valid TOML: {error}", where=str(path), remedy="correct the line it names") from error
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _check_sources(sources: object, path: Path) -> None:
    if not isinstance(sources, dict) or not all(isinstance(part, dict) for part in sources.values()):
        raise SettingsError("sources is not a table of tables", where=str(path), remedy="write [sources.NAME]")


def _flatten(document: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": part for inner, part in value.items()})
        else:
            flat[key] = value
    return flat


def _read(read: Callable[[Any], Any], value: Any, where: str) -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise SettingsError(f"{value!r} cannot be used: {error}", where=where, remedy="see docs/settings.md") from error


def read_secret(name: str, folder: Path, environ: Mapping[str, str]) -> str:
    """Return a secret from the environment or from a file only its owner can read."""
    if not _SECRET_NAME.match(name):
        raise SettingsError(f"{name!r} is no name of a secret", remedy="small letters, digits and _")
    from_environment = environ.get(f"{SECRET_PREFIX}{name.upper()}")
    if from_environment:
        return from_environment
    path = folder / name
    try:
        mode = path.stat().st_mode
    except OSError as error:
        remedy = f"set {SECRET_PREFIX}{name.upper()} or write it to {path} with mode 0600"
        raise SettingsError(f"the secret {name!r} is not set", remedy=remedy) from error
    if secret_is_exposed(mode):
        raise SettingsError("others can read this secret", where=str(path), remedy=f"chmod 600 {path}")
    return path.read_text(encoding="utf-8").strip()


def secret_is_exposed(mode: int) -> bool:
    """Whether a file of this mode can be read or written by anyone but its owner."""
    return bool(stat.S_IMODE(mode) & 0o077)
