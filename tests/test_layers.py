"""The imports point one way, and the check that says so can fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def lint_imports(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINT_IMPORTS), "--config", str(config), "--no-cache"]
    environ = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def copied_source(tmp_path: Path) -> Path:
    for package in (ROOT / "src" / "clerkcore", *ROOT.glob("plugins/*/src/*")):
        if package.is_dir() and not package.name.endswith(".egg-info"):
            shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("pilots", "__pycache__"))
    return tmp_path


def test_every_contract_is_kept() -> None:
    found = lint_imports(ROOT, ROOT / "pyproject.toml")
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("module", "imported", "broken"),
    [
        ("clerkcore/errors.py", "clerkcore.cli", "A module of clerkcore imports only what stands below it here"),
        ("clerkcore/cli/__init__.py", "clerkcore.testing", "A module of clerkcore imports only what stands below it"),
        ("clerkcore/finance/source.py", "clerkcore.store", "The two kinds of source know only the seam"),
        ("clerk_board/__init__.py", "clerkcore.ledger", "A plugin imports only clerkcore's public names"),
        ("clerk_board/__init__.py", "clerk_state_florida", "No plugin imports another"),
    ],
)
def test_a_reversed_import_is_refused(copied_source: Path, module: str, imported: str, broken: str) -> None:
    with (copied_source / module).open("a", encoding="utf-8") as file:
        file.write(f"\nimport {imported}\n")
    found = lint_imports(copied_source, ROOT / "pyproject.toml")
    assert found.returncode == 1
    assert broken in found.stdout
    assert imported in found.stdout


def test_a_module_without_a_layer_is_refused(copied_source: Path) -> None:
    (copied_source / "clerkcore" / "stray.py").touch()
    found = lint_imports(copied_source, ROOT / "pyproject.toml")
    assert found.returncode == 1
    assert "clerkcore.stray" in found.stdout
