"""Bars as an SVG of our own drawing; its colours are of middle tone, so that it reads on light and on dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABEL, VALUE = 800, 250, 70
BAR, STEP, HEAD, GAP = 16, 26, 34, 18
TEXT, OWN, OTHER = "#7a7f85", "#2f81f7", "#9aa1a9"
_STYLE = "font-family:system-ui,sans-serif;font-size:13px"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `own` ones are drawn in another colour."""

    label: str
    value: float
    own: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars on one scale of their own, which begins at zero."""

    title: str
    bars: Sequence[Bar]


def draw(title: str, panels: Sequence[Panel]) -> str:
    """Return the panels, one below the other, as the text of an SVG file."""
    parts: list[str] = []
    top = 0
    for panel in panels:
        parts.extend(_panel(panel, top))
        top += HEAD + STEP * len(panel.bars) + GAP
    told = "; ".join(f"{panel.title}: {_told(panel.bars)}" for panel in panels)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" role="img"'
        f' aria-labelledby="title told" style="{_STYLE}">'
    )
    named = [f'<title id="title">{escape(title)}</title>', f'<desc id="told">{escape(told)}</desc>']
    return "\n".join([head, *named, *parts, "</svg>", ""])


def _told(bars: Iterable[Bar]) -> str:
    return ", ".join(f"{bar.label} {write_ratio(bar.value)}" for bar in bars)


def _panel(panel: Panel, top: int) -> Iterable[str]:
    yield f'<text x="0" y="{top + 20}" fill="{TEXT}" font-weight="bold">{escape(panel.title)}</text>'
    most = max(bar.value for bar in panel.bars)
    for number, bar in enumerate(panel.bars):
        y = top + HEAD + STEP * number
        width = max(1.0, (WIDTH - LABEL - VALUE) * bar.value / most)
        middle = y + BAR - 3
        colour, weight = (OWN, ' font-weight="bold"') if bar.own else (OTHER, "")
        yield f'<text x="{LABEL - 10}" y="{middle}" fill="{TEXT}" text-anchor="end"{weight}>{escape(bar.label)}</text>'
        yield f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" fill="{colour}"/>'
        yield f'<text x="{LABEL + width + 8:.1f}" y="{middle}" fill="{TEXT}"{weight}>{write_ratio(bar.value)}</text>'


def write_ratio(value: float) -> str:
    """Write a ratio with as many digits as mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
