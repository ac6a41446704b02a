"""What is done to a day: its lines lost, doubled, changed, shifted or added to, and its tables edited; all of it at random."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from bench.quality_lines import HOSTS
from bench.quality_world import World, moment
from shoplog.contracts.columns import IDENTITY_NAMES

Spoil = Callable[[World, np.random.Generator, str], None]
_SITE, _HOST = pl.col("site") == "north", pl.col("host") == HOSTS[0]


def _pick(world: World, rng: np.random.Generator) -> int:
    return int(rng.integers(0, world.bronze.height))


def lose(rows: Callable[[World, np.random.Generator], pl.Expr]) -> Spoil:
    """Return what takes these rows from bronze."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        world.bronze = world.bronze.filter(~rows(world, rng))

    return spoil


def line(world: World, rng: np.random.Generator) -> pl.Expr:
    """Return which rows are one line."""
    row = world.bronze.row(_pick(world, rng), named=True)
    return pl.all_horizontal(pl.col(name) == row[name] for name in IDENTITY_NAMES)


def file(world: World, rng: np.random.Generator) -> pl.Expr:
    """Return which rows are one file."""
    row = world.bronze.row(_pick(world, rng), named=True)
    return pl.all_horizontal(pl.col(name) == row[name] for name in IDENTITY_NAMES[:3])


def minute(world: World, rng: np.random.Generator) -> pl.Expr:
    """Return which rows are a site's minute."""
    row = world.bronze.row(_pick(world, rng), named=True)
    started: datetime = row["event_time"].replace(second=0, microsecond=0)
    return (pl.col("site") == row["site"]) & (pl.col("event_time").dt.truncate("1m") == started)


def segment(world: World, rng: np.random.Generator) -> pl.Expr:
    """Return which rows are 200 records of one host."""
    first = int(rng.integers(0, world.bronze.filter(_HOST).height - 200))
    return _HOST & (_HOST.cast(pl.Int32).cum_sum().is_between(first + 1, first + 200))


def again(rows: Callable[[World, np.random.Generator], pl.Expr], fate: str | None = None) -> Spoil:
    """Return what lands accepted rows a second time, as `fate` where it is given."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        again = world.bronze.filter(rows(world, rng) & (pl.col("fate") == "accepted"))
        world.bronze = pl.concat([world.bronze, again.with_columns(pl.lit(fate).alias("fate")) if fate else again])

    return spoil


def accepted_line(world: World, rng: np.random.Generator) -> pl.Expr:
    """Return which rows are one accepted line."""
    good = world.bronze.filter(pl.col("fate") == "accepted")
    row = good.row(int(rng.integers(0, good.height)), named=True)
    return pl.all_horizontal(pl.col(name) == row[name] for name in IDENTITY_NAMES)


def share(share: float) -> Callable[[World, np.random.Generator], pl.Expr]:
    """Return which rows are this share of all."""
    return lambda world, rng: pl.lit(pl.Series(rng.random(world.bronze.height) < share))


def change(where: Callable[[World], pl.Expr], **columns: Callable[[str], pl.Expr]) -> Spoil:
    """Change columns of the rows that a condition chooses; what the servers wrote stays what it was."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        changed = {name: pl.when(where(world)).then(value(variant)).otherwise(name) for name, value in columns.items()}
        world.bronze = world.bronze.with_columns(**changed)

    return spoil


def from_noon(world: World) -> pl.Expr:
    """Return which rows are a site's from noon on."""
    return _SITE & (pl.col("event_time") >= moment(world.day, 12))


def _refused(rows: pl.DataFrame, where: pl.Expr, reason: str) -> pl.DataFrame:
    """Refuse lines; what was sent of them again is known as a duplicate all the same."""
    good = where & pl.col("reason").is_null()
    return rows.with_columns(
        pl.when(good & (pl.col("fate") == "accepted")).then(pl.lit("quarantined")).otherwise("fate").alias("fate"),
        pl.when(good).then(pl.lit(reason)).otherwise("reason").alias("reason"),
    )


def refuse(world: World, rng: np.random.Generator, variant: str) -> None:
    """Refuse 3 % of the lines for the reason `variant`."""
    line = pl.struct(IDENTITY_NAMES).hash(int(rng.integers(1 << 30)))
    world.bronze = _refused(world.bronze, line % 1000 < 30, variant)


def new_format(world: World, rng: np.random.Generator, variant: str) -> None:
    """Refuse what a host writes from noon on."""
    world.bronze = _refused(world.bronze, from_noon(world) & _HOST, "unparsable")


def null_from_noon(world: World, rng: np.random.Generator, variant: str) -> None:
    """Lose the column `variant` of a site's lines from noon on."""
    world.bronze = world.bronze.with_columns(pl.when(~from_noon(world)).then(variant).alias(variant))


def clock(seconds: int, first_h: float = 0, last_h: float = 24) -> Spoil:
    """Step a host's clock: its lines are stamped wrong, and refused where that is too far ahead."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        between = pl.col("ingest_time").is_between(moment(world.day, first_h), moment(world.day, last_h))
        stamped = pl.when(_SITE & _HOST & between).then(pl.col("event_time") + timedelta(seconds=seconds))
        world.bronze = world.bronze.with_columns(stamped.otherwise("event_time").alias("event_time"))
        ahead = pl.col("event_time") - pl.col("ingest_time") > timedelta(minutes=5)
        world.bronze = _refused(world.bronze, ahead, "future")

    return spoil


def more(share: float, columns: dict[str, pl.Expr], hours: tuple[float, float] = (0, 24)) -> Spoil:
    """Add requests, `share` of the site's own, written and landed like all others."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        own = world.written.filter(_SITE & (pl.col("fate") == "accepted"))
        at = pl.col("event_time").is_between(moment(world.day, hours[0]), moment(world.day, hours[1]))
        more = own.filter(at).sample(int(own.height * share), with_replacement=True, seed=int(rng.integers(1 << 30)))
        more = more.with_columns(host=pl.lit("web3"), file=pl.lit("burst.log"), **columns)
        more = more.with_columns(byte_offset=(pl.col("line_bytes") + 1).cum_sum() - pl.col("line_bytes") - 1)
        world.written, world.bronze = pl.concat([world.written, more]), pl.concat([world.bronze, more])

    return spoil


def less(share: float) -> Spoil:
    """Take requests away that nobody wrote: no ledger can miss them."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        kept = world.written.filter(~_SITE | pl.Series(rng.random(world.written.height) >= share))
        size = pl.col("line_bytes") + 1
        world.written = kept.with_columns((size.cum_sum() - size).over("site", "host", "file").alias("byte_offset"))
        world.bronze = world.written

    return spoil


def edit(*edits: str, gold: bool = False) -> Spoil:
    """Edit tables by SQL; {variant} is the variant, {table} and {column} its parts."""

    def spoil(world: World, rng: np.random.Generator, variant: str) -> None:
        table, _, column = variant.partition(".")
        made = [edit.format(variant=variant, table=table, column=column) for edit in edits]
        (world.gold_edits if gold else world.edits).extend(made)

    return spoil


def late(world: World, rng: np.random.Generator, variant: str) -> None:
    """Let a line come in after the certificate."""
    world.late = 1


def lost_partial(world: World, rng: np.random.Generator, variant: str) -> None:
    """Lose the live partials of a site's minute."""
    row = world.bronze.filter(pl.col("fate") == "accepted").row(int(rng.integers(0, 1000)), named=True)
    minute = row["event_time"].replace(second=0, microsecond=0)
    world.lost_partials = f"site = '{row['site']}' and date_trunc('minute', event_time) = '{minute.isoformat()}'"


def no_partials(world: World, rng: np.random.Generator, variant: str) -> None:
    """Lose all live partials of a site."""
    world.lost_partials = "site = 'south'"


def no_batch(world: World, rng: np.random.Generator, variant: str) -> None:
    """Lose all recomputed rows of a site."""
    world.lost_batch = "site = 'south'"


def silent(world: World, rng: np.random.Generator, variant: str) -> None:
    """Lose all that a site wrote."""
    world.written = world.written.filter(~_SITE)
    world.bronze = world.bronze.filter(~_SITE)
