"""An installation that has only the core's channels, what happens in it, and servers that listen to it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import create_engine, text

from clerkcore.installation import Installation, create_installation
from clerkcore.ledger import (
    Alert,
    Notification,
    close_run,
    create_ledger,
    list_alerts,
    list_notifications,
    open_run,
    record_event,
    save_site,
    set_hold_state,
)
from clerkcore.models import Kind, Outcome, Run, ScopeResult, Site
from clerkcore.notify.configured import list_channels
from clerkcore.notify.expected import expected_jobs
from clerkcore.notify.pump import pump, update_alerts
from clerkcore.plugins import Manager
from clerkcore.plugins.discovery import BUILT_IN, Discovery, Plugin
from clerkcore.settings import Settings

SERVER = os.environ.get("CLERK_TEST_DATABASE_URL", "")
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
_LEVELS = {"failed": "error", "held": "warning"}


@dataclass
class Town:
    """An installation with sites, in which runs end as a test says, one minute after another."""

    installation: Installation
    at: datetime = NOW
    reports: list[str] = field(default_factory=list)

    def add(self, *subdomains: str) -> None:
        with self.installation.ledger.write() as conn:
            for subdomain in subdomains:
                save_site(conn, Site(subdomain, subdomain.title(), "CA", Kind.CITY, sources={"netfile": {}}), at=NOW)

    def wait(self, **span: float) -> None:
        self.at += timedelta(**span)

    def run(
        self,
        subdomain: str,
        outcome: str,
        message: str = "",
        *,
        source: str = "netfile",
        job: str = "finance.etl",
        kind: str = "",
    ) -> int:
        """Let a run end and say so, as the runner does; returns its id."""
        self.wait(minutes=1)
        scopes = (ScopeResult("2026", Outcome(outcome), message=message),)
        with self.installation.ledger.write() as conn:
            number = open_run(conn, job, subdomain, source, "here", {}, at=self.at)
            run = Run(number, job, subdomain, source, Outcome(outcome), scopes, self.at, 1.0, message, "look at it")
            close_run(conn, run)
            record_event(
                conn,
                kind or f"run.{outcome}",
                message or outcome,
                severity=_LEVELS.get(outcome, "info"),
                subdomain=subdomain,
                source=source,
                run_id=number,
                at=self.at,
            )
        return number

    def tell(self, kind: str, message: str, *, severity: str = "info", subdomain: str = "", **data: object) -> None:
        """Write an event that is of no run."""
        self.wait(minutes=1)
        with self.installation.ledger.write() as conn:
            record_event(conn, kind, message, severity=severity, subdomain=subdomain, data=data, at=self.at)

    def accept(self, run_id: int) -> None:
        with self.installation.ledger.write() as conn:
            set_hold_state(conn, run_id, "2026", "accepted")

    def update(self, **span: float) -> None:
        """Bring the alerts up to date as they are after a while; nothing is sent."""
        self.wait(**span)
        settings = self.installation.settings
        channels = list_channels(settings) if settings.notify_enabled else []
        expected = expected_jobs(self.installation)
        update_alerts(self.installation, channels, expected, self.at, self.reports.append)

    def pump(self) -> None:
        """Bring the alerts up to date and send, by the real clock."""
        pump(self.installation, self.reports.append)

    @property
    def alerts(self) -> list[Alert]:
        """All alerts, oldest first."""
        with self.installation.ledger.read() as conn:
            return list_alerts(conn, limit=1000)[::-1]

    def told(self, alert_id: int = 1) -> list[Notification]:
        with self.installation.ledger.read() as conn:
            return list_notifications(conn, alert_id)

    @property
    def kinds(self) -> list[tuple[int, str]]:
        """What was told, as alert and kind."""
        return [(alert.id, each.kind) for alert in self.alerts for each in self.told(alert.id)]


@pytest.fixture(params=["sqlite", *(["postgresql"] if SERVER else [])])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """What the setting `database_url` says: nothing for SQLite, else where a new ledger on the server is."""
    if request.param == "sqlite":
        yield ""
        return
    schema = f"clerk_{uuid.uuid4().hex}"
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(f"CREATE SCHEMA {schema}"))
        url = f"{SERVER}?options=-csearch_path%3D{schema}"
        create_ledger(url).dispose()
        yield url
        conn.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation to copy, since making one takes longer than most tests."""
    root = tmp_path_factory.mktemp("blank") / "civic"
    create_installation(root)
    return root


@pytest.fixture
def make_town(tmp_path: Path, blank: Path) -> Iterator[Callable[..., Town]]:
    """Make an installation with these settings and a site a.ca; a second time, open the same with others."""
    opened: list[Installation] = []

    def make(*more: Plugin, **settings: Any) -> Town:
        root = tmp_path / "civic"
        if not root.exists():
            shutil.copytree(blank, root)
        core = Plugin("clerkcore", "", BUILT_IN, faces=("clerkcore.notify.channels", "clerkcore.jobs.face"))
        netfile = Plugin("netfile", "", BUILT_IN, faces=("clerk_finance_netfile",))
        plugins = Manager(Discovery((core, netfile, *more)))
        town = Town(Installation(Settings(root=root, **settings), plugins))
        opened.append(town.installation)
        town.add("a.ca")
        return town

    yield make
    for installation in opened:
        installation.close()


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    """An installation with one channel, of which nothing is sent in the tests that only bring alerts up to date."""
    return make_town(channels={"hook": {"type": "webhook", "url": "https://hook.invalid/"}})


class Mailbox:
    """What a mail server took, or `refuse` in its answer."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = ""

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        if self.refuse:
            return self.refuse
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serve_mail(**options: Any) -> Iterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield mailbox, controller.port
    finally:
        controller.stop()


@pytest.fixture
def mail_server() -> Callable[..., Any]:
    """A context manager that yields a mailbox and the port of its real SMTP server."""
    return serve_mail


@pytest.fixture
def mailed(make_town: Callable[..., Town]) -> Iterator[tuple[Town, Mailbox]]:
    """An installation that sends mail to a real server, and what that took."""
    with serve_mail() as (mailbox, port):
        yield make_town(**smtp(port)), mailbox


def smtp(port: int, **more: Any) -> dict[str, Any]:
    settings = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "notify_timeout": 5.0}
    people = {"smtp_from_email": "clerk@example.org", "admin_emails": ("ann@example.org",)}
    return {**settings, **people, **more}


@pytest.fixture
def smtp_settings() -> Callable[..., dict[str, Any]]:
    return smtp


@pytest.fixture
def silent_port() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@dataclass
class Hook:
    """A web server that keeps what is posted to it; it answers with `status` and `body`."""

    url: str
    posts: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    body: str = "ok"
    location: str = ""


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(kept.status)
            if kept.location:
                self.send_header("Location", kept.location)
            self.end_headers()
            self.wfile.write(kept.body.encode())

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Hook(f"http://127.0.0.1:{server.server_port}/services/secret")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()
