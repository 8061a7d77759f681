"""The steps of the demonstration: each is a command of clerk's own, printed before it runs."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import click

from clerk_demo.civix_elections import REPUBLICAN_RUNOFF
from clerk_demo.faults import Faults
from clerk_demo.simulator import Simulator
from clerkcore import ClerkError, UsageError

MARKER = ".clerk-demo"
HELD = 3
DAYS = 3
# The site whose amendments are shown at the end.
TOLD_SITE = "sandiego.ca"
TOLD_STATE = "tx"
# Every so many requests the upstream answers 500, as the real one does; clerk tries again.
EVERY_NTH_500 = 9


class Show:
    """An installation in a folder of its own, fed by a simulator."""

    def __init__(self, folder: Path, simulator: Simulator, *, replayed: bool = False) -> None:
        self.folder = folder
        self.simulator = simulator
        self.replayed = replayed

    def prepare(self) -> None:
        """Make the installation anew; a folder that is not a demonstration's is left alone."""
        if self.folder.exists() and any(self.folder.iterdir()) and not (self.folder / MARKER).exists():
            raise UsageError(f"{self.folder} exists and is no demonstration", remedy="pass --dir with another folder")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / MARKER).touch()
        self._clerk("init", str(self.folder))
        (self.folder / "clerk.toml").write_text(self._settings(), encoding="utf-8")
        self._clerk("sites", "import", "--pilots")

    def _settings(self) -> str:
        return (
            "# Made by clerk demo: the upstreams are simulated on this machine.\n"
            'contact = "demo@example.org"\n'
            f"notice = {json.dumps(self._notice())}\n\n"
            '[http]\nallow_private = ["127.0.0.1"]\ndelay = 0.02\nbackoff = 0.1\n\n'
            f"[sources.netfile]\nbase_url = {json.dumps(self.simulator.netfile_url)}\n\n"
            f"[sources.florida]\nbase_url = {json.dumps(self.simulator.florida_url)}\n\n"
            # The invented runoff lies in the past, so that it is named rather than found running.
            f'[sources.texas]\nbase_url = {json.dumps(self.simulator.url)}\nelection = "{REPUBLICAN_RUNOFF.id}"\n'
        )

    def _notice(self) -> str:
        if self.replayed:
            return "A demonstration: some figures are replayed from saved files, all others are invented."
        return "A demonstration: every name and figure here is invented."

    def pull_daily(self) -> None:
        """Pull every site on three simulated days, then show amendments, a roster's changes, and the status."""
        self.simulator.faults = Faults(every_nth_500=EVERY_NTH_500)
        for day in range(DAYS):
            click.secho(f"\nDay {day + 1} at the simulated upstreams", bold=True)
            self.simulator.set_day(day)
            self._clerk("finance", "etl", "--all")
            self._clerk("states", "update", "--all")
        click.echo()
        self._clerk("finance", "amendments", "--subdomain", TOLD_SITE)
        self._clerk("states", "elections", TOLD_STATE)
        self._clerk("states", "diff", str(REPUBLICAN_RUNOFF.id), "--between", *self._pulls(), "--limit", "8")
        self._clerk("status")

    def _pulls(self) -> tuple[str, str]:
        """Return the first and the last run of the state whose changes are shown."""
        asked = self._command("runs", "list", "--subdomain", TOLD_STATE, "--json")
        listed = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines()
        runs = [str(json.loads(line)["run_id"]) for line in listed]
        return runs[-1], runs[0]

    def _clerk(self, *arguments: str) -> None:
        click.secho(f"\n$ clerk --root {self.folder.name} {' '.join(arguments)}", fg="cyan")
        sys.stdout.flush()
        code = subprocess.run(self._command(*arguments), check=False).returncode
        if code not in (0, HELD):
            raise ClerkError(f"clerk {' '.join(arguments)} ended with {code}", remedy="see what it printed above")

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "clerkcore", "--root", str(self.folder), *arguments]

    def serve(self, port: int) -> None:
        """Serve the databases until Ctrl-C; the upstreams stay up, so that more can be pulled meanwhile."""
        click.secho(f"\n$ clerk --root {self.folder.name} serve", fg="cyan")
        sys.stdout.flush()
        found = free_port(port)
        if found != port:
            click.echo(f"Port {port} is in use; another one is taken instead.")
            sys.stdout.flush()
        with subprocess.Popen(self._command("serve", "--port", str(found))) as server:
            # Ctrl-C reaches the server too, which then ends by itself.
            with suppress(KeyboardInterrupt):
                server.wait()
            server.wait()

    def wait_for_interrupt(self) -> None:
        """Print the addresses of the upstreams and keep them up until Ctrl-C."""
        click.echo(
            f"NetFile: {self.simulator.netfile_url}\nFlorida: {self.simulator.florida_url}\n"
            f"Texas: {self.simulator.civix_url}\nCtrl-C stops them."
        )
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


def free_port(wanted: int) -> int:
    """Return the wanted port where it is free, else 0, which lets the server choose."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted
