"""The committed samples are what is described here; `python test_configured_samples.py` writes them anew."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"


def _conftest() -> ModuleType:
    spec = importlib.util.spec_from_file_location("configured_files", HERE / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_samples() -> dict[str, bytes]:
    """Return the samples by name."""
    write = _conftest()
    lines = [f"{number % 3:03}{number:08}2026-10-{number + 10}{'EM'[number % 2]}\n" for number in range(12)]
    counts = [(f"County {number}", f"2026-10-{number + 10}", number * 100, number) for number in range(8)]
    header = ("County", "Day", "VBM", "In person")
    items = [dict(zip(header, row, strict=True)) for row in counts]
    return {
        "history.txt": "".join(lines).encode(),
        "counts.xlsx": write.write_workbook(write.write_sheet([("Daily counts",), (), header, *counts])),
        "counts.json": write.write_json("data.items", items),
    }


def test_the_samples_are_what_is_described() -> None:
    assert {path.name: path.read_bytes() for path in SAMPLES.iterdir()} == make_samples()


if __name__ == "__main__":
    for name, body in make_samples().items():
        (SAMPLES / name).write_bytes(body)
