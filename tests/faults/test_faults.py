"""Each part killed in turn, and the driver at each named crash point: every line counted once, every fault shown to have bitten."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from jobs.streaming.crash import POINTS
from tests.chain import Shoplog

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


class Chain:
    """A running chain that is fed and counted."""

    def __init__(self, home: Path) -> None:
        self.shoplog = Shoplog(home)
        self.armed = home.parent / "crash_at"
        self.shoplog.environment["SHOPLOG_CRASH_AT"] = str(self.armed)
        self.lines = 0

    def write(self, count: int) -> None:
        log = self.shoplog.home / "sites/shop/logs" / f"access-{YESTERDAY:%Y%m%d}-10.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab", buffering=0) as file:
            for number in range(self.lines, self.lines + count):
                stamp = f"{YESTERDAY:%d/%b/%Y}:10:{number // 60 % 60:02d}:{number % 60:02d} +0000"
                address = f"198.18.{number % 7}.{number % 200}"
                file.write(f'{address} - - [{stamp}] "GET /p/{number % 50} HTTP/1.1" 200 10 "-" "a"\n'.encode())
        self.lines += count

    def duplicates(self) -> int:
        return sum(int(file["duplicates"]) for file in self.shoplog.wait_for_residue_0(self.lines))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    made = Chain(tmp_path_factory.mktemp("faults") / "home")
    try:
        made.shoplog.good("up", "kafka", "flume", "census", "stream")
        made.write(1000)
        made.duplicates()
        yield made
    finally:
        made.shoplog.good("down")


@pytest.mark.parametrize("point", POINTS)
def test_the_driver_dies_at_a_crash_point(chain: Chain, point: str) -> None:
    driver = chain.shoplog.pid("stream")
    chain.armed.write_text(point)
    chain.write(2000)
    bitten = chain.armed.with_suffix(".bitten")
    deadline = time.monotonic() + 60
    while not bitten.exists():
        assert time.monotonic() < deadline, "the crash point was never reached"
        time.sleep(0.2)
    bitten.unlink()
    before = chain.lines
    chain.write(500)
    chain.duplicates()
    assert chain.lines == before + 500
    assert chain.shoplog.pid("stream") != driver


@pytest.mark.parametrize("part", ["flume", "kafka", "stream"])
def test_a_part_is_killed_while_lines_flow(chain: Chain, part: str) -> None:
    pid = chain.shoplog.pid(part)
    before = chain.duplicates()
    # A steady flow, so that the kill falls between two writes of Flume's position file (one a second).
    for _ in range(30):
        chain.write(100)
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    chain.write(3000)
    after = chain.duplicates()
    assert chain.shoplog.pid(part) != pid
    if part == "flume":
        assert after > before, "nothing was sent twice: the kill did not bite"


def test_a_python_worker_is_killed(chain: Chain) -> None:
    chain.write(3000)
    deadline = time.monotonic() + 30
    workers: list[psutil.Process] = []
    while not workers:
        assert time.monotonic() < deadline, "no worker was found"
        children = psutil.Process(chain.shoplog.pid("stream")).children(recursive=True)
        workers = [one for one in children if "pyspark.daemon" in " ".join(one.cmdline())]
    for worker in workers:
        worker.kill()
    chain.write(3000)
    chain.duplicates()
    assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers)
