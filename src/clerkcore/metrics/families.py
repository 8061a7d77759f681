"""Families of figures as prometheus_client takes them, with labels that no file or upstream can break."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric

Values = Mapping[Any, float]
"""A figure for each tuple of labels."""


def gauge(name: str, about: str, labels: Sequence[str], values: Values) -> Metric:
    """Return figures that go up and down."""
    family = GaugeMetricFamily(name, about, labels=labels)
    for key, value in _tamed(values):
        family.add_metric(key, value)
    return family


def counter(name: str, about: str, labels: Sequence[str], values: Values) -> Metric:
    """Return figures that only grow; their names end in _total."""
    family = CounterMetricFamily(name, about, labels=labels)
    for key, value in _tamed(values):
        family.add_metric(key, value)
    return family


def summary(name: str, about: str, label: str, values: Mapping[str, tuple[int, float]]) -> Metric:
    """Return how often something was and what it came to, by one label."""
    family = SummaryMetricFamily(name, about, labels=[label])
    for value, (count, total) in values.items():
        family.add_metric([_tame(value)], count_value=count, sum_value=total)
    return family


def _tamed(values: Values) -> Iterable[tuple[tuple[str, ...], float]]:
    """Make labels printable; of two that are then the same one stays, since Prometheus refuses all of a repetition."""
    return {tuple(map(_tame, key)): value for key, value in values.items()}.items()


def _tame(label: str) -> str:
    return "".join(ch if ch.isprintable() else "\N{REPLACEMENT CHARACTER}" for ch in label)
