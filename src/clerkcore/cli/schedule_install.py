"""clerk schedule install, uninstall and installed: the entries of cron and systemd that call clerk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import clean, print_json
from clerkcore.errors import ClerkError
from clerkcore.installation import Installation
from clerkcore.jobs.crontab import find_block, install_block, render_block, uninstall_block
from clerkcore.jobs.entries import name_variables, plan_entries
from clerkcore.jobs.systemd import (
    UnitFolder,
    find_units,
    install_units,
    render_units,
    system_folder,
    uninstall_units,
    user_folder,
)

every_option = click.option(
    "--every", default=5, show_default=True, type=click.IntRange(1, 60), help="Minutes between two ticks."
)
next_site_option = click.option(
    "--next-site",
    default="",
    metavar="EXPRESSION",
    help="Instead of ticks: at these times, as '0 6 * * *', the site of each family that has waited longest.",
)
print_option = click.option(
    "--print", "only_print", is_flag=True, help="Print what would be written, and write nothing."
)
system_option = click.option("--system", is_flag=True, help="For the machine, not for this user; asks for root.")
directory_option = click.option(
    "--directory", type=click.Path(file_okay=False, path_type=Path), help="Another folder of unit files."
)


@click.group()
def install() -> None:
    """Have cron or systemd call clerk: every few minutes for what is due, or at fixed times for the next site."""


@click.group()
def uninstall() -> None:
    """Take out what was installed for this installation, and nothing else."""


@install.command("cron")
@every_option
@next_site_option
@print_option
@click.pass_obj
def install_cron(installation: Installation, every: int, next_site: str, only_print: bool) -> None:
    """Put a marked block into your crontab, e.g. clerk schedule install cron --every 10

    Everything else in it stays as it is, byte for byte. To install again replaces the block.
    """
    entries = plan_entries(installation.root, every_minutes=every, next_site=next_site)
    _warn_of_variables(installation)
    if only_print:
        click.echo(render_block(installation.root, entries), nl=False)
    elif install_block(installation.root, entries):
        click.echo("installed in your crontab; to see it: crontab -l")
    else:
        click.echo("your crontab has this already")


@uninstall.command("cron")
@click.pass_obj
def uninstall_cron(installation: Installation) -> None:
    """Take this installation's block out of your crontab, e.g. clerk schedule uninstall cron"""
    found = uninstall_block(installation.root)
    click.echo("taken out of your crontab" if found else "your crontab has nothing of this installation")


@install.command("systemd")
@every_option
@next_site_option
@print_option
@system_option
@directory_option
@click.pass_obj
def install_systemd(
    installation: Installation, every: int, next_site: str, only_print: bool, system: bool, directory: Path | None
) -> None:
    """Write a timer and its service for systemd, e.g. clerk schedule install systemd --every 10

    They go to ~/.config/systemd/user, with --system to /etc/systemd/system. It says what is left to do.
    """
    entries = plan_entries(installation.root, every_minutes=every, next_site=next_site)
    folder = _folder(system, directory)
    _warn_of_variables(installation)
    if only_print:
        for name, text in render_units(installation.root, entries, system=system).items():
            click.echo(f"# {folder.path / name}\n{text}")
        return
    paths = install_units(installation.root, entries, folder)
    for path in paths:
        click.echo(f"wrote {path}")
    timers = " ".join(path.name for path in paths if path.suffix == ".timer")
    click.echo(f"To start: {folder.control} daemon-reload && {folder.control} enable --now {timers}")
    if not system:
        click.echo("So that it runs while you are not logged in: loginctl enable-linger")


@uninstall.command("systemd")
@system_option
@directory_option
@click.pass_obj
def uninstall_systemd(installation: Installation, system: bool, directory: Path | None) -> None:
    """Remove this installation's timers and services, e.g. clerk schedule uninstall systemd"""
    folder = _folder(system, directory)
    paths = uninstall_units(installation.root, folder)
    for path in paths:
        click.echo(f"removed {path}")
    timers = " ".join(path.name for path in paths if path.suffix == ".timer")
    if timers:
        click.echo(f"To end: {folder.control} stop {timers}; {folder.control} daemon-reload")
    else:
        click.echo(f"{folder.path} has nothing of this installation")


@click.command()
@directory_option
@json_option
@click.pass_obj
def installed(installation: Installation, directory: Path | None, as_json: bool) -> None:
    """Show what cron and systemd have of this installation, e.g. clerk schedule installed"""
    found = [("cron", line) for line in _cron_lines(installation.root)]
    folders = [_folder(False, directory)] if directory else [_folder(False, None), _folder(True, None)]
    found += [("systemd", str(path)) for folder in folders for path in find_units(installation.root, folder)]
    for kind, what in found:
        if as_json:
            print_json({"kind": kind, "entry": what})
        else:
            click.echo(f"{kind}: {clean(what)}")
    if not found and not as_json:
        click.echo("Nothing calls clerk here: clerk schedule install cron")


def _cron_lines(root: Path) -> Sequence[str]:
    try:
        lines = find_block(root).splitlines()
    except ClerkError as error:  # a machine without cron, or one that lets this user have none
        click.echo(clean(f"Warning: {error}"), err=True)
        return ()
    return [line for line in lines if not line.startswith("#")]


def _folder(system: bool, directory: Path | None) -> UnitFolder:
    if directory:
        return UnitFolder(directory.absolute(), system)
    return system_folder() if system else user_folder(os.environ)


def _warn_of_variables(installation: Installation) -> None:
    names = name_variables(installation)
    if names:
        told = (
            f"Warning: what cron and systemd start does not see {', '.join(names)}: write it to clerk.toml or secrets/"
        )
        click.echo(clean(told), err=True)
