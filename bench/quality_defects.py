"""The defects that the suites must find: each at its stated size, and in which suite it must show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from bench.quality_spoilers import (
    Spoil,
    accepted_line,
    again,
    change,
    clock,
    edit,
    file,
    from_noon,
    late,
    less,
    line,
    lose,
    lost_partial,
    minute,
    more,
    new_format,
    no_batch,
    no_partials,
    null_from_noon,
    refuse,
    segment,
    share,
    silent,
)
from expectations.suites import must_have_rows, profiled
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.proof import FATES, LEDGER_FILE
from shoplog.contracts.quality import MEASURES, MOST_IN_FLIGHT

_REASONS = [m.name.removesuffix("_share") for m in MEASURES if "lines refused" in m.meaning]
_NULLABLE = [m.name.removeprefix("without_") for m in MEASURES if m.name.startswith("without_")]
_COUNTS = [column.name for column in LEDGER_FILE.columns if column.type == "bigint"]
# Of each table one figure: a check looks at all figures of its table alike.
_FIGURES = [f"{family.table}.{list(profiled(family))[-1]}" for family in FAMILIES]
_TABLES = [family.table for family in FAMILIES if must_have_rows(family)]
_NO = "delete from"


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect of a class: what is done to a day, how large it is, and the suite that must not pass it.

    Each of the `variants` is done at least once.
    """

    kind: str
    name: str
    size: str
    suite: str
    spoil: Spoil
    variants: Sequence[str] = ("",)


_FIRST_ROW = "rowid = (select min(rowid) from {table})"
_FIRST_FILE = "rowid = (select min(rowid) from ledger_file)"
_UNDECLARED = {"address_id": pl.lit("one"), "visitor_id": pl.lit("one"), "traffic_type": pl.lit("Regular")}

DEFECTS = (
    Defect("loss", "a line is lost on the way", "1 line", "ledger", lose(line)),
    Defect("loss", "a file is lost before it is read", "1 file of an hour", "ledger", lose(file)),
    Defect("loss", "a minute is lost", "1 site's minute", "ledger", lose(minute)),
    Defect("loss", "a Kafka segment is lost", "200 records", "ledger", lose(segment)),
    Defect("loss", "a live partial is lost", "1 site's minute", "windows", lost_partial),
    Defect("loss", "a site's server writes no more, unseen by any census", "2/3 of a site's lines", "volume", less(2 / 3)),
    Defect("loss", "a site falls silent", "all lines of a site", "volume", silent),
    Defect("duplicate", "a line is counted twice live", "1 line", "parity", again(accepted_line)),
    Defect("duplicate", "a file is counted twice live", "1 file of an hour", "ledger", again(file)),
    Defect("duplicate", "an agent sends lines again and again, known as duplicates", "15 % of the lines", "volume",
           again(share(0.15), "duplicate")),
    Defect("late", "a line comes in after the certificate", "1 line", "certificate", late),
    Defect("late", "lines come in two hours late", "15 % of the lines", "volume",
           lambda world, rng, variant: change(lambda _: share(0.15)(world, rng), ingest_time=lambda _: pl.col("ingest_time")
                                               + timedelta(hours=2))(world, rng, variant)),
    Defect("late", "lines wait to be taken in when the day is closed", f"{MOST_IN_FLIGHT + 1:,} lines of a file", "ledger",
           edit(f"update ledger_file set in_flight = {MOST_IN_FLIGHT + 1}, written = written + {MOST_IN_FLIGHT + 1} "
                 f"where {_FIRST_FILE}")),
    Defect("schema drift", "the log format changes at noon", "1 of 2 servers", "volume", new_format),
    Defect("schema drift", "lines are refused for one reason", "3 % of the lines", "volume", refuse, _REASONS),
    Defect("schema drift", "a column is null from noon on", "half a day of a site", "volume", null_from_noon, _NULLABLE),
    Defect("unit change", "bytes are logged as kB from noon on", "half a day of a site", "volume",
           change(from_noon, bytes_sent=lambda _: pl.col("bytes_sent") // 1024)),
    Defect("unit change", "bytes x 1024 from noon on", "half a day of a site", "volume",
           change(from_noon, bytes_sent=lambda _: pl.col("bytes_sent") * 1024)),
    Defect("unit change", "milliseconds are logged as seconds from noon on", "half a day of a site", "volume",
           change(from_noon, duration_ms=lambda _: pl.col("duration_ms") / 1000)),
    Defect("unit change", "seconds are logged as milliseconds from noon on", "half a day of a site", "volume",
           change(from_noon, duration_ms=lambda _: pl.col("duration_ms") * 1000)),
    Defect("clock skew", "a server's clock is ahead", "10 min", "volume", clock(600)),
    Defect("clock skew", "a server's clock is ahead, and nothing is refused", "3 min", "volume", clock(180)),
    Defect("clock skew", "a server's clock is behind", "10 min", "volume", clock(-600)),
    Defect("clock skew", "a server's clock steps back for two hours", "1 h", "volume", clock(-3600, 18, 20)),
    Defect("bot burst", "declared bots ask for more", "40 % of a site's requests on top", "volume",
           more(0.4, {"traffic_type": pl.lit("Bot"), "bot_category": pl.lit("seo_crawler")})),
    Defect("bot burst", "one address that looks like a person", "30 % of a site's requests in one hour", "volume",
           more(0.3, _UNDECLARED, (14, 15))),
    Defect("bot burst", "a scan for what is not there", "20 % of a site's requests, answered 404", "volume",
           more(0.2, {"status": pl.lit(404, pl.Int64)})),
    Defect("bot burst", "many addresses that look like people", "150 % of a site's requests on top", "volume",
           more(1.5, {"traffic_type": pl.lit("Regular"), "visitor_id": pl.format("guest-{}", pl.int_range(pl.len())),
                       "address_id": pl.format("guest-{}", pl.int_range(pl.len()))})),
    Defect("errors", "the shop answers with errors", "10 % of a site's requests on top, answered 500", "volume",
           more(0.1, {"status": pl.lit(500, pl.Int64)})),
    Defect("empty side", "no live partials", "1 site", "parity", no_partials),
    Defect("empty side", "no batch rows", "1 site", "parity", no_batch),
    Defect("empty side", "a table is empty", "1 table", "{variant}", edit(f"{_NO} {{variant}}", gold=True), _TABLES),
    Defect("empty side", "the ledger was not closed", "the day", "ledger", edit(f"{_NO} ledger_file")),
    Defect("empty side", "the ledger's windows are absent", "the day", "windows", edit(f"{_NO} ledger_window")),
    Defect("empty side", "nothing was compared", "the day", "parity", edit(f"{_NO} gold_parity")),
    Defect("empty side", "no certificate was made", "1 site", "certificate",
           edit(f"{_NO} certificate where site = 'south'")),
    Defect("empty side", "neither traffic nor certificates", "the day", "certificate",
           edit(f"{_NO} certificate", f"{_NO} {FAMILIES[0].table}")),
    Defect("empty side", "nothing ever came in", "all days", "volume", edit(f"{_NO} quality_measure")),
    Defect("empty side", "a site has no earlier days", "1 site", "volume",
           edit(f"{_NO} quality_measure where site = 'south' and day < (select max(day) from quality_measure)")),
    Defect("changed value", "a gold figure is one more", "1 figure of 1 row", "parity",
           edit(f"update {{table}} set {{column}} = {{column}} + 1 where {_FIRST_ROW}", gold=True), _FIGURES),
    Defect("changed value", "a gold figure is below its bound", "1 figure of 1 row", "{table}",
           edit(f"update {{table}} set {{column}} = -1 where {_FIRST_ROW}", gold=True), _FIGURES),
    Defect("changed value", "a gold figure is null", "1 figure of 1 row", "{table}",
           edit(f"update {{table}} set {{column}} = null where {_FIRST_ROW}", gold=True), _FIGURES),
    Defect("changed value", "a count of the ledger is one more", "1 count of 1 file", "ledger",
           edit(f"update ledger_file set {{variant}} = {{variant}} + 1 where {_FIRST_FILE}"),
           [name for name in _COUNTS if name not in ("read", "kafka", *FATES)]),
    Defect("changed value", "a count of the ledger is null", "1 count of 1 file", "ledger",
           edit(f"update ledger_file set {{variant}} = null where {_FIRST_FILE}"), _COUNTS),
    Defect("changed value", "a file stands twice in the ledger", "1 file", "ledger",
           edit(f"insert into ledger_file select * from ledger_file where {_FIRST_FILE}")),
    Defect("changed value", "figures of a certificate are unexplained", "1 figure", "certificate",
           edit("update certificate set unexplained_figures = 1, verdict = 'different' where site = 'south'")),
)  # fmt: skip
