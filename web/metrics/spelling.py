"""Plain numbers as Prometheus spells them; the names and labels are the callers'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from hub.figures import Spread

Labels = TypeVar("Labels", bound=tuple[str, ...])


def counter(name: str, meaning: str, values: float | Mapping[Labels, float], labels: Sequence[str] = ()) -> Metric:
    """Spell what only grows; Prometheus adds `_total` to the name."""
    family = CounterMetricFamily(name, meaning, labels=labels)
    for words, value in values.items() if isinstance(values, Mapping) else [((), values)]:
        family.add_metric(words, value)
    return family


def gauge(name: str, meaning: str, values: float | Mapping[Labels, float], labels: Sequence[str] = ()) -> Metric:
    """Spell what goes up and down; no values: nobody knows."""
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for words, value in values.items() if isinstance(values, Mapping) else [((), values)]:
        family.add_metric(words, value)
    return family


def histogram(name: str, meaning: str, spreads: Spread | Mapping[Labels, Spread], labels: Sequence[str] = ()) -> Metric:
    """Spell a spread as buckets, each of which includes those below it."""
    family = HistogramMetricFamily(name, meaning, labels=labels)
    for words, spread in spreads.items() if isinstance(spreads, Mapping) else [((), spreads)]:
        bounds = [*(str(bound) for bound in spread.bounds), "+Inf"]
        family.add_metric(words, list(zip(bounds, accumulate(spread.counts), strict=True)), spread.total)
    return family


def by_word(values: Mapping[str, float]) -> Mapping[tuple[str], float]:
    """Use single words as labels."""
    return {(str(word),): value for word, value in values.items()}
