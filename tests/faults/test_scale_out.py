"""More partitions, more agents, fewer executors under load: every line counts once, and the figures are the generator's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import psutil
import pytest

from bench.broker import wait_until
from bench.ports import free_ports
from shoplog.stack.flume import lines_taken
from shoplog.stack.flume_kill import kill_between_notes
from shoplog.stack.kafka_access import open_broker
from shoplog.stack.partitions import partitions_file
from tests.chain import ROOT, Shoplog

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
LINES, RATE = 40_000, 1000
_AGENT = ("flume", "census")


class Shop:
    """A stack whose tasks run in executors, the agents of other hosts, and the truth of all that they were given."""

    def __init__(self, home: Path) -> None:
        self.shoplog = Shoplog(home)
        self.agents = [self.shoplog]
        self.shoplog.environment |= {
            "SHOPLOG_HOST": "web1",
            "SHOPLOG_KAFKA_PARTITIONS": "4",
            "SHOPLOG_SPARK_MASTER": f"spark://127.0.0.1:{free_ports(('master',))['master']}",
        }
        self.truth: Counter[str] = Counter()

    def add_agent(self) -> Shoplog:
        """Bring up Flume and the census of another host: another home, the same broker."""
        agent = Shoplog(self.shoplog.home.with_name(f"home{len(self.agents) + 1}"))
        self.agents.append(agent)
        agent.environment["SHOPLOG_HOST"] = f"web{len(self.agents)}"
        agent.environment["SHOPLOG_KAFKA_PORT"] = self.shoplog.environment["SHOPLOG_KAFKA_PORT"]
        # All that an agent's machine needs to be let in.
        secrets = agent.settings.secrets_dir
        secrets.mkdir(parents=True, mode=0o700)
        for name in ("kafka_collector", "kafka_census"):
            shutil.copy(self.shoplog.settings.secrets_dir / name, secrets)
        agent.good("up", *_AGENT)
        return agent

    def traffic(self, agent: Shoplog, lines: int, seed: int) -> Callable[[], None]:
        """Begin to write lines at the agent's host; the result waits for the last one and adds up the truth."""
        options = ("--lines", lines, "--rate", RATE, "--seed", seed, "--hours", 1, "--defect", "malformed=50", "--json")
        command = [str(ROOT / "shoplog"), "traffic", *map(str, options)]
        writing = subprocess.Popen(command, env=agent.environment, stdout=subprocess.PIPE, text=True)

        def written() -> None:
            truth = json.loads(writing.communicate(timeout=600)[0])
            self.truth.update({"lines": truth["lines_written"], "accepted": truth["accepted"]})
            self.truth.update({f"status {status}": count for status, count in truth["by_status"].items()})
            self.truth.update({f"refused {reason}": count for reason, count in truth["quarantined"].items()})

        return written

    def settle(self) -> int:
        """Wait until every line is in gold with residue 0, hold it against the truth, and return how many copies came."""
        files = self.shoplog.wait_for_residue_0(self.truth["lines"], timeout_s=600)
        found = Counter({"lines": sum(file["written"] for file in files)})
        found["accepted"] = sum(file["accepted"] for file in files)
        for row in self.shoplog.rows("select status, sum(1)::bigint n from silver_request_live group by 1"):
            found[f"status {row['status']}"] = row["n"]
        for row in self.shoplog.rows("select reason, count(*) n from quarantine_access_log_live group by 1"):
            found[f"refused {row['reason']}"] = row["n"]
        assert found == self.truth
        return sum(int(file["duplicates"]) for file in files)

    def bronze(self) -> pl.DataFrame:
        """Return where each line of a visitor stands in Kafka and in its file."""
        rows = pl.scan_delta(str(self.shoplog.settings.warehouse / "bronze_access_log"))
        columns = ("host", "file", "byte_offset", "visitor_id", "kafka_partition", "kafka_offset", "fate")
        return rows.select(columns).filter(pl.col("visitor_id").is_not_null()).collect()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = Shop(tmp_path_factory.mktemp("scale") / "home1")
    try:
        made.shoplog.good("up", "spark-master", "spark-worker")
        made.shoplog.start()
        yield made
    finally:
        for agent in reversed(made.agents):
            agent.good("down")
        shutil.rmtree(made.shoplog.home.parent)


def test_partitions_go_from_4_to_8_and_an_agent_that_is_killed_then_sends_nothing_to_another_one(shop: Shop) -> None:
    settings = shop.shoplog.settings
    partitions = partitions_file(settings)
    written = shop.traffic(shop.shoplog, LINES // 2, seed=1)
    wait_until(lambda: lines_taken(shop.shoplog.settings) >= 5000, "Flume takes no lines")
    # As the broker's machine does it: this agent does not know yet, and its next start, after a kill, does.
    shop.shoplog.environment["SHOPLOG_KAFKA_PARTITIONS"] = "8"
    assert open_broker(shop.shoplog.settings)
    kill_between_notes(shop.shoplog.settings)
    wait_until(lambda: partitions.read_text().endswith("\n8\n"), "the agent does not start again", timeout_s=600)
    more = shop.traffic(shop.shoplog, LINES // 2, seed=2)
    written()
    more()
    assert shop.settle() > 0, "the kill did not bite"
    told = partitions.read_text().splitlines()[:-1]
    ends = [(Path(path).name, int(end)) for _, end, path in (line.split("\t") for line in told)]
    until = pl.DataFrame(ends, {"file": pl.String, "until": pl.Int64}, orient="row")
    rows = shop.bronze().sort("kafka_offset").join(until, on="file", how="left", maintain_order="left")
    is_after = pl.col("byte_offset") >= pl.col("until").fill_null(0)
    before, after = rows.filter(~is_after), rows.filter(is_after & (pl.col("fate") == "accepted"))
    assert sorted(before["kafka_partition"].unique()) == [0, 1, 2, 3]
    assert sorted(after["kafka_partition"].unique()) == list(range(8))
    homes = after.group_by("visitor_id").agg(pl.col("kafka_partition").unique())
    assert homes["kafka_partition"].list.len().max() == 1, "a visitor is in two partitions"
    assert not after.filter(pl.col("byte_offset").diff().over("visitor_id", "file") < 0).height, "out of order"
    copies = before.filter(pl.col("fate") == "duplicate").join(homes, on="visitor_id", suffix="_after")
    moved = copies.filter(pl.col("kafka_partition") != pl.col("kafka_partition_after").list.first())
    assert moved.height, "no copy is of a visitor whose lines go elsewhere by now"


def test_agents_go_from_1_to_3(shop: Shop) -> None:
    waiting = [shop.traffic(shop.shoplog, LINES, seed=3)]
    for seed in (4, 5):
        waiting.append(shop.traffic(shop.add_agent(), LINES // 2, seed))
        wait_until(lambda: lines_taken(shop.agents[-1].settings) > 0, "the new agent takes no lines")
    for written in waiting:
        written()
    shop.settle()
    hosts = shop.shoplog.rows("select host, count(distinct file) files from bronze_access_log group by 1 order by 1")
    assert [row["host"] for row in hosts] == ["web1", "web2", "web3"]


def _executors(shop: Shop) -> list[psutil.Process]:
    worker = psutil.Process(shop.shoplog.pid("spark-worker"))
    return [one for one in worker.children() if "CoarseGrainedExecutorBackend" in " ".join(one.cmdline())]


def test_an_executor_is_killed(shop: Shop) -> None:
    written = shop.traffic(shop.shoplog, LINES, seed=6)
    taken = lines_taken(shop.shoplog.settings)
    wait_until(lambda: lines_taken(shop.shoplog.settings) >= taken + 5000, "Flume takes no lines")
    before = _executors(shop)
    assert before, "nothing runs in executors"
    driver = shop.shoplog.pid("stream")
    os.kill(before[0].pid, signal.SIGKILL)
    wait_until(
        lambda: {one.pid for one in _executors(shop)} - {one.pid for one in before} != set(), "none came instead"
    )
    written()
    shop.settle()
    assert "Lost executor" in (shop.shoplog.home / "logs/stream.log").read_text(), "the kill did not bite"
    assert shop.shoplog.pid("stream") == driver, "the driver itself was started again"
