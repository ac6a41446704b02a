"""The notebook of docs/notebooks, run as an analyst runs it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from shoplog.settings import REPOSITORY, Settings
from tests.report.warehouse import DAY, Warehouse, noon, request

NOTEBOOK = REPOSITORY / "docs/notebooks/shop.ipynb"
# What each cell shows is a styled table: its rows.
ANSWERS = """import json
print(json.dumps([shown.data.to_dict("records") for _, shown in sorted(Out.items())], default=str))"""
BOT = {"traffic_type": "AI Agent", "bot_category": "ai_crawler", "bot_name": "GPTBot", "visitor_id": None}


@pytest.fixture
def shop(settings: Settings) -> Settings:
    people = [
        request("/p/7", visitor_id=f"v{n}", duration_ms=40.0, event_time=noon(DAY, n), event_name="view_item", item_id="7",
                channel="Organic Search", source="google")
        for n in range(6)
    ]  # fmt: skip
    bought = [request("/cart", visitor_id="v1", event_time=noon(DAY, 9), event_name="add_to_cart", item_id="7")]
    lines = [*people, *bought, request("/p/7", status=500, event_time=noon(DAY, 20), **BOT)]
    warehouse = Warehouse(settings)
    warehouse.stream(lines)
    warehouse.recompute(lines)
    steps = [("view_item", 6), ("add_to_cart", 3)]
    funnel = [
        {"kind": "sequential", "step": at, "event_name": name, "sessions": n} for at, (name, n) in enumerate(steps, 1)
    ]
    warehouse.nightly("gold_funnel_1d", funnel)
    warehouse.publish(datetime(2026, 11, 21, tzinfo=UTC), live_requests=len(lines))
    return settings


def test_the_notebook_answers_its_questions(shop: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOPLOG_HOME", str(shop.home))
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(ANSWERS))
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    shown = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "text/html" in output.get("data", {})
    ]
    answers = json.loads(notebook.cells[-1].outputs[0]["text"])
    assert len(shown) == len(answers)
    days, hours, senders, funnel, products, sources, slow = answers
    (day,) = days
    assert (day["requests"], day["page_views"], day["visitors"], day["status"]) == (8, 7, 6, "final")
    assert day["server_error_ratio"] == 0.125
    assert [(hour["hour"], hour["bot_requests"]) for hour in hours] == [(12, 1)]
    assert [(s["bot_name"], s["requests"], s["share"]) for s in senders] == [(None, 7, 0.875), ("GPTBot", 1, 0.125)]
    assert [(step["event_name"], step["sessions"], step["of_previous"]) for step in funnel] == [
        ("view_item", 6, pytest.approx(float("nan"), nan_ok=True)),
        ("add_to_cart", 3, 0.5),
    ]
    assert [(item["item_id"], item["item_views"], item["cart_adds"]) for item in products] == [("7", 6, 1)]
    assert [(source["source"], source["landings"]) for source in sources] == [("google", 6)]
    assert [page["path"] for page in slow] == ["/p/7"]


def test_the_notebook_is_kept_without_outputs_and_paths() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    assert not re.search(r"/(home|tmp|root|Users)/", NOTEBOOK.read_text(encoding="utf-8"))
