"""Each part killed in turn, and the driver at each named crash point: every line counted once, every fault shown to have bitten."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import psutil
import pytest

from jobs.streaming.crash import POINTS
from tests.faults.conftest import Chain

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


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
        workers = [one for one in children if "pyspark.daemon" in _command(one)]
    for worker in workers:
        with suppress(psutil.NoSuchProcess):  # a worker ends with its daemon
            worker.kill()
    chain.write(3000)
    chain.duplicates()
    assert not any(_command(worker) for worker in workers), "none was killed: the fault did not bite"


def _command(process: psutil.Process) -> str:
    """Return the command line; empty for a process that has ended, waited for or not."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""
