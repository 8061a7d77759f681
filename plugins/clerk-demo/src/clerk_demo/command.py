"""`clerk demo`: an installation of its own, three pulls from simulated upstreams, then the pages."""

from __future__ import annotations

from pathlib import Path

import click

from clerk_demo.replay import Replay
from clerk_demo.show import Show
from clerk_demo.simulator import Simulator


@click.command()
@click.option(
    "--dir",
    "folder",
    default="demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the demonstration.",
)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="For the pages; 0 is any.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same data.")
@click.option("--size", default=1200, show_default=True, type=click.IntRange(20, 1_000_000), help="Rows of an agency.")
@click.option(
    "--replay",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of real exports to serve in place of invented ones, where it has some.",
)
@click.option("--once", is_flag=True, help="End before serving, for scripts.")
@click.option("--upstreams", is_flag=True, help="Only run the simulated upstreams and print their addresses.")
def demo(folder: Path, port: int, seed: int, size: int, replay: Path | None, once: bool, upstreams: bool) -> None:
    """Show clerk at work on simulated upstreams, e.g. clerk demo --once

    Makes an installation in ./demo (anew each time), imports the pilot sites, pulls every site on three simulated days
    in a row, shows amendments and status and serves the databases until Ctrl-C.
    """
    kept = Replay.from_folder(replay) if replay else None
    with Simulator(seed=seed, size=size, replay=kept, world="full") as simulator:
        show = Show(folder.resolve(), simulator, replayed=kept is not None)
        if upstreams:
            show.wait_for_interrupt()
            return
        show.prepare()
        show.pull_daily()
        if not once:
            show.serve(port)
