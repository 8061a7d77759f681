"""The channels that come with clerk, against real servers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from clerkcore.cli.alerts import alerts
from clerkcore.errors import NotifyError, SettingsError
from clerkcore.notify.configured import get_channel, open_channel
from clerkcore.notify.decisions import Trial, try_channels
from clerkcore.notify.words import Kind
from clerkcore.services import Message

if TYPE_CHECKING:
    from tests.notify.conftest import Hook, Mailbox, Town

HOSTILE = "</p><script>alert(1)</script>\r\nBcc: eve@example.org\r\n\r\n<!channel> @here &amp;"
MESSAGE = Message("fired", "critical", f"Title {HOSTILE}", HOSTILE, facts=[("Sites", HOSTILE)], alert_id=1)


def send(town: Town, name: str, message: Message = MESSAGE) -> None:
    open_channel(town.installation, get_channel(town.installation.settings, name)).send(message)


def test_a_mail_says_all_as_text_and_as_html(mailed: tuple[Town, Mailbox]) -> None:
    town, mailbox = mailed
    facts = [("Alert", "7, failed, critical"), ("Sites", "a.ca")]
    told = Message("fired", "critical", "netfile fails at a.ca", "no answer", facts, ["clerk runs show 3"], alert_id=7)
    send(town, "mail", told)
    [mail] = mailbox.mails
    headers = {name: mail[name] for name in ("Subject", "From", "To", "Auto-Submitted")}
    assert headers == {
        "Subject": "[clerk] netfile fails at a.ca",
        "From": "clerk <clerk@example.org>",
        "To": "ann@example.org",
        "Auto-Submitted": "auto-generated",
    }
    text, html = [part.get_content().replace("\r\n", "\n") for part in mail.iter_parts()]
    assert text == (
        "netfile fails at a.ca\n\nno answer\n\nAlert: 7, failed, critical\nSites: a.ca\n\n    clerk runs show 3\n"
    )
    assert '<th align="left" valign="top">Sites</th><td>a.ca</td>' in html


def test_what_an_upstream_wrote_adds_no_header_and_no_markup_to_a_mail(mailed: tuple[Town, Mailbox]) -> None:
    town, mailbox = mailed
    send(town, "mail")
    [mail] = mailbox.mails
    assert mail["Bcc"] is None
    assert mail["To"] == "ann@example.org"
    html = next(part for part in mail.iter_parts() if part.get_content_subtype() == "html").get_content()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_reminder_and_recovery_are_in_the_thread_of_the_first_mail(mailed: tuple[Town, Mailbox]) -> None:
    town, mailbox = mailed
    kinds: list[Kind] = ["fired", "reminder", "recovered"]
    for number, kind in enumerate(kinds):
        send(town, "mail", Message(kind, "info", "T", "t", data={"thread": "7.20261121", "notification": number}))
    first = "<clerk-alert.7.20261121@example.org>"
    assert [(mail["Message-ID"], mail["In-Reply-To"], mail["References"]) for mail in mailbox.mails] == [
        (first, None, None),
        ("<clerk-alert.7.20261121.1@example.org>", first, first),
        ("<clerk-alert.7.20261121.2@example.org>", first, first),
    ]


@pytest.fixture
def certificate(tmp_path: Path) -> SSLContext:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        subprocess.run([*command, *names, "-keyout", key, "-out", cert], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def test_a_mail_server_that_nobody_vouches_for_gets_no_mail_and_no_password(
    make_town: Callable[..., Town],
    mail_server: Callable[..., Any],
    smtp_settings: Callable[..., dict[str, Any]],
    certificate: SSLContext,
) -> None:
    with mail_server(tls_context=certificate) as (mailbox, port):
        town = make_town(**smtp_settings(port, smtp_security="starttls", smtp_user="ann"))
        with pytest.raises(NotifyError, match="self-signed certificate"):
            send(town, "mail")
    assert mailbox.mails == []


def test_a_mail_over_starttls_reaches_a_server_that_is_vouched_for(
    make_town: Callable[..., Town],
    mail_server: Callable[..., Any],
    smtp_settings: Callable[..., dict[str, Any]],
    certificate: SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with mail_server(tls_context=certificate, require_starttls=True) as (mailbox, port):
        send(make_town(**smtp_settings(port, smtp_security="starttls")), "mail")
    assert len(mailbox.mails) == 1


def test_a_server_without_starttls_gets_no_mail_in_the_clear(
    make_town: Callable[..., Town], mail_server: Callable[..., Any], smtp_settings: Callable[..., dict[str, Any]]
) -> None:
    with mail_server() as (mailbox, port):
        town = make_town(**smtp_settings(port, smtp_security="starttls"))
        with pytest.raises(NotifyError) as caught:
            send(town, "mail")
    assert caught.value.message == "the mail was not taken: STARTTLS extension not supported by server."
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"smtp_from_email": ""}, "mail has no sender (set smtp.from_email)"),
        (
            {"admin_emails": ("ann@example.org\nBcc: eve@example.org",)},
            "'ann@example.org\\nBcc: eve@example.org' is no mail address (write it as name@example.org)",
        ),
        ({"smtp_from_email": "clerk"}, "'clerk' is no mail address (write it as name@example.org)"),
    ],
)
def test_mail_that_is_set_up_wrongly_says_so(
    make_town: Callable[..., Town], smtp_settings: Callable[..., dict[str, Any]], changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        send(make_town(**smtp_settings(25, **changed)), "mail")
    assert str(caught.value) == message


def test_a_webhook_gets_text_for_slack_and_fields_for_programs(make_town: Callable[..., Town], hook: Hook) -> None:
    town = make_town(channels={"hook": {"type": "webhook", "url": hook.url}})
    send(town, "hook", Message("fired", "critical", "T", "t", [("Sites", "a.ca")], ["clerk runs show 3"], alert_id=7))
    assert hook.posts == [
        {
            "text": "T (critical)\nt\nSites: a.ca\nclerk runs show 3",
            "clerk": {
                "kind": "fired",
                "severity": "critical",
                "title": "T",
                "text": "t",
                "facts": {"Sites": "a.ca"},
                "commands": ["clerk runs show 3"],
                "alert": 7,
                "at": None,
            },
        }
    ]


def test_what_an_upstream_wrote_calls_nobody_in_a_chat(make_town: Callable[..., Town], hook: Hook) -> None:
    send(make_town(channels={"hook": {"type": "webhook", "url": hook.url}}), "hook")
    text = hook.posts[0]["text"]
    assert "<" not in text
    assert "@here" not in text


def test_a_webhook_that_answers_anything_but_yes_did_not_take_it(make_town: Callable[..., Town], hook: Hook) -> None:
    town = make_town(channels={"hook": {"type": "webhook", "url": hook.url}})
    hook.status, hook.body = 404, "no_such\x1b channel"
    with pytest.raises(NotifyError) as caught:
        send(town, "hook")
    assert str(caught.value) == "127.0.0.1: the webhook answered 404: no_such\ufffd channel"


def test_a_webhook_follows_no_redirect(make_town: Callable[..., Town], hook: Hook) -> None:
    town = make_town(channels={"hook": {"type": "webhook", "url": hook.url}})
    hook.status, hook.location = 307, hook.url
    with pytest.raises(NotifyError, match="the webhook answered 307"):
        send(town, "hook")
    assert len(hook.posts) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://hooks.example.org/x", "the url of the webhook is not https"),
        ("ftp://127.0.0.1/x", "the url of the webhook is not https"),
        ("http://[::1", "the url of the webhook is no URL"),
        ("", "the webhook has no url"),
    ],
)
def test_an_unsafe_address_of_a_webhook_is_refused_and_not_repeated(
    make_town: Callable[..., Town], url: str, message: str
) -> None:
    town = make_town(
        channels={"hook": {"type": "webhook", "url": {"secret": "hook"}}},
        secrets={"CLERK_SECRET_HOOK": url} if url else {},
    )
    if not url:
        town = make_town(channels={"hook": {"type": "webhook"}})
    with pytest.raises(SettingsError) as caught:
        send(town, "hook")
    assert str(caught.value) == f'{message} (write url = "https://...", or url = {{secret = "NAME"}})'


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # apprise imports it
def test_apprise_reaches_what_its_addresses_name(make_town: Callable[..., Town], hook: Hook) -> None:
    address = hook.url.replace("http://", "json://")
    town = make_town(
        channels={"chat": {"type": "apprise", "urls": [{"secret": "chat"}]}}, secrets={"CLERK_SECRET_CHAT": address}
    )
    send(town, "chat", Message("recovered", "critical", "T", "t"))
    assert [(post["title"], post["message"], post["type"]) for post in hook.posts] == [("T", "t", "success")]
    hook.status = 500
    with pytest.raises(NotifyError, match="apprise could not deliver it"):
        send(town, "chat")


def test_apprise_that_is_not_installed_says_how_to_have_it(
    make_town: Callable[..., Town], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    town = make_town(channels={"chat": {"type": "apprise", "urls": ["json://localhost"]}})
    with pytest.raises(SettingsError) as caught:
        send(town, "chat")
    assert str(caught.value) == "apprise is not installed (pip install 'clerkcore[apprise]')"


def test_a_test_message_goes_to_every_channel_at_once(
    make_town: Callable[..., Town], hook: Hook, silent_port: int, smtp_settings: Callable[..., dict[str, Any]]
) -> None:
    channels = {"hook": {"type": "webhook", "url": hook.url}}
    town = make_town(channels=channels, **smtp_settings(silent_port, notify_timeout=0.3))
    hooked, mailed = try_channels(town.installation)
    assert hooked == Trial("hook", "")
    assert (mailed.channel, "within 0.3 seconds" in mailed.problem) == ("mail", True)
    result = CliRunner().invoke(alerts, ["test", "mail"], obj=town.installation)
    assert (result.exit_code, result.output.split(":")[0]) == (1, "mail")
    assert CliRunner().invoke(alerts, ["test", "hook"], obj=town.installation).output == "hook: taken\n"


def test_the_list_of_channels_tells_no_secret(
    make_town: Callable[..., Town], smtp_settings: Callable[..., dict[str, Any]]
) -> None:
    channels = {
        "chat": {"type": "apprise", "urls": ["tgram://123456:token/chat", {"secret": "chat"}]},
        "hook": {"type": "webhook", "url": "https://hooks.slack.com/services/T0/B0/secret", "only": ["critical"]},
        "odd": {"type": "webhook", "only": ["loud"]},
    }
    town = make_town(channels=channels, **smtp_settings(25))
    printed = CliRunner().invoke(alerts, ["channels"], obj=town.installation).output
    assert [line.split(maxsplit=3) for line in map(str.rstrip, printed.splitlines())] == [
        ["Channel", "Type", "Takes", "Set to"],
        ["chat", "apprise", "everything", "urls: tgram://*** secret chat (not set)"],
        ["hook", "webhook", "critical", "url: https://hooks.slack.com/***"],
        ["mail", "mail", "everything", "server: 127.0.0.1:25 (none), to: ann@example.org"],
        ["odd", "webhook", "everything", "only is ['loud']; it is a list of critical, warning, info"],
    ]
