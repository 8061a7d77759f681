"""The channels that the settings name, made ready when something is to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clerkcore.errors import PluginError, SettingsError
from clerkcore.installation import Installation
from clerkcore.services import Notifier
from clerkcore.settings import FILE_NAME, Settings

HOOK = "register_notifiers"
MAIL = "mail"
OWN_KEYS = ("type", "only")
LEVELS = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as the settings describe it, secrets still as names; `problem` says why it cannot be used.

    `only` are the severities that it takes; empty for all.
    """

    name: str
    type: str
    only: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    def takes(self, severity: str) -> bool:
        """Whether alerts of a severity are told through it."""
        return not self.only or severity in self.only


def list_channels(settings: Settings) -> list[Channel]:
    """Return the channels of [channels.NAME], and mail to the administrators where a server and addresses are set."""
    found = {name: _read(name, table) for name, table in settings.channels.items()}
    if settings.smtp_host and settings.admin_emails and MAIL not in found:
        found[MAIL] = Channel(MAIL, MAIL)
    return [found[name] for name in sorted(found)]


def _read(name: str, table: Mapping[str, Any]) -> Channel:
    type_, only = table.get("type", ""), table.get("only", [])
    if not isinstance(type_, str) or not type_:
        return Channel(name, "", problem="it has no type; write type = 'webhook', or what a plugin offers")
    words = tuple(only) if isinstance(only, list) else (only,)
    if any(word not in LEVELS for word in words):
        return Channel(name, type_, problem=f"only is {only!r}; it is a list of {', '.join(LEVELS)}")
    return Channel(name, type_, words, {key: value for key, value in table.items() if key not in OWN_KEYS})


def get_channel(settings: Settings, name: str) -> Channel:
    """Return one channel; SettingsError names those there are."""
    channels = list_channels(settings)
    for channel in channels:
        if channel.name == name:
            return channel
    known = ", ".join(channel.name for channel in channels)
    remedy = f"channels: {known}" if known else f"there is none; write one as [channels.NAME] in {FILE_NAME}"
    raise SettingsError(f"no channel {name!r}", remedy=remedy)


def describe_channel(settings: Settings, channel: Channel) -> str:
    """Say what a channel is set to, or why it cannot be used; secrets as their names, addresses as their hosts."""
    if channel.problem:
        return channel.problem
    config, parts = dict(channel.config), []
    if channel.type == MAIL:
        config.setdefault("to", list(settings.admin_emails))
        parts.append(f"server: {settings.smtp_host}:{settings.smtp_port} ({settings.smtp_security})")
    return ", ".join([*parts, *(f"{key}: {_hide(settings, value)}" for key, value in sorted(config.items()))])


def _hide(settings: Settings, value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_hide(settings, part) for part in value)
    if isinstance(value, Mapping):
        name = str(value.get("secret", ""))
        return f"secret {name}" + ("" if name and settings.has_secret(name) else " (not set)")
    if not isinstance(value, str):
        return str(value)
    scheme, colon, rest = value.partition("://")
    if not colon:
        return value if "@" in value else "set"
    # The path of a webhook's address is as good as a password, and apprise has them in the place of the host.
    host = rest.partition("/")[0].rpartition("@")[2] if scheme in ("http", "https") else ""
    return f"{scheme}://{host}{'/' if host else ''}***"


def open_channel(installation: Installation, channel: Channel) -> Notifier:
    """Make a channel ready; SettingsError or PluginError when it cannot be used."""
    where = f"channel {channel.name}"
    if channel.problem:
        raise SettingsError(channel.problem, where=where)
    config = reveal(installation.settings, channel.config)
    notifier = installation.plugins.load(HOOK, channel.type)(installation, config)
    if not isinstance(notifier, Notifier):
        raise PluginError(f"{channel.type!r} is not a Notifier", where=where, remedy="report it to the plugin's author")
    return notifier


def reveal(settings: Settings, value: Any) -> Any:
    """Return a setting with every {secret = "NAME"} in it replaced; SettingsError when a secret is not set."""
    if isinstance(value, Mapping):
        if set(value) == {"secret"}:
            return settings.secret(str(value["secret"]))
        return {key: reveal(settings, inner) for key, inner in value.items()}
    return [reveal(settings, inner) for inner in value] if isinstance(value, list) else value
