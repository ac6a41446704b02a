"""A person's lines leave bronze, the live figures, every recomputed day and every older version; the others' stay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from jobs.batch.erase import HELD, Erased, clean_up, days_to_make_anew, erase_lines
from jobs.batch.erase_ids import left_over
from jobs.batch.recompute import recompute
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, SILVER_REQUEST
from shoplog.io.gone import erased_lines
from shoplog.io.leases import table_leases
from shoplog.ledger.account import window_rows
from shoplog.ledger.landed import landed_files, landed_lines
from shoplog.settings import Settings
from shoplog.transforms.subject import Subject
from tests.canaries import places
from tests.streaming.records import YESTERDAY, Batches, line, value

pytestmark = [pytest.mark.spark, pytest.mark.faults, pytest.mark.timeout(1800)]
ADDRESS, PAGE = "203.0.113.77", "/zyxcanary"
FILE = "access-20261120-11.log"
CANARIES = (ADDRESS, PAGE)
# The person's first, third and last line; one that nobody can read is the last but one.
BODIES = [
    line(ADDRESS, 1, PAGE), line("203.0.113.5", 2), line(ADDRESS, 3, "/p/1"), line("203.0.113.6", 4),
    f"broken {ADDRESS} line".encode(), line(ADDRESS, 5, PAGE),
]  # fmt: skip


def values() -> list[bytes]:
    places_of, made = 0, []
    for body in BODIES:
        made.append(value(body, places_of))
        places_of += len(body) + 1
    return made


@pytest.fixture(scope="module")
def batches(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Batches:
    """A day that came in, of which two lines were sent again, and that was recomputed; the tests take it further."""
    made = Batches(spark, Settings(home=tmp_path_factory.mktemp("erase") / "home", host="web1"))
    made.send({0: values()})
    made.send({0: values()[:2]})
    recompute(spark, made.settings, [YESTERDAY])
    return made


def erase(batches: Batches, subject: Subject) -> Erased:
    settings, now = batches.settings, datetime.now(UTC)
    with table_leases(settings, HELD, "test", batches.session._jvm):
        erased = erase_lines(settings, subject, now)
        recompute(batches.session, settings, days_to_make_anew(settings, erased))
        clean_up(settings, erased, now)
        assert left_over(settings, subject, erased.ids) == {}
    return erased


def test_before_it_the_person_stands_where_they_are_looked_for(batches: Batches) -> None:
    found = places(batches.settings.home, CANARIES)
    tables = {name.split("/")[1] for name in found if name.startswith("warehouse/")}
    assert {
        "bronze_access_log",
        "gold_partial_live",
        "silver_request",
        "quarantine_access_log",
        "gold_pages_1h",
    } <= tables


def test_an_address_leaves_with_all_its_lines_ids_and_figures(batches: Batches) -> None:
    settings = batches.settings
    silver = pl.read_delta(str(settings.warehouse / SILVER_REQUEST.name))
    ids = set(silver.filter(pl.col("path") == PAGE)["visitor_id"]) | set(
        silver.filter(pl.col("path") == PAGE)["address_id"]
    )
    erased = erase(batches, Subject("ip", (ADDRESS,)))
    assert (erased.lines, erased.rows, erased.days) == (4, 5, (YESTERDAY,))
    assert ids < set(erased.ids)
    assert places(settings.home, [*CANARIES, *erased.ids]) == {}
    assert pl.read_delta(str(settings.warehouse / SILVER_REQUEST.name)).height == 2


def test_every_line_is_still_accounted_for(batches: Batches) -> None:
    (landed,) = landed_files(landed_lines(batches.settings)).values()
    assert (landed.accepted, landed.quarantined, landed.erased, landed.duplicates) == (2, 0, 4, 2)
    assert landed.chain_ends == (sum(len(body) + 1 for body in BODIES),)
    assert [(row.accepted, row.gold, row.residue) for row in window_rows(batches.settings)] == [(2, 2, 0)]


def test_the_stream_goes_on_and_what_is_sent_again_does_not_come_back(batches: Batches) -> None:
    batches.tables = batches.open()
    more = value(line("203.0.113.7", 6), 10_000)
    batches.send({0: [*values(), more, None]})  # type: ignore[list-item]
    assert batches.fates() == {"accepted": 3, "duplicate": 3}
    assert batches.requests() == 3
    assert places(batches.settings.warehouse, CANARIES) == {}
    assert erased_lines(batches.settings).height == 4


def test_a_visitor_leaves_by_their_id_and_nobody_else(batches: Batches) -> None:
    bronze = pl.read_delta(str(batches.settings.warehouse / BRONZE_ACCESS_LOG.name)).filter(
        pl.col("fate") == "accepted"
    )
    (visitor,) = bronze.filter(pl.col("byte_offset") == 10_000)["visitor_id"]
    assert erase(batches, Subject("visitor", (visitor,))).lines == 1
    assert batches.requests() == 2
    assert places(batches.settings.home, [visitor]) == {}


def test_nothing_is_erased_of_whom_nobody_knows(batches: Batches) -> None:
    before = batches.bronze().count()
    assert erase(batches, Subject("login", ("0123456789abcdef",))).lines == 0
    assert batches.bronze().count() == before
