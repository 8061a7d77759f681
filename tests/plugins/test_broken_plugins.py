"""Plugins that do not work are named with the reason, and every other command works."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

Plugins = Any  # the class of the fixture in conftest.py
Writer = Callable[[Plugins, str, str, str], None]

HOOK = "from clerkcore import Ref, hookimpl\n\n@hookimpl\ndef register_finance_sources():\n    "
FACES = {
    "raises at import": ("raise RuntimeError('no rain')", "broken does not load: RuntimeError: no rain"),
    "exits at import": ("import sys\nsys.exit('bye')", "broken does not load: SystemExit: bye"),
    "is no Python": ("def", "broken does not load: SyntaxError: invalid syntax (broken.py, line 1)"),
    "imports what is not there": (
        "import nosuch",
        "broken does not load: ModuleNotFoundError: No module named 'nosuch'",
    ),
    "its hook raises": (f"{HOOK}raise OSError('dry')", "register_finance_sources failed: OSError: dry"),
    "its hook exits": (f"{HOOK}raise SystemExit(3)", "register_finance_sources failed: SystemExit: 3"),
    "its hook returns a text": (
        f"{HOOK}return ['topeka']",
        "register_finance_sources failed: TypeError: it must return a list of Ref",
    ),
    "its source has no name": (
        f"{HOOK}return [Ref('', 'broken:Topeka')]",
        "register_finance_sources failed: ValueError: Ref(name='', target='broken:Topeka', help='') has no name",
    ),
    "the name of its source is nothing": (
        f"{HOOK}return [Ref(None, 'broken:Topeka')]",
        "register_finance_sources failed: TypeError: Ref(name=None, target='broken:Topeka', help='')"
        " holds something else than text",
    ),
    "the name of its source is a list": (
        f"{HOOK}return [Ref(['topeka'], 'broken:Topeka')]",
        "register_finance_sources failed: TypeError: Ref(name=['topeka'], target='broken:Topeka', help='')"
        " holds something else than text",
    ),
    "its target names no attribute": (
        f"{HOOK}return [Ref('topeka', 'broken')]",
        "register_finance_sources failed: ValueError: the target of 'topeka' is 'broken', not 'module:attribute'",
    ),
    "its hook returns nothing": (
        f"{HOOK}pass",
        "register_finance_sources failed: TypeError: 'NoneType' object is not iterable",
    ),
}
PYPROJECTS = {
    "no TOML": "[project",
    "no project": "[tool.ruff]",
    "no name": "[project]\nversion = '1'",
    "a number for a name": "[project]\nname = 5",
    "a number for a description": "[project]\nname = 'broken'\ndescription = 5",
    "projects": "project = ['broken']",
    "entry points are a text": "[project]\nname = 'broken'\nentry-points = 'x'",
    "a group is a text": "[project]\nname = 'broken'\nentry-points.'clerkcore.commands' = 'x'",
    "a command is a number": "[project]\nname = 'broken'\n[project.entry-points.'clerkcore.commands']\nx = 5",
    "a face is a number": "[project]\nname = 'broken'\n[project.entry-points.'clerkcore.plugins']\nx = 5",
}
SCRIPTS = {
    "no TOML": "# [tool.clerk",
    "a text for its table": "# tool.clerk = 'x'",
    "a number for its table": "# tool.clerk = 5",
    "commands are a text": "# tool.clerk.commands = 'x'",
    "a command is a number": "# [tool.clerk.commands]\n# x = 5",
}


def assert_the_rest_works(plugins: Plugins) -> None:
    helped = plugins.clerk("--help")
    assert helped.code == 0
    assert {"accept", "finance", "states", "serve", "status"} <= {
        line.split()[0] for line in helped.out.splitlines() if line
    }
    assert plugins.clerk("status").code == 0
    assert plugins.show("clerk-finance-netfile")["health"] == "ok"
    assert "florida" in {row["adapter"] for row in plugins.clerk("states", "list", "--json").rows}


@pytest.mark.parametrize(("face", "problem"), FACES.values(), ids=FACES)
def test_a_broken_face_is_named_with_the_reason_and_the_rest_works(plugins: Plugins, face: str, problem: str) -> None:
    plugins.write_file("broken", f"{face}\n")
    shown = plugins.show("broken")
    assert (shown["health"], shown["problems"]) == ("broken", [problem])
    assert_the_rest_works(plugins)


def test_a_misspelt_hook_is_named_and_blamed_on_no_other_plugin(plugins: Plugins) -> None:
    plugins.write_file(
        "aaa", "from clerkcore import hookimpl\n\n@hookimpl\ndef register_finance_sourcez():\n    pass\n"
    )
    plugins.write_file("bbb", f"{HOOK}return [Ref('topeka', 'bbb:Topeka')]\n")
    [problem] = plugins.show("aaa")["problems"]
    assert "unknown hook 'register_finance_sourcez'" in problem
    assert plugins.show("bbb")["problems"] == []
    assert_the_rest_works(plugins)


def test_a_hook_with_an_unknown_argument_is_named(plugins: Plugins) -> None:
    plugins.write_file("broken", "from clerkcore import hookimpl\n\n@hookimpl\ndef after_update(weather):\n    pass\n")
    [problem] = plugins.show("broken")["problems"]
    assert "Argument(s) {'weather'}" in problem
    assert_the_rest_works(plugins)


@pytest.mark.parametrize("text", PYPROJECTS.values(), ids=PYPROJECTS)
def test_a_broken_pyproject_is_named_by_its_folder_and_the_rest_works(plugins: Plugins, text: str) -> None:
    plugins.write_project("broken", text)
    [problem] = plugins.show("broken")["problems"]
    assert problem.startswith("its pyproject.toml cannot be used: ")
    assert_the_rest_works(plugins)


@pytest.mark.parametrize("block", SCRIPTS.values(), ids=SCRIPTS)
def test_a_broken_script_block_is_named_and_the_rest_works(plugins: Plugins, block: str) -> None:
    plugins.write_file("broken", f"# /// script\n{block}\n# ///\n")
    [problem] = plugins.show("broken")["problems"]
    assert problem.startswith("it cannot be read: ")
    assert_the_rest_works(plugins)


def test_a_file_that_is_not_utf_8_is_named(plugins: Plugins) -> None:
    (plugins.folder / "broken.py").write_bytes(b"# Zo\xeb\n")
    [problem] = plugins.show("broken")["problems"]
    assert problem.startswith("it cannot be read: UnicodeDecodeError(")


def write_distribution(plugins: Plugins, metadata: str, points: bytes) -> None:
    described = plugins.folder.parent / "site-packages" / "kansas-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(metadata)
    (described / "entry_points.txt").write_bytes(points)
    sys.path.insert(0, str(described.parent))


@pytest.mark.parametrize(
    ("metadata", "points", "problem"),
    [
        ("Name: kansas\n", b"[clerkcore.plugins]\nx = kansas\n", "its METADATA lacks Version; install it again"),
        ("Version: 1\n", b"[clerkcore.commands]\nx = kansas:x\n", "its METADATA lacks Name; install it again"),
        ("", b"[clerkcore.plugins]\nx = kansas\n", "its METADATA lacks Name; install it again"),
        (
            "Name: kansas\nVersion: 1\n",
            b"[clerkcore.plugins]\n\xeb = kansas\n",
            "it cannot be read: UnicodeDecodeError(",
        ),
        ("Name: kansas\nVersion: 1\n", b"[clerkcore.plugins]\nkansas\n", "it cannot be read: TypeError("),
    ],
    ids=["no version", "no name", "neither", "not UTF-8", "no value"],
)
def test_a_broken_distribution_is_named_by_its_folder_and_the_rest_works(
    plugins: Plugins, metadata: str, points: bytes, problem: str
) -> None:
    write_distribution(plugins, metadata, points)
    shown = plugins.show("kansas-1.0.dist-info")
    assert shown["origin"] == str(plugins.folder.parent / "site-packages" / "kansas-1.0.dist-info")
    assert shown["problems"][0].startswith(problem)
    assert_the_rest_works(plugins)


def test_a_module_that_is_already_there_is_not_shadowed(plugins: Plugins) -> None:
    plugins.write_file("json", "raise RuntimeError('imported')\n")
    [problem] = plugins.show("json")["problems"]
    assert problem.startswith("json does not load: ImportError: another module is already called json (")
    assert_the_rest_works(plugins)


def test_a_command_in_a_module_that_is_already_there_fails_alone_and_names_its_plugin(plugins: Plugins) -> None:
    plugins.write_file("json", '# /// script\n# [tool.clerk.commands]\n# corn = "json:dumps"\n# ///\n')
    failed = plugins.clerk("corn")
    assert failed.code == 1
    assert failed.err.startswith("Error: plugin json: another module is already called json (")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise RuntimeError('no rain')", "broken:run does not load: RuntimeError: no rain"),
        ("raise SystemExit(0)", "broken:run does not load: SystemExit: 0"),
        ("pass", "broken:run does not load: AttributeError: module 'broken' has no attribute 'run'"),
        ("run = 5", "broken:run is no click command"),
    ],
    ids=["raises", "exits", "lacks it", "is something else"],
)
def test_a_broken_command_fails_alone_and_names_its_plugin(plugins: Plugins, body: str, reason: str) -> None:
    plugins.write_project(
        "broken",
        "[project]\nname = 'broken'\n[project.entry-points.'clerkcore.commands']\nbroken = 'broken:run'\n",
        broken=body,
    )
    failed = plugins.clerk("broken")
    assert failed.code == 1
    assert failed.err.startswith(f"Error: plugin broken: {reason} (")
    assert_the_rest_works(plugins)


def test_an_after_update_that_fails_is_reported_and_stops_nothing(plugins: Plugins) -> None:
    plugins.write_file(
        "aaa", "from clerkcore import hookimpl\n\n@hookimpl\ndef after_update():\n    raise SystemExit(9)\n"
    )
    plugins.add_site("nosuch")
    failed = plugins.clerk("finance", "etl", "oz.ks", "--json")
    assert (failed.code, failed.rows[0]["run_id"]) == (1, 1)
    assert "plugin aaa: after_update failed: SystemExit: 9" in failed.err


def test_a_source_of_a_broken_plugin_fails_with_the_reason(plugins: Plugins) -> None:
    plugins.write_file("broken", "raise RuntimeError('no rain')\n")
    plugins.add_site("broken")
    [run] = plugins.clerk("finance", "etl", "oz.ks", "--json").rows
    assert run["outcome"] == "failed"
    assert run["message"].startswith("no installed plugin offers 'broken'; offered: configured, florida, georgia")
    assert run["message"].endswith("broken does not load: RuntimeError: no rain")
    assert run["remedy"] == "see: clerk plugins list"


def test_a_warning_names_the_broken_plugin_on_stderr(plugins: Plugins) -> None:
    plugins.write_file("broken", "raise RuntimeError('no \\x1b[31mrain')\n")
    warned = plugins.clerk("status", "--json")
    assert (warned.code, warned.out) == (0, "")
    assert warned.err == "Warning: plugin broken: broken does not load: RuntimeError: no �[31mrain\n"


def test_two_plugins_that_claim_one_source_are_both_refused_and_named(plugins: Plugins, write_plugin: Writer) -> None:
    write_plugin(plugins, "kansas", "topeka", "sunflower")
    write_plugin(plugins, "nebraska", "topeka", "corn")
    problem = "register_finance_sources: the name 'topeka' is claimed by kansas and nebraska; remove one of them"
    for name in ("kansas", "nebraska"):
        shown = plugins.show(name)
        assert (shown["offers"], shown["problems"]) == ({}, [problem])
    assert_the_rest_works(plugins)


def test_two_plugins_that_claim_one_command_are_both_refused_and_named(plugins: Plugins, write_plugin: Writer) -> None:
    write_plugin(plugins, "kansas", "topeka", "corn")
    write_plugin(plugins, "nebraska", "lincoln", "corn")
    problem = "the command 'corn' is claimed by kansas and nebraska"
    assert plugins.clerk("corn").err == f"Error: {problem} (remove one of the plugins)\n"
    assert [plugins.show(name)["problems"] for name in ("kansas", "nebraska")] == [[problem], [problem]]
    assert f"({problem})" in " ".join(plugins.clerk("--help").out.split())
    assert_the_rest_works(plugins)


def test_a_plugin_cannot_take_a_command_of_the_core(plugins: Plugins, write_plugin: Writer) -> None:
    write_plugin(plugins, "kansas", "topeka", "status")
    assert plugins.show("kansas")["problems"] == ["the command 'status' is claimed by clerkcore and kansas"]
    assert_the_rest_works(plugins)


def test_a_clash_is_noted_only_on_those_who_clash(plugins: Plugins, write_plugin: Writer) -> None:
    write_plugin(plugins, "claimed", "lawrence", "wheat")
    write_plugin(plugins, "kansas", "topeka", "corn")
    write_plugin(plugins, "nebraska", "lincoln", "corn")
    assert plugins.show("claimed")["problems"] == []


def test_two_plugins_of_one_name_are_both_refused_and_named(plugins: Plugins) -> None:
    project = "[project]\nname = 'kansas'\n[project.entry-points.'clerkcore.commands']\nsunflower = 'kansas:run'\n"
    first, second = plugins.write_project("one", project), plugins.write_project("two", project)
    problem = f"two plugins are called kansas: {first} and {second}; remove one"
    rows = [row for row in plugins.clerk("plugins", "list", "--json").rows if row["name"] == "kansas"]
    assert [(row["origin"], row["commands"], row["problems"]) for row in rows] == [
        (str(first), [], [problem]),
        (str(second), [], [problem]),
    ]
    assert_the_rest_works(plugins)


def test_a_plugin_cannot_take_the_name_of_an_installed_one_unnoticed(plugins: Plugins) -> None:
    project = plugins.write_project("other", "[project]\nname = 'clerk-board'\n")
    problem = f"two plugins are called clerk-board: installed and {project}; remove one"
    assert plugins.show("clerk-board")["problems"] == [problem]
