"""`clerk` on a new installation, a crontab that is a file, and simulated upstreams."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clerk_demo import Simulator
from clerkcore.testing.clerk import Clerk

SETTINGS = """\
contact = "tests@example.org"

[http]
allow_private = ["127.0.0.1"]
delay = 0
backoff = 0

[sources.netfile]
base_url = "{simulator.netfile_url}"
"""

# As the real program: it says so where there is no table, and refuses one it does not like.
CRONTAB = """\
#!/bin/sh
table='{table}'
if [ "$1" = -l ]; then
    [ -e "$table" ] || {{ echo "no crontab for $(id -un)" >&2; exit 1; }}
    exec cat "$table"
fi
cat > "$table.new"
if grep -q REFUSED "$table.new"; then
    echo '"-":1: bad minute' >&2; echo "errors in crontab file, can't install." >&2; exit 1
fi
mv "$table.new" "$table"
"""


@dataclass(frozen=True)
class Crontab:
    """The crontab of whoever runs the tests, in a file."""

    path: Path
    program: str

    def write(self, table: bytes) -> None:
        self.path.write_bytes(table)

    def read(self) -> bytes:
        return self.path.read_bytes()


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crontab:
    """A program `crontab`, first on PATH, that keeps its table in a file."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program, table = folder / "crontab", tmp_path / "crontab.table"
    program.write_text(CRONTAB.format(table=table))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Crontab(table, str(program))


@pytest.fixture(scope="session")
def new_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a new installation, to be copied: making its ledger costs more than most tests here."""
    root = tmp_path_factory.mktemp("new") / "civic"
    assert Clerk(root)("init").exit_code == 0
    # Its states would become sites, whose upstreams are not simulated here.
    (root / "sites" / "states.json").write_text('{"states": {}}')
    return root


@pytest.fixture
def clerk(new_root: Path, tmp_path: Path) -> Clerk:
    """`clerk` on a new installation without sites."""
    return Clerk(Path(shutil.copytree(new_root, tmp_path / "civic")))


@pytest.fixture
def add_site(clerk: Clerk) -> Callable[..., None]:
    """Add a site that NetFile has: `add_site("alameda.ca")`."""

    def add(subdomain: str, agency: str = "CSD") -> None:
        words = ("--name", subdomain.title(), "--state", "CA", "--kind", "city", "--set", f"netfile.agency={agency}")
        added = clerk("sites", "add", subdomain, *words)
        assert added.exit_code == 0, added.stderr

    return add


@pytest.fixture
def san_diego(clerk: Clerk, add_site: Callable[..., None]) -> Iterator[Clerk]:
    """`clerk` with one site whose upstream is simulated."""
    with Simulator(seed=1, size=30) as simulator:
        (clerk.root / "clerk.toml").write_text(SETTINGS.format(simulator=simulator))
        add_site("sandiego.ca")
        yield clerk


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `clerk` in a process of its own; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(clerk: Clerk, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "clerkcore", *words, "--root", str(clerk.root)]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CLERK_")}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ, bufsize=1
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()
