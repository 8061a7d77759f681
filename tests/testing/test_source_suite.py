"""The suite passes a sound source, and fails an unsound one at the test that is about its fault."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.xdist_group("source_suite")

ROOT = Path(__file__).parents[2]
SOUND = Path(__file__).with_name("sound_source.py").read_text(encoding="utf-8")
SAMPLE = "id,place,depth,felt,status\r\n" + "".join(
    f"{number},Place {number},7.5,{number * 111},{'reviewed' if number % 3 else 'automatic'}\r\n"
    for number in range(1, 25)
)
# What some of the faults need.
MORE = """\
import os, sqlite3, time
from clerkcore import Location, Scope
"""
IMPORTS = """\
from importlib import import_module
from pathlib import Path
from clerkcore import Scope
from clerkcore.testing import SourceSuite
"""
SUITE = """
class Test_quakes(SourceSuite):
    source_class = import_module("quakes").Quakes
    scope = Scope("2026/Quakes", {"data_source": "Quakes", "election_id": "2026", "election_date": ""})
    config = {"election": "2026"}
    samples = (Path(__file__).parent / "quakes.csv",)
    records = 24
    plugins_dir = str(Path(__file__).parent / "plugins")
"""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a source, the words of the sound one and those in their place, and the test that notices."""

    name: str
    old: str
    new: str
    test: str

    @property
    def module(self) -> str:
        return f"quakes_{re.sub(r'[^a-z]', '_', self.name)}"


FAULTS = (
    Fault("opens a file", "        page =", "        open(__file__).close(); page =", "parse_touches_nothing"),
    Fault("opens a database", "        page =", "        sqlite3.connect(':memory:'); page =", "parse_touches_nothing"),
    Fault("lists a folder", "        page =", "        os.listdir('.'); page =", "parse_touches_nothing"),
    Fault("looks at the clock", 'text["place"]', "str(time.time_ns())", "parse_gives_the_same_twice"),
    Fault(
        "walks in the order of hashes",
        'for line in read_delimited(page, ("id", "place", "felt", "status"), where="quakes")',
        'for line in sorted(read_delimited(page, ("id", "felt"), where="quakes"), key=lambda l: hash(l.values["id"]))',
        "parse_does_not_depend_on_its_process",
    ),
    Fault(
        "reads the time zone",
        'text["place"]',
        'text["place"] + str(time.localtime(0).tm_hour)',
        "parse_does_not_depend_on_its_process",
    ),
    Fault("records no place", "line.at, capture", "Location('', 0), capture", "every_record_says_where_it_stood"),
    Fault(
        "lets a KeyError out",
        '("id", "place", "felt", "status")',
        "()",
        "a_column_with_another_name_or_none_is_noticed[renamed]",
    ),
    Fault(
        "takes a missing column for blank",
        '("id", "place", "felt", "status"), where="quakes"):',
        '("id", "felt", "status"), where="quakes"):\n            getattr(line, "values", {}).setdefault("place", "")',
        "a_column_with_another_name_or_none_is_noticed[missing]",
    ),
    Fault(
        "lets a ValueError out",
        "except ValueError",
        "except KeyError",
        "an_unreadable_value_loses_no_record[no number]",
    ),
    Fault(
        "skips ragged lines", "                yield line\n", "                pass\n", "a_misshapen_record_is_not_lost"
    ),
    Fault(
        "loses rows without a word",
        "if isinstance(line, Rejected):",
        "if not isinstance(line, Rejected) and line.values['id'] == '7':\n                continue\n            if 0:",
        "every_record_of_the_samples_is_read",
    ),
    Fault(
        "takes half a line for a whole one",
        'not in ("reviewed", "automatic")',
        "is None",
        "a_file_cut_anywhere_holds_no_record_of_its_own",
    ),
    Fault(
        "gives no remedy",
        "        page =",
        "        if not capture.pages[0].open().read(1):\n            raise SourceError('is empty')\n        page =",
        "a_damaged_file_changes_no_row[an empty file]",
    ),
    Fault(
        "lets all rows go",
        "max_shrink=0.1",
        "max_shrink=1.0",
        "a_damaged_file_changes_no_row[cut after three quarters of its lines]",
    ),
    Fault(
        "marks rows with their capture",
        'text["place"]',
        'text["place"] + capture.id',
        "applying_the_same_files_again_changes_no_row",
    ),
    Fault("rejects most records", '("reviewed", "automatic")', '("automatic",)', "the_samples_are_loaded"),
    Fault("describes nothing", 'description="Where"', 'description=""', "every_table_and_column_is_described"),
    Fault("decides nothing", '"Where", public=True', '"Where"', "every_text_is_public_or_sensitive"),
    Fault("has no licence", '"Public record"', '""', "it_says_where_its_data_comes_from"),
    Fault("has no address", '"https://example.org/"', '"example.org"', "it_says_where_its_data_comes_from"),
    Fault("facets an unknown column", '("status",)', '("state",)', "keys_facets_and_groups_name_columns"),
    Fault("has an unknown key", '"quakes", ("id",)', '"quakes", ("number",)', "its_tables_can_be_made"),
    Fault(
        "plans twice",
        "    def fetch_data",
        "    def plan(self, site, request, client):\n        yield from [Scope('a'), Scope('a')]\n\n    def fetch_data",
        "it_plans_each_scope_once",
    ),
    Fault("registers something else", ':Quakes"', ':Column"', "its_plugin_registers_it"),
    Fault(
        "registers nothing",
        'return [Ref("quakes", "quakes:Quakes", "Earthquakes")]',
        "return []",
        "its_plugin_registers_it",
    ),
)


def write_source(folder: Path, name: str, text: str) -> str:
    """Write a source as a plugin of its own; returns the class of its suite."""
    (folder / "plugins" / f"{name}.py").write_text(text.replace('"quakes', f'"{name}'), encoding="utf-8")
    return SUITE.replace("Test_quakes", f"Test_{name}").replace('("quakes")', f'("{name}")')


def write_suites(folder: Path) -> list[str]:
    """Write the sound source and each unsound one; returns the tests to run."""
    (folder / "plugins").mkdir()
    (folder / "quakes.csv").write_bytes(SAMPLE.encode())
    classes = [write_source(folder, "quakes", SOUND)]
    for fault in FAULTS:
        assert SOUND.count(fault.old) == 1, fault.name
        classes.append(write_source(folder, fault.module, SOUND.replace(fault.old, fault.new) + MORE))
    (folder / "test_quakes.py").write_text("".join([IMPORTS, *classes]), encoding="utf-8")
    unsound = [f"test_quakes.py::Test_{fault.module}::test_{fault.test}" for fault in FAULTS]
    return ["test_quakes.py::Test_quakes", *unsound]


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The message of each test of the generated suites by class and name; empty where it passed."""
    folder = tmp_path_factory.mktemp("quakes")
    tests = write_suites(folder)
    environ = os.environ | {"PYTHONPATH": str(folder / "plugins")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=report.xml", *tests]
    ended = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return dict(_read_report(folder / "report.xml"))


def _read_report(path: Path) -> Iterator[tuple[str, str]]:
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        failure = case.find("failure")
        name = f"{case.attrib['classname'].partition('Test_')[2]}.{case.attrib['name']}"
        yield name, "" if failure is None else failure.attrib["message"]


def test_a_sound_source_passes_every_test(failures: dict[str, str]) -> None:
    of_sound = {name: message for name, message in failures.items() if name.startswith("quakes.")}
    assert len(of_sound) > 40
    assert {name: message for name, message in of_sound.items() if message} == {}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_source_with_a_fault_fails_the_test_about_it(failures: dict[str, str], fault: Fault) -> None:
    assert failures[f"{fault.module}.test_{fault.test}"]
