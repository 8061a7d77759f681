"""The pages in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import World


@pytest.fixture
def chromium() -> str:
    """The browser's command; without one the tests are skipped, or fail where services are required."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return found
    if os.environ.get("CLERK_REQUIRE_SERVICES") == "1":
        pytest.fail("CLERK_REQUIRE_SERVICES=1, but there is no chromium; on Debian: apt install chromium")
    pytest.skip("there is no chromium; on Debian: apt install chromium")


def run_browser(chromium: str, profile: Path, *arguments: str) -> str:
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.slow
def test_home_and_table_are_drawn(world: World, chromium: str, tmp_path: Path) -> None:
    world.add_san_diego({"amount_cents": 123456, "filer_name": "<b>Bold</b> for Mayor"})
    with world.serve("--port", "0") as process:
        assert process.stdout
        address = process.stdout.readline().split(" at ")[1].split(" ")[0]
        home = run_browser(chromium, tmp_path / "profile", "--dump-dom", address)
        assert "San Diego <small>city, sandiego.ca</small>" in home
        table = f"{address}sandiego-ca-election_finance/transactions_effective"
        html = run_browser(chromium, tmp_path / "profile", "--dump-dom", table)
        assert '<span class="money" title="123456 cents">$1,234.56</span>' in html
        assert "&lt;b&gt;Bold&lt;/b&gt; for Mayor" in html
        picture = tmp_path / "table.png"
        run_browser(chromium, tmp_path / "profile", f"--screenshot={picture}", table)
        assert picture.read_bytes().startswith(b"\x89PNG")
