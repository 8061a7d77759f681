"""The `clerk` command: reads root, plugins and settings, builds the commands, turns errors into words."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clerkcore.cli.root import CORE, build_cli
from clerkcore.errors import ClerkError
from clerkcore.plugins.discovery import Discovery, discover
from clerkcore.settings import Settings, find_root, read_settings

if TYPE_CHECKING:
    from clerkcore.installation import Installation

INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:], os.environ))


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command; returns 0 all well, 1 something failed, 2 usage, 3 something held."""
    try:
        rest, early = split_early(arguments)
        root = Path(early["--root"]).expanduser().resolve() if "--root" in early else find_root(Path.cwd(), environ)
        settings = read_settings(root, environ)
        discovery = discover(early.get("--plugins-dir", settings.plugins_folder), reserved=CORE)
        cli = build_cli(discovery, partial(_open_installation, settings, discovery))
        code = cli.main(list(rest), prog_name="clerk", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except ClerkError as error:
        _complain(error)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted; what was not applied yet is as it was before.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the interpreter's last flush
        return 0
    except OSError as error:
        remedy = "check that the folder and the output can be written, and the permissions"
        _complain(ClerkError(f"{error.strerror or error}", where=str(error.filename or "output"), remedy=remedy))
        return ClerkError.exit_code


def _complain(error: ClerkError) -> None:
    # Not at the top: only an error, which may quote what an upstream wrote, must pay for rich.
    from clerkcore.cli.output import clean

    click.echo(f"Error: {clean(str(error))}", err=True)


def split_early(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Take --root and --plugins-dir out of the arguments, wherever they stand before a `--`."""
    rest: list[str] = []
    early: dict[str, str] = {}
    waiting = iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if argument == "--":
            return [*rest, argument, *waiting], early
        if name not in ("--root", "--plugins-dir"):
            rest.append(argument)
            continue
        early[name] = value if equals else next(waiting, "")
        if not early[name]:
            raise click.UsageError(f"Option '{name}' requires an argument.")
    return rest, early


def _open_installation(settings: Settings, discovery: Discovery) -> Installation:
    # Not at the top: `clerk --help` must not pay for SQLAlchemy.
    from clerkcore.installation import Installation
    from clerkcore.plugins import Manager

    return Installation(settings, Manager(discovery))


if __name__ == "__main__":
    main()
