"""One running chain a module, that is fed and counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chain import Shoplog

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


class Chain:
    """A running chain that is fed and counted."""

    def __init__(self, home: Path) -> None:
        self.shoplog = Shoplog(home)
        self.logs = home / "sites/shop/logs"
        self.armed = home.parent / "crash_at"
        self.shoplog.environment["SHOPLOG_CRASH_AT"] = str(self.armed)
        self.lines = self.imported = 0

    def write(self, count: int) -> None:
        log = self.logs / f"access-{YESTERDAY:%Y%m%d}-10.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab", buffering=0) as file:
            for number in range(self.lines, self.lines + count):
                stamp = f"{YESTERDAY:%d/%b/%Y}:10:{number // 60 % 60:02d}:{number % 60:02d} +0000"
                address = f"198.18.{number % 7}.{number % 200}"
                file.write(f'{address} - - [{stamp}] "GET /p/{number % 50} HTTP/1.1" 200 10 "-" "a"\n'.encode())
        self.lines += count

    def duplicates(self) -> int:
        """Wait until every line written is in gold, with residue 0, and return how many copies were found."""
        files = self.shoplog.wait_for_residue_0(self.lines, imported=self.imported)
        return sum(int(file["duplicates"]) for file in files)

    def bring_in(self, *asked: str) -> int:
        """Run `shoplog import` and return how many lines it added."""
        added = int(json.loads(self.shoplog.good("import", *asked, "--json"))["added"])
        self.imported += added
        return added


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    made = Chain(tmp_path_factory.mktemp("faults") / "home")
    try:
        made.shoplog.start()
        made.write(1000)
        made.duplicates()
        yield made
    finally:
        made.shoplog.good("down")
