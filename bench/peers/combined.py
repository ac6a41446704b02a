"""A line of the combined format as the peers read it, and their figures of a day, in one form."""

import json

PATTERN = r'^([^ ]+) [^ ]+ [^\[]*\[([^\]]+)\] "([A-Z]+) ([^ "]+)[^"]*" ([0-9]{3}) ([0-9]+|-) "([^"]*)" "([^"]*)"'
NAMES = ["address", "time", "method", "url", "status", "bytes_sent", "referrer", "user_agent"]
IDENTITY = ["version", "site", "host", "file", "byte_offset", "line_bytes"]


def as_json(per_hour, per_status, refused, visitors):
    """Return lists of hour, requests and bytes, of status and requests, and two counts as JSON."""
    return json.dumps(
        {
            "requests_per_hour": {f"{hour:02}": int(count) for hour, count, _ in sorted(per_hour)},
            "bytes_per_hour": {f"{hour:02}": int(size) for hour, _, size in sorted(per_hour)},
            "requests_per_status": {status: int(count) for status, count in sorted(per_status)},
            "refused": int(refused),
            "visitors": int(visitors),
        }
    )
