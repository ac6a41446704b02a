"""ClickHouse in a process (chdb): one regular expression a line into an array, then aggregates of a table in memory."""

import json
import sys
from pathlib import Path

from chdb import session

from bench.peers.combined import PATTERN, as_json

# A string literal of ClickHouse reads backslashes as escapes.
escaped = PATTERN.replace("\\", "\\\\")
folder = Path(sys.argv[1]).parent
connection = session.Session()
connection.query("set max_threads = 2")
connection.query(
    "create table request (is_read Bool, hour UInt8, status String, bytes UInt64, visitor UInt64) engine = Memory"
)
connection.query(
    f"""
    insert into request
    with extractGroups(line, '{escaped}') as p
    select notEmpty(p), toHour(parseDateTimeOrZero(p[2], '%d/%b/%Y:%H:%i:%s +0000', 'UTC'), 'UTC'), p[5], toUInt64OrZero(p[6]),
        cityHash64(p[1], p[8])
    from file('{folder}/*.log', LineAsString, 'line String')
    """
)


def rows(query: str) -> list[list[int | str]]:
    """Return the answer's rows, large numbers as text."""
    return [list(json.loads(line).values()) for line in connection.query(query, "JSONEachRow").data().splitlines()]


per_hour = rows(
    "select hour, count() as n, toString(sum(bytes)) as b from request where is_read group by hour order by hour"
)
per_status = rows("select status, count() as n from request where is_read group by status order by status")
[[refused, visitors]] = rows("select countIf(not is_read) as r, uniqExactIf(visitor, is_read) as v from request")
print(as_json(per_hour, per_status, refused, visitors))
