"""The whole chain with the real parts: traffic in, known totals out, after a kill of Flume and of the driver."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest

from bench.broker import wait_until
from shoplog.stack.flume import lines_taken
from shoplog.stack.flume_kill import kill_between_notes
from tests.chain import ROOT, Shoplog, listening
from tests.dashboard.test_monitoring import scraped, value

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def shoplog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shoplog]:
    made = Shoplog(tmp_path_factory.mktemp("chain") / "home")
    try:
        made.good("up", "kafka", "flume", "census", "stream", "web")
        yield made
    finally:
        made.good("down")


def test_every_line_is_accounted_for_after_kills_of_flume_and_the_driver(shoplog: Shoplog) -> None:
    defects = ["--defect", "malformed=30", "--defect", "not_utf8=10", "--defect", "repeated=20", "--defect", "late=10"]
    traffic = subprocess.Popen(
        [str(ROOT / "shoplog"), "traffic", "--lines", "30000", "--rate", "3000", "--json", *defects],
        env=shoplog.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    # A kill bites while Flume sends: not before the first lines, however slow the machine is.
    wait_until(lambda: lines_taken(shoplog.settings) >= 5000, "Flume takes no lines")
    kill_between_notes(shoplog.settings)
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


def test_prometheus_is_told_what_happened(shoplog: Shoplog) -> None:
    found = scraped(shoplog.settings)
    assert {
        labels[0][1]: up for (name, labels), up in found.items() if name == "shoplog_part_up" and up
    } == dict.fromkeys(("kafka", "flume", "census", "stream", "web"), 1.0)
    assert not [labels for (name, labels), failed in found.items() if name == "shoplog_source_failed" and failed]
    lags = [lag for (name, _), lag in found.items() if name == "shoplog_stream_lag_lines"]
    assert lags == [0.0] * shoplog.settings.kafka_partitions
    (lines,) = shoplog.rows(
        "select sum(accepted)::bigint a, sum(quarantined)::bigint q from gold_partial_live where family = 'ledger'"
    )
    assert value(found, "shoplog_lines_total", fate="accepted") == lines["a"] > 0
    reasons = [lines for (name, _), lines in found.items() if name == "shoplog_quarantined_lines_total"]
    assert sum(reasons) == lines["q"] > 0
    # Flume was killed, and counts from its last start.
    assert value(found, "shoplog_flume_events_total", step="accepted") > 0
    stages = [value(found, "shoplog_stream_batch_seconds", stage=stage) for stage in ("land", "measure", "finish")]
    assert sum(stages) == pytest.approx(value(found, "shoplog_stream_batch_seconds", stage="whole"))


def test_the_nightly_agrees_with_live_and_publishes(shoplog: Shoplog) -> None:
    days = [row["d"] for row in shoplog.rows("select distinct event_date d from silver_request_live order by 1")]
    assert days
    dates = [option for day in days for option in ("--date", day)]
    nights = [json.loads(row) for row in shoplog.good("nightly", *dates, "--json").splitlines()]
    assert [night["day"] for night in nights] == days
    for night in nights:
        assert night["figures"] > 0
        assert (night["differing"], night["unexplained"], night["verdict"]) == (0, 0, "equal"), night["why"]
        assert night["sites_published"] == 1
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


def test_nothing_listens_beyond_loopback_and_no_port_is_a_strangers(shoplog: Shoplog) -> None:
    shoplog.good("up", "web")
    settings = shoplog.settings
    found = listening(int((settings.run_dir / "supervisord.pid").read_text()))
    assert {address for address, _ in found} == {"127.0.0.1"}
    # The stream's own are free ports: the driver's two and those between Python and Java, each with a secret.
    ours = ("kafka_port", "kafka_controller_port", "flume_metrics_port", "web_port")
    assert {getattr(settings, port) for port in ours} < {port for _, port in found}


def test_flumes_counters_are_all_that_its_port_tells(shoplog: Shoplog) -> None:
    base = f"http://127.0.0.1:{shoplog.settings.flume_metrics_port}"
    assert {httpx.get(f"{base}{path}").status_code for path in ("/", "/configuration", "/metricsx/..")} == {404}
    counters = httpx.get(f"{base}/metrics").json()
    assert {name.split(".")[0] for name in counters} == {"SOURCE", "CHANNEL"}
    secret = (shoplog.home / "secrets/kafka_collector").read_text()
    assert secret not in json.dumps(counters)


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


def test_one_grep_finds_every_part_of_a_run_and_no_log_has_a_secret(shoplog: Shoplog) -> None:
    run = (shoplog.home / "run/run_id").read_text()
    logs = {path.stem: path.read_text(errors="replace") for path in (shoplog.home / "logs").glob("*.log")}
    for part in ("kafka", "flume", "stream"):  # their JVMs
        assert f" run={run} part={part} " in logs[part]
    for part in ("census", "stream", "web"):
        lines = [json.loads(line) for line in logs[part].splitlines() if line.startswith("{")]
        assert {(line["run"], line["part"]) for line in lines} == {(run, part)}
    secrets = [path for path in (shoplog.home / "secrets").rglob("*") if path.is_file() and path.suffix != ".sqlite3"]
    assert len(secrets) > 1
    for secret in secrets:
        assert not [part for part, log in logs.items() if secret.read_bytes().decode("latin-1").strip() in log], secret


def test_a_home_is_copied_while_it_runs(shoplog: Shoplog) -> None:
    made = json.loads(shoplog.good("backup", str(shoplog.home.parent / "backups"), "--json"))
    again = json.loads(shoplog.good("backup", str(shoplog.home.parent / "backups"), "--keep", "1", "--json"))
    assert again["removed"] == [made["folder"]]
    assert again["shared_bytes"] > again["bytes"] / 2
    refused = shoplog.run("restore", again["folder"])
    assert (refused.returncode, "is not empty" in refused.stderr) == (2, True)


def test_a_part_begins_anew_on_request(shoplog: Shoplog) -> None:
    before = shoplog.pid("census")
    shoplog.good("restart", "census")
    assert shoplog.pid("census") != before
    assert "There is no part" in shoplog.run("restart", "cencus").stderr


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
