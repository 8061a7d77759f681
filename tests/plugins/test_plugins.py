"""Plugins that work: installed ones, project folders and single files, their hooks and their commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from clerkcore.hookspecs import SOURCE_HOOKS
from clerkcore.installation import FAMILIES

Plugins = Any  # the class of the fixture in conftest.py
Writer = Callable[[Plugins, str, str, str], None]


def test_a_hook_and_a_command_work_in_every_shape(plugins: Plugins, write_plugin: Writer) -> None:
    write_plugin(plugins, "kansas", "topeka", "sunflower")
    described = plugins.show("kansas")
    del described["origin"]
    assert described == {
        "name": "kansas",
        "version": "1.0",
        "summary": "A plugin of the tests",
        "hooks": ["register_finance_sources"],
        "offers": {"register_finance_sources": ["topeka"]},
        "commands": ["sunflower"],
        "health": "ok",
        "problems": [],
    }
    assert plugins.clerk("sunflower").out == "hello from kansas\n"


def test_the_origin_says_where_a_plugin_comes_from(plugins: Plugins, write_plugin: Writer) -> None:
    write_plugin(plugins, "kansas", "topeka", "sunflower")
    places = ("installed", str(plugins.folder / "kansas"), str(plugins.folder / "kansas.py"))
    assert plugins.show("kansas")["origin"] in places


def test_help_shows_a_plugins_command_with_its_summary(plugins: Plugins, write_plugin: Writer) -> None:
    write_plugin(plugins, "kansas", "topeka", "sunflower")
    lines = [line.split(maxsplit=1) for line in plugins.clerk("--help").out.splitlines()]
    assert ["sunflower", "A plugin of the tests"] in lines


def test_a_file_needs_no_script_block(plugins: Plugins) -> None:
    plugins.write_file("bare", "from clerkcore import hookimpl\n\n@hookimpl\ndef after_update(run):\n    pass\n")
    shown = plugins.show("bare")
    assert (shown["version"], shown["hooks"], shown["commands"], shown["health"]) == ("0", ["after_update"], [], "ok")


@pytest.mark.parametrize(
    "place",
    [
        lambda folder: (["--plugins-dir", folder, "sunflower"], {}),
        lambda folder: (["sunflower", "--plugins-dir", folder], {}),
        lambda folder: (["sunflower", f"--plugins-dir={folder}"], {}),
        lambda folder: (["sunflower"], {"CLERK_PLUGINS_DIR": folder}),
        lambda folder: (["sunflower", "--plugins-dir", folder], {"CLERK_PLUGINS_DIR": "/nowhere"}),
    ],
    ids=["before the command", "after it", "with =", "in the variable", "the option wins"],
)
def test_the_folder_may_be_named_anywhere(
    plugins: Plugins, place: Callable[[str], tuple[list[str], dict[str, str]]]
) -> None:
    from_file(plugins, "sunflower")
    words, environ = place(str(plugins.folder))
    assert plugins.clerk_without(*words, **environ).out == "hello\n"


def from_file(plugins: Plugins, command: str) -> None:
    plugins.write_file(
        "kansas",
        f'# /// script\n# [tool.clerk.commands]\n# {command} = "kansas:hello"\n# ///\n'
        "import click\n\n@click.command()\ndef hello():\n    click.echo('hello')\n",
    )


def test_a_folder_may_be_named_from_where_one_stands(
    plugins: Plugins, write_plugin: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin(plugins, "kansas", "topeka", "sunflower")
    monkeypatch.chdir(plugins.folder.parent)
    [shown] = plugins.clerk_without("plugins", "show", "kansas", "--json", "--plugins-dir", "plugins").rows
    assert (shown["offers"], shown["problems"]) == ({"register_finance_sources": ["topeka"]}, [])
    assert plugins.clerk_without("sunflower", "--plugins-dir", "plugins").out == "hello from kansas\n"


def test_a_folder_may_hold_links_to_plugins(plugins: Plugins) -> None:
    from_file(plugins, "sunflower")
    linked = plugins.folder.parent / "linked"
    linked.mkdir()
    (linked / "kansas.py").symlink_to(plugins.folder / "kansas.py")
    assert plugins.clerk_without("sunflower", "--plugins-dir", str(linked)).out == "hello\n"


def test_the_settings_may_name_the_folder(plugins: Plugins) -> None:
    from_file(plugins, "sunflower")
    settings = plugins.folder.parent / "civic" / "clerk.toml"
    settings.write_text(f"plugins_dir = {json.dumps('../plugins')}\n")
    assert plugins.clerk_without("sunflower").out == "hello\n"


@pytest.mark.parametrize("option", ["--plugins-dir", "--root"])
def test_an_option_without_its_folder_is_a_usage_error(plugins: Plugins, option: str) -> None:
    refused = plugins.clerk_without("status", f"{option}=")
    assert refused.code == 2
    assert refused.err == f"Error: Option '{option}' requires an argument.\n"


def test_a_folder_that_does_not_exist_is_named(plugins: Plugins) -> None:
    listed = plugins.clerk_without("plugins", "list", "--json", "--plugins-dir", "/nowhere")
    assert (listed.code, listed.err) == (0, "")
    assert listed.rows[-1] == {
        "name": "/nowhere",
        "version": "",
        "origin": "/nowhere",
        "summary": "",
        "hooks": [],
        "offers": {},
        "commands": [],
        "health": "broken",
        "problems": ["the plugins folder does not exist"],
    }


def test_list_names_every_plugin_of_this_house(plugins: Plugins) -> None:
    rows = {row["name"]: row for row in plugins.clerk_without("plugins", "list", "--json").rows}
    told = {name: (row["offers"], row["commands"], row["health"]) for name, row in rows.items()}
    assert told == {
        "clerkcore": (
            {
                "register_executors": ["local"],
                "register_job_types": ["finance.etl", "states.update"],
                "register_notifiers": ["apprise", "mail", "webhook"],
            },
            [],
            "ok",
        ),
        "clerk-board": ({}, ["serve"], "ok"),
        "clerk-demo": ({}, ["demo"], "ok"),
        "clerk-finance-netfile": (
            {"register_finance_sources": ["netfile", "netfile_campaign", "netfile_excel"]},
            [],
            "ok",
        ),
        "clerk-finance-sandiego": ({"register_finance_sources": ["sandiego_efile"]}, [], "ok"),
        "clerk-queue-rq": ({"register_executors": ["rq"]}, [], "ok"),
        "clerk-state-configured": ({"register_state_adapters": ["configured"]}, [], "ok"),
        "clerk-state-florida": ({"register_state_adapters": ["florida"]}, [], "ok"),
        "clerk-state-georgia": ({"register_state_adapters": ["georgia"]}, [], "ok"),
        "clerk-state-north-carolina": ({"register_state_adapters": ["north_carolina"]}, [], "ok"),
        "clerk-state-texas": ({"register_state_adapters": ["texas"]}, [], "ok"),
    }
    hooks = ["after_update", "register_executors", "register_job_types", "register_notifiers"]
    assert rows["clerkcore"]["hooks"] == hooks


def test_list_as_a_table_has_a_line_for_each(plugins: Plugins) -> None:
    from_file(plugins, "sunflower")
    lines = plugins.clerk("plugins", "list").out.splitlines()
    assert lines[0].split() == ["Plugin", "Version", "From", "Offers", "Health"]
    assert lines[-1].split() == ["kansas", "0", str(plugins.folder / "kansas.py"), "clerk", "sunflower", "ok"]


def test_show_as_text(plugins: Plugins) -> None:
    from_file(plugins, "sunflower")
    assert plugins.clerk("plugins", "show", "kansas").out == (
        f"name: kansas\nversion: 0\norigin: {plugins.folder / 'kansas.py'}\nsummary: -\nhooks: -\noffers: -\n"
        "commands: sunflower\nhealth: ok\nproblems: -\n"
    )


def test_show_of_an_unknown_plugin_names_the_known_ones(plugins: Plugins) -> None:
    refused = plugins.clerk_without("plugins", "show", "nosuch")
    assert refused.code == 1
    assert refused.err.startswith("Error: no plugin 'nosuch' (plugins: clerk-board, clerk-demo, ")


def test_every_family_has_a_hook_whose_names_are_those_of_sources() -> None:
    assert tuple(family.hook for family in FAMILIES) == SOURCE_HOOKS


def test_after_update_hears_of_every_run(plugins: Plugins) -> None:
    plugins.write_file(
        "listener",
        "from clerkcore import hookimpl\n\n@hookimpl\ndef after_update(installation, site, run):\n"
        "    (installation.root / 'heard').write_text(f'{site.name}: {run.run_id} {run.outcome}')\n",
    )
    plugins.add_site("nosuch")
    assert plugins.clerk("finance", "etl", "oz.ks").code == 1
    assert (plugins.folder.parent / "civic" / "heard").read_text() == "Oz: 1 failed"
