"""Mail over SMTP: text and HTML, one thread for each alert."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid
from typing import Any, ClassVar

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from clerkcore.errors import ClerkError, NotifyError, SettingsError
from clerkcore.installation import Installation
from clerkcore.notify.words import plain
from clerkcore.services import Message, Notifier
from clerkcore.settings import Settings
from clerkcore.times import now

PASSWORD = "smtp_password"  # noqa: S105 - a name, no secret
_REMEDY = "check [smtp] in clerk.toml, then: clerk alerts test"


class Mail(Notifier):
    """Mail to `to`, else to notify.admin_emails, through the server that the settings of smtp name."""

    name: ClassVar[str] = "mail"

    def __init__(self, installation: Installation, config: Mapping[str, Any]) -> None:
        super().__init__(installation, config)
        settings = installation.settings
        unknown = sorted(set(config) - {"to", "type", "only"})
        if unknown:
            raise SettingsError(f"unknown key {unknown[0]!r} of a mail channel", remedy="known keys: type, to, only")
        if not settings.smtp_host:
            raise SettingsError("there is no mail server", remedy="set smtp.host")
        self.recipients = _read_recipients(config.get("to", list(settings.admin_emails)))
        sender = settings.smtp_from_email or settings.smtp_user
        if not sender:
            raise SettingsError("mail has no sender", remedy="set smtp.from_email")
        self.sender = read_address(sender)

    def send(self, message: Message) -> None:
        """Hand a message to the server; NotifyError when it did not take it for anybody."""
        mail = write_mail(message, self.sender, self.recipients)
        settings = self.installation.settings
        where = f"{settings.smtp_host}:{settings.smtp_port}"
        try:
            server = _connect(settings)
            try:
                _log_in(server, settings)
                refused = server.send_message(mail)
            finally:
                _leave(server)
        except TimeoutError as error:
            problem = f"the mail server gave no answer within {settings.notify_timeout:g} seconds"
            raise NotifyError(problem, where=where, remedy=_REMEDY) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise NotifyError(f"the mail was not taken: {_tell(error)}", where=where, remedy=_REMEDY) from error
        if len(refused) == len(self.recipients):
            raise NotifyError("the mail server refused every address", where=where, remedy=_REMEDY)


def _read_recipients(value: object) -> tuple[Address, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise SettingsError(f"{value!r} is no list of addresses", remedy='write to = ["you@example.org"]')
    if not texts:
        raise SettingsError("mail goes to nobody", remedy="set notify.admin_emails")
    return tuple(map(read_address, texts))


def read_address(text: str) -> Address:
    """Return an address; SettingsError for what is none."""
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, AttributeError) as error:
        raise SettingsError(f"{text!r} is no mail address", remedy="write it as name@example.org") from error
    except Exception as error:  # email.errors.HeaderParseError and its like share no base of their own
        raise SettingsError(f"{text!r} is no mail address", remedy="write it as name@example.org") from error
    if not address.username or not address.domain:
        raise SettingsError(f"{text!r} is no mail address", remedy="write it as name@example.org")
    return address


def write_mail(message: Message, sender: Address, recipients: Sequence[Address]) -> EmailMessage:
    """Return a message as mail; all mail about one alert makes a thread, whose first is that it fired."""
    mail = EmailMessage(policy=SMTP_POLICY)
    # A header that breaks its line could add others.
    mail["Subject"] = plain(f"[clerk] {message.title}", 200)
    mail["From"] = Address("clerk", addr_spec=sender.addr_spec)
    mail["To"] = recipients
    mail["Date"] = format_datetime(now())
    mail["Auto-Submitted"] = "auto-generated"
    _thread(mail, message, sender.domain)
    values = {"message": message, "facts": list(message.facts), "commands": list(message.commands)}
    templates = _templates()
    mail.set_content(templates.get_template("mail.txt").render(values))
    mail.add_alternative(templates.get_template("mail.html").render(values), subtype="html")
    return mail


def _thread(mail: EmailMessage, message: Message, domain: str) -> None:
    thread, number = message.data.get("thread"), message.data.get("notification")
    if not thread:
        mail["Message-ID"] = make_msgid("clerk", domain=domain)
        return
    first = f"<clerk-alert.{thread}@{domain}>"
    if message.kind == "fired":
        mail["Message-ID"] = first
        return
    mail["Message-ID"] = f"<clerk-alert.{thread}.{number}@{domain}>"
    mail["In-Reply-To"] = first
    mail["References"] = first


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("clerkcore.notify", "templates"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _connect(settings: Settings) -> smtplib.SMTP:
    host, port, timeout = settings.smtp_host, settings.smtp_port, settings.notify_timeout
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=timeout, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=timeout)


def _log_in(server: smtplib.SMTP, settings: Settings) -> None:
    if settings.smtp_security == "starttls":
        server.starttls(context=ssl.create_default_context())
    if settings.smtp_user:
        server.login(settings.smtp_user, settings.secret(PASSWORD))


def _leave(server: smtplib.SMTP) -> None:
    # Its answer is not waited for: a server that took the mail and then hangs must not have it sent again.
    with suppress(smtplib.SMTPException, OSError):
        server.putcmd("quit")
    server.close()


def _tell(error: Exception) -> str:
    if isinstance(error, ClerkError):
        return str(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{who}: {code} {_text(why)}" for who, (code, why) in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
