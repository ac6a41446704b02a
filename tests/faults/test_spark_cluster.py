"""A cluster takes work from those who know its secret, and from nobody else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.ports import free_ports
from shoplog.io.secrets import write_private
from shoplog.settings import Settings
from shoplog.stack import supervised, supervisor
from shoplog.stack.launch import environment

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

WORK = """\
from shoplog.settings import Settings
from shoplog.spark import build_session
session = build_session(Settings.load(), "cluster-test")
print(session.range(1000, numPartitions=4).repartition(2).count())
session.stop()
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    port = free_ports(["spark_master"])["spark_master"]
    home = tmp_path_factory.mktemp("cluster")
    settings = Settings(home=home / "home", host="web1", spark_master=f"spark://127.0.0.1:{port}")
    try:
        supervisor.up(settings, ["spark-master", "spark-worker"])
        yield settings
    finally:
        supervisor.down(settings)


def work(settings: Settings) -> subprocess.CompletedProcess[str]:
    given = environment(settings)
    return subprocess.run([sys.executable, "-c", WORK], env=given, capture_output=True, text=True, check=False)


def test_who_knows_the_secret_gets_its_work_done(cluster: Settings) -> None:
    done = work(cluster)
    assert done.stdout.strip() == "1000", done.stderr[-2000:]
    secret = (cluster.secrets_dir / "spark_cluster").read_text()
    for path in cluster.log_dir.glob("spark-*.log"):
        assert secret not in path.read_text()
    assert {path.stat().st_mode & 0o777 for path in cluster.run_dir.glob("spark*/*.conf")} == {0o600}


def test_another_secret_is_refused_by_the_master(cluster: Settings, tmp_path: Path) -> None:
    stranger = cluster.model_copy(update={"home": tmp_path})
    log = cluster.log_dir / "spark-master.log"
    sent_away = log.read_text().count("got disassociated")
    write_private(stranger.secrets_dir / "spark_cluster", b"a guess")
    done = work(stranger)
    assert done.returncode != 0
    assert "1000" not in done.stdout
    assert "All masters are unresponsive" in done.stderr
    # It reached the master, more than once, and was never registered.
    assert log.read_text().count("got disassociated") > sent_away
    assert log.read_text().count("Registering app") == 1
    assert {part.state for part in supervised.status(cluster) if part.name.startswith("spark-")} == {"running"}
