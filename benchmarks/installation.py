"""A throw-away installation with one site whose NetFile is the benchmark's own upstream."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.upstream import AGENCY, YEAR

CLERK = str(Path(sys.executable).with_name("clerk"))
SITE = "sandiego.ca"


class Installation:
    """Runs clerk in a folder of its own."""

    def __init__(self, root: Path, base_url: str, concurrency: int) -> None:
        self.root = root
        self.run("init")
        self.run("sites", "add", SITE, "--name", "San Diego", "--state", "CA", "--kind", "city")
        (root / "clerk.toml").write_text('[http]\ndelay = 0\nallow_private = ["127.0.0.1"]\n')
        with (root / "sites" / SITE / "site.toml").open("a") as config:
            config.write(f'[sources.netfile]\nagency = "{AGENCY}"\nbase_url = "{base_url}/"\n')
            config.write(f"concurrency = {concurrency}\n")

    def run(self, *arguments: str) -> str:
        """Run a command of clerk and return what it said."""
        done = subprocess.run(self.command(*arguments), env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"clerk {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    @staticmethod
    def command(*arguments: str) -> Sequence[str]:
        return (CLERK, *arguments)

    @property
    def environ(self) -> dict[str, str]:
        return os.environ | {"CLERK_ROOT": str(self.root)}

    def finance(self, step: str) -> str:
        """Take the site's year through a step of the road."""
        return self.run("finance", step, SITE, "--year", str(YEAR), "--json")


@contextmanager
def installation(base_url: str, concurrency: int = 1) -> Iterator[Installation]:
    """An installation that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Installation(Path(folder), base_url, concurrency)
