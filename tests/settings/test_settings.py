"""Settings: defaults, clerk.toml, CLERK_* variables, secrets and where the root is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from clerkcore.errors import SettingsError
from clerkcore.secret_files import read_secret
from clerkcore.settings import find_root, read_settings, setting_fields, variable


def write_toml(root: Path, text: str) -> Path:
    path = root / "clerk.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(root: Path, environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings(root, environ or {})
    return str(caught.value)


def test_without_a_file_every_setting_has_its_default(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, {})
    found = {name: (getattr(settings, name), settings.origin(name)) for name, _, _, _ in setting_fields()}
    assert found == {name: (default, "default") for name, _, _, default in setting_fields()}


def test_a_value_in_the_file_wins_over_the_default_and_names_its_origin(tmp_path: Path) -> None:
    write_toml(tmp_path, '[http]\ndelay = 2.5\nallow_private = ["127.0.0.1"]\n')
    settings = read_settings(tmp_path, {})
    assert (settings.http_delay, settings.origin("http_delay")) == (2.5, "clerk.toml")
    assert settings.http_allow_private == ("127.0.0.1",)


def test_a_variable_wins_over_the_file_and_names_its_origin(tmp_path: Path) -> None:
    write_toml(tmp_path, 'contact = "file@example.org"\n')
    settings = read_settings(tmp_path, {"CLERK_CONTACT": "variable@example.org"})
    assert (settings.contact, settings.origin("contact")) == ("variable@example.org", "CLERK_CONTACT")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("http_delay", "0.5", 0.5),
        ("http_retries", "7", 7),
        ("http_allow_private", "127.0.0.1, ::1 ,", ("127.0.0.1", "::1")),
        ("shrink_limit", "1", 1.0),
        ("plugins_dir", "/opt/plugins", "/opt/plugins"),
    ],
)
def test_variables_are_read_by_their_type(tmp_path: Path, name: str, text: str, value: object) -> None:
    assert getattr(read_settings(tmp_path, {variable(name): text}), name) == value


def test_settings_of_sources_are_passed_on_as_they_are(tmp_path: Path) -> None:
    write_toml(tmp_path, '[sources.netfile]\nformat = "csv"\n')
    assert read_settings(tmp_path, {}).sources == {"netfile": {"format": "csv"}}


def test_an_unknown_key_is_named_with_the_known_ones(tmp_path: Path) -> None:
    path = write_toml(tmp_path, "[http]\ndeley = 1\n")
    known = ", ".join(key for _, key, _, _ in setting_fields())
    expected = f"{path}: unknown key 'http.deley' (known keys: {known}, sources, channels, executors)"
    assert refusal(tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("contact = 5", "contact", "5 cannot be used: not text"),
        ("[http]\ndelay = 'soon'", "http.delay", "'soon' cannot be used: could not convert string to float: 'soon'"),
        ("[http]\ndelay = -1", "http.delay", "-1 cannot be used: below zero"),
        ("[http]\ndelay = true", "http.delay", "True cannot be used: not a number"),
        ("[http]\ndelay = nan", "http.delay", "nan cannot be used: not a finite number"),
        ("[http]\nretries = 1.5", "http.retries", "1.5 cannot be used: not a whole number"),
        ("[http]\nretries = inf", "http.retries", "inf cannot be used: not a finite number"),
        ("[http]\nallow_private = 5", "http.allow_private", "5 cannot be used: not a list of texts"),
        ("[http]\nallow_private = ['a', 1]", "http.allow_private", "['a', 1] cannot be used: not a list of texts"),
        ("[guards]\nshrink = 1.01", "guards.shrink", "1.01 cannot be used: above 1"),
        ("[lease]\nseconds = 4.9", "lease.seconds", "4.9 cannot be used: below 5 seconds a lease may end while"),
        ("[http.delay]\nseconds = 1", "http.delay", "{'seconds': 1} cannot be used"),
    ],
)
def test_a_wrong_type_is_named_with_file_and_key(tmp_path: Path, text: str, key: str, reason: str) -> None:
    path = write_toml(tmp_path, text)
    assert refusal(tmp_path).startswith(f"{path}: {key}: {reason}")


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"CLERK_HTTP_RETRIES": "many"})
    assert message.startswith("CLERK_HTTP_RETRIES: 'many' cannot be used: ")


def test_an_unknown_variable_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    message = "unknown variable 'CLERK_HTTP_DELEY' (near: CLERK_HTTP_DELAY; all are in docs/settings.md)"
    assert refusal(tmp_path, {"CLERK_HTTP_DELEY": "1"}) == message


@pytest.mark.parametrize("name", ["CLERK_", "CLERK_ROOTS", "CLERK_SECRET"])
def test_what_only_begins_like_a_variable_is_unknown(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, {name: "1"}).startswith(f"unknown variable {name!r} (near: CLERK_")


@pytest.mark.parametrize(
    "name", ["CLERK_ROOT", "CLERK_SECRET_MAIL", "CLERK_REQUIRE_SERVICES", "CLERK_TEST_DATABASE_URL", "CLERK", "PATH"]
)
def test_a_variable_that_is_no_setting_is_left_alone(tmp_path: Path, name: str) -> None:
    assert read_settings(tmp_path, {name: "1"}).origins == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"contact = ", "not valid TOML: "),
        (b"contact = 'M\xfcller'", "not valid TOML: "),
        (b"sources = 5", "sources is not a table of tables (write [sources.NAME])"),
        (b"[sources]\nnetfile = 'CSD'", "sources is not a table of tables (write [sources.NAME])"),
        (b"http = 5", "unknown key 'http' "),
    ],
    ids=["unfinished", "latin-1", "sources is a number", "a source is a text", "a group is a number"],
)
def test_a_broken_file_is_named_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "clerk.toml"
    path.write_bytes(content)
    assert refusal(tmp_path).startswith(f"{path}: {reason}")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "clerk.toml").mkdir()
    assert refusal(tmp_path) == f"{tmp_path / 'clerk.toml'}: cannot be read: Is a directory"


@pytest.mark.parametrize(("written", "meant"), [("plugins", "{root}/plugins"), ("/opt/clerk", "/opt/clerk"), ("", "")])
def test_a_plugins_folder_is_meant_from_the_root(tmp_path: Path, written: str, meant: str) -> None:
    write_toml(tmp_path, f'plugins_dir = "{written}"\n')
    assert read_settings(tmp_path, {}).plugins_folder == meant.format(root=tmp_path)


def test_the_root_is_found_upwards(tmp_path: Path) -> None:
    write_toml(tmp_path, "")
    below = tmp_path / "sites" / "oakland.ca"
    below.mkdir(parents=True)
    assert find_root(below, {}) == tmp_path


def test_clerk_root_wins_over_the_folder_above(tmp_path: Path) -> None:
    write_toml(tmp_path, "")
    assert find_root(tmp_path, {"CLERK_ROOT": str(tmp_path / "other")}) == tmp_path / "other"


def test_without_a_file_above_the_root_is_where_one_stands(tmp_path: Path) -> None:
    assert find_root(tmp_path, {"CLERK_ROOT": ""}) == tmp_path


def write_secret(folder: Path, mode: int) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "mail_password"
    path.write_text("from the file\n", encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_secret_is_read_from_its_file_without_the_line_end(tmp_path: Path) -> None:
    write_secret(tmp_path, 0o600)
    assert read_secret("mail_password", tmp_path, {}) == "from the file"


def test_a_secret_in_the_environment_wins_over_its_file(tmp_path: Path) -> None:
    write_secret(tmp_path, 0o600)
    assert read_secret("mail_password", tmp_path, {"CLERK_SECRET_MAIL_PASSWORD": "from afar"}) == "from afar"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_secret_that_others_can_reach_is_refused_without_being_shown(tmp_path: Path, mode: int) -> None:
    path = write_secret(tmp_path, mode)
    with pytest.raises(SettingsError) as caught:
        read_secret("mail_password", tmp_path, {})
    assert str(caught.value) == f"{path}: others can read this secret (chmod 600 {path})"


def test_a_secret_that_is_not_set_is_named_with_both_ways_to_set_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read_secret("mail_password", tmp_path, {})
    remedy = f"set CLERK_SECRET_MAIL_PASSWORD or write it to {tmp_path / 'mail_password'} with mode 0600"
    assert str(caught.value) == f"the secret 'mail_password' is not set ({remedy})"


@pytest.mark.parametrize("name", ["../passwd", "a/b", "", "Mail", "9lives", "mail-password", "mail\n", "."])
def test_a_name_that_is_no_secret_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_secret(name, tmp_path, {})
    assert str(caught.value) == f"{name!r} is no name of a secret (small letters, digits and _)"


def test_secrets_of_variables_and_files_are_masked_in_texts(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token").write_text("tops3cret-file\n")
    (tmp_path / "secrets" / "pin").write_text("1234")
    settings = read_settings(tmp_path, {"CLERK_SECRET_KEY": "tops3cret"})
    assert settings.masked("401 for tops3cret-file and tops3cret, 1234") == "401 for *** and ***, 1234"
