"""Planted persons leave the running chain: found everywhere before, nowhere afterwards, and every figure adds up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.canaries import places
from tests.chain import Shoplog
from tests.faults.conftest import YESTERDAY

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
ADDRESS = "198.51.100.77"
CANARIES = (ADDRESS, "zyxcanary", "Zyxagent")
VISITOR, LOGIN = ("198.51.100.78", "wyxcanary"), ("vyxjane", "vyxcanary")
OTHERS, THEIRS, VISITORS, LOGINS = 300, 41, 7, 5
ALL = OTHERS + THEIRS + VISITORS + LOGINS
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
DAY = str(YESTERDAY.date())


def lines() -> str:
    """Other people's lines, and every tenth the person's, one of which is broken; then a visitor's, then a login's."""
    made = []
    for n in range(OTHERS):
        stamp = f"{YESTERDAY:%d/%b/%Y}:10:{n // 60:02d}:{n % 60:02d} +0000"
        made.append(f'203.0.113.{n % 50} - - [{stamp}] "GET /p/{n % 9} HTTP/1.1" 200 10 "-" "{AGENT}"')
        if n % 10 == 0:
            made.append(
                f'{ADDRESS} - - [{stamp}] "GET /zyxcanary/{"abcdefghij"[n % 3]} HTTP/1.1" 200 10 "-" "{AGENT} Zyxagent/1"'
            )
            made += [
                f'{ADDRESS} - - [{stamp}] "GET /gone/zyxcanary?q=zyxcanary HTTP/1.1" 404 10 "-" "Zyxagentbot/1.0"'
            ] * (n % 30 == 0)
    made.insert(50, f"broken zyxcanary {ADDRESS}")
    for n in range(VISITORS):
        made.append(f'{VISITOR[0]} - - [{stamp}] "GET /{VISITOR[1]}/{n} HTTP/1.1" 200 10 "-" "{AGENT}"')
    for n in range(LOGINS):
        made.append(f'203.0.113.{n} - {LOGIN[0]} [{stamp}] "GET /{LOGIN[1]}/{n} HTTP/1.1" 200 10 "-" "{AGENT}"')
    return "\n".join(made) + "\n"


@pytest.fixture(scope="module")
def shoplog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shoplog]:
    made = Shoplog(tmp_path_factory.mktemp("erase") / "home")
    try:
        made.start()
        log(made).parent.mkdir(parents=True, exist_ok=True)
        log(made).write_text(lines())
        made.wait_for_residue_0(ALL)
        made.good("nightly", "--date", DAY)
        made.good("annotate", f"blocked {ADDRESS}", "--at", DAY)
        yield made
    finally:
        made.good("down")


def log(shoplog: Shoplog) -> Any:
    return shoplog.home / "sites/shop/logs" / f"access-{YESTERDAY:%Y%m%d}-10.log"


def stores(shoplog: Shoplog, texts: tuple[str, ...] = CANARIES) -> Counter[str]:
    """How many files of each store hold one of the texts; the web servers' own logs are not ours."""
    found: Counter[str] = Counter()
    for name in places(shoplog.home, texts):
        parts = name.split("/")
        found["/".join(parts[:2]) if parts[0] in ("warehouse", "kafka") else parts[0]] += parts[0] != "sites"
    return +found


def figures(shoplog: Shoplog) -> dict[str, Any]:
    (row,) = shoplog.rows(
        "select sum(requests)::bigint requests, max(status) status from gold_traffic_1m_now"
        f" where window_start::date = '{DAY}'"
    )
    return row


def test_before_it_they_stand_in_every_store(shoplog: Shoplog) -> None:
    found = stores(shoplog)
    tables = ("bronze_access_log", "gold_partial_live", "silver_request", "gold_pages_1h")
    assert {f"warehouse/{table}" for table in (*tables, "gold_errors_1h", "report_snapshot")} <= found.keys()
    assert any(name.startswith("kafka/access-log.raw.v1-") for name in found)
    assert "annotations.sqlite3" in found
    assert figures(shoplog) == {"requests": ALL - 1, "status": "final"}


def erased(shoplog: Shoplog, option: str, of: str, lines: int) -> None:
    said = json.loads(shoplog.good("erase", option, of, "--json"))
    assert (said["lines"], said["left"], said["days_made_anew"]) == (lines, {}, [DAY])


def one_of(shoplog: Shoplog, column: str, canary: str) -> str:
    (row,) = shoplog.rows(f"select distinct {column} as id from silver_request where path like '/{canary}%'")
    return str(row["id"])


def test_a_visitor_leaves_by_the_id_that_a_day_gave_them(shoplog: Shoplog) -> None:
    visitor = one_of(shoplog, "visitor_id", VISITOR[1])
    assert stores(shoplog, (visitor,))
    erased(shoplog, "--visitor", visitor, VISITORS)
    assert stores(shoplog, (*VISITOR, visitor)) == {}
    assert figures(shoplog) == {"requests": ALL - VISITORS - 1, "status": "final"}


def test_a_customer_leaves_by_the_name_of_their_login(shoplog: Shoplog) -> None:
    login = one_of(shoplog, "login_id", LOGIN[1])
    assert stores(shoplog, (login,)) and stores(shoplog, LOGIN)
    erased(shoplog, "--login", LOGIN[0], LOGINS)
    assert stores(shoplog, (*LOGIN, login)) == {}
    assert figures(shoplog) == {"requests": OTHERS + THEIRS - 1, "status": "final"}


def test_afterwards_they_stand_nowhere_and_the_ledger_is_whole(shoplog: Shoplog) -> None:
    visitor = one_of(shoplog, "visitor_id", "zyxcanary")
    erased(shoplog, "--ip", ADDRESS, THEIRS)
    assert stores(shoplog, (*CANARIES, visitor)) == {}
    (file,) = shoplog.wait_for_residue_0(OTHERS)
    counts = ("written", "erased", "missing_bytes", "doubled_bytes")
    assert tuple(file[count] for count in counts) == (ALL, ALL - OTHERS, 0, 0)


def test_the_published_day_is_made_anew_without_them(shoplog: Shoplog) -> None:
    assert figures(shoplog) == {"requests": OTHERS, "status": "final"}
    assert "equal" in shoplog.good("certificate", "--date", DAY)


def test_the_stream_goes_on_and_an_import_does_not_bring_them_back(shoplog: Shoplog) -> None:
    with log(shoplog).open("a") as file:
        file.write(f'203.0.113.9 - - [{YESTERDAY:%d/%b/%Y}:11:00:00 +0000] "GET /more HTTP/1.1" 200 10 "-" "{AGENT}"\n')
    shoplog.wait_for_residue_0(OTHERS + 1)
    added = json.loads(shoplog.good("import", str(log(shoplog)), "--json"))
    assert added["added"] == OTHERS + 1
    assert not [name for name in stores(shoplog) if name.startswith("warehouse/")]
    assert all(row["residue"] == 0 for row in map(json.loads, shoplog.run("ledger", "--json").stdout.splitlines()))


def test_without_a_running_stream_it_is_refused_in_one_sentence(shoplog: Shoplog) -> None:
    shoplog.good("stream", "stop")
    refused = shoplog.run("erase", "--ip", ADDRESS)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "run 'shoplog stream start' first" in refused.stderr
