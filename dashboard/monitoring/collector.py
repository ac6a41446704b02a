"""The collector that Prometheus' client asks at each scrape: nothing is counted in between, everything is read anew."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from dashboard.monitoring.figures import live_samples, proof_samples, table_samples
from dashboard.monitoring.measures import MEASURES, Sample, Samples
from dashboard.monitoring.parts import part_samples
from dashboard.monitoring.stream import flume_samples, kafka_samples, stream_samples
from dashboard.read_model import LiveReadModel
from dashboard.read_model.followed import FollowedTable
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.settings import Settings

LOG = logging.getLogger("monitoring")
_FAMILIES = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}


def registry_of(settings: Settings, live: LiveReadModel) -> CollectorRegistry:
    """Return a registry with every measure of this home."""
    registry = CollectorRegistry(auto_describe=False)
    names = (BRONZE_ACCESS_LOG.name, GOLD_PARTIAL_LIVE.name)
    tables = {name: FollowedTable(settings.warehouse / name) for name in names}
    sources: dict[str, Callable[[], Samples]] = {
        "parts": lambda: part_samples(settings),
        "flume": lambda: flume_samples(settings),
        "kafka": lambda: kafka_samples(settings),
        "stream": lambda: stream_samples(settings),
        "live": lambda: live_samples(live),
        "tables": lambda: table_samples(tables),
        "proof": lambda: proof_samples(settings),
    }
    if not settings.supervised:
        # An agent answers on its own loopback only, which is not this container's.
        del sources["flume"]
    registry.register(_Collector(sources))
    return registry


class _Collector(Collector):
    """Reads each source; one that cannot be read is said to have failed, and takes no other with it."""

    def __init__(self, sources: Mapping[str, Callable[[], Samples]]) -> None:
        self._sources = sources

    def collect(self) -> Iterable[Metric]:
        """Return the families that have a sample now."""
        families: dict[str, Metric] = {}
        for name, labels, value in self._samples():
            measure = MEASURES[name]
            if name not in families:
                families[name] = _FAMILIES[measure.kind](name, measure.meaning, labels=measure.labels)
            families[name].add_metric(labels, value)  # type: ignore[attr-defined]
        return families.values()

    def _samples(self) -> Iterable[Sample]:
        for source, samples in self._sources.items():
            found: list[Sample] = []
            try:
                found = list(samples())
                failed = False
            # Whatever stops one source must not hide the others: that it failed is a measure, too.
            except Exception:
                LOG.warning("measures of %s cannot be read", source, exc_info=True)
                failed = True
            yield from found
            yield "shoplog_source_failed", (source,), float(failed)
