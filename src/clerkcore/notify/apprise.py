"""Any service that the apprise library reaches, such as Matrix, Telegram or ntfy."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

from clerkcore.errors import NotifyError, SettingsError
from clerkcore.installation import Installation
from clerkcore.services import Message, Notifier

_TYPES = {"critical": "failure", "warning": "warning", "info": "info"}


class Apprise(Notifier):
    """Messages to `urls`, addresses as apprise writes them, which are best kept as secrets."""

    name: ClassVar[str] = "apprise"

    def __init__(self, installation: Installation, config: Mapping[str, Any]) -> None:
        super().__init__(installation, config)
        unknown = sorted(set(config) - {"urls", "type", "only"})
        if unknown:
            raise SettingsError(f"unknown key {unknown[0]!r} of apprise", remedy="known keys: type, urls, only")
        urls = config.get("urls", [])
        urls = [urls] if isinstance(urls, str) else urls
        if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
            raise SettingsError("apprise has no urls", remedy='write urls = [{secret = "NAME"}]')
        self._service = _import_apprise().Apprise()
        for position, url in enumerate(urls, 1):
            # The address is a secret, and only its place is told.
            if not self._service.add(url):
                raise SettingsError(f"address {position} of urls is none that apprise knows")

    def send(self, message: Message) -> None:
        """Send a message to every address; NotifyError when one did not take it."""
        facts = [f"{name}: {value}" for name, value in message.facts]
        body = "\n".join(line for line in (message.text, *facts, *message.commands) if line)
        kind = "success" if message.kind == "recovered" else _TYPES.get(message.severity, "info")
        # As plain text, so that services which show HTML or Markdown escape it.
        told = {"title": message.title, "body": body or message.title, "body_format": "text"}
        if not self._service.notify(notify_type=kind, **told):
            raise NotifyError("apprise could not deliver it", remedy="try the address: apprise -vv -b test URL")


def _import_apprise() -> Any:
    try:
        return import_module("apprise")
    except ModuleNotFoundError as error:
        raise SettingsError("apprise is not installed", remedy="pip install 'clerkcore[apprise]'") from error
