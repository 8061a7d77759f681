"""`build_cli`: the root command, whose groups are imported when they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import click

from clerkcore.errors import PluginError
from clerkcore.plugins.discovery import Discovery

CORE: Mapping[str, tuple[str, str]] = {
    "accept": ("runs:accept", "Apply what a run held."),
    "alerts": ("alerts:alerts", "Show what needs somebody, and say who looks into it."),
    "backup": ("backup:backup", "Copy the ledger, the databases and the settings."),
    "doctor": ("doctor:doctor", "Show every setting and check the installation."),
    "finance": ("finance:finance", "Bring campaign-finance data in, and ask what it says."),
    "init": ("init:init", "Make an installation in a folder."),
    "jobs": ("jobs:jobs", "Show what was asked for; run, retry or cancel it."),
    "ledger": ("ledger:ledger", "Show the ledger, and move it to another database."),
    "legal-hold": ("legal_hold:legal_hold", "Say of which sites nothing may be removed."),
    "metrics": ("metrics:metrics", "Print figures for Prometheus."),
    "plugins": ("plugins:plugins", "Show the plugins and what they offer."),
    "prune": ("prune:prune", "Remove rows that are past their time."),
    "quarantine": ("quarantine:quarantine", "Show the records that were rejected, and release them."),
    "raw": ("raw:raw", "Show and collect the raw archives of downloads."),
    "redact": ("redact:redact", "Remove a record for good."),
    "restore": ("restore:restore", "Check a backup, or put it back."),
    "runs": ("runs:runs", "Show what ran and what it changed."),
    "schedule": ("schedule:schedule", "Show and set when jobs are due, and install it."),
    "sites": ("sites:sites", "Add and show sites."),
    "states": ("states:states", "Bring the election data of states in."),
    "status": ("status:status", "Show in one screen what ran, what is held and what failed."),
    "undo": ("runs:undo", "Take back what a run applied."),
    "upgrade": ("upgrade:upgrade", "Bring ledger and databases to this version."),
    "worker": ("worker:worker", "Do the jobs of queues, on this or a further machine."),
}


class LazyGroup(click.Group):
    """Knows its commands by name and help line; imports one only when it is called."""

    def __init__(self, discovery: Discovery, **options: Any) -> None:
        super().__init__(**options)
        self.discovery = discovery

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the core's and the plugins' commands."""
        return sorted({*CORE, *self.discovery.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; PluginError when a plugin's command does not load."""
        if cmd_name in CORE:
            module, attribute = CORE[cmd_name][0].split(":")
            command: click.Command = getattr(import_module(f"clerkcore.cli.{module}"), attribute)
            return command
        if cmd_name in self.discovery.clashes:
            raise PluginError(self.discovery.clashes[cmd_name], remedy="remove one of the plugins")
        found = self.discovery.commands.get(cmd_name)
        return _load_plugin_command(self.discovery, found.name) if found else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help line of every command, none of which is imported."""
        lines = {name: help_line for name, (_, help_line) in CORE.items()}
        lines.update({name: command.help for name, command in self.discovery.commands.items()})
        lines.update({name: f"({clash})" for name, clash in self.discovery.clashes.items() if name not in CORE})
        with formatter.section("Commands"):
            formatter.write_dl(sorted(lines.items()))


def _load_plugin_command(discovery: Discovery, name: str) -> click.Command:
    from clerkcore.plugins.manager import load_command

    command = load_command(discovery, name)
    if not isinstance(command, click.Command):
        found = discovery.commands[name]
        raise PluginError(
            f"{found.target} is no click command",
            where=f"plugin {found.plugin}",
            remedy=f"see: clerk plugins show {found.plugin}",
        )
    return command


def build_cli(discovery: Discovery, open_installation: Callable[[], Any]) -> click.Group:
    """Return the root command; `open_installation` makes what commands find in their context."""

    @click.group(
        name="clerk",
        cls=LazyGroup,
        discovery=discovery,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    @click.option("--root", metavar="DIR", help="Folder of the installation (CLERK_ROOT; else the nearest clerk.toml).")
    @click.option("--plugins-dir", metavar="DIR", help="Folder of plugins that are not installed (CLERK_PLUGINS_DIR).")
    @click.version_option(package_name="clerkcore", prog_name="clerk")
    @click.pass_context
    def clerk(ctx: click.Context, root: str | None, plugins_dir: str | None) -> None:
        """Keep civic data honest: fetch it, find what changed, check it, serve it.

        A first look: clerk init, clerk sites import --pilots, clerk finance etl sandiego.ca, clerk status.
        """
        # `main` has read both options already, wherever they stood; they are declared for the help.
        ctx.obj = open_installation()
        ctx.call_on_close(ctx.obj.close)
        # Not at the top: it is of the jobs, which `--help` does without.
        from clerkcore.jobs.logs import start_logs

        ctx.call_on_close(start_logs(ctx.obj))

    return clerk
