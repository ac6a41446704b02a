"""DuckDB, written as its users would: one regular expression a line into a struct, then aggregates of a materialised table."""

import sys

import duckdb

from bench.peers.combined import NAMES, PATTERN, as_json

connection = duckdb.connect()
connection.execute("set threads = 2; set timezone = 'UTC'")
connection.execute(f"create macro parts(line) as regexp_extract(line, '{PATTERN}', {NAMES})")
lines = "read_csv(?, columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '', header = false, auto_detect = false)"
connection.execute(
    f"""
    create temp table request as
    with cut as materialized (select parts(line) as p from {lines})
    select p.address <> '' as is_read, hour(try_strptime(p.time, '%d/%b/%Y:%H:%M:%S %z')) as hour, p.status as status,
        coalesce(try_cast(p.bytes_sent as bigint), 0) as bytes, hash(p.address, p.user_agent) as visitor
    from cut
    """,
    [sys.argv[1:]],
)
per_hour = connection.execute("select hour, count(*), sum(bytes) from request where is_read group by hour").fetchall()
per_status = connection.execute("select status, count(*) from request where is_read group by status").fetchall()
refused, visitors = connection.execute(
    "select count(*) filter (where not is_read), count(distinct visitor) filter (where is_read) from request"
).fetchone()
print(as_json(per_hour, per_status, refused, visitors))
