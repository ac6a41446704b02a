"""ClickHouse in a process (chdb): one regular expression a line into an array, then aggregates of a table in memory."""

import json
import sys
from pathlib import Path

from chdb import session

PATTERN = r'^([^ ]+) [^ ]+ [^\\[]*\\[([^\\]]+)\\] "([A-Z]+) ([^ "]+)[^"]*" ([0-9]{3}) ([0-9]+|-) "([^"]*)" "([^"]*)"'

folder = Path(sys.argv[1]).parent
connection = session.Session()
connection.query("set max_threads = 2")
connection.query(
    "create table request (is_read Bool, hour UInt8, status String, bytes UInt64, visitor UInt64) engine = Memory"
)
connection.query(
    f"""
    insert into request
    with extractGroups(line, '{PATTERN}') as p
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
print(
    json.dumps(
        {
            "requests_per_hour": {f"{hour:02}": int(count) for hour, count, _ in per_hour},
            "bytes_per_hour": {f"{hour:02}": int(size) for hour, _, size in per_hour},
            "requests_per_status": {status: int(count) for status, count in per_status},
            "refused": int(refused),
            "visitors": int(visitors),
        }
    )
)
