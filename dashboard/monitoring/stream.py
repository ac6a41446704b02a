"""Measures of lines on their way: Flume, Kafka, the stream's offsets, orders and batches."""

from __future__ import annotations

import time
from pathlib import Path

from dashboard.monitoring.measures import Samples
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.commits import latest_version, written_at
from shoplog.io.kafka import topic_offsets
from shoplog.settings import Settings
from shoplog.stack import flume
from shoplog.stack.control import read_orders, read_status

# Flume's component and counter, by the step that it counts.
_STEPS = {
    "taken": ("SOURCE.logs", "EventReceivedCount"),
    "accepted": ("SOURCE.logs", "EventAcceptedCount"),
    "put": ("CHANNEL.kafka", "EventPutSuccessCount"),
}
# Prometheus waits for ten seconds.
_WITHIN_MS = 3000
# Upkeep's commits stand between those of batches.
_COMMITS_BACK = 20


def flume_samples(settings: Settings) -> Samples:
    """Yield the agent's counters; raises `ConnectionError` where it does not answer."""
    counters = flume.read_metrics(settings)
    if counters is None:
        raise ConnectionError("Flume does not answer")
    for step, (component, counter) in _STEPS.items():
        if counter in counters.get(component, {}):
            yield "shoplog_flume_events", (step,), float(counters[component][counter])


def stream_samples(settings: Settings) -> Samples:
    """Yield what the driver says of itself and what its checkpoint says of its last batch."""
    orders, status = read_orders(settings), read_status(settings)
    yield "shoplog_stream_desired_running", (), float(orders.desired == "running")
    yield "shoplog_stream_running", (), float(status.state == "running")
    yield "shoplog_stream_epoch", ("orders",), orders.epoch
    yield "shoplog_stream_epoch", ("driver",), status.epoch
    if status.updated_at:
        yield "shoplog_stream_status_age_seconds", (), time.time() - status.updated_at
    for partition, offset in status.committed.items():
        yield "shoplog_stream_committed_offset", (partition,), offset
    for stage, seconds in batch_seconds(settings).items():
        yield "shoplog_stream_batch_seconds", (stage,), seconds


def kafka_samples(settings: Settings) -> Samples:
    """Yield the broker's offsets and how far gold is behind; raises `TryLaterError` where no broker answers."""
    committed = read_status(settings).committed
    for partition, offset in topic_offsets(settings, settings.topic_raw, _WITHIN_MS)[1].items():
        yield "shoplog_kafka_end_offset", (str(partition),), offset
        yield "shoplog_stream_lag_lines", (str(partition),), max(0, offset - committed.get(str(partition), 0))


def batch_seconds(settings: Settings) -> dict[str, float]:
    """Return how long the last finished batch took, `whole` and by stage; nothing before the first.

    Stages are `land` (until bronze had it), `measure` (until gold had it) and `finish`, where both tables have a commit of it.
    """
    begun, done = (
        {int(p.name): p for p in (settings.checkpoint / log).glob("[0-9]*")} for log in ("offsets", "commits")
    )
    finished = begun.keys() & done.keys()
    if not finished:
        return {}
    start, end = (entries[max(finished)].stat().st_mtime for entries in (begun, done))
    moments = [
        _committed_between(settings.warehouse / table.name, start, end)
        for table in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE)
    ]
    found = {"whole": end - start}
    if all(moments):
        bronze, gold = (moment for moment in moments if moment)
        found |= {"land": bronze - start, "measure": gold - bronze, "finish": end - gold}
    return found


def _committed_between(table: Path, start: float, end: float) -> float | None:
    """Return when the table had its first commit between two moments (epoch s)."""
    newest = latest_version(table)
    versions = range(newest, max(newest - _COMMITS_BACK, -1), -1) if newest is not None else ()
    moments = [moment for version in versions if start <= (moment := written_at(table, version)) <= end]
    return min(moments, default=None)
