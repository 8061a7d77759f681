"""The command `clerk serve`."""

from __future__ import annotations

import click

from clerk_board.serving import serve_forever
from clerkcore.installation import Installation


@click.command()
@click.argument("subdomains", nargs=-1, metavar="[SUBDOMAIN]...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; of this machine alone.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Port; 0 takes a free one."
)
@click.pass_obj
def serve(installation: Installation, subdomains: tuple[str, ...], host: str, port: int) -> None:
    """Show the databases of the named sites, or of all sites, in Datasette until Ctrl-C.

    For example: clerk serve sandiego.ca fl --port 0
    """
    serve_forever(installation, subdomains, host, port, announce=click.echo)
