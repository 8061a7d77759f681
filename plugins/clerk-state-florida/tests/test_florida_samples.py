"""The committed samples are what the simulator writes; `python test_florida_samples.py` writes them anew."""

from __future__ import annotations

from pathlib import Path

from clerk_demo import county_file

SAMPLES = Path(__file__).parent / "samples"


def write_samples(folder: Path) -> None:
    """Write one report as of two days."""
    for name, day in (("earlier", 0), ("later", 1)):
        (folder / name).mkdir(parents=True)
        (folder / name / "Stats_49894_VbmVoted.txt").write_bytes(county_file(7, "49894", "VbmVoted", day))


def read_tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_samples_are_what_the_simulator_writes(tmp_path: Path) -> None:
    write_samples(tmp_path)
    assert read_tree(SAMPLES) == read_tree(tmp_path)


if __name__ == "__main__":
    write_samples(SAMPLES)
