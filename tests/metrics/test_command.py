"""clerk metrics: a file for node_exporter, and a server for Prometheus."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from clerkcore.installation import Installation
from clerkcore.testing import Clerk


@contextmanager
def served(root: Path, *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `clerk metrics --listen` in a process of its own, and yield its address."""
    command = [sys.executable, "-m", "clerkcore", "metrics", "--root", str(root), *words]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CLERK_")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stderr
        line = process.stderr.readline()
        found = re.fullmatch(r"Serving (http://\S+/metrics) \(Ctrl-C stops\)\n", line)
        assert found, line + process.stderr.read()
        try:
            yield found[1], process
        finally:
            process.kill()


def get(url: str, **headers: str) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


def test_a_server_answers_until_it_is_told_to_stop(
    installation: Installation, figures_of: Callable[[bytes], dict[str, Any]]
) -> None:
    with served(installation.root, "--listen", "0") as (url, process):
        status, content_type, body = get(url)
        assert (status, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert url.startswith("http://127.0.0.1:")
        assert figures_of(body)["clerk_up"] == {(): 1}
        (installation.root / "civic.db").rename(installation.root / "away.db")
        assert get(url, Accept="application/openmetrics-text")[1].startswith("application/openmetrics-text")
        assert get(url.removesuffix("metrics"))[::2] == (404, b"The figures are at /metrics\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_port_that_is_taken_is_named(run_clerk: Clerk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        refused = run_clerk("metrics", "--listen", where)
    told = f"Error: {where}: cannot listen: Address already in use (choose another with --listen HOST:PORT)\n"
    assert (refused.exit_code, refused.stderr) == (1, told)


@pytest.mark.parametrize("value", ["nowhere", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "x:-1", "x:²"])
def test_what_is_no_address_is_refused(run_clerk: Clerk, value: str) -> None:
    refused = run_clerk("metrics", "--listen", value)
    told = f"Error: Invalid value for '--listen': {value!r} is no address, such as 9469 or 127.0.0.1:9469\n"
    assert (refused.exit_code, refused.stderr.endswith(told)) == (2, True)


def test_a_textfile_is_whole_and_readable_for_all(
    installation: Installation, run_clerk: Clerk, tmp_path: Path, figures_of: Callable[[bytes], dict[str, Any]]
) -> None:
    folder = tmp_path / "collector"
    folder.mkdir()
    file = folder / "clerk.prom"
    file.write_text("old")
    file.chmod(0o600)
    written = run_clerk("metrics", "--textfile", file)
    assert (written.exit_code, written.stdout, written.stderr) == (0, "", "")
    assert figures_of(file.read_bytes())["clerk_up"] == {(): 1}
    assert (file.stat().st_mode & 0o777, list(folder.iterdir())) == (0o644, [file])


def test_a_textfile_of_another_name_is_refused(run_clerk: Clerk, tmp_path: Path) -> None:
    refused = run_clerk("metrics", "--textfile", tmp_path / "clerk.txt")
    told = "Error: 'clerk.txt' does not end in .prom (node_exporter reads no other files)\n"
    assert (refused.exit_code, refused.stderr) == (2, told)


def test_a_folder_that_is_not_there_is_named(run_clerk: Clerk, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "clerk.prom"
    refused = run_clerk("metrics", "--textfile", file)
    remedy = "check that its folder exists and can be written"
    told = f"Error: {file}: cannot be written: No such file or directory ({remedy})\n"
    assert (refused.exit_code, refused.stderr) == (1, told)


def test_two_ways_at_once_are_refused(run_clerk: Clerk) -> None:
    refused = run_clerk("metrics", "--textfile", "x.prom", "--listen", "0")
    assert (refused.exit_code, "--textfile and --listen are two ways; choose one" in refused.stderr) == (2, True)
