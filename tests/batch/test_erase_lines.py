"""A person's lines leave bronze and the live figures; that there were lines is kept, and the others' stay as they are."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from jobs.batch.erase import Erased, erase_lines
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG, GOLD_PARTIAL_LIVE
from shoplog.io.gone import erased_lines, without_lines
from shoplog.io.sinks import create_table
from shoplog.io.transactions import append_rows
from shoplog.ledger.landed import landed_files, landed_lines
from shoplog.settings import Settings
from shoplog.transforms.measure import measured
from shoplog.transforms.subject import Subject
from tests.batch.bronze_rows import Bronze, at, line
from tests.canaries import places

DAY = date(2026, 11, 20)
CAME, NOW = at(20, 12), datetime(2026, 11, 21, tzinfo=UTC)
OTHER = line(at(20, 11)).replace(b"203.0.113.5", b"203.0.113.55")
BODIES = [
    line(at(20, 11), url="/zyxcanary", user="jane"), OTHER, b"broken 203.0.113.5, what is this", b"broken 203.0.113.55",
    line(at(20, 11, 5), agent="other"),
]  # fmt: skip


@pytest.fixture
def bronze(settings: Settings) -> Bronze:
    """Five lines, of which three are an address's; the first was sent twice and imported, too."""
    made, offset, lines = Bronze(settings, {DAY: b"salt"}), 0, []
    for body in BODIES:
        lines.append((offset, body))
        offset += len(body) + 1
    made.stream(lines, CAME)
    made.stream(lines[:1], CAME, "duplicate")
    made.bring_in(lines[:1], at(20, 13))
    path = create_table(settings, GOLD_PARTIAL_LIVE.name)
    rows = pl.read_delta(str(settings.warehouse / BRONZE_ACCESS_LOG.name))
    append_rows(path, measured(rows, LIVE_FAMILIES), GOLD_PARTIAL_LIVE, '{"kafka_start": {}, "kafka_end": {"0": 6}}')
    return made


def erased(bronze: Bronze, subject: Subject) -> Erased:
    found = erase_lines(bronze.settings, subject, NOW)
    assert erase_lines(bronze.settings, subject, NOW).lines == 0, "there is nothing left for a second time"
    return found


def requests(settings: Settings) -> int:
    partials = pl.read_delta(str(settings.warehouse / GOLD_PARTIAL_LIVE.name))
    return int(partials.filter(pl.col("family") == "traffic")["requests"].sum())


def test_an_address_leaves_with_what_cannot_be_read_of_it(bronze: Bronze) -> None:
    settings = bronze.settings
    found = erased(bronze, Subject("ip", ("203.0.113.5",)))
    assert (found.lines, found.rows, found.days) == (3, 5, (DAY,))
    rows = pl.read_delta(str(settings.warehouse / BRONZE_ACCESS_LOG.name))
    assert rows["raw"].to_list() == [OTHER, b"broken 203.0.113.55"]
    assert pl.read_delta(str(settings.warehouse / BRONZE_IMPORT_LOG.name)).is_empty()
    assert requests(settings) == 1
    assert all(len(one) == 16 for one in found.ids)


def test_older_versions_hold_them_until_they_are_removed(bronze: Bronze) -> None:
    erased(bronze, Subject("ip", ("203.0.113.5",)))
    tables = {name.split("/")[1] for name in places(bronze.settings.home, ["/zyxcanary"])}
    assert tables == {"bronze_access_log", "bronze_import_log", "gold_partial_live"}


def test_a_visitor_is_an_agent_behind_an_address(bronze: Bronze) -> None:
    rows = pl.read_delta(str(bronze.settings.warehouse / BRONZE_ACCESS_LOG.name))
    (visitor,) = rows.filter(pl.col("user_agent") == "other")["visitor_id"]
    assert (erased(bronze, Subject("visitor", (visitor,))).lines, requests(bronze.settings)) == (1, 2)


def test_a_login_leaves_from_every_table_of_lines(bronze: Bronze) -> None:
    rows = pl.read_delta(str(bronze.settings.warehouse / BRONZE_ACCESS_LOG.name))
    (login,) = rows["login_id"].drop_nulls().unique()
    found = erased(bronze, Subject("login", (login,)))
    assert (found.lines, found.rows, found.ids) == (1, 3, (login,))


def test_every_line_stays_accounted_for(bronze: Bronze) -> None:
    erased(bronze, Subject("ip", ("203.0.113.5",)))
    (landed,) = landed_files(landed_lines(bronze.settings)).values()
    # The first line's import makes it stand twice, as before.
    assert (landed.accepted, landed.quarantined, landed.erased, landed.duplicates) == (1, 1, 4, 1)
    assert (landed.streamed, landed.imported) == (6, 1)


def test_what_was_erased_is_known_when_it_comes_again(bronze: Bronze) -> None:
    settings = bronze.settings
    before = pl.read_delta(str(settings.warehouse / BRONZE_ACCESS_LOG.name)).filter(pl.col("fate") != "duplicate")
    erased(bronze, Subject("ip", ("203.0.113.5",)))
    assert without_lines(before, erased_lines(settings))["raw"].to_list() == [OTHER, b"broken 203.0.113.55"]
