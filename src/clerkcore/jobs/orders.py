"""`Order`: what an operator or cron asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clerkcore.fetch import page_name
from clerkcore.installation import Family
from clerkcore.models import Advance, Request, ScopeResult
from clerkcore.road.run import run_all, run_extract, run_load, run_transform
from clerkcore.road.work import Work, ignore_advance
from clerkcore.times import now, to_text

Report = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """One job for sources of one family: which stage of it, for what, from where.

    `source` narrows it to one source; `files` are exports an operator saved; `advance` is told how far the reading of
    a large scope has come.
    """

    family: Family
    stage: str
    request: Request
    report: Report
    files: tuple[Path, ...] = ()
    source: str = ""
    dry_run: bool = False
    advance: Callable[[Advance], None] = ignore_advance

    @property
    def job(self) -> str:
        """The job's name in the ledger; each stage has a clock of its own."""
        return self.family.job if self.stage in WHOLE else f"{self.family.name}.{self.stage}"

    @property
    def options(self) -> Mapping[str, object]:
        """What is worth remembering of the order in the ledger."""
        asked = {
            "years": list(self.request.years),
            "files": [page_name(path) for path in self.files],
            "taken_at": to_text(self.request.taken_at) if self.request.taken_at else "",
            **self.request.options,
        }
        return {name: value for name, value in asked.items() if value}

    @property
    def demands(self) -> Mapping[str, object]:
        """All that a process elsewhere must know to do the same; empty for what schedules ask."""
        return {**self.options, **({"only": self.source} if self.source else {})}

    @property
    def repeatable(self) -> bool:
        """Whether another process could do it later: not what reads files of this one, nor a single stage."""
        return self.stage in WHOLE and not self.files


WHOLE = ("etl", "update")
_STAGES: Mapping[str, Callable[[Work, Order], list[ScopeResult]]] = {
    "etl": lambda work, order: run_all(work, order.request, order.files),
    "update": lambda work, order: run_all(work, order.request, order.files),
    "extract": lambda work, order: run_extract(work, order.request, order.files),
    "transform": lambda work, order: run_transform(work, order.request),
    "load": lambda work, order: run_load(work, order.request),
}


def take_road(work: Work, order: Order) -> list[ScopeResult]:
    """Run the stage of the road that an order asks for."""
    return _STAGES[order.stage](replace(work, advance=order.advance), order)


def read_order(family: Family, options: Mapping[str, Any], report: Report) -> Order:
    """Return the order whose `demands` these are, planned for today."""
    asked = {name: str(value) for name, value in options.items() if name not in ("years", "only")}
    years = tuple(int(year) for year in options.get("years", ()))
    request = Request(now().date(), years=years, options=asked)
    return Order(family, "etl", request, report, source=str(options.get("only", "")))
