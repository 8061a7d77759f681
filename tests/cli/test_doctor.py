"""clerk doctor: every setting with its origin, and what is wrong with an installation."""

from __future__ import annotations

from typing import Any

import pytest

from clerkcore.settings import setting_fields

Clerk = Any  # the class of the fixture in conftest.py
SECRET = "s3cret-of-the-tests"


def find_checks(clerk: Clerk, what: str) -> list[tuple[str, str, str]]:
    rows = clerk("doctor", "--json").rows
    return [(row["level"], row["message"], row["remedy"]) for row in rows if row.get("what") == what]


def test_a_new_installation_is_well(clerk: Clerk) -> None:
    checked = clerk("doctor", "--json")
    assert (checked.code, checked.err) == (0, "")
    levels = [(row["what"], row["level"]) for row in checked.rows if "level" in row and row["level"] != "ok"]
    assert levels == [("contact", "warning"), ("schedule", "warning"), ("channels", "warning")]


def test_every_setting_is_shown_with_its_origin(clerk: Clerk) -> None:
    (clerk.root / "clerk.toml").write_text("[http]\ndelay = 2\n")
    rows = clerk("doctor", "--json", CLERK_CONTACT="a@example.org").rows
    shown = {row["setting"]: (row["value"], row["origin"]) for row in rows if "setting" in row}
    expected = {
        key: (list(value) if isinstance(value, tuple) else value, "default") for _, key, _, value in setting_fields()
    }
    assert shown == expected | {"http.delay": (2.0, "clerk.toml"), "contact": ("a@example.org", "CLERK_CONTACT")}


def test_the_table_of_settings_names_the_variable_of_each(clerk: Clerk) -> None:
    lines = clerk("doctor").out.splitlines()
    assert lines[0].split() == ["Setting", "Value", "From", "Variable"]
    assert ["http.delay", "1.0", "default", "CLERK_HTTP_DELAY"] in [line.split() for line in lines]


@pytest.mark.parametrize("words", [["doctor"], ["doctor", "--json"]])
def test_no_secret_is_ever_printed(clerk: Clerk, words: list[str]) -> None:
    plant_secret(clerk, 0o600)
    plant_secret(clerk, 0o644, "exposed")
    checked = clerk(*words, CLERK_SECRET_OTHER=SECRET)
    assert "mail_password: set, from " in checked.out
    assert SECRET not in checked.out + checked.err


def plant_secret(clerk: Clerk, mode: int, name: str = "mail_password") -> None:
    path = clerk.root / "secrets" / name
    path.write_text(SECRET)
    path.chmod(mode)


def test_an_exposed_secret_is_a_failure(clerk: Clerk) -> None:
    plant_secret(clerk, 0o640)
    assert clerk("doctor").code == 1
    path = clerk.root / "secrets" / "mail_password"
    assert find_checks(clerk, "secrets") == [
        ("failure", "others can read the secret 'mail_password'", f"chmod 600 {path}")
    ]


def test_a_missing_ledger_is_a_failure(clerk: Clerk) -> None:
    (clerk.root / "civic.db").unlink()
    assert clerk("doctor").code == 1
    [(level, _, remedy)] = find_checks(clerk, "ledger")
    assert (level, "clerk init" in remedy) == ("failure", True)
    assert not (clerk.root / "civic.db").exists()


def test_a_folder_without_settings_is_a_failure(clerk: Clerk) -> None:
    (clerk.root / "clerk.toml").unlink()
    assert clerk("doctor").code == 1
    assert find_checks(clerk, "root") == [("failure", f"{clerk.root} has no clerk.toml", "clerk init")]


def test_a_broken_plugin_is_a_failure(clerk: Clerk) -> None:
    (clerk.root / "rainless.py").write_text("raise RuntimeError('no rain')\n")
    checked = clerk("doctor", "--plugins-dir", clerk.root)
    assert checked.code == 1
    assert (
        "failure  plugin: rainless: rainless does not load: RuntimeError: no rain (clerk plugins show rainless)"
        in checked.out
    )


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_damaged_database_is_a_failure(clerk: Clerk, content: bytes) -> None:
    clerk("sites", "import", "--pilots")
    path = clerk.root / "sites" / "fl" / "voters.db"
    path.write_bytes(content)
    assert clerk("doctor").code == 1
    [(level, message, remedy)] = find_checks(clerk, "database")
    assert (level, message) == ("failure", f"{path}: is damaged or not an SQLite database")
    assert remedy == "restore it from a backup, or move it away and load again"


def test_a_site_that_was_not_imported_is_a_warning(clerk: Clerk) -> None:
    folder = clerk.root / "sites" / "oz.ks"
    folder.mkdir()
    (folder / "site.toml").write_text('name = "Oz"\nstate = "KS"\nkind = "city"\n')
    assert find_checks(clerk, "sites") == [
        ("warning", "the ledger does not know oz.ks as its site.toml has it", "clerk sites import")
    ]
    clerk("sites", "import")
    assert find_checks(clerk, "sites") == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('[sources.netfile]\nagency = "OZ"\n', "the ledger does not know oz.ks as its site.toml has it"),
        ("enabled = false\n", "the ledger does not know oz.ks as its site.toml has it"),
    ],
    ids=["a source", "disabled"],
)
def test_a_site_that_was_changed_by_hand_is_a_warning(clerk: Clerk, change: str, told: str) -> None:
    clerk.add_site("oz.ks", state="KS")
    config = clerk.root / "sites" / "oz.ks" / "site.toml"
    config.write_text(config.read_text() + change)
    assert [message for _, message, _ in find_checks(clerk, "sites")] == [told]


def test_a_site_without_its_folder_is_a_failure(clerk: Clerk) -> None:
    clerk.add_site("oz.ks", state="KS")
    (clerk.root / "sites" / "oz.ks" / "site.toml").unlink()
    assert clerk("doctor").code == 1
    assert find_checks(clerk, "sites") == [
        ("failure", "oz.ks is in the ledger but has no site.toml", "restore its folder")
    ]


@pytest.mark.parametrize(
    ("folder", "text", "told"),
    [
        ("Oz City", 'name = "Oz"\nstate = "KS"\nkind = "city"\n', "'Oz City' is not a subdomain"),
        ("oz.ks", "name = ", "not valid TOML"),
    ],
    ids=["folder", "text"],
)
def test_a_broken_site_is_a_failure_and_the_other_checks_go_on(clerk: Clerk, folder: str, text: str, told: str) -> None:
    clerk.add_site("oz.ks", state="KS")
    (clerk.root / "sites" / folder).mkdir(exist_ok=True)
    (clerk.root / "sites" / folder / "site.toml").write_text(text)
    checked = clerk("doctor")
    assert (checked.code, checked.err) == (1, "")
    assert told in checked.out
    assert "disk: " in checked.out


def test_an_open_archive_is_a_warning(clerk: Clerk) -> None:
    raw = clerk.root / "sites" / "oz.ks" / "raw"
    raw.mkdir(parents=True)
    raw.chmod(0o755)
    assert find_checks(clerk, "raw archive") == [("warning", f"others can read {raw}", f"chmod 700 {raw}")]


def test_a_full_disk_is_a_failure(clerk: Clerk) -> None:
    checked = clerk("doctor", CLERK_MIN_FREE_BYTES=str(10**18))
    assert checked.code == 1
    assert " bytes are free (free some space)" in checked.out


def test_a_database_that_is_gone_is_a_failure(san_diego: Clerk) -> None:
    assert san_diego("finance", "etl", "sandiego.ca", "--year", "2020").code == 0
    for path in san_diego.database("sandiego.ca").parent.iterdir():
        path.unlink()
    checked = san_diego("doctor")
    assert checked.code == 1
    assert "failure  database: sandiego.ca was loaded, but its databases are gone" in checked.out


def test_an_executor_that_cannot_be_reached_is_a_failure(clerk: Clerk) -> None:
    (clerk.root / "clerk.toml").write_text('[jobs]\nexecutor = "rq"\n[executors.rq]\nurl = "redis://127.0.0.1:1/0"\n')
    rows = {row["what"]: row for row in clerk("doctor", "--json").rows if "level" in row}
    assert (rows["executor"]["level"], "127.0.0.1:1" in rows["executor"]["message"]) == ("failure", True)


def test_a_schedule_that_never_ticked_and_alerts_that_nobody_gets_are_told(clerk: Clerk) -> None:
    rows = {row["what"]: (row["level"], row["message"]) for row in clerk("doctor", "--json").rows if "level" in row}
    assert rows["schedule"] == ("warning", "no tick has come yet")
    assert rows["channels"] == ("warning", "nobody is told of alerts")
    clerk("jobs", "run", "--due", "--job", "finance.etl")
    rows = {row["what"]: (row["level"], row["message"]) for row in clerk("doctor", "--json").rows if "level" in row}
    assert rows["schedule"][0] == "ok"
