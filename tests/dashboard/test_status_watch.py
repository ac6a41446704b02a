"""`shoplog status --watch`, driven by keys without a terminal."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
from textual.widgets import DataTable, Static

from dashboard.monitoring.glance import figure_rows
from dashboard.terminal.status import StatusApp
from shoplog.settings import Settings
from shoplog.stack.control import StreamStatus, write_status
from shoplog.stack.daemon import run_file
from shoplog.stack.parts import PARTS
from tests.report.warehouse import Warehouse, request


def test_parts_and_figures_are_shown_and_q_ends_it(settings: Settings) -> None:
    Warehouse(settings).stream([request(event_time=datetime.now(UTC))])
    write_status(settings, StreamStatus("running", 3, committed={"0": 5}))
    run_file(settings).parent.mkdir(parents=True)
    run_file(settings).write_text("20261127T120000Z-abcd")

    async def use() -> None:
        app = StatusApp(settings)
        async with app.run_test(size=(140, 50)) as pilot:
            figures = app.query_one("#figures", DataTable)
            for _ in range(400):
                await pilot.pause(0.05)
                if figures.row_count:
                    break
            shown = dict(figures.get_row_at(at) for at in range(figures.row_count))
            assert shown["lines"].startswith("1 ")
            # No broker and no agent: said, not shown as 0.
            assert "lag" not in shown
            assert "cannot be read" in shown["kafka"]
            assert "%" in shown["disk free"]
            assert app.query_one("#parts", DataTable).row_count == sum(part.by_default for part in PARTS.values())
            assert "20261127T120000Z-abcd" in str(app.query_one("#head", Static).render())
            await pilot.press("q")
        assert app.return_code == 0

    asyncio.run(use())


def test_rates_are_of_the_time_between_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 12.0)
    before = {"shoplog_kafka_end_offset_total": {"0": 100.0, "1": 100.0}}
    now = {
        "shoplog_kafka_end_offset_total": {"0": 150.0, "1": 170.0},
        "shoplog_stream_lag_lines": {"0": 3.0, "1": 4.0},
        "shoplog_certificate_equal_day_timestamp_seconds": {"shop": datetime(2026, 11, 20, tzinfo=UTC).timestamp()},
    }
    rows = dict(figure_rows(now, (10.0, before)))
    assert rows["into Kafka"] == "60 lines/s"
    assert rows["lag"] == "7 lines   (0 3, 1 4)"
    assert rows["proved equal"] == "1 sites   (shop 2026-11-20)"
    assert "into gold" not in rows
