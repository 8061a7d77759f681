"""A webhook: JSON that Slack and its like show, with the fields beside it for whoever reads more."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx

from clerkcore.errors import NotifyError, SettingsError
from clerkcore.installation import Installation
from clerkcore.notify.words import plain
from clerkcore.services import Message, Notifier
from clerkcore.times import to_text

_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", "@\N{WORD JOINER}"))
_MOST_READ = 300


class Webhook(Notifier):
    """A POST to `url`, which is https, or http on this machine."""

    name: ClassVar[str] = "webhook"

    def __init__(self, installation: Installation, config: Mapping[str, Any]) -> None:
        super().__init__(installation, config)
        unknown = sorted(set(config) - {"url", "type", "only"})
        if unknown:
            raise SettingsError(f"unknown key {unknown[0]!r} of a webhook", remedy="known keys: type, url, only")
        self.url = read_url(config.get("url"))

    def send(self, message: Message) -> None:
        """Post a message; NotifyError unless the server answers that it took it."""
        timeout = self.installation.settings.notify_timeout
        where = self.url.host
        try:
            with (
                httpx.Client(timeout=timeout, follow_redirects=False) as client,
                client.stream("POST", self.url, json=write_json(message), headers=_PLAIN) as answer,
            ):
                if answer.is_success:
                    return
                said = plain(next(answer.iter_raw(_MOST_READ), b"").decode("utf-8", "replace"), _MOST_READ)
                raise NotifyError(f"the webhook answered {answer.status_code}: {said}", where=where)
        except httpx.TimeoutException as error:
            raise NotifyError(f"the webhook gave no answer within {timeout:g} seconds", where=where) from error
        except httpx.HTTPError as error:
            # Its text may hold the address, which is a secret.
            raise NotifyError(f"the webhook could not be reached: {type(error).__name__}", where=where) from error


_PLAIN = {"Accept-Encoding": "identity"}
"""Packed answers are not asked for: a small one may unpack to more than memory holds."""


def read_url(value: object) -> httpx.URL:
    """Return the address of a webhook, which is not told in any error; SettingsError for one that is not safe."""
    remedy = 'write url = "https://...", or url = {secret = "NAME"}'
    try:
        url = httpx.URL(str(value or ""))
    except httpx.InvalidURL as error:
        raise SettingsError("the url of the webhook is no URL", remedy=remedy) from error
    if not url.host:
        raise SettingsError("the webhook has no url", remedy=remedy)
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.host)):
        raise SettingsError("the url of the webhook is not https", remedy=remedy)
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def write_json(message: Message) -> dict[str, Any]:
    """Return a message as JSON: `text` for people, in which nothing calls anybody; `clerk` for programs."""
    lines = [
        f"{message.title} ({message.severity})",
        message.text,
        *(f"{name}: {value}" for name, value in message.facts),
        *message.commands,
    ]
    fields = {
        "kind": message.kind,
        "severity": message.severity,
        "title": message.title,
        "text": message.text,
        "facts": dict(message.facts),
        "commands": list(message.commands),
        "alert": message.alert_id,
        "at": to_text(message.at) if message.at else None,
    }
    return {"text": "\n".join(_escape(line) for line in lines if line), "clerk": {**message.data, **fields}}


def _escape(text: str) -> str:
    for mark, instead in _ESCAPES:
        text = text.replace(mark, instead)
    return text
