"""The drop boxes pass the suite of every source, and tell the boxes they loaded."""

from pathlib import Path

from drop_boxes import DropBoxes

from clerkcore import Scope
from clerkcore.testing import SourceSuite

pytest_plugins = ["clerkcore.testing.fixtures"]

PLUGINS = Path(__file__).parents[1]
SAMPLE = Path(__file__).with_name("boxes.csv")
SETTINGS = {"election": "2026"}


class TestDropBoxes(SourceSuite):
    source_class = DropBoxes
    config = SETTINGS
    scope = Scope("2026/DropBoxes", {"data_source": "DropBoxes", "election_id": "2026", "election_date": ""})
    samples = (SAMPLE,)
    records = 6
    plugins_dir = str(PLUGINS)


def test_a_saved_file_is_loaded(make_site, run_clerk):
    make_site("example.ca", drop_boxes=SETTINGS)
    ended = run_clerk("--plugins-dir", PLUGINS, "states", "update", "example.ca", "--from", SAMPLE, "--json")
    assert (ended.exit_code, ended.line["added"], ended.line["quarantined"]) == (0, 6, 0)
