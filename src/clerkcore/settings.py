"""The settings of an installation: defaults, then clerk.toml, then CLERK_* variables; read once by `main`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from clerkcore.errors import SettingsError
from clerkcore.secret_files import SECRET_PREFIX, SHORTEST_SECRET, read_all, read_secret
from clerkcore.setting_values import (
    read_ages,
    read_count,
    read_flag,
    read_lease,
    read_names,
    read_number,
    read_one_of,
    read_positive,
    read_share,
    read_text,
)

FILE_NAME = "clerk.toml"
PREFIX = "CLERK_"
OTHER_VARIABLES = ("CLERK_ROOT", "CLERK_REQUIRE_SERVICES")
OTHER_PREFIXES = (SECRET_PREFIX, "CLERK_TEST_")
PARTS = ("sources", "channels", "executors")
"""Tables of clerk.toml that hold one table a name: the settings of what a plugin offers under it."""


def _setting(key: str, read: Callable[[Any], Any], default: Any, about: str) -> Any:
    return field(default=default, metadata={"key": key, "read": read, "about": about})


@dataclass(frozen=True)
class Settings:
    """Every setting of the core; `origins` says where each value came from."""

    root: Path
    contact: str = _setting("contact", read_text, "", "address or URL in the User-Agent, for publishers of data")
    notice: str = _setting("notice", read_text, "", "a line above every served page, such as that the data is invented")
    plugins_dir: str = _setting("plugins_dir", read_text, "", "folder of plugins that are not installed")
    secrets_dir: str = _setting("secrets_dir", read_text, "secrets", "folder of secrets, one value a file, mode 0600")
    http_timeout: float = _setting("http.timeout", read_number, 30.0, "seconds without answer before a request fails")
    http_deadline: float = _setting("http.deadline", read_number, 600.0, "seconds a whole download may take")
    http_retries: int = _setting("http.retries", read_count, 4, "repeats after a timeout, a 429 or a 5xx")
    http_backoff: float = _setting("http.backoff", read_number, 1.0, "seconds before a first repeat, doubled each time")
    http_delay: float = _setting("http.delay", read_number, 1.0, "seconds between two requests to one host")
    http_concurrency: int = _setting(
        "http.concurrency", read_count, 1, "requests to one host at a time, for sources that fetch in parallel"
    )
    http_max_bytes: int = _setting("http.max_bytes", read_count, 1_000_000_000, "largest answer taken, in bytes")
    http_allow_private: tuple[str, ...] = _setting(
        "http.allow_private", read_names, (), "hosts that may resolve to private addresses"
    )
    shrink_limit: float = _setting("guards.shrink", read_share, 0.02, "share of rows that may go before a run is held")
    turnover_limit: float = _setting(
        "guards.turnover", read_share, 0.5, "share of rows that may be replaced before a run is held"
    )
    quarantine_limit: float = _setting(
        "guards.quarantine", read_share, 0.05, "share of records that may be rejected before a run is held"
    )
    recheck_days: float = _setting(
        "finance.recheck_days",
        read_number,
        30.0,
        "days until a closed year is compared again; 0 is never",
    )
    lease_seconds: float = _setting(
        "lease.seconds", read_lease, 60.0, "life of a site's lease without a heartbeat, 5 at least"
    )
    min_free_bytes: int = _setting(
        "disk.min_free_bytes", read_count, 200_000_000, "free disk space below which no run starts"
    )
    site_budget_bytes: int = _setting(
        "disk.site_budget_bytes", read_count, 0, "disk space of one site above which clerk warns; 0 is never"
    )
    raw_keep_days: float = _setting(
        "raw.keep_days", read_number, 0.0, "days for which captures that nothing rests on are kept; 0 is for good"
    )
    raw_max_bytes: int = _setting(
        "raw.max_bytes",
        read_count,
        0,
        "size of a site's raw archive above which its oldest spare captures go; 0 is any",
    )
    retention: tuple[tuple[str, float], ...] = _setting(
        "retention",
        read_ages,
        (),
        "days for which rows are kept, by table, as events = 365; else for good",
    )
    database_url: str = _setting(
        "database_url",
        read_text,
        "",
        "the ledger, as postgresql://USER@HOST/NAME; else civic.db in the root",
    )
    executor: str = _setting("jobs.executor", read_text, "local", "what runs jobs: local, or what a plugin offers")
    job_attempts: int = _setting("jobs.attempts", read_positive, 5, "how often a failing job is tried before it ends")
    parallel: int = _setting("jobs.parallel", read_positive, 1, "sites that one command works on at the same time")
    host: str = _setting("jobs.host", read_text, "", "this machine's name among several; its host name without")
    time_zone: str = _setting("schedule.time_zone", read_text, "UTC", "the zone of cron expressions and quiet hours")
    quiet: str = _setting("schedule.quiet", read_text, "", "hours in which schedules start nothing, as 22:00-06:00")
    jitter_minutes: int = _setting(
        "schedule.jitter_minutes", read_count, 0, "minutes over which the starts of sites with one schedule are spread"
    )
    notify_enabled: bool = _setting("notify.enabled", read_flag, True, "whether alerts are sent; they are kept anyway")
    notify_after: int = _setting("notify.after", read_positive, 1, "failures in a row before an alert is raised")
    notify_remind_hours: float = _setting(
        "notify.remind_hours", read_number, 24.0, "hours between reminders until somebody acknowledges; 0 is never"
    )
    notify_overdue_hours: float = _setting(
        "notify.overdue_hours",
        read_number,
        24.0,
        "hours behind schedule before a site is told as overdue; 0 is never",
    )
    notify_timeout: float = _setting("notify.timeout", read_number, 20.0, "seconds a mail server or webhook may take")
    admin_emails: tuple[str, ...] = _setting("notify.admin_emails", read_names, (), "who gets the alerts by mail")
    smtp_host: str = _setting("smtp.host", read_text, "", "the mail server; without one no mail is sent")
    smtp_port: int = _setting("smtp.port", read_positive, 587, "its port")
    smtp_security: str = _setting(
        "smtp.security", read_one_of("starttls", "tls", "none"), "starttls", "starttls, tls (port 465) or none"
    )
    smtp_user: str = _setting(
        "smtp.user", read_text, "", "the account; its password is the secret smtp_password (CLERK_SECRET_SMTP_PASSWORD)"
    )
    smtp_from_email: str = _setting("smtp.from_email", read_text, "", "the sender of mail; smtp.user without")
    log_format: str = _setting(
        "log.format",
        read_one_of("auto", "text", "json"),
        "auto",
        "text, or one JSON object a line; auto is text on a terminal and JSON elsewhere",
    )
    log_level: str = _setting(
        "log.level", read_one_of("debug", "info", "warning", "error"), "info", "the least severe line that is logged"
    )
    loki_url: str = _setting("log.loki_url", read_text, "", "a Grafana Loki that log lines are pushed to as well")
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    executors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
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

    def known_secrets(self) -> list[str]:
        """Return every value that is secret here, of variables and of files, the longest first; short ones left out."""
        folder = self.root / self.secrets_dir
        found = {*self.secrets.values(), *read_all(folder)} if folder.is_dir() else set(self.secrets.values())
        return sorted((value for value in found if len(value) >= SHORTEST_SECRET), key=len, reverse=True)

    def masked(self, text: str) -> str:
        """Return a text without secrets, as what a channel or a plugin says of its trouble."""
        for value in self.known_secrets():
            text = text.replace(value, "***")
        return text

    def has_secret(self, name: str) -> bool:
        """Whether a secret is set, readable or not."""
        given = self.secrets.get(f"{SECRET_PREFIX}{name.upper()}")
        return bool(given) or (self.root / self.secrets_dir / name).exists()


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
    parts: dict[str, Any] = {name: _read_part(document.pop(name, {}), name, path) for name in PARTS}
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
        raise SettingsError(
            f"unknown key {sorted(flat)[0]!r}", where=str(path), remedy=f"known keys: {known}, {', '.join(PARTS)}"
        )
    secrets = {name: value for name, value in environ.items() if name.startswith(SECRET_PREFIX)}
    return Settings(root=root, origins=origins, secrets=secrets, **parts, **values)


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


def _read_part(part: object, name: str, path: Path) -> dict[str, dict[str, Any]]:
    if not isinstance(part, dict) or not all(isinstance(inner, dict) for inner in part.values()):
        raise SettingsError(f"{name} is not a table of tables", where=str(path), remedy=f"write [{name}.NAME]")
    return part


def _flatten(document: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict) and key != "retention":  # whose keys are tables, no settings
            flat.update({f"{key}.{inner}": part for inner, part in value.items()})
        else:
            flat[key] = value
    return flat


def _read(read: Callable[[Any], Any], value: Any, where: str) -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise SettingsError(f"{value!r} cannot be used: {error}", where=where, remedy="see docs/settings.md") from error
