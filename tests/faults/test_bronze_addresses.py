"""Lines that come in under one policy of addresses after the other: counted alike, and no address stands where it may not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.canaries import places
from tests.chain import Shoplog
from tests.faults.conftest import YESTERDAY

pytestmark = [pytest.mark.faults, pytest.mark.timeout(2400)]
ADDRESSES = {"raw": "198.51.100.21", "truncated": "203.0.113.22", "encrypted": "192.0.2.23"}
LINES = 400
DAY = str(YESTERDAY.date())


@pytest.fixture(scope="module")
def shoplog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shoplog]:
    made = Shoplog(tmp_path_factory.mktemp("addresses") / "home")
    try:
        for hour, (policy, address) in enumerate(ADDRESSES.items(), start=10):
            made.environment["SHOPLOG_BRONZE_ADDRESSES"] = policy
            made.start()
            write(made, hour, address)
            # With one that no format reads: it is refused, and holds the address, too.
            made.wait_for_residue_0((hour - 9) * (LINES + 1))
            made.good("down")
        made.start()
        made.good("nightly", "--date", DAY)
        # What cannot be read has no day but the one on which it came.
        made.good("recompute", "--date", str(datetime.now(UTC).date()))
        yield made
    finally:
        made.run("down")


def write(shoplog: Shoplog, hour: int, address: str) -> None:
    log = shoplog.home / "sites/shop/logs" / f"access-{YESTERDAY:%Y%m%d}-{hour}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    stamp = f"{YESTERDAY:%d/%b/%Y}:{hour}"
    requests = (
        f'{address} - - [{stamp}:{n // 60:02d}:{n % 60:02d} +0000] "GET /p/{n} HTTP/1.1" 200 10 "-" "Mozilla/5.0"\n'
        for n in range(LINES)
    )
    log.write_text("".join(requests) + f"unreadable {address}\n")


def tables_with(shoplog: Shoplog, text: str) -> set[str]:
    return {name.split("/")[0] for name in places(shoplog.home / "warehouse", (text,))}


def test_an_address_stands_where_its_policy_says(shoplog: Shoplog) -> None:
    assert tables_with(shoplog, ADDRESSES["raw"]) == {"bronze_access_log"}
    assert tables_with(shoplog, ADDRESSES["truncated"]) == tables_with(shoplog, ADDRESSES["encrypted"]) == set()
    assert "bronze_access_log" in tables_with(shoplog, "203.0.113.0")


def test_every_line_is_counted_alike(shoplog: Shoplog) -> None:
    counted = "select visitor_id, count(*) n from {} where visitor_id is not null group by 1"
    live, batch = shoplog.rows(counted.format("silver_request_live")), shoplog.rows(counted.format("silver_request"))
    assert [row["n"] for row in batch] == [LINES] * 3
    assert {row["visitor_id"] for row in live} == {row["visitor_id"] for row in batch}
    refused = shoplog.rows("select reason, count(*) n from quarantine_access_log group by 1")
    assert refused == [{"reason": "unparsable", "n": 3}]


def test_live_and_batch_are_equal(shoplog: Shoplog) -> None:
    assert "equal" in shoplog.good("certificate", "--date", DAY)
    (row,) = shoplog.rows(
        "select sum(requests)::bigint n, max(status) status from gold_traffic_1m_now"
        f" where window_start::date = '{DAY}'"
    )
    assert row == {"n": 3 * LINES, "status": "final"}
