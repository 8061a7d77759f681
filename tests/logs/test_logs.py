"""What happens becomes lines, which nothing that an upstream wrote can break."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerkcore import logs
from clerkcore.models import Counts, Outcome, Run, ScopeResult

AT = datetime(2026, 11, 24, 6, tzinfo=UTC)
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
HOSTILE = "\x1b[31;1m\x1b]0;owned\x07\r\n\x9b2J\x7f\u202e\u2066\u200b\ud800"
Configure = Callable[..., Callable[[], None]]


@pytest.fixture
def configure(stream: io.StringIO) -> Iterator[Configure]:
    ends: list[Callable[[], None]] = []

    def begin(form: str = "json", level: str = "info", terminal: bool = False, **more: Any) -> Callable[[], None]:
        ends.append(logs.configure(form, level, terminal=terminal, stream=stream, **more))
        return ends[-1]

    yield begin
    for end in ends:
        end()


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def a_run(outcome: Outcome = Outcome.CHANGED) -> Run:
    scope = ScopeResult("2026", outcome, Counts(read=60, added=60), findings=2)
    return Run(7, "finance.etl", "alameda.ca", "netfile", outcome, (scope,), AT, 1.25, "60 rows added", "look at it")


def test_a_run_is_one_line_of_json_with_its_facts_in_order(configure: Configure, stream: io.StringIO) -> None:
    configure()
    logs.run_ended(a_run())
    [line] = read(stream)
    assert re.fullmatch(rf"{TIME}\.\d{{6}}Z", line.pop("timestamp"))
    assert list(line.items()) == [
        ("level", "info"),
        ("event", "run ended"),
        ("run", 7),
        ("site", "alameda.ca"),
        ("source", "netfile"),
        ("job", "finance.etl"),
        ("outcome", "changed"),
        ("seconds", 1.25),
        ("scopes", 1),
        ("read", 60),
        ("added", 60),
        ("changed", 0),
        ("disappeared", 0),
        ("unchanged", 0),
        ("quarantined", 0),
        ("findings", 2),
        ("message", "60 rows added"),
        ("remedy", "look at it"),
    ]


@pytest.mark.parametrize(
    ("tell", "level", "facts"),
    [
        (partial(logs.run_ended, a_run(Outcome.FAILED)), "error", {"event": "run ended", "outcome": "failed"}),
        (partial(logs.run_ended, a_run(Outcome.HELD)), "warning", {"event": "run ended", "outcome": "held"}),
        (
            partial(logs.job_started, 3, "finance.etl", "alameda.ca", 2),
            "info",
            {"event": "job started", "site": "alameda.ca", "job_id": 3, "job": "finance.etl", "attempt": 2},
        ),
        (
            partial(logs.job_ended, 3, "finance.etl", "alameda.ca", Outcome.FAILED, 1.0, "gone"),
            "error",
            {"event": "job ended", "outcome": "failed", "seconds": 1.0, "message": "gone"},
        ),
        (
            partial(logs.taken_over, "alameda.ca", "host:12", run=6),
            "warning",
            {"event": "taken over", "run": 6, "site": "alameda.ca", "holder": "host:12"},
        ),
        (
            partial(logs.notification_sent, "mail", "fired", "Alameda fails", 4),
            "info",
            {"event": "notification sent", "channel": "mail", "kind": "fired", "title": "Alameda fails", "alert": 4},
        ),
        (
            partial(logs.notification_failed, "mail", "fired", "x", "refused", attempts=1, given_up=False),
            "warning",
            {"event": "notification failed", "attempts": 1, "message": "refused"},
        ),
        (
            partial(logs.notification_failed, "mail", "fired", "x", "refused", attempts=9, given_up=True),
            "error",
            {"event": "notification given up", "attempts": 9},
        ),
    ],
)
def test_each_fact_has_its_level(
    configure: Configure, stream: io.StringIO, tell: Callable[[], None], level: str, facts: dict[str, Any]
) -> None:
    configure()
    tell()
    [line] = read(stream)
    assert {"level": line["level"], **{name: line[name] for name in facts}} == {"level": level, **facts}
    assert None not in line.values()


def test_what_is_bound_stands_in_every_line_of_the_block(configure: Configure, stream: io.StringIO) -> None:
    configure()
    with logs.bound(run=7, site="alameda.ca", source="netfile"):
        logs.progress("page 1")
    logs.progress("page 2")
    assert [{**line, "timestamp": ""} for line in read(stream)] == [
        {
            "timestamp": "",
            "level": "info",
            "event": "progress",
            "run": 7,
            "site": "alameda.ca",
            "source": "netfile",
            "message": "page 1",
        },
        {"timestamp": "", "level": "info", "event": "progress", "message": "page 2"},
    ]


def test_progress_as_text_is_a_time_and_the_line(configure: Configure, stream: io.StringIO) -> None:
    configure("text")
    with logs.bound(run=7):
        logs.progress("sandiego.ca netfile 2020: 12 pages")
    assert re.fullmatch(rf"{TIME}Z sandiego\.ca netfile 2020: 12 pages\n", stream.getvalue())


def test_a_grave_line_of_text_says_so_and_leaves_out_counts_of_nothing(
    configure: Configure, stream: io.StringIO
) -> None:
    configure("text")
    logs.run_ended(a_run(Outcome.HELD))
    assert stream.getvalue()[20:] == (
        " warning: run ended run=7 site=alameda.ca source=netfile job=finance.etl outcome=held seconds=1.25 scopes=1"
        ' read=60 added=60 findings=2 message="60 rows added" remedy="look at it"\n'
    )


def test_a_terminal_gets_colours(configure: Configure, stream: io.StringIO) -> None:
    configure("text", terminal=True, colours=True)
    logs.progress("12 pages")
    assert "\x1b[1m12 pages\x1b[0m" in stream.getvalue()


@pytest.mark.parametrize(
    ("terminal", "told"), [(True, ["warning: taken over"]), (False, ['"event": "progress"', '"event": "taken over"'])]
)
def test_auto_is_json_but_on_a_terminal_text_of_warnings_alone(
    configure: Configure, stream: io.StringIO, terminal: bool, told: list[str]
) -> None:
    configure("auto", terminal=terminal)
    logs.progress("12 pages")
    logs.taken_over("alameda.ca", "host:12")
    lines = stream.getvalue().splitlines()
    assert [words in line for words, line in zip(told, lines, strict=True)] == [True] * len(told)


@pytest.mark.parametrize(("level", "told"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 0)])
def test_lines_below_the_level_are_left_out(configure: Configure, stream: io.StringIO, level: str, told: int) -> None:
    configure(level=level)
    for grave in (logging.DEBUG, logging.INFO, logging.WARNING):
        logs.tell("something", grave)
    assert len(read(stream)) == told


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_secret_and_the_user_of_an_address_never_appear(configure: Configure, stream: io.StringIO, form: str) -> None:
    configure(form, secrets=["open sesame", "", "abc"])
    logs.progress("GET https://bob:pw@example.org/abc?key=open sesame")
    assert "GET https://***@example.org/abc?key=***" in stream.getvalue()


@given(text=st.text(max_size=40), form=st.sampled_from(["json", "text"]))
@settings(max_examples=60, deadline=None)
def test_whatever_an_upstream_wrote_is_one_printable_line(text: str, form: str) -> None:
    stream = io.StringIO()
    end = logs.configure(form, "info", terminal=False, stream=stream)
    logs.tell("something", message=text + HOSTILE, source=text)
    end()
    [line, rest] = stream.getvalue().split("\n")
    assert (rest, line.isprintable()) == ("", True)
    if form == "json":
        assert (line.isascii(), json.loads(line)["message"]) == (True, text + HOSTILE)


def test_a_value_without_end_is_cut(configure: Configure, stream: io.StringIO) -> None:
    configure()
    logs.progress("x" * 100_000)
    assert len(read(stream)[0]["message"]) == 8_001


def test_other_libraries_warn_in_the_same_form_and_say_nothing_slighter(
    configure: Configure, stream: io.StringIO
) -> None:
    configure()
    library = logging.getLogger("httpx")
    library.info("GET https://example.org/?key=secret")
    try:
        raise OSError("no route")
    except OSError:
        library.exception("retrying %s", "soon")
    [line] = read(stream)
    assert {**line, "timestamp": ""} == {
        "timestamp": "",
        "level": "error",
        "event": "retrying soon",
        "logger": "httpx",
        "error": "OSError: no route",
    }


def test_where_nobody_asked_for_lines_there_are_none(capfd: pytest.CaptureFixture[str]) -> None:
    logs.taken_over("alameda.ca", "host:12")
    assert capfd.readouterr() == ("", "")


def test_after_the_end_everything_is_as_before(configure: Configure, stream: io.StringIO) -> None:
    before = list(logging.getLogger().handlers)
    configure()()
    logs.taken_over("alameda.ca", "host:12")
    assert (logging.getLogger().handlers, stream.getvalue()) == (before, "")


def test_where_nothing_can_be_written_the_work_goes_on() -> None:
    with open("/dev/full", "wb", buffering=0) as full:
        end = logs.configure("json", "info", terminal=False, stream=io.TextIOWrapper(full, write_through=True))
        logs.progress("12 pages")
        end()
