"""Measures of what came of the lines: figures of now, tables, and the proof of the last days."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from dashboard.monitoring.measures import Samples
from dashboard.read_model import LiveReadModel
from dashboard.read_model.day_light import LIGHTS
from dashboard.read_model.followed import FollowedTable
from dashboard.read_model.quality import SHOWN_DAYS, quality_days
from shoplog.contracts.proof import CERTIFICATE
from shoplog.io.duck import open_tables, rows_of
from shoplog.settings import Settings


def live_samples(live: LiveReadModel) -> Samples:
    """Yield what the live page shows."""
    snapshot = live.snapshot()
    for fate, lines in (snapshot.get("totals") or {}).items():
        yield "shoplog_lines", (fate,), lines
    for reason, lines in (snapshot.get("quarantined") or {}).items():
        yield "shoplog_quarantined_lines", (reason,), lines
    if snapshot["visible_at"] is not None:
        yield "shoplog_commit_age_seconds", (), snapshot["stale_s"]
    if not snapshot["has_lines"]:
        return
    yield "shoplog_requests_per_second", (), snapshot["requests_per_s"]
    yield "shoplog_visitors", (), snapshot["visitors_5m"]
    yield "shoplog_open_sessions", (), snapshot["open_sessions"]
    if snapshot["error_ratio_5m"] is not None:
        yield "shoplog_error_ratio", (), snapshot["error_ratio_5m"]
    yield (
        "shoplog_event_age_seconds",
        (),
        max(0.0, time.time() - datetime.fromisoformat(snapshot["data_as_of"]).timestamp()),
    )


def table_samples(tables: Mapping[str, FollowedTable]) -> Samples:
    """Yield how many files live tables have: upkeep keeps them few."""
    for name, table in tables.items():
        state = table.newest()
        if state[0] is not None:
            yield "shoplog_table_files", (name,), len(table.opened(state[0]).file_uris())
            table.state = state


def proof_samples(settings: Settings) -> Samples:
    """Yield the lights of the last days, and by site the newest day that was proved equal."""
    lights = Counter(day["light"] for day in quality_days(settings))
    for light in LIGHTS:
        yield "shoplog_days", (light,), lights[light]
    since = datetime.now(UTC).date() - timedelta(days=SHOWN_DAYS)
    query = (
        "select site, max(day) filter (where verdict = 'equal') as day, "
        "max(made_at) filter (where verdict = 'equal') as made_at, max_by(ledger_residue, day) as residue "
        f"from {CERTIFICATE.name} where day >= $1 group by site order by site"
    )
    for row in rows_of(open_tables(settings, CERTIFICATE).execute(query, [since])):
        site = (row["site"],)
        if row["day"] is not None:
            yield "shoplog_certificate_equal_timestamp_seconds", site, _seconds(row["made_at"])
            yield "shoplog_certificate_equal_day_timestamp_seconds", site, _midnight(row["day"])
        if row["residue"] is not None:
            yield "shoplog_ledger_residue_lines", site, row["residue"]


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
