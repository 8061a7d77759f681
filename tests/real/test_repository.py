"""Real exports are not ours to publish."""

from __future__ import annotations

import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def list_tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git repository")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def test_no_real_export_is_in_the_repository(data: Path) -> None:
    known = dict(re.findall(r"^\s+([0-9a-f]{64})\s+(\S+)$", (data / "README.md").read_text(), re.MULTILINE))
    assert len(known) > 30
    ours = {sha256(path.read_bytes()).hexdigest(): path for path in list_tracked() if path.is_file()}
    assert {str(ours[digest].relative_to(ROOT)): known[digest] for digest in known.keys() & ours.keys()} == {}
