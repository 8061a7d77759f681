"""The demonstration from beginning to end; `clerk` runs in processes of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from clerk_demo.command import demo
from clerk_demo.show import MARKER
from clerkcore import UsageError


@pytest.mark.slow
def test_three_days_are_pulled_and_amendments_told_as_such(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = CliRunner().invoke(demo, ["--dir", str(tmp_path / "demo"), "--size", "300", "--once"])
    told = capfd.readouterr().out
    assert (result.exit_code, result.exception) == (0, None)
    assert [f"Day {day} at" in result.output for day in (1, 2, 3, 4)] == [True, True, True, False]
    assert "amended by" in told


def test_a_folder_that_is_no_demonstration_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    result = CliRunner().invoke(demo, ["--dir", str(tmp_path), "--once"])
    assert isinstance(result.exception, UsageError)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert MARKER not in result.output
