"""The home is lost with all that ran in it, and made anew of a backup: every line counted once, before and after it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.chain import ROOT
from tests.faults.conftest import YESTERDAY, Chain

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]
PARTS = ("kafka", "flume", "census", "stream")
FIGURES = "select path, count(*) n, sum(bytes_sent)::bigint b from silver_request_live group by 1 order by 1"


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    made = Chain(tmp_path / "home")
    made.logs = tmp_path / "logs"
    sites = tmp_path / "sites"
    sites.mkdir()
    site = (ROOT / "sites/shop.toml").read_text(encoding="utf-8")
    (sites / "shop.toml").write_text(f"{site}\nlog_dir = '{made.logs}'\n", encoding="utf-8")
    made.shoplog.environment["SHOPLOG_SITES_DIR"] = str(sites)
    try:
        made.shoplog.start()
        made.write(2000)
        made.duplicates()
        yield made
    finally:
        made.shoplog.run("down")


def lose_the_home(chain: Chain) -> None:
    supervisor = psutil.Process(int((chain.shoplog.home / "run/supervisord.pid").read_text()))
    family = [supervisor, *supervisor.children(recursive=True)]
    for process in family:
        process.send_signal(signal.SIGSTOP)
    for process in family:
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs(family, timeout=30)
    shutil.rmtree(chain.shoplog.home)


def restored(chain: Chain, folder: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(chain.shoplog.good("restore", folder, "--json"))
    assert said["files_continued"] == 1
    return said


def landed(chain: Chain) -> int:
    return int(chain.shoplog.rows("select count(*) n from bronze_access_log")[0]["n"])


def truth(chain: Chain) -> list[dict[str, Any]]:
    numbers = range(chain.lines)
    counts = {f"/p/{page}": sum(number % 50 == page for number in numbers) for page in range(50)}
    return [{"path": path, "n": n, "b": 10 * n} for path, n in sorted(counts.items())]


def test_a_lost_home_is_restored_and_the_stream_goes_on(chain: Chain) -> None:
    flowing = threading.Event()

    def flow() -> None:
        while not flowing.wait(0.05):
            chain.write(100)

    traffic = threading.Thread(target=flow)
    traffic.start()
    try:
        first = json.loads(chain.shoplog.good("backup", str(chain.logs.parent / "backups"), "--json"))
        folder = json.loads(chain.shoplog.good("backup", str(chain.logs.parent / "backups"), "--json"))["folder"]
    finally:
        flowing.set()
        traffic.join()
    assert first["folder"] != folder
    chain.write(3000)
    chain.duplicates()

    lose_the_home(chain)
    chain.write(500)  # the web servers know nothing of it
    restored(chain, folder)
    before = landed(chain)
    assert 2000 <= before < chain.lines - 3000, "the backup has all lines: nothing was lost that could come again"
    chain.shoplog.good("up", *PARTS)
    chain.write(500)
    chain.duplicates()
    assert chain.shoplog.rows(FIGURES) == truth(chain)
    day = f"{YESTERDAY:%Y-%m-%d}"
    assert json.loads(chain.shoplog.good("nightly", "--date", day, "--json"))["verdict"] == "equal"

    # Once more, and Flume has no positions: it reads every file from its beginning.
    lose_the_home(chain)
    restored(chain, folder)
    os.remove(chain.shoplog.settings.taildir_position)
    chain.shoplog.good("up", *PARTS)
    chain.write(500)
    assert chain.duplicates() >= before, "nothing was sent again: the second loss did not bite"
    assert chain.shoplog.rows(FIGURES) == truth(chain)
    assert not json.loads((chain.shoplog.home / "stream/control.json").read_text())["reset_offsets"]
    chain.shoplog.good("stream", "restart")
    chain.write(500)
    chain.duplicates()
