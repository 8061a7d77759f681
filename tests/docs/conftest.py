"""The repository's documents, and the module that writes parts of them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def docs(root: Path) -> Path:
    """The folder of the documents."""
    return root / "docs"


@pytest.fixture(scope="session")
def generate(docs: Path) -> ModuleType:
    """The module that cog takes commands, hooks, settings and tables from."""
    spec = importlib.util.spec_from_file_location("docs_generate", docs / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
