"""Progress on stderr: a moving line or a bar on a terminal, lines of the log elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

from clerkcore import logs
from clerkcore.cli.output import clean
from clerkcore.models import Advance

PLAIN_SECONDS = 10.0  # between two lines about one scope, where there is no terminal
FEWEST = 20_000  # records below which no bar is worth its flicker


class RateColumn(ProgressColumn):
    """Records so far, and how many a second."""

    def render(self, task: Task) -> Text:
        """Return the column of a task."""
        records = int(task.fields.get("records", 0))
        seconds = max(task.elapsed or 0.0, 0.001)
        return Text(f"{records:,} rows, {records / seconds:,.0f} a second")


class Progress:
    """Takes lines of progress, and how far the reading of large scopes has come."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.status = console.status("") if console.is_terminal else None
        self.bar: Bar | None = None
        self.told: dict[str, tuple[float, float]] = {}

    def __call__(self, line: str) -> None:
        """Show one line, and log it: on a terminal the log itself shows nothing so slight, unless it was asked to."""
        logs.progress(line)
        if self.status:
            self._end_bar()
            self.status.update(Text(clean(line)))

    def advance(self, step: Advance) -> None:
        """Show how far the reading of a scope has come: rows, rate and time left."""
        if step.records < FEWEST:
            return
        if self.status:
            self._show_bar(step)
        else:
            self._tell_plainly(step)

    def _show_bar(self, step: Advance) -> None:
        if self.bar is None and self.status:
            self.status.stop()
            columns = (TextColumn("{task.description}", markup=False), BarColumn(), RateColumn(), TimeRemainingColumn())
            self.bar = Bar(*columns, console=self.console, transient=True)
            self.bar.start()
            self.bar.add_task(clean(step.where), total=step.total or None)
        if self.bar:
            self.bar.update(self.bar.task_ids[0], completed=step.done, records=step.records)

    def _end_bar(self) -> None:
        if self.bar and self.status:
            self.bar.stop()
            self.bar = None
            self.status.start()

    def _tell_plainly(self, step: Advance) -> None:
        clock = time.monotonic()
        began, last = self.told.setdefault(step.where, (clock, clock))
        if clock - last >= PLAIN_SECONDS:
            self.told[step.where] = (began, clock)
            logs.progress(f"{step.where}: {tell_advance(step, clock - began)}")

    def stop(self) -> None:
        """Take the moving line or bar off the terminal."""
        self._end_bar()
        if self.status:
            self.status.stop()


def tell_advance(step: Advance, seconds: float) -> str:
    """Return rows, rate and time left of a scope that has been read for some seconds."""
    told = f"{step.records:,} rows, {step.records / max(seconds, 0.001):,.0f} a second"
    if not step.total or not step.done:
        return told
    return f"{told}, {max(step.total - step.done, 0) / step.done * seconds:,.0f} s left"


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Show progress on stderr while the block runs."""
    progress = Progress(Console(stderr=True))
    if progress.status:
        progress.status.start()
    try:
        yield progress
    finally:
        progress.stop()
