"""The defects that the suites must find: each at its stated size, and in which suite it must show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from bench.quality_lines import HOSTS
from bench.quality_world import World, moment
from expectations.suites import must_have_rows, profiled
from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.proof import FATES, LEDGER_FILE
from shoplog.contracts.quality import MEASURES, MOST_IN_FLIGHT

Spoil = Callable[[World, np.random.Generator, str], None]
_SITE, _HOST = pl.col("site") == "north", pl.col("host") == HOSTS[0]
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


def _pick(world: World, rng: np.random.Generator) -> int:
    return int(rng.integers(0, world.bronze.height))


def _lose(rows: Callable[[World, np.random.Generator], pl.Expr]) -> Spoil:
    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        world.bronze = world.bronze.filter(~rows(world, rng))

    return spoil


def _line(world: World, rng: np.random.Generator) -> pl.Expr:
    row = world.bronze.row(_pick(world, rng), named=True)
    return pl.all_horizontal(pl.col(name) == row[name] for name in IDENTITY_NAMES)


def _file(world: World, rng: np.random.Generator) -> pl.Expr:
    row = world.bronze.row(_pick(world, rng), named=True)
    return pl.all_horizontal(pl.col(name) == row[name] for name in IDENTITY_NAMES[:3])


def _minute(world: World, rng: np.random.Generator) -> pl.Expr:
    row = world.bronze.row(_pick(world, rng), named=True)
    minute = pl.col("event_time").dt.truncate("1m")
    return (pl.col("site") == row["site"]) & (minute == row["event_time"].replace(second=0, microsecond=0))


def _segment(world: World, rng: np.random.Generator) -> pl.Expr:
    first = int(rng.integers(0, world.bronze.filter(_HOST).height - 200))
    return _HOST & (_HOST.cast(pl.Int32).cum_sum().is_between(first + 1, first + 200))


def _again(rows: Callable[[World, np.random.Generator], pl.Expr], fate: str | None = None) -> Spoil:
    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        again = world.bronze.filter(rows(world, rng) & (pl.col("fate") == "accepted"))
        world.bronze = pl.concat([world.bronze, again.with_columns(pl.lit(fate).alias("fate")) if fate else again])

    return spoil


def _accepted_line(world: World, rng: np.random.Generator) -> pl.Expr:
    good = world.bronze.filter(pl.col("fate") == "accepted")
    row = good.row(int(rng.integers(0, good.height)), named=True)
    return pl.all_horizontal(pl.col(name) == row[name] for name in IDENTITY_NAMES)


def _share(share: float) -> Callable[[World, np.random.Generator], pl.Expr]:
    return lambda world, rng: pl.lit(pl.Series(rng.random(world.bronze.height) < share))


def _change(where: Callable[[World], pl.Expr], **columns: Callable[[str], pl.Expr]) -> Spoil:
    """Change columns of the rows that a condition chooses; what the servers wrote stays what it was."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        changed = {name: pl.when(where(world)).then(value(variant)).otherwise(name) for name, value in columns.items()}
        world.bronze = world.bronze.with_columns(**changed)

    return spoil


def _from_noon(world: World) -> pl.Expr:
    return _SITE & (pl.col("event_time") >= moment(world.day, 12))


def _refused(rows: pl.DataFrame, where: pl.Expr, reason: str) -> pl.DataFrame:
    """Refuse lines; what was sent of them again is known as a duplicate all the same."""
    good = where & pl.col("reason").is_null()
    return rows.with_columns(
        pl.when(good & (pl.col("fate") == "accepted")).then(pl.lit("quarantined")).otherwise("fate").alias("fate"),
        pl.when(good).then(pl.lit(reason)).otherwise("reason").alias("reason"),
    )


def _refuse(world: World, rng: np.random.Generator, variant: str) -> None:
    line = pl.struct(IDENTITY_NAMES).hash(int(rng.integers(1 << 30)))
    world.bronze = _refused(world.bronze, line % 1000 < 30, variant)


def _new_format(world: World, rng: np.random.Generator, variant: str) -> None:
    world.bronze = _refused(world.bronze, _from_noon(world) & _HOST, "unparsable")


def _null_from_noon(world: World, rng: np.random.Generator, variant: str) -> None:
    world.bronze = world.bronze.with_columns(pl.when(~_from_noon(world)).then(variant).alias(variant))


def _clock(seconds: int, first_h: float = 0, last_h: float = 24) -> Spoil:
    """Step a host's clock: its lines are stamped wrong, and refused where that is too far ahead."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        between = pl.col("ingest_time").is_between(moment(world.day, first_h), moment(world.day, last_h))
        stamped = pl.when(_SITE & _HOST & between).then(pl.col("event_time") + timedelta(seconds=seconds))
        world.bronze = world.bronze.with_columns(stamped.otherwise("event_time").alias("event_time"))
        ahead = pl.col("event_time") - pl.col("ingest_time") > timedelta(minutes=5)
        world.bronze = _refused(world.bronze, ahead, "future")

    return spoil


def _more(share: float, columns: dict[str, pl.Expr], hours: tuple[float, float] = (0, 24)) -> Spoil:
    """Add requests, `share` of the site's own, written and landed like all others."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        own = world.written.filter(_SITE & (pl.col("fate") == "accepted"))
        at = pl.col("event_time").is_between(moment(world.day, hours[0]), moment(world.day, hours[1]))
        more = own.filter(at).sample(int(own.height * share), with_replacement=True, seed=int(rng.integers(1 << 30)))
        more = more.with_columns(host=pl.lit("web3"), file=pl.lit("burst.log"), **columns)
        more = more.with_columns(byte_offset=(pl.col("line_bytes") + 1).cum_sum() - pl.col("line_bytes") - 1)
        world.written, world.bronze = pl.concat([world.written, more]), pl.concat([world.bronze, more])

    return spoil


def _less(share: float) -> Spoil:
    """Take requests away that nobody wrote: no ledger can miss them."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        kept = world.written.filter(~_SITE | pl.Series(rng.random(world.written.height) >= share))
        size = pl.col("line_bytes") + 1
        world.written = kept.with_columns((size.cum_sum() - size).over("site", "host", "file").alias("byte_offset"))
        world.bronze = world.written

    return spoil


def _edit(*edits: str, gold: bool = False) -> Spoil:
    """Edit tables by SQL; {variant} is the variant, {table} and {column} its parts."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        table, _, column = variant.partition(".")
        made = [edit.format(variant=variant, table=table, column=column) for edit in edits]
        (world.gold_edits if gold else world.edits).extend(made)

    return spoil


def _late(world: World, rng: np.random.Generator, variant: str) -> None:
    world.late = 1


def _lost_partial(world: World, rng: np.random.Generator, variant: str) -> None:
    row = world.bronze.filter(pl.col("fate") == "accepted").row(int(rng.integers(0, 1000)), named=True)
    minute = row["event_time"].replace(second=0, microsecond=0)
    world.lost_partials = f"site = '{row['site']}' and date_trunc('minute', event_time) = '{minute.isoformat()}'"


def _no_partials(world: World, rng: np.random.Generator, variant: str) -> None:
    world.lost_partials = "site = 'south'"


def _no_batch(world: World, rng: np.random.Generator, variant: str) -> None:
    world.lost_batch = "site = 'south'"


def _silent(world: World, rng: np.random.Generator, variant: str) -> None:
    world.written = world.written.filter(~_SITE)
    world.bronze = world.bronze.filter(~_SITE)


_FIRST_ROW = "rowid = (select min(rowid) from {table})"
_FIRST_FILE = "rowid = (select min(rowid) from ledger_file)"
_UNDECLARED = {"address_id": pl.lit("one"), "visitor_id": pl.lit("one"), "traffic_type": pl.lit("Regular")}

DEFECTS = (
    Defect("loss", "a line is lost on the way", "1 line", "ledger", _lose(_line)),
    Defect("loss", "a file is lost before it is read", "1 file of an hour", "ledger", _lose(_file)),
    Defect("loss", "a minute is lost", "1 site's minute", "ledger", _lose(_minute)),
    Defect("loss", "a Kafka segment is lost", "200 records", "ledger", _lose(_segment)),
    Defect("loss", "a live partial is lost", "1 site's minute", "windows", _lost_partial),
    Defect("loss", "a site's server writes no more, unseen by any census", "2/3 of a site's lines", "volume", _less(2 / 3)),
    Defect("loss", "a site falls silent", "all lines of a site", "volume", _silent),
    Defect("duplicate", "a line is counted twice live", "1 line", "parity", _again(_accepted_line)),
    Defect("duplicate", "a file is counted twice live", "1 file of an hour", "ledger", _again(_file)),
    Defect("duplicate", "an agent sends lines again and again, known as duplicates", "15 % of the lines", "volume",
           _again(_share(0.15), "duplicate")),
    Defect("late", "a line comes in after the certificate", "1 line", "certificate", _late),
    Defect("late", "lines come in two hours late", "15 % of the lines", "volume",
           lambda world, rng, variant: _change(lambda _: _share(0.15)(world, rng), ingest_time=lambda _: pl.col("ingest_time")
                                               + timedelta(hours=2))(world, rng, variant)),
    Defect("late", "lines wait to be taken in when the day is closed", f"{MOST_IN_FLIGHT + 1:,} lines of a file", "ledger",
           _edit(f"update ledger_file set in_flight = {MOST_IN_FLIGHT + 1}, written = written + {MOST_IN_FLIGHT + 1} "
                 f"where {_FIRST_FILE}")),
    Defect("schema drift", "the log format changes at noon", "1 of 2 servers", "volume", _new_format),
    Defect("schema drift", "lines are refused for one reason", "3 % of the lines", "volume", _refuse, _REASONS),
    Defect("schema drift", "a column is null from noon on", "half a day of a site", "volume", _null_from_noon, _NULLABLE),
    Defect("unit change", "bytes are logged as kB from noon on", "half a day of a site", "volume",
           _change(_from_noon, bytes_sent=lambda _: pl.col("bytes_sent") // 1024)),
    Defect("unit change", "bytes x 1024 from noon on", "half a day of a site", "volume",
           _change(_from_noon, bytes_sent=lambda _: pl.col("bytes_sent") * 1024)),
    Defect("unit change", "milliseconds are logged as seconds from noon on", "half a day of a site", "volume",
           _change(_from_noon, duration_ms=lambda _: pl.col("duration_ms") / 1000)),
    Defect("unit change", "seconds are logged as milliseconds from noon on", "half a day of a site", "volume",
           _change(_from_noon, duration_ms=lambda _: pl.col("duration_ms") * 1000)),
    Defect("clock skew", "a server's clock is ahead", "10 min", "volume", _clock(600)),
    Defect("clock skew", "a server's clock is ahead, and nothing is refused", "3 min", "volume", _clock(180)),
    Defect("clock skew", "a server's clock is behind", "10 min", "volume", _clock(-600)),
    Defect("clock skew", "a server's clock steps back for two hours", "1 h", "volume", _clock(-3600, 18, 20)),
    Defect("bot burst", "declared bots ask for more", "40 % of a site's requests on top", "volume",
           _more(0.4, {"traffic_type": pl.lit("Bot"), "bot_category": pl.lit("seo_crawler")})),
    Defect("bot burst", "one address that looks like a person", "30 % of a site's requests in one hour", "volume",
           _more(0.3, _UNDECLARED, (14, 15))),
    Defect("bot burst", "a scan for what is not there", "20 % of a site's requests, answered 404", "volume",
           _more(0.2, {"status": pl.lit(404, pl.Int64)})),
    Defect("bot burst", "many addresses that look like people", "150 % of a site's requests on top", "volume",
           _more(1.5, {"traffic_type": pl.lit("Regular"), "visitor_id": pl.format("guest-{}", pl.int_range(pl.len())),
                       "address_id": pl.format("guest-{}", pl.int_range(pl.len()))})),
    Defect("errors", "the shop answers with errors", "10 % of a site's requests on top, answered 500", "volume",
           _more(0.1, {"status": pl.lit(500, pl.Int64)})),
    Defect("empty side", "no live partials", "1 site", "parity", _no_partials),
    Defect("empty side", "no batch rows", "1 site", "parity", _no_batch),
    Defect("empty side", "a table is empty", "1 table", "{variant}", _edit(f"{_NO} {{variant}}", gold=True), _TABLES),
    Defect("empty side", "the ledger was not closed", "the day", "ledger", _edit(f"{_NO} ledger_file")),
    Defect("empty side", "the ledger's windows are absent", "the day", "windows", _edit(f"{_NO} ledger_window")),
    Defect("empty side", "nothing was compared", "the day", "parity", _edit(f"{_NO} gold_parity")),
    Defect("empty side", "no certificate was made", "1 site", "certificate",
           _edit(f"{_NO} certificate where site = 'south'")),
    Defect("empty side", "neither traffic nor certificates", "the day", "certificate",
           _edit(f"{_NO} certificate", f"{_NO} {FAMILIES[0].table}")),
    Defect("empty side", "nothing ever came in", "all days", "volume", _edit(f"{_NO} quality_measure")),
    Defect("empty side", "a site has no earlier days", "1 site", "volume",
           _edit(f"{_NO} quality_measure where site = 'south' and day < (select max(day) from quality_measure)")),
    Defect("changed value", "a gold figure is one more", "1 figure of 1 row", "parity",
           _edit(f"update {{table}} set {{column}} = {{column}} + 1 where {_FIRST_ROW}", gold=True), _FIGURES),
    Defect("changed value", "a gold figure is below its bound", "1 figure of 1 row", "{table}",
           _edit(f"update {{table}} set {{column}} = -1 where {_FIRST_ROW}", gold=True), _FIGURES),
    Defect("changed value", "a gold figure is null", "1 figure of 1 row", "{table}",
           _edit(f"update {{table}} set {{column}} = null where {_FIRST_ROW}", gold=True), _FIGURES),
    Defect("changed value", "a count of the ledger is one more", "1 count of 1 file", "ledger",
           _edit(f"update ledger_file set {{variant}} = {{variant}} + 1 where {_FIRST_FILE}"),
           [name for name in _COUNTS if name not in ("read", "kafka", *FATES)]),
    Defect("changed value", "a count of the ledger is null", "1 count of 1 file", "ledger",
           _edit(f"update ledger_file set {{variant}} = null where {_FIRST_FILE}"), _COUNTS),
    Defect("changed value", "a file stands twice in the ledger", "1 file", "ledger",
           _edit(f"insert into ledger_file select * from ledger_file where {_FIRST_FILE}")),
    Defect("changed value", "figures of a certificate are unexplained", "1 figure", "certificate",
           _edit("update certificate set unexplained_figures = 1, verdict = 'different' where site = 'south'")),
)  # fmt: skip
