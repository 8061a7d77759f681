"""The examples in the docs work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from clerkcore.__main__ import run

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SETTINGS = 'contact = "tests@example.org"\n[http]\nallow_private = ["127.0.0.1"]\ndelay = 0\n'


class County(ThreadingHTTPServer):
    """An upstream that serves one CSV."""

    daemon_threads = True
    body = b"box,ballots\nLibrary,120\nTown Hall,n/a\n" + b"".join(b"Box %d,%d\n" % (n, n) for n in range(30))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/boxes.csv"


class Answer(BaseHTTPRequestHandler):
    server: County

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def county() -> Iterator[County]:
    with County(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Clerk:
    """`clerk` on an installation whose plugins folder is docs/examples."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.capsys = root, capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        code = run(["--root", str(self.root), "--plugins-dir", str(EXAMPLES), *arguments], {})
        captured = self.capsys.readouterr()
        return code, captured.out + (captured.err if code else "")


@pytest.fixture
def clerk(tmp_path: Path, county: County, capsys: pytest.CaptureFixture[str]) -> Clerk:
    clerk = Clerk(tmp_path / "civic", capsys)
    assert clerk("init")[0] == 0
    (clerk.root / "clerk.toml").write_text(SETTINGS)
    add = ("sites", "add", "example.ca", "--name", "Example County", "--state", "CA", "--kind", "county")
    settings = ("drop_boxes.election=2026", f"drop_boxes.url={county.url}")
    assert clerk(*add, *(word for setting in settings for word in ("--set", setting)))[0] == 0
    return clerk


def without_time(line: str) -> str:
    head, _, tail = line.partition(" s) ")
    return f"{head.rpartition(', ')[0]}) {tail}"


def test_the_plugin_of_the_readme_loads_and_compares(clerk: Clerk, county: County) -> None:
    """Two pulls over HTTP: the second tells what changed."""
    code, told = clerk("states", "update", "example.ca")
    assert (code, without_time(told)) == (
        0,
        "example.ca drop_boxes: changed (run 1) 31 drop boxes added. 1 quarantined\n",
    )
    county.body = county.body.replace(b"Library,120", b"Library,130").replace(b"n/a", b"7")
    code, told = clerk("states", "update", "example.ca")
    assert (code, without_time(told)) == (
        0,
        "example.ca drop_boxes: changed (run 2) 1 drop box added; 1 drop box changed (ballots 1)\n",
    )


def test_the_plugin_of_the_readme_refuses_another_header(clerk: Clerk, county: County) -> None:
    county.body = county.body.replace(b"ballots", b"count")
    code, told = clerk("states", "update", "example.ca")
    assert (code, without_time(told).splitlines()[0]) == (
        1,
        "example.ca drop_boxes: failed (run 1) drop_boxes boxes.csv: lacks the column 'ballots';"
        " columns it has instead: count",
    )


def test_the_plugin_of_the_readme_reads_a_saved_file(clerk: Clerk, tmp_path: Path) -> None:
    saved = tmp_path / "boxes.csv"
    saved.write_text("box,ballots\nLibrary,120\n")
    assert clerk("states", "update", "example.ca", "--from", str(saved), "--dry-run")[0] == 0
    code, told = clerk("states", "try", "drop_boxes", "--election", "2026", "--from", str(saved))
    assert (code, told.splitlines()[0]) == (0, "1 records read: 1 usable, 0 duplicates, 0 quarantined, 0 set aside")


def test_the_plugin_of_the_readme_refuses_a_file_cut_in_its_last_field(clerk: Clerk, county: County) -> None:
    county.body = county.body.removesuffix(b"9\n")
    code, told = clerk("states", "update", "example.ca")
    assert (code, without_time(told).splitlines()[0]) == (
        1,
        "example.ca drop_boxes: failed (run 1) drop_boxes boxes.csv: ends without the end of line 33",
    )


def test_the_hook_of_the_docs_writes_its_log(clerk: Clerk) -> None:
    clerk("states", "update", "example.ca")
    clerk("states", "update", "example.ca")
    log = (clerk.root / "changes.log").read_text()
    assert log == "run 1, Example County: 31 drop boxes added. 1 quarantined\n"


def test_the_command_of_the_docs_runs(clerk: Clerk) -> None:
    clerk("states", "update", "example.ca")
    size = (clerk.root / "sites" / "example.ca" / "voters.db").stat().st_size
    assert clerk("sizes") == (0, f"example.ca voters.db: {size:,} bytes\n")


def test_every_example_is_a_healthy_plugin(clerk: Clerk) -> None:
    code, told = clerk("plugins", "list", "--json")
    plugins = [json.loads(line) for line in told.splitlines()]
    health = {plugin["name"]: plugin["health"] for plugin in plugins if plugin["origin"].startswith(str(EXAMPLES))}
    names = ("changes_log", "clerk-finance-example", "county_roster", "drop_boxes", "free_space", "sizes")
    assert (code, health) == (0, dict.fromkeys(names, "ok"))


@pytest.mark.parametrize(
    ("tests", "path"), [("tests", "."), ("clerk-finance-example/tests", "")], ids=["one file", "a project"]
)
def test_the_tests_of_the_guide_pass(tests: str, path: str) -> None:
    """As the guide says: a single file is put on the path, a project names its own."""
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", str(EXAMPLES / tests)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    if path:
        environ["PYTHONPATH"] = str(EXAMPLES / path)
    found = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-2000:] + found.stderr


@pytest.mark.parametrize("example", sorted(path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*.py")), ids=str)
def test_every_example_stands_in_a_page(example: Path) -> None:
    pages = [*EXAMPLES.parent.glob("*.md"), EXAMPLES.parents[1] / "README.md"]
    text = (EXAMPLES / example).read_text(encoding="utf-8").rstrip()
    assert any(f"```python\n{text}\n" in page.read_text(encoding="utf-8") for page in pages)
