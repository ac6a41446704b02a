"""scale: the rate against partitions, agents and executors, as processes on this machine; each beside one of its kind, no peer.

They share this machine's cores with the broker: what a second one brings here is the least, what it costs shows in CPU time.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.broker import Broker, running_broker, started, wait_until
from bench.land import preloaded
from bench.log_lines import SITE, log_files
from bench.pair import Row
from bench.ports import free_ports
from bench.sides import Kept
from bench.watch import Used, Watch
from shoplog.settings import Settings
from shoplog.stack import flume, supervisor

LINES = 1_000_000
_PARTITIONS, _AGENTS, _EXECUTORS = (1, 2, 4, 8), (1, 2, 3), (1, 2)
# As many as tasks and agents can share out at least.
_ENOUGH_PARTITIONS = 4
_PATIENCE_S = 600
_CLUSTER = ["spark-master", "spark-worker"]


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return a row for each number of partitions, of agents and of executors; the medians of warm runs."""
    lines = int(LINES * scale)
    return [
        *_rows("land by partitions", lines, _by_partitions(settings, lines, runs)),
        *_rows("land by executors of a core", lines, _by_executors(settings, lines, runs)),
        *_rows("collect by agents", lines, _by_agents(settings, lines, runs)),
    ]


def _rows(what: str, lines: int, found: Iterator[tuple[int, list[Used]]]) -> Iterator[Row]:
    of_one = 0.0
    for number, used in found:
        rate = lines / statistics.median(run.seconds for run in used)
        of_one = of_one or rate
        cpu_s = statistics.median(run.cpu_s for run in used) / lines * 1e6
        yield {
            "name": "scale", "what": what, "number": number, "lines": lines, "lines_per_s": round(rate),
            "ratio": round(rate / of_one, 2), "cpu_s_per_million": round(cpu_s, 1),
            "peak_mb": round(max(run.peak_mb for run in used)), "to_reach": "published", "holds": True,
        }  # fmt: skip


def _by_partitions(settings: Settings, lines: int, runs: int) -> Iterator[tuple[int, list[Used]]]:
    for number in _PARTITIONS:
        with preloaded(settings.model_copy(update={"kafka_partitions": number}), lines) as broker:
            yield number, _landed(broker, {}, [broker.pid], runs)


def _by_executors(settings: Settings, lines: int, runs: int) -> Iterator[tuple[int, list[Used]]]:
    with preloaded(settings.model_copy(update={"kafka_partitions": _ENOUGH_PARTITIONS}), lines) as broker:
        master = f"spark://127.0.0.1:{free_ports(('master',))['master']}"
        cluster = broker.settings.model_copy(update={"spark_master": master})
        try:
            supervisor.up(cluster, _CLUSTER)
            pids = [broker.pid, *(pid for name in _CLUSTER if (pid := supervisor.pid(cluster, name)))]
            for number in _EXECUTORS:
                variables = {"SHOPLOG_SPARK_MASTER": master, "SHOPLOG_SPARK_MAX_CORES": str(number)}
                yield number, _landed(broker, variables, pids, runs)
        finally:
            supervisor.down(cluster)


def _landed(broker: Broker, variables: dict[str, str], pids: Sequence[int], runs: int) -> list[Used]:
    """Return what draining the topic took, once it had been done cold."""
    own = broker.settings
    place = {"SHOPLOG_HOME": str(own.home), "SHOPLOG_KAFKA_PORT": str(own.kafka_port)}
    side = Kept("ours", [sys.executable, "-m", "bench.ours_land"], place | variables, pids)
    try:
        side.run()
        return [side.run().used for _ in range(runs)]
    finally:
        side.close()


def _by_agents(settings: Settings, lines: int, runs: int) -> Iterator[tuple[int, list[Used]]]:
    files = log_files(settings, lines)
    with running_broker(settings.model_copy(update={"kafka_partitions": _ENOUGH_PARTITIONS})) as broker:
        for number in _AGENTS:
            yield number, [_collected(broker, files, lines, number) for _ in range(runs)]


def _collected(broker: Broker, files: Sequence[Path], lines: int, number: int) -> Used:
    """Return what it took until the lines of all files, shared out among so many agents, were in the topic."""
    broker.fresh_topics()
    with ExitStack() as running:
        pids, coming = [broker.pid], []
        for agent in range(number):
            home = Path(running.enter_context(TemporaryDirectory(dir=broker.settings.home)))
            update = {"home": home, "host": f"web{agent}", **free_ports(("flume_metrics_port",))}
            own = broker.settings.model_copy(update=update)
            logs = home / "sites" / SITE / "logs"
            own.secrets_dir.symlink_to(broker.settings.secrets_dir)
            for folder in (logs, own.run_dir):
                folder.mkdir(parents=True)
            # A line before the others shows that it reads and sends: its own start is not the question.
            (logs / "access-0.log").write_bytes(files[0].read_bytes().partition(b"\n")[0] + b"\n")
            pids.append(running.enter_context(started(flume.prepare(own), own, "flume")).pid)
            coming += [(path, logs / path.name) for path in files[agent::number]]
        wait_until(lambda: broker.records() >= number, "an agent sends nothing", _PATIENCE_S)
        with Watch(lambda: pids) as watch:
            for path, place in coming:
                place.hardlink_to(path)
            wait_until(lambda: broker.records() >= lines + number, "agents send too little", _PATIENCE_S)
    assert broker.records() == lines + number
    return watch.used
