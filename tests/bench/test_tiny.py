"""A benchmark runs, and the peers that need no installation find what we find; how fast is no question here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chain import Shoplog

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_a_tiny_run_finds_what_its_peers_find_and_is_kept(tmp_path: Path) -> None:
    shoplog, results, peers = Shoplog(tmp_path / "home"), tmp_path / "performance.json", ["duckdb", "polars"]
    chosen = [option for peer in peers for option in ("--peer", peer)]
    done = shoplog.run(
        "bench", "batch", "--scale", "0.0005", "--runs", "1", *chosen, "--results", str(results), "--json"
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [row["peer"] for row in rows] == peers, done.stderr[-3000:]
    assert all(row["outputs_equal"] and row["ours_per_s"] > 0 and row["runs"] == 1 for row in rows)
    # 1 says that a ratio is missed, which so few lines always do.
    assert done.returncode == (0 if all(row["holds"] for row in rows) else 1)
    assert json.loads(results.read_text())["batch"]["rows"] == rows


def test_a_few_viewers_get_every_update(tmp_path: Path) -> None:
    done = Shoplog(tmp_path / "home").run("bench", "viewers", "--scale", "0.01", "--runs", "1", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(rows) == 1, done.stderr[-3000:]
    row = rows[0]
    # Whoever missed one would have ended it.
    assert row["snapshots_delivered"] >= 2 * row["viewers"] > 0
    assert 0 < row["update_p50_ms"] <= row["update_p95_ms"]
    assert 0 < row["line_p50_ms"] <= row["line_p95_ms"]
    assert 0 < row["batch_p50_ms"] <= row["batch_p95_ms"]
    assert 0 < row["alone_p50_ms"] <= row["alone_p95_ms"]
    assert done.returncode == (0 if row["holds"] else 1)
