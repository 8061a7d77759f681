"""Adds the command `clerk sizes`."""

# /// script
# dependencies = ["clerkcore"]
#
# [tool.clerk]
# version = "1.0"
# summary = "Show how large the databases are."
#
# [tool.clerk.commands]
# sizes = "sizes:sizes"
# ///

import click


@click.command()
@click.pass_obj
def sizes(installation):
    """Show how large the databases are, e.g. clerk sizes"""
    for site in installation.sites():
        for path in installation.folder(site.subdomain).databases():
            click.echo(f"{site.subdomain} {path.name}: {path.stat().st_size:,} bytes")
