"""An installation in a temporary folder, `clerk` as a function, and simulated upstreams to fetch from."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Simulator
from clerkcore.__main__ import run

SETTINGS = """\
contact = "tests@example.org"

[http]
allow_private = ["127.0.0.1"]
delay = 0
backoff = 0

[sources.netfile]
base_url = "{simulator.netfile_url}"

[sources.florida]
base_url = "{simulator.florida_url}"
"""


@dataclass(frozen=True)
class Result:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Stdout as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def heed_interrupts() -> None:
    """Take Ctrl-C as usual, even where the tests themselves run in the background of a shell, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True)
class Clerk:
    """Runs commands on one installation, in this process or in one of its own."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str | Path, **environ: str) -> Result:
        self.capsys.readouterr()
        code = run([*map(str, words), "--root", str(self.root)], environ)
        printed = self.capsys.readouterr()
        return Result(code, printed.out, printed.err)

    def start(self, *words: str | Path, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "clerkcore", *map(str, words), "--root", str(self.root)]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CLERK_")}
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environ, preexec_fn=heed_interrupts
        )

    def add_site(self, subdomain: str, *settings: str, kind: str = "city", state: str = "CA") -> None:
        words = [word for setting in settings for word in ("--set", setting)]
        added = self("sites", "add", subdomain, "--name", subdomain.title(), "--state", state, "--kind", kind, *words)
        assert added.code == 0, added.err

    def database(self, subdomain: str) -> Path:
        return self.root / "sites" / subdomain / "finance" / "election_finance.db"


@pytest.fixture
def clerk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Clerk]:
    """`clerk` on a new installation without sites; folders of plugins leave the path afterwards."""
    path = list(sys.path)
    runner = Clerk(tmp_path / "civic", capsys)
    assert runner("init").code == 0
    yield runner
    sys.path[:] = path


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """NetFile and Florida, simulated, on day 0."""
    with Simulator(seed=1, size=60) as running:
        yield running


@pytest.fixture
def fed(clerk: Clerk, simulator: Simulator) -> Clerk:
    """`clerk` whose upstreams are simulated."""
    (clerk.root / "clerk.toml").write_text(SETTINGS.format(simulator=simulator))
    return clerk


@pytest.fixture
def san_diego(fed: Clerk) -> Clerk:
    """`clerk` with one site whose upstream is simulated."""
    fed.add_site("sandiego.ca", "netfile.agency=CSD")
    return fed
