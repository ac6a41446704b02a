"""polars, its streaming engine: one regular expression a line into a struct, then aggregates of one scan."""

import json
import sys

import polars as pl

PATTERN = r'^([^ ]+) [^ ]+ [^\[]*\[([^\]]+)\] "([A-Z]+) ([^ "]+)[^"]*" ([0-9]{3}) ([0-9]+|-) "([^"]*)" "([^"]*)"'
NAMES = ["address", "time", "method", "url", "status", "bytes", "referrer", "agent"]

lines = pl.scan_lines(sys.argv[1:], name="line")
parts = lines.select(pl.col("line").str.extract_groups(PATTERN).struct.rename_fields(NAMES).alias("p")).unnest("p")
time = pl.col("time").str.to_datetime("%d/%b/%Y:%H:%M:%S %z", strict=False, time_zone="UTC")
requests = parts.select(
    "status",
    time.dt.hour().alias("hour"),
    pl.col("bytes").replace("-", "0").cast(pl.Int64).alias("bytes"),
    pl.struct("address", "agent").hash().alias("visitor"),
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
print(
    json.dumps(
        {
            "requests_per_hour": {f"{hour:02}": count for hour, count, _ in per_hour.iter_rows()},
            "bytes_per_hour": {f"{hour:02}": size for hour, _, size in per_hour.iter_rows()},
            "requests_per_status": dict(per_status.iter_rows()),
            "refused": refused.item(),
            "visitors": visitors.item(),
        }
    )
)
