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
from clerkcore.ledger import list_events, list_tombstones, open_holds, place_legal_hold, record_event
from clerkcore.plugins import Manager, discover
from clerkcore.road.redact import read_target, redact_record
from clerkcore.road.work import Work
from clerkcore.settings import read_settings
from clerkcore.store.redactions import WITHHELD

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


def test_what_is_held_of_a_capture_that_is_not_there_is_closed_and_all_is_written(oz: Oz) -> None:
    (oz.root / "clerk.toml").write_text(f'plugins_dir = "{OZ_PLUGIN}"\n[guards]\nshrink = 0.1\n')
    many = "".join(f"{number},Winkie,7,EARLY\n" for number in range(100, 200))
    oz.load(f"{VOTERS}{many}")
    held = oz.load(VOTERS)
    # As after a restore without raw data.
    for manifest in oz.root.rglob("raw/captures/**/*.json"):
        manifest.unlink()
    with oz.opened() as installation, installation.ledger.write() as connection:
        record_event(connection, "odd", "voter 001 is odd", subdomain="oz", source="oz", at=NOW)
    code, _, err = oz.redact("--yes")
    assert (held["outcome"], code, err.count("Error")) == ("held", 0, 0)
    with oz.opened() as installation, installation.ledger.read() as connection:
        assert open_holds(connection) == []
        assert [tombstone.records for tombstone in list_tombstones(connection, limit=9)] == [1]
        assert [event.data["table"] for event in list_events(connection, kind="redacted", limit=9)] == ["roster"]
        assert [event.message for event in list_events(connection, kind="odd", limit=9)] == [WITHHELD]


def interrupt_before_the_ledger(oz: Oz, scope: str = "") -> None:
    """Remove a record from the site as `clerk redact` does, and get no further."""
    with oz.opened() as installation:
        site = installation.site("oz")
        source = installation.source(site, "oz")
        work = Work(site, source, installation.folder("oz"), installation.settings, 99, "redact")
        redact_record(work, read_target(source, "roster", ("voter_id=001",), scope, "court order", "A. Clerk"))


def test_an_interrupted_redaction_is_told_by_the_next(oz: Oz) -> None:
    oz.load(VOTERS)
    interrupt_before_the_ledger(oz)
    oz.redact("--yes")
    with oz.opened() as installation, installation.ledger.read() as connection:
        assert [tombstone.records for tombstone in list_tombstones(connection, limit=9)] == [1]


def test_an_interrupted_redaction_is_told_whatever_was_told_of_one_scope(oz: Oz) -> None:
    oz.load(VOTERS)
    scope = "77/EVR/2026-05-18"
    oz.redact("--yes", "--scope", scope)
    interrupt_before_the_ledger(oz)
    oz.redact("--yes")
    with oz.opened() as installation, installation.ledger.read() as connection:
        told = [(tombstone.target, tombstone.records) for tombstone in list_tombstones(connection, limit=9)]
    assert told == [("oz roster, all scopes", 0), (f"oz roster, {scope}", 1)]


def test_no_byte_of_the_ledger_keeps_the_key(oz: Oz) -> None:
    oz.load(VOTERS)
    secret = "zqsecretqz"
    with oz.opened() as installation, installation.ledger.write() as connection:
        for number in range(50):
            words = f"voter 001 is {secret} {number}"
            record_event(connection, "odd", words, subdomain="oz", source="oz", data={"line": words * 99}, at=NOW)
    # The journal is emptied by itself only once nobody has the ledger open.
    with oz.opened() as installation:
        with installation.ledger.read() as connection:
            assert len(list_events(connection, kind="odd", limit=99)) == 50
        oz.redact("--yes")
        files = sorted(oz.root.glob("civic.db*"))
        left = [path.name for path in files if secret.encode() in path.read_bytes()]
    assert (len(files), left) == (3, [])


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
        ("it holds a record that was redacted", {"line": ["it holds a record that was redacted"]}),
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
