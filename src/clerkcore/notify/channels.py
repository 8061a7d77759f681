"""The channels that come with clerk, registered like those of any plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore.hookspecs import hookimpl
from clerkcore.models import Ref

if TYPE_CHECKING:
    from clerkcore.services import Notifier


@hookimpl
def register_notifiers() -> list[Ref[Notifier]]:
    """Offer mail, webhooks and what the apprise library reaches."""
    return [
        Ref("mail", "clerkcore.notify.mail:Mail", "Mail over SMTP, as text and HTML"),
        Ref("webhook", "clerkcore.notify.webhook:Webhook", "A POST of JSON that Slack and its like understand"),
        Ref("apprise", "clerkcore.notify.apprise:Apprise", "Any service that the apprise library reaches"),
    ]
