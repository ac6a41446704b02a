"""What landed of each file: rows by fate that bronze has or had, and whether they chain from byte 0 without a break."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from deltalake import DeltaTable

from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.io.gone import gone_lines
from shoplog.io.marks import FileKey
from shoplog.settings import Settings

FILE = ("site", "host", "file")
STREAM, IMPORT = 0, 1
_LINE_ENDS = (1, 2)  # LF, CR LF
_COUNTED = ("accepted", "quarantined", "duplicate", "erased")
_NEW = pl.col("fate") != "duplicate"
_END = pl.col("byte_offset") + pl.col("line_bytes")


@dataclass(frozen=True, slots=True)
class Landed:
    """One file's rows. `chain_ends` holds each size at which the new rows cover the file from byte 0, each byte once."""

    streamed: int
    imported: int
    accepted: int
    quarantined: int
    duplicates: int
    erased: int
    chain_ends: tuple[int, ...]


def landed_lines(settings: Settings) -> pl.LazyFrame:
    """Return site, host, file, byte_offset, line_bytes, fate and source of every row that bronze has or had.

    Each table is read at one version. A line that was erased has the fate `erased`.
    """
    schema = {**dict.fromkeys(FILE, pl.String), "byte_offset": pl.Int64, "line_bytes": pl.Int64, "fate": pl.String}
    parts = [pl.LazyFrame(schema={**schema, "source": pl.Int8})]
    for table, source in ((BRONZE_ACCESS_LOG, STREAM), (BRONZE_IMPORT_LOG, IMPORT)):
        path = settings.warehouse / table.name
        if path.exists():
            # Opened once: the rows looked at closely later are of the version that was counted.
            rows = pl.scan_delta(DeltaTable(str(path)))
            parts.append(rows.select(*schema, pl.lit(source, pl.Int8).alias("source")))
    was_erased = (pl.col("why") == "erased") & _NEW
    gone = gone_lines(settings).with_columns(
        pl.when(was_erased).then(pl.lit("erased")).otherwise("fate").alias("fate"),
        pl.when(pl.col("of_table") == BRONZE_IMPORT_LOG.name)
        .then(IMPORT)
        .otherwise(STREAM)
        .cast(pl.Int8)
        .alias("source"),
    )
    return pl.concat([*parts, gone.select(*schema, "source")])


def landed_files(lines: pl.LazyFrame) -> dict[FileKey, Landed]:
    """Return what landed of each file, in one pass and without sorting.

    New rows chain when the set of their first bytes and the set of the bytes after them are one set, but for 0 and the
    end. Sets are compared by the sum of their members' hashes, so that a row missing here and one too many there, which
    leave the sum of bytes as it is, do not cancel out.
    """
    fate, source = pl.col("fate"), pl.col("source")
    counts = [fate.eq(name).alias(name) for name in _COUNTED]
    counts += [source.eq(table).alias(f"source_{table}") for table in (STREAM, IMPORT)]
    # A duplicate adds nothing to a set: its hashes count as 0.
    hashes = {"starts": pl.col("byte_offset"), **{f"ends_{n}": _END + n for n in _LINE_ENDS}}
    sums = [pl.when(_NEW).then(value.hash()).otherwise(0).alias(name) for name, value in hashes.items()]
    end = pl.when(_NEW).then(_END).alias("end")
    marked = lines.select(*FILE, *(count.cast(pl.Int64) for count in counts), *sums, end)
    files = marked.group_by(FILE).agg(pl.all().exclude("end").sum(), pl.col("end").max()).collect(engine="streaming")
    first = pl.lit(0, pl.Int64).hash()
    chained = [
        pl.when(pl.col("starts") + (pl.col("end") + n).hash() == first + pl.col(f"ends_{n}")).then(pl.col("end") + n)
        for n in _LINE_ENDS
    ]
    chain_ends = pl.concat_list(chained).list.drop_nulls().alias("chain_ends")
    figures = files.select(*FILE, "source_0", "source_1", *_COUNTED, chain_ends)
    return {
        (site, host, file): Landed(streamed, imported, accepted, quarantined, duplicates, erased, tuple(sizes))
        for site, host, file, streamed, imported, accepted, quarantined, duplicates, erased, sizes in figures.iter_rows()
    }


def new_lines(lines: pl.LazyFrame, files: list[FileKey]) -> dict[FileKey, pl.DataFrame]:
    """Return byte_offset, line_bytes, fate and source of the rows of some files that are no duplicates."""
    wanted = pl.LazyFrame(files, schema=dict.fromkeys(FILE, pl.String), orient="row")
    rows = lines.filter(_NEW).join(wanted, on=FILE, how="semi").collect(engine="streaming")
    return {
        (str(s), str(h), str(f)): part
        for (s, h, f), part in rows.partition_by(FILE, as_dict=True, include_key=False).items()
    }
