"""What Prometheus is told, by whom it may be asked, and that dashboards and alerts ask for nothing else."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deltalake import write_deltalake
from prometheus_client.parser import text_string_to_metric_families

from dashboard.access import User
from dashboard.monitoring.documents import alerts, exported, grafana
from dashboard.monitoring.measures import MEASURES
from dashboard.monitoring.stream import batch_seconds
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE
from shoplog.settings import Settings
from shoplog.stack.control import StreamStatus, give_orders, write_status
from tests.dashboard.browser import client_of
from tests.dashboard.quality_tables import right_day
from tests.dashboard.test_figures import rows
from tests.report.warehouse import Warehouse, request

Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scraped(settings: Settings) -> Values:
    """Return every sample by its name and labels."""
    answer = client_of(settings).get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(found: Values, name: str, **labels: str) -> float | None:
    return found.get((name, tuple(sorted(labels.items()))))


def asked(text: str) -> Iterator[str]:
    def queries(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (v for k, v in node.items() if k == "expr")
            yield from (query for v in node.values() for query in queries(v))
        elif isinstance(node, list):
            yield from (query for v in node for query in queries(v))

    for query in queries(json.loads(text)):
        names = re.findall(r"shoplog_\w+", query)
        assert names, query
        yield from names


@pytest.mark.parametrize("made", [grafana, alerts])
def test_every_query_asks_for_what_is_exported(made: Any) -> None:
    assert set(asked(made())) <= {exported(name) for name in MEASURES}


def test_every_measure_is_shown() -> None:
    assert {*asked(grafana()), *asked(alerts())} == {exported(name) for name in MEASURES} - {
        "shoplog_certificate_equal_day_timestamp_seconds", "shoplog_stream_status_age_seconds",
    }  # fmt: skip


def test_lines_and_their_reasons_are_counted(settings: Settings) -> None:
    shop = Warehouse(settings)
    shop.stream([request() for _ in range(3)] + [request(status=500)])
    ledger = {"family": "ledger", "window_start": request()["event_time"], "window_date": request()["event_date"]}
    refused = [
        {**ledger, "accepted": 0, "quarantined": n, "duplicates": 0, "reason": why}
        for why, n in (("empty", 2), ("future", 1))
    ]
    path = str(settings.warehouse / GOLD_PARTIAL_LIVE.name)
    write_deltalake(path, rows(*refused), mode="append", partition_by=["window_date"])
    found = scraped(settings)
    assert value(found, "shoplog_lines_total", fate="quarantined") == 3
    assert value(found, "shoplog_quarantined_lines_total", reason="empty") == 2
    assert value(found, "shoplog_error_ratio") == 0.25
    assert value(found, "shoplog_table_files", table=GOLD_PARTIAL_LIVE.name) == 2
    assert value(found, "shoplog_source_failed", source="live") == 0


def test_what_does_not_answer_is_said_and_left_out(settings: Settings) -> None:
    # Nothing listens there, whatever else runs on this machine.
    found = scraped(settings.model_copy(update={"kafka_port": 9, "flume_metrics_port": 9}))
    failed = {labels[0][1] for (name, labels), failed in found.items() if name == "shoplog_source_failed" and failed}
    assert failed == {"flume", "kafka"}
    assert not [name for name, _ in found if "kafka" in name or "flume" in name]
    assert value(found, "shoplog_part_up", part="kafka") == 0
    assert value(found, "shoplog_lines_total", fate="accepted") is None


def test_the_streams_orders_and_what_it_says(settings: Settings) -> None:
    give_orders(settings, "running")
    write_status(settings, StreamStatus("starting", 0, committed={"0": 7}))
    found = scraped(settings)
    assert value(found, "shoplog_stream_desired_running") == 1
    assert value(found, "shoplog_stream_running") == 0
    assert (value(found, "shoplog_stream_epoch", of="orders"), value(found, "shoplog_stream_epoch", of="driver")) == (
        1,
        0,
    )
    assert value(found, "shoplog_stream_committed_offset_total", partition="0") == 7


def test_a_batch_is_timed_by_stage(settings: Settings) -> None:
    assert batch_seconds(settings) == {}
    moments: dict[Path, float] = {}
    for log, at in (("offsets", 100.0), ("commits", 104.0)):
        for batch in (6, 7):
            entry = settings.checkpoint / log / str(batch)
            entry.parent.mkdir(parents=True, exist_ok=True)
            entry.touch()
            moments[entry] = at + 10 * (batch - 6)
    (settings.checkpoint / "offsets/8").touch()
    for table, at in ((BRONZE_ACCESS_LOG, 111.0), (GOLD_PARTIAL_LIVE, 113.5)):
        for n, moment in enumerate((at - 10, at, 200.0)):
            write_deltalake(str(settings.warehouse / table.name), rows(), mode="append")
            moments[settings.warehouse / table.name / "_delta_log" / f"{n:020d}.json"] = moment
    for path, moment in moments.items():
        os.utime(path, (moment, moment))
    assert batch_seconds(settings) == {"whole": 4.0, "land": 1.0, "measure": 2.5, "finish": 0.5}


def test_the_last_good_certificate_is_told_by_site(settings: Settings) -> None:
    right_day(settings)
    found = scraped(settings)
    lights = [value(found, "shoplog_days", light=light) for light in ("red", "amber", "green")]
    assert sum(light or 0 for light in lights) == 1
    assert value(found, "shoplog_source_failed", source="proof") == 0


def test_a_token_of_whoever_sees_all_sites_is_needed(settings: Settings) -> None:
    client = client_of(settings)
    stranger = client.get("/metrics", headers={"Authorization": ""}, follow_redirects=False)
    assert (stranger.status_code, stranger.headers["www-authenticate"]) == (401, "Bearer")
    assert client_of(settings, User("nina", "viewer", ("shop",))).get("/metrics").status_code == 403
    assert client_of(settings, User("vera", "viewer")).get("/metrics").status_code == 200
