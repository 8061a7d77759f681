"""sites/states.json: what it may say, and how messages name what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clerkcore.errors import SettingsError
from clerkcore.sites import StateEntry, parse_states, pilot_sites, pilot_states, read_states

TEXAS: dict[str, Any] = {
    "enabled": True,
    "name": "Texas",
    "adapter": "texas_adapter",
    "update_interval_hours": 4,
    "data_sources": ["EVR", "ELECTION_DAY"],
    "api_config": {
        "base_url": "https://goelect.txelections.civixapps.com",
        "endpoints": {
            "evr": "/api-ivis-system/api/v1/getFile?type=EVR_STATEWIDE",
            "election_day": "/api-ivis-system/api/v1/getFile?type=EVR_STATEWIDE_ELECTIONDAY",
        },
    },
}
SETTINGS = {
    "base_url": TEXAS["api_config"]["base_url"],
    "endpoints": TEXAS["api_config"]["endpoints"],
    "data_sources": ["EVR", "ELECTION_DAY"],
    "update_interval_hours": 4,
}


def write(**states: Any) -> str:
    return json.dumps({"states": states})


def complaint(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parse_states(text, "states.json")
    return str(caught.value)


def test_the_shape_of_the_mission_is_read_whole() -> None:
    assert parse_states(write(TX=TEXAS), "states.json") == (
        StateEntry("TX", "Texas", True, "texas", "tx", 4.0, ("EVR", "ELECTION_DAY"), SETTINGS),
    )


@pytest.mark.parametrize("adapter", ["texas_adapter", "texas"])
def test_an_adapter_is_named_with_or_without_its_suffix(adapter: str) -> None:
    [entry] = parse_states(write(TX={**TEXAS, "adapter": adapter}), "states.json")
    assert entry.adapter == "texas"


def test_what_may_be_left_out_has_a_default() -> None:
    least = {"enabled": False, "name": "Texas", "adapter": "texas"}
    assert parse_states(write(TX=least), "states.json") == (StateEntry("TX", "Texas", False, "texas", "tx"),)


def test_a_site_and_more_settings_may_be_named() -> None:
    more: dict[str, Any] = {"election": "58315", "keep": ["names"], "key": {"secret": "tx_key"}}
    [entry] = parse_states(write(TX={**TEXAS, "site": "vote.tx", "settings": more}), "states.json")
    assert (entry.site, entry.config) == ("vote.tx", {**more, **SETTINGS})


def test_the_shipped_file_names_four_states_whose_pilots_have_their_adapters() -> None:
    entries = parse_states(pilot_states(), "states.json")
    told = [(entry.code, entry.enabled, entry.adapter) for entry in entries]
    assert told == [
        ("TX", True, "texas"),
        ("FL", True, "florida"),
        ("NC", False, "north_carolina"),
        ("GA", False, "georgia"),
    ]
    assert entries[0].config == SETTINGS
    pilots = {site.subdomain: (site.state, list(site.sources)) for site in pilot_sites()}
    assert {entry.site: (entry.code, [entry.adapter]) for entry in entries}.items() <= pilots.items()


KNOWN = "known keys: enabled, name, adapter, update_interval_hours, data_sources, api_config, site, settings"
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"colour": 1}, f"colour: unknown key ({KNOWN})"),
    "name": ({"name": 5}, 'name: 5 is not a text (write it in quotes, as "Texas")'),
    "blank": ({"name": " "}, 'name: " " is not a text (write it in quotes, as "Texas")'),
    "unprintable": ({"name": "a\x1b"}, 'name: "a\\u001b" is not a text (write it in quotes, as "Texas")'),
    "half a character": ({"name": "a\ud800"}, 'name: "a\\ud800" is not a text (write it in quotes, as "Texas")'),
    "enabled": ({"enabled": "yes"}, 'enabled: "yes" is neither true nor false (write true or false, without quotes)'),
    "adapter": ({"adapter": "_adapter"}, 'adapter: names no adapter (write "texas_adapter" or "texas")'),
    "data sources": (
        {"data_sources": "EVR"},
        'data_sources: "EVR" is not a list of texts (write ["EVR", "ELECTION_DAY"])',
    ),
    "one data source": ({"data_sources": ["EVR", 5]}, "data_sources[1]: 5 is not a text (write it in quotes"),
    "a data source twice": ({"data_sources": ["EVR", "EVR"]}, "data_sources: names something twice (name each once)"),
    "api": ({"api_config": []}, "api_config: a list is not an object (write {...})"),
    "api key": ({"api_config": {"url": "x"}}, "api_config.url: unknown key (known keys: base_url, endpoints)"),
    "endpoints": ({"api_config": {"endpoints": []}}, "api_config.endpoints: a list is not an object (write {...})"),
    "endpoint": (
        {"api_config": {"endpoints": {"evr": "getFile"}}},
        'api_config.endpoints.evr: "getFile" does not begin with / (write its path)',
    ),
    "endpoint's type": ({"api_config": {"endpoints": {"evr": 5}}}, "api_config.endpoints.evr: 5 is not a text ("),
    "site": ({"site": "../tx"}, "site: '../tx' is not a subdomain (small letters, digits and hyphens"),
    "settings": ({"settings": 5}, "settings: 5 is not an object (write {...})"),
    "a setting": ({"settings": {"a": {"b": {}}}}, "settings.a: holds something that is no setting ("),
    "nothing for a setting": ({"settings": {"a": None}}, "settings.a: holds something that is no setting ("),
    "a setting elsewhere": ({"settings": {"base_url": "x"}}, "settings.base_url: has a place of its own ("),
}


@pytest.mark.parametrize(("change", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_by_its_path(change: dict[str, Any], told: str) -> None:
    assert complaint(write(TX={**TEXAS, **change})).startswith(f"states.json: states.TX.{told}")


@pytest.mark.parametrize("hours", [0, -1, "4", True, None, [], 1e9, 10**400])
def test_an_interval_is_a_positive_number_of_hours(hours: object) -> None:
    told = complaint(write(TX={**TEXAS, "update_interval_hours": hours}))
    assert told.startswith("states.json: states.TX.update_interval_hours: ")
    assert " is not a positive number of hours, 8,784 at most (write it without quotes, as 4 or 0.5)" in told


@pytest.mark.parametrize("url", ["ftp://x.example", "goelect.example", "https://", "http://[::1", "https://a b", "/x"])
def test_a_base_url_is_an_http_address(url: str) -> None:
    told = complaint(write(TX={**TEXAS, "api_config": {"base_url": url}}))
    wrong = f"states.TX.api_config.base_url: {json.dumps(url)} is not an http or https address"
    assert told == f'states.json: {wrong} (write it as "https://host")'


def test_a_password_does_not_belong_into_an_address() -> None:
    told = complaint(write(TX={**TEXAS, "api_config": {"base_url": "https://me:secret@x.example"}}))
    assert told.startswith("states.json: states.TX.api_config.base_url: holds a user's name or password (")
    assert "secret@" not in told


@pytest.mark.parametrize("code", ["tx", "Texas", "T1", "", "ÄÖ", "TX\n"])
def test_a_state_is_two_capital_letters(code: str) -> None:
    assert "is not a two-letter state code in capitals (write TX or FL)" in complaint(write(**{code: TEXAS}))


@pytest.mark.parametrize("key", ["enabled", "name", "adapter"])
def test_what_must_be_there_is_asked_for(key: str) -> None:
    state = {name: value for name, value in TEXAS.items() if name != key}
    assert complaint(write(TX=state)) == f'states.json: states.TX.{key}: is missing (add "{key}")'


def test_two_states_do_not_share_a_site() -> None:
    told = complaint(write(TX=TEXAS, FL={**TEXAS, "site": "tx"}))
    assert told == "states.json: states.FL.site: 'tx' is the site of TX already (give each state a \"site\" of its own)"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not valid JSON: Expecting value, line 1 column 1 (correct the line it names)"),
        ('{"states": {\n  "TX": {,}}}', "not valid JSON: Expecting property name enclosed in double quotes, line 2"),
        ('{"states": {}, "states": {}}', "not valid JSON: the key 'states' stands twice in one object ("),
        ('{"states": {"TX": {"name": "a", "name": "b"}}}', "not valid JSON: the key 'name' stands twice in one object"),
        ('{"states": NaN}', "not valid JSON: NaN is no number of JSON ("),
        ('{"states": ' + "9" * 5000 + "}", "not valid JSON: "),
        ("[" * 100_000, "is nested too deeply (see docs/settings.md)"),
        ('{"states": ' + '{"a":' * 100_000, "is nested too deeply (see docs/settings.md)"),
        ("[]", "a list is not an object (write {...})"),
        ("{}", 'states: is missing (add "states")'),
        ('{"states": []}', "states: a list is not an object (write {...})"),
        ('{"states": {"TX": null}}', "states.TX: null is not an object (write {...})"),
        ('{"states": {}, "version": 1}', "version: unknown key (known keys: states)"),
    ],
    ids=["empty", "line", "twice", "twice within", "NaN", "digits", "deep list", "deep", "list", "no states",
         "states", "null", "unknown"],
)  # fmt: skip
def test_what_is_no_states_file_is_refused(text: str, told: str) -> None:
    assert complaint(text).startswith(f"states.json: {told}")


def test_a_file_that_is_not_there_names_no_states(tmp_path: Path) -> None:
    assert read_states(tmp_path) == ()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"states": "\xff"}', "is not UTF-8 (byte 13) (save it as UTF-8)"),
        (b" " * 1_000_001, "has more than 1,000,000 bytes (it is something else)"),
        (None, "cannot be read: Is a directory (see: clerk doctor)"),
    ],
    ids=["bytes", "size", "folder"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, data: bytes | None, told: str) -> None:
    path = tmp_path / "sites" / "states.json"
    path.parent.mkdir()
    path.mkdir() if data is None else path.write_bytes(data)
    with pytest.raises(SettingsError) as caught:
        read_states(tmp_path)
    assert str(caught.value) == f"{path}: {told}"


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "sites" / "states.json"
    path.parent.mkdir()
    path.write_text("\ufeff" + write(TX=TEXAS), encoding="utf-8")
    assert [entry.code for entry in read_states(tmp_path)] == ["TX"]
