"""PyFlink SQL: the same fields by regular expressions, windows of a minute in event time, Parquet files.

`python land_flink.py JARS OPTIONS TOPIC HOME`: at each line read, the topic is drained into `HOME/flink`.
"""

import glob
import json
import shutil
import sys
from pathlib import Path

from pyflink.table import EnvironmentSettings, TableEnvironment

from bench.peers.combined import IDENTITY, NAMES, PATTERN

jars, options_file, topic, folder = sys.argv[1:]
home = Path(folder) / "flink"
flink = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
options = {
    "pipeline.jars": ";".join(f"file://{path}" for path in glob.glob(f"{jars}/*.jar")),
    "parallelism.default": "2",
    "pipeline.object-reuse": "true",
    "execution.checkpointing.interval": "2 s",
    "table.local-time-zone": "UTC",
    "rest.bind-address": "127.0.0.1",
    "rest.address": "127.0.0.1",
}
for name, value in options.items():
    flink.get_config().set(name, value)


def sink(name: str, columns: str) -> None:
    """Make a table of Parquet files."""
    flink.execute_sql(
        f"create table {name} ({columns}) with ('connector' = 'filesystem', 'path' = 'file://{home}/{name}', 'format' = 'parquet')"
    )


quoted = PATTERN.replace("'", "''")
parts = ", ".join(
    f"`{name}` as split_index(`value`, U&'\\0009', {place})" for place, name in enumerate([*IDENTITY, "line"])
)
line = "split_index(`value`, U&'\\0009', 6)"
# All stamps are UTC: the zone is left out.
time = f"to_timestamp(left(regexp_extract({line}, '{quoted}', 2), 20), 'dd/MMM/yyyy:HH:mm:ss')"
# The connector brings Kafka's client under another name.
login = ", ".join(
    f"'properties.{name}' = '{value.replace('org.apache.kafka', 'org.apache.flink.kafka.shaded.org.apache.kafka')}'"
    for name, value in json.loads(Path(options_file).read_text(encoding="ascii")).items()
)
flink.execute_sql(
    f"""create table record (`value` string, {parts}, event_time as coalesce({time}, timestamp '1970-01-01 00:00:00'),
    watermark for event_time as event_time - interval '1' day) with ('connector' = 'kafka', 'topic' = '{topic}', 'format' = 'raw',
    {login}, 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset')"""
)
fields = ", ".join(
    f"regexp_extract(line, '{quoted}', {place + 1}) as `{name}`" for place, name in enumerate(NAMES) if name != "time"
)
flink.execute_sql(
    f"create view parsed as select {', '.join(f'`{name}`' for name in IDENTITY)}, line, event_time, {fields} from record"
)
flink.execute_sql(
    """create view request as select site, host, file, byte_offset, line_bytes, line, address, `method`, url, referrer, user_agent,
    event_time, cast(status as int) as status_code, coalesce(try_cast(bytes_sent as bigint), 0) as size
    from parsed where status <> ''"""
)
TEXTS = "site string, host string, file string, byte_offset string, line_bytes string, line string"
REQUEST = "address string, `method` string, url string, referrer string, user_agent string, event_time timestamp(3), status int"
sink("silver", f"{TEXTS}, {REQUEST}, bytes_sent bigint")
sink("quarantine", TEXTS)
sink("minutes", "site string, `minute` timestamp(3), requests bigint, bytes_sent bigint")


def drain() -> None:
    """Drain the topic."""
    jobs = flink.create_statement_set()
    jobs.add_insert_sql(
        "insert into silver select site, host, file, byte_offset, line_bytes, line, address, `method`, url, referrer, user_agent, "
        "cast(event_time as timestamp(3)), status_code, size from request"
    )
    jobs.add_insert_sql(
        "insert into quarantine select site, host, file, byte_offset, line_bytes, line from parsed "
        "where status is null or status = ''"
    )
    jobs.add_insert_sql(
        "insert into minutes select site, window_start, count(*), sum(size) from "
        "table(tumble(table request, descriptor(event_time), interval '1' minute)) group by site, window_start, window_end"
    )
    jobs.execute().wait()


def figures() -> dict[str, object]:
    """Return lines, refused lines, and requests and bytes of each minute."""
    import pyarrow.dataset as ds

    def read(name: str) -> list[dict[str, object]]:
        files = [path for path in (home / name).rglob("*") if path.is_file() and not path.name.startswith(".")]
        return ds.dataset(files, format="parquet").to_table().to_pylist()

    read_lines, refused = len(read("silver")), len(read("quarantine"))
    minutes = {f"{row['minute']:%Y-%m-%d %H:%M}": [row["requests"], row["bytes_sent"]] for row in read("minutes")}
    return {"lines": read_lines + refused, "refused": refused, "minutes": dict(sorted(minutes.items()))}


for _ in sys.stdin:
    shutil.rmtree(home, ignore_errors=True)
    drain()
    print("done", flush=True)
    print("found", json.dumps(figures()), flush=True)
