"""What DAGs ask of `shoplog published`: which days a backfill would rewrite, and what an asset event says."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, date, datetime
from typing import Any

from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowFailException
from shoplog_command import COMMAND

PUBLISHED = Asset("published_day")


def known_days(first: str, last: str) -> list[dict[str, Any]]:
    """Return the sites' days with lines from the first to the last UTC day, published or not."""
    command = [COMMAND, "published", "--date", first, "--to", last, "--json"]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode != 1:  # 1 says that some day is not published
        done.check_returncode()
    return [json.loads(row) for row in done.stdout.splitlines()]


def figures_of(days: list[str]) -> dict[str, Any]:
    """Return by site and day what was published last: requests, bronze version and the version of each table."""
    rows = known_days(min(days), max(days))
    names = ("requests", "bronze_version", "table_versions")
    return {f"{row['site']} {row['day']}": {n: row[n] for n in names} for row in rows if row["day"] in days}


def planned(first: str, last: str) -> dict[str, Any]:
    """Return the `days` with lines, those of them that are `published`, and what a person is asked about these.

    Raises `AirflowFailException` for days in the wrong order, that are not over, or that have no line at all.
    """
    if last < first:
        raise AirflowFailException(f"The last day {last} is before the first {first}: swap them.")
    if date.fromisoformat(last) >= datetime.now(UTC).date():
        raise AirflowFailException(f"{last} is not over in UTC: only finished days are published.")
    rows = known_days(first, last)
    if not rows:
        raise AirflowFailException(f"No line of {first} to {last} ever came in: there is nothing to recompute.")
    rewritten = [row for row in rows if row["status"] != "provisional"]
    told = [
        f"- {row['site']} {row['day']}, published {row['published_at']} ({row['requests']} requests)"
        for row in rewritten
    ]
    return {
        "days": sorted({row["day"] for row in rows}),
        "published": sorted({row["day"] for row in rewritten}),
        "question": "\n".join(["These days were published and will show other figures where lines or rules changed:", *told]),
    }  # fmt: skip
