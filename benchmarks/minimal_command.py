"""The least a command with plugins can be: click, pluggy and a list of the entry points."""

from importlib.metadata import entry_points

import click
import pluggy

GROUPS = ("clerkcore.plugins", "clerkcore.commands")


class Listing(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        points = entry_points()
        return sorted(point.name for group in GROUPS for point in points.select(group=group))

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        return click.Command(name, help="A command that a plugin adds.")


@click.group(cls=Listing)
@click.pass_context
def main(context: click.Context) -> None:
    """List the commands that plugins add."""
    context.obj = pluggy.PluginManager("minimal")


if __name__ == "__main__":
    main()
