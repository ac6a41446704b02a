"""polars, its streaming engine: one regular expression a line into a struct, then aggregates of one scan."""

import sys

import polars as pl

from bench.peers.combined import NAMES, PATTERN, as_json

lines = pl.scan_lines(sys.argv[1:], name="line")
parts = lines.select(pl.col("line").str.extract_groups(PATTERN).struct.rename_fields(NAMES).alias("p")).unnest("p")
time = pl.col("time").str.to_datetime("%d/%b/%Y:%H:%M:%S %z", strict=False, time_zone="UTC")
requests = parts.select(
    "status",
    time.dt.hour().alias("hour"),
    pl.col("bytes_sent").replace("-", "0").cast(pl.Int64).alias("bytes"),
    pl.struct("address", "user_agent").hash().alias("visitor"),
)
read = requests.filter(pl.col("status").is_not_null())
per_hour, per_status, refused, visitors = pl.collect_all(
    [
        read.group_by("hour").agg(pl.len().alias("requests"), pl.col("bytes").sum()).sort("hour"),
        read.group_by("status").agg(pl.len().alias("requests")).sort("status"),
        requests.select(pl.col("status").is_null().sum()),
        read.select(pl.col("visitor").n_unique()),
    ],
    engine="streaming",
)
print(as_json(per_hour.rows(), per_status.rows(), refused.item(), visitors.item()))
