"""clerk redact and clerk quarantine release on a whole installation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clerkcore.__main__ import run
from clerkcore.cli.redact import redact
from clerkcore.cli.root import CORE
from clerkcore.errors import LedgerError
from clerkcore.installation import Installation
from clerkcore.ledger import list_events, list_tombstones, place_legal_hold, record_event
from clerkcore.plugins import Manager, discover
from clerkcore.settings import read_settings

OZ_PLUGIN = Path(__file__).parent.parent / "cli" / "states_plugin"
NOW = datetime(2026, 11, 3, tzinfo=UTC)
HEAD = "id,county,precinct,method\n"
VOTERS = f"{HEAD}001,Emerald,1,EARLY\n002,Winkie,7,EARLY\n"
WHO = ("--key", "voter_id=001", "--reason", "court order", "--by", "A. Clerk")
WORDS = ("oz", "--source", "oz", "--table", "roster", *WHO)


@dataclass(frozen=True)
class Oz:
    """An installation with one site, whose plugin is the one of the tests of states."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    @contextmanager
    def opened(self) -> Iterator[Installation]:
        settings = read_settings(self.root, {})
        with closing(Installation(settings, Manager(discover(settings.plugins_dir, CORE)))) as installation:
            yield installation

    def clerk(self, *words: str | Path) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = run([*map(str, words), "--root", str(self.root)], {})
        printed = self.capsys.readouterr()
        return code, printed.out, printed.err

    def load(self, text: str, *words: str) -> Any:
        path = self.root / "day.csv"
        path.write_text(text)
        about = ("--source", "EVR", "--election", "77", "--date", "2026-05-18", "--json")
        return json.loads(self.clerk("states", "update", "oz", *about, "--from", path, *words)[1])

    def redact(self, *words: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        with self.opened() as installation:
            code = redact.main([*WORDS, *words], obj=installation, standalone_mode=False)
        printed = self.capsys.readouterr()
        return code or 0, printed.out, printed.err


@pytest.fixture
def oz(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Oz:
    made = Oz(tmp_path / "civic", capsys)
    made.clerk("init")
    (made.root / "clerk.toml").write_text(f'plugins_dir = "{OZ_PLUGIN}"\n[guards]\nshrink = 1.0\nturnover = 1.0\n')
    states = {"OZ": {"enabled": True, "name": "Oz", "adapter": "oz"}}
    (made.root / "sites" / "states.json").write_text(json.dumps({"states": states}))
    return made


def test_without_yes_it_counts_and_removes_nothing(oz: Oz) -> None:
    oz.load(VOTERS)
    code, out, err = oz.redact()
    assert (code, [line.split() for line in out.splitlines()]) == (
        0,
        [
            ["Scope", "What", "How", "many"],
            ["77/EVR/2026-05-18", "rows", "1"],
            ["77/EVR/2026-05-18", "raw", "captures", "1"],
            ["1", "raw", "downloads", "(65", "bytes)", "would", "go,", "their", "hashes", "stay."],
        ],
    )
    assert err.endswith("Nothing was removed. Add --yes to remove it for good; backups are not touched.\n")
    assert len(list(oz.root.rglob("*.gz"))) == 1


def test_with_yes_it_removes_and_leaves_a_tombstone_and_an_event(oz: Oz) -> None:
    oz.load(VOTERS)
    code, out, _ = oz.redact("--yes", "--json")
    told = json.loads(out)
    assert (code, told["outcome"], told["job"], told["message"]) == (
        0,
        "changed",
        "redact",
        "redacted: rows: 1; raw captures: 1, of which the hashes stay",
    )
    with oz.opened() as installation, installation.ledger.read() as connection:
        [tombstone] = list_tombstones(connection, limit=9)
        [event] = list_events(connection, kind="redacted", limit=9)
    assert (tombstone.kind, tombstone.subdomain, tombstone.target, tombstone.records, tombstone.removed_by) == (
        "redacted",
        "oz",
        "oz roster, all scopes",
        1,
        "A. Clerk",
    )
    assert (event.subdomain, event.source, event.run_id, event.data) == (
        "oz",
        "oz",
        told["run_id"],
        {"scopes": ["77/EVR/2026-05-18"], "table": "roster"},
    )
    assert list(oz.root.rglob("*.gz")) == []
    assert b"001" not in next(oz.root.rglob("*.redacted.json")).read_bytes().split(b'"reason"')[1]


def test_redacting_again_finds_nothing_and_leaves_no_second_tombstone(oz: Oz) -> None:
    oz.load(VOTERS)
    oz.redact("--yes")
    assert oz.redact("--yes")[1].endswith("nothing holds such a record; it will be set aside when it comes\n")
    with oz.opened() as installation, installation.ledger.read() as connection:
        assert len(list_tombstones(connection, limit=9)) == 1


def test_a_legal_hold_refuses_it(oz: Oz) -> None:
    oz.load(VOTERS)
    with oz.opened() as installation, installation.ledger.write() as connection:
        place_legal_hold(connection, "oz", "a lawsuit", "Counsel", at=NOW)
    for words in ((), ("--yes",)):
        with pytest.raises(LedgerError) as caught:
            oz.redact(*words)
        assert caught.value.message == "nothing of 'oz' may be removed: legal hold 1 by Counsel: a lawsuit"
    assert len(list(oz.root.rglob("*.gz"))) == 1


def test_words_of_the_ledger_lose_the_key(oz: Oz) -> None:
    oz.load(VOTERS)
    with oz.opened() as installation, installation.ledger.write() as connection:
        for words in ("voter 001 is odd", "voter 0015 is odd"):
            record_event(connection, "odd", words, subdomain="oz", source="oz", data={"line": [words]}, at=NOW)
    oz.redact("--yes")
    with oz.opened() as installation, installation.ledger.read() as connection:
        found = [(event.message, event.data) for event in list_events(connection, kind="odd", limit=9)]
    assert found == [
        ("it holds a record that was redacted", {}),
        ("voter 0015 is odd", {"line": ["voter 0015 is odd"]}),
    ]


def test_a_release_refuses_a_run_that_rejected_nothing(oz: Oz) -> None:
    loaded = oz.load(VOTERS)
    assert oz.clerk("quarantine", "release", str(loaded["run_id"])) == (
        2,
        "",
        f"Error: run {loaded['run_id']} put nothing into quarantine (clerk quarantine list)\n",
    )


def test_a_release_names_the_run_that_the_rows_rest_on_by_now(oz: Oz) -> None:
    many = "".join(f"{number},Winkie,7,EARLY\n" for number in range(100, 200))
    first = oz.load(f"{VOTERS}{many}x,Winkie,7,EARLY\n")
    oz.load(f"{VOTERS}{many}")
    code, _, err = oz.clerk("quarantine", "release", str(first["run_id"]))
    newest = first["run_id"] + 1
    assert (code, err) == (
        2,
        f"Error: oz 77/EVR/2026-05-18: the rows rest on run {newest} by now, not on run {first['run_id']}"
        f" (clerk quarantine list --run {newest})\n",
    )


def test_a_release_of_what_is_still_rejected_says_by_which_rule(oz: Oz) -> None:
    many = "".join(f"{number},Winkie,7,EARLY\n" for number in range(100, 200))
    first = oz.load(f"{VOTERS}{many}x,Winkie,7,EARLY\n")
    code, out, _ = oz.clerk("quarantine", "release", str(first["run_id"]), "--json")
    told = json.loads(out)
    assert (code, told["outcome"], told["job"]) == (0, "fresh", "release")
    assert told["message"].startswith("nothing changed; the plugin still rejects them: ")
