"""Running `clerk` in a test, on a real installation."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clerkcore.__main__ import run
from clerkcore.installation import Installation
from clerkcore.jobs.sites import add_site
from clerkcore.models import Kind, Site


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it printed."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What a command with --json printed, one object per line."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        """The only line of JSON; ValueError when there are more or none."""
        (only,) = self.lines
        return only


@dataclass(frozen=True, slots=True)
class Clerk:
    """The command line on one installation: `run_clerk("finance", "etl", "example.ca", "--json")`."""

    root: Path

    def __call__(self, *arguments: str | Path, environ: Mapping[str, str] | None = None) -> Ended:
        """Run one command, with no variables but those given, and return how it ended."""
        stdout, stderr = io.StringIO(), io.StringIO()
        with redirect_stdout(stdout), redirect_stderr(stderr):
            code = run(["--root", str(self.root), *map(str, arguments)], environ or {})
        return Ended(code, stdout.getvalue(), stderr.getvalue())


@dataclass(frozen=True, slots=True)
class SiteMaker:
    """Adds sites: `make_site("example.ca", netfile={"agency": "CSD"})`."""

    installation: Installation

    def __call__(
        self,
        subdomain: str,
        *,
        name: str = "Example",
        state: str = "CA",
        kind: Kind = Kind.CITY,
        **sources: Mapping[str, Any],
    ) -> Site:
        """Write and register one site with these settings of its sources, and return it."""
        site = Site(subdomain, name, state, kind, sources=sources)
        add_site(self.installation, site)
        return site
