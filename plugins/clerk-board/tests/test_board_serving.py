"""`clerk serve` as an operator runs it: a process of its own, asked over HTTP, stopped by signals."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

LINE = re.compile(r"Serving 1 database of 1 site at (http://127\.0\.0\.1:(\d+)/) \(Ctrl-C stops\)\n\Z")


def read_address(process: subprocess.Popen[str]) -> tuple[str, int]:
    assert process.stdout
    line = process.stdout.readline()
    match = LINE.match(line)
    assert match, line
    return match[1], int(match[2])


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_answers_and_ends_quietly_when_told_to(world: World, number: signal.Signals) -> None:
    world.add_florida()
    with world.serve("--port", "0") as process:
        address, port = read_address(process)
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert b"Florida" in answer.read()
        # A browser keeps its connection open.
        with socket.create_connection(("127.0.0.1", port)):
            process.send_signal(number)
            assert finish(process) == (0, "", "")


def test_it_serves_no_other_machine(world: World) -> None:
    world.add_florida()
    with world.serve("--host", "0.0.0.0") as process:
        code, out, err = finish(process)
    assert (code, out) == (2, "")
    assert "until publishing exists, the databases are for operators on this machine" in err


def test_it_says_which_port_is_in_use_and_how_to_choose_another(world: World) -> None:
    world.add_florida()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with world.serve("--port", str(port)) as process:
            said = f"Error: port {port} is in use (choose another with --port, or 0 for any)\n"
            assert finish(process) == (2, "", said)


def test_it_says_what_to_load_when_there_is_nothing(world: World) -> None:
    world.add_site("oakland.ca", "Oakland", source="netfile")
    with world.serve("oakland.ca", "--port", "0") as process:
        assert finish(process) == (
            2,
            "",
            "Error: there is nothing to show yet (load some data, such as: clerk finance etl oakland.ca)\n",
        )
