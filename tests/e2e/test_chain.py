"""The whole chain with the real parts: traffic in, known totals out, after a kill of Flume and of the driver."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PORTS = ("kafka_port", "kafka_controller_port", "flume_metrics_port", "airflow_port", "web_port")

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Shoplog:
    """The command as a user runs it, in a home of its own."""

    def __init__(self, home: Path) -> None:
        ports = {f"SHOPLOG_{name.upper()}": str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOPLOG_")}
        self.environment = {**kept, **ports, "SHOPLOG_HOME": str(home)}

    def run(self, *arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "shoplog"), *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    def good(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
        return done.stdout

    def rows(self, query: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.good("sql", query, "--format", "json").splitlines()]

    def pid(self, part: str) -> int:
        parts = [json.loads(line) for line in self.run("status", "--json").stdout.splitlines()]
        return int(next(one["pid"] for one in parts if one["name"] == part))

    def wait_for_residue_0(self, lines: int, timeout_s: float = 240) -> list[dict[str, Any]]:
        deadline = time.monotonic() + timeout_s
        while True:
            rows = [json.loads(row) for row in self.run("ledger", "--json").stdout.splitlines()]
            files, windows = [r for r in rows if "file" in r], [r for r in rows if "window_start" in r]
            settled = sum(f["accepted"] + f["quarantined"] for f in files) == lines
            measured = sum(w["gold"] for w in windows) == sum(f["accepted"] for f in files)
            if settled and measured and not any(r["residue"] for r in rows):
                return files
            assert time.monotonic() < deadline, f"not settled: {files}"
            time.sleep(2)


@pytest.fixture(scope="module")
def shoplog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shoplog]:
    made = Shoplog(tmp_path_factory.mktemp("chain") / "home")
    try:
        made.good("up", "kafka", "flume", "census", "stream")
        yield made
    finally:
        made.good("down")


def test_every_line_is_accounted_for_after_kills_of_flume_and_the_driver(shoplog: Shoplog) -> None:
    defects = ["--defect", "malformed=30", "--defect", "not_utf8=10", "--defect", "repeated=20", "--defect", "late=10"]
    traffic = subprocess.Popen(
        [str(ROOT / "shoplog"), "traffic", "--lines", "30000", "--rate", "3000", "--json", *defects],
        env=shoplog.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(6)
    os.kill(shoplog.pid("flume"), signal.SIGKILL)
    time.sleep(2)
    os.kill(shoplog.pid("stream"), signal.SIGKILL)
    out, _ = traffic.communicate(timeout=120)
    truth = json.loads(out)
    files = shoplog.wait_for_residue_0(truth["lines_written"])
    assert sum(file["written"] for file in files) == truth["lines_written"] == 30_000
    assert sum(file["accepted"] for file in files) == truth["accepted"]
    assert sum(file["duplicates"] for file in files) > 0, "Flume's kill did not bite"
    found = shoplog.rows("select status, sum(1) n from silver_request_live group by 1")
    assert {str(row["status"]): row["n"] for row in found} == truth["by_status"]
    refused = shoplog.rows("select reason, count(*) n from quarantine_access_log_live group by 1")
    assert {row["reason"]: row["n"] for row in refused} == truth["quarantined"]


def test_the_nightly_agrees_with_live_and_publishes(shoplog: Shoplog) -> None:
    days = [row["d"] for row in shoplog.rows("select distinct event_date d from silver_request_live order by 1")]
    assert days
    for day in days:
        totals = json.loads(shoplog.good("nightly", "--date", day, "--json"))
        assert totals["figures"] > 0
        assert (totals["differing"], totals["unexplained"], totals["sites_published"]) == (0, 0, 1)
    assert {row["status"] for row in shoplog.rows("select distinct status from gold_traffic_1m_now")} == {"final"}
    batch, live = (
        shoplog.rows(f"select count(*) n from {t}")[0]["n"] for t in ("silver_request", "silver_request_live")
    )
    assert batch == live > 0


def test_a_file_that_flume_sent_adds_nothing_when_it_is_imported(shoplog: Shoplog) -> None:
    log = sorted((shoplog.home / "sites/shop/logs").glob("*.log"))[3]
    before = shoplog.rows("select count(*) n, sum(bytes_sent) b from silver_request")
    first = json.loads(shoplog.good("import", str(log), "--json"))
    assert first["also_streamed"] == first["added"] == first["lines"] > 0
    assert shoplog.rows("select count(*) n, sum(bytes_sent) b from silver_request") == before
    again = json.loads(shoplog.good("import", str(log), "--json"))
    assert (again["added"], again["already_imported"]) == (0, first["lines"])


def test_a_deleted_checkpoint_is_refused_and_the_runbooks_way_out_works(shoplog: Shoplog) -> None:
    shoplog.good("stream", "stop")
    (shoplog.home / "checkpoints/live/v1").rename(shoplog.home / "gone")
    refused = shoplog.run("stream", "start")
    assert refused.returncode == 2
    assert "--from-bronze" in refused.stderr
    before = shoplog.rows("select count(*) n from bronze_access_log")
    shoplog.good("stream", "start", "--from-bronze")
    log = sorted((shoplog.home / "sites/shop/logs").glob("*.log"))[-1]
    with log.open("ab") as file:
        file.write(b'203.0.113.7 - - [20/Nov/2026:10:00:00 +0000] "GET /after HTTP/1.1" 200 1 "-" "a"\n')
    shoplog.wait_for_residue_0(30_001)
    after = shoplog.rows("select count(*) n from bronze_access_log")
    assert after[0]["n"] == before[0]["n"] + 1


def test_mistakes_get_one_sentence_and_exit_code_2(shoplog: Shoplog) -> None:
    for arguments, words in (
        (("import", "/nowhere/access.log"), "is not a file"),
        (("parse", str(ROOT / "README.md"), "--format", "martian"), "is unknown"),
        (("nightly", "--date", "yesterday"), "YYYY-MM-DD"),
        (("sql", "selec 1"), "failed"),
    ):
        done = shoplog.run(*arguments)
        assert (done.returncode, words in done.stderr) == (2, True), (arguments, done.stderr)
        assert len(done.stderr.strip().splitlines()) == 1
