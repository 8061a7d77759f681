"""clerk plugins: what is installed, what it offers, how it fares."""

from __future__ import annotations

from typing import Any

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import add_row, clean, make_table, print_json, show_table
from clerkcore.errors import PluginError
from clerkcore.installation import Installation
from clerkcore.plugins import Plugin


@click.group()
def plugins() -> None:
    """Show the plugins and what they offer."""


def _describe(installation: Installation, plugin: Plugin) -> dict[str, Any]:
    manager = installation.plugins
    problems = manager.problems.get(plugin.name, ())
    offers = {
        hook: names
        for hook, offered in manager.offers.items()
        if (names := [name for name, offer in offered.items() if offer.plugin == plugin.name])
    }
    return {
        "name": plugin.name,
        "version": plugin.version,
        "origin": plugin.origin,
        "summary": plugin.summary,
        "hooks": manager.hooks_of(plugin.name),
        "offers": offers,
        "commands": [command.name for command in plugin.commands],
        "health": "broken" if problems else "ok",
        "problems": list(problems),
    }


@plugins.command("list")
@json_option
@click.pass_obj
def list_all(installation: Installation, as_json: bool) -> None:
    """List the plugins, e.g. clerk plugins list"""
    table = make_table("Plugin", "Version", "From", "Offers", "Health")
    for plugin in installation.plugins.discovery.plugins:
        described = _describe(installation, plugin)
        if as_json:
            print_json(described)
            continue
        offers = [name for names in described["offers"].values() for name in names]
        offers += [f"clerk {command}" for command in described["commands"]]
        health = "; ".join(described["problems"]) or "ok"
        cells = (plugin.name, plugin.version, plugin.origin, ", ".join(offers) or ", ".join(described["hooks"]), health)
        add_row(table, cells, "bold red" if described["problems"] else "")
    if not as_json:
        show_table(table)


@plugins.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(installation: Installation, name: str, as_json: bool) -> None:
    """Show one plugin, e.g. clerk plugins show clerk-finance-netfile"""
    known = installation.plugins.discovery.plugins
    found = next((plugin for plugin in known if plugin.name == name), None)
    if found is None:
        names = ", ".join(sorted({plugin.name for plugin in known}))
        raise PluginError(f"no plugin {name!r}", remedy=f"plugins: {names}")
    described = _describe(installation, found)
    if as_json:
        print_json(described)
        return
    for key, value in described.items():
        click.echo(f"{key}: {clean(_tell(value)) or '-'}")


def _tell(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{hook}: {', '.join(names)}" for hook, names in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)
