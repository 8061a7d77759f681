"""clerk metrics: figures for Prometheus, printed, written for node_exporter, or served."""

from __future__ import annotations

from pathlib import Path

import click

from clerkcore.cli.output import clean, warn_of_errors
from clerkcore.installation import Installation
from clerkcore.metrics import Exposition, expose, serve, write_textfile

LOOPBACK = "127.0.0.1"
HIGHEST_PORT = 65_535


def _read_address(_ctx: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, int] | None:
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) <= HIGHEST_PORT):
        raise click.BadParameter(f"{value!r} is no address, such as 9469 or {LOOPBACK}:9469")
    return host.strip("[]") or LOOPBACK, int(port)


@click.command()
@click.option("--textfile", type=click.Path(dir_okay=False, path_type=Path), help="Write them to this .prom file.")
@click.option(
    "--listen",
    metavar="[HOST:]PORT",
    callback=_read_address,
    help="Serve /metrics there until stopped; a port alone is on loopback.",
)
@click.pass_context
def metrics(ctx: click.Context, textfile: Path | None, listen: tuple[str, int] | None) -> None:
    """Print figures for Prometheus, e.g. clerk metrics --textfile /var/lib/prometheus/node-exporter/clerk.prom

    Without an option they go to stdout. What cannot be read, such as a broken database, is a figure too.
    """
    installation: Installation = ctx.obj
    if textfile and listen:
        raise click.UsageError("--textfile and --listen are two ways; choose one")
    if listen:
        serve(installation, *listen, lambda address: click.echo(clean(f"Serving {address} (Ctrl-C stops)"), err=True))
        return
    found = write_textfile(installation, textfile) if textfile else _printed(installation)
    ctx.exit(warn_of_errors(found.errors))


def _printed(installation: Installation) -> Exposition:
    found = expose(installation)
    click.echo(found.body.decode(), nl=False)
    return found
