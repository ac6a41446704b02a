"""The quality page's figures: the traffic light of each site and day, and all that stands behind one day."""

from __future__ import annotations

import shlex
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dashboard.read_model.day_light import reasons, worst
from dashboard.read_model.plain import as_document, plain
from dashboard.read_model.quality_facts import Facts
from dashboard.read_model.quality_tables import (
    NO_SITE,
    checks_by_day,
    facts_by_site,
    failed_checks,
    files_of,
    known_days,
    offending_keys,
)
from dashboard.read_model.readable import ReadableTables
from dashboard.read_model.reasons import SENTENCES
from shoplog.io.duck import Row
from shoplog.ledger.coverage import missing_in
from shoplog.settings import Settings

SHOWN_DAYS = 30
_SHOWN_FILES = 200
_SHOWN_KEYS = 20


def quality_days(settings: Settings, today: date | None = None) -> list[Row]:
    """Return the newest 30 days of which anything is known, newest first: day, light and each site's light and reasons."""
    tables = ReadableTables(settings)
    return _lights(tables, known_days(tables, SHOWN_DAYS), today)


def quality_day(settings: Settings, day: date, today: date | None = None) -> Row | None:
    """Return a day with sites, certificates, ledger, checks, trend and top offending keys; None where nothing is known of it.

    `files_total` and `offending_total` count what the lists may leave out; `unreadable` says by table why it could not be read.
    """
    tables = ReadableTables(settings)
    every = known_days(tables, SHOWN_DAYS)
    files, offending = files_of(tables, day, _SHOWN_FILES), offending_keys(tables, day, _SHOWN_KEYS)
    failed = failed_checks(tables, day)
    shown = _lights(tables, [day], today)[0]
    has_sites = [row["site"] for row in shown["sites"]] != [NO_SITE]
    if not (day in every or files or offending or failed or has_sites or tables.unreadable):
        return None
    trend = checks_by_day(tables, every[-1], every[0]) if every else []
    checks = checks_by_day(tables, day, day)
    return {
        **shown,
        "files": [_file(row) for row in files],
        "files_total": files[0]["total"] if files else 0,
        "checks": plain(checks[0]) if checks else None,
        "failed_checks": [plain(row) for row in failed],
        "offending": [plain(row) for row in offending],
        "offending_total": offending[0]["total"] if offending else 0,
        "trend": [plain(row) for row in trend],
        "unreadable": tables.unreadable,
    }


def _lights(tables: ReadableTables, days: list[date], today: date | None) -> list[Row]:
    if not days:
        return []
    known = facts_by_site(tables, min(days), max(days))
    checks = {row["day"]: row for row in checks_by_day(tables, min(days), max(days))}
    # A day's ledger also has files that were only looked at on it: what is wrong with one makes its site appear, nothing else.
    keys = {key for name in ("live", "published", "certificate") for key in known[name]}
    keys |= {key for name in ("ledger", "minutes") for key, row in known[name].items() if row["broken"]}
    until = today or datetime.now(UTC).date()
    shown = []
    for day in days:
        sites = [
            _site(
                Facts(
                    site, day, is_over=day < until, checks=checks.get(day), unreadable=tables.unreadable,
                    live_requests=known["live"].get((site, day), {}).get("live_requests"),
                    **{name: known[name].get((site, day)) for name in ("published", "certificate", "ledger", "minutes")},
                )
            )
            for site in sorted(site for site, of in keys if of == day) or [NO_SITE]
        ]  # fmt: skip
        shown.append({"day": day.isoformat(), "light": worst([row["light"] for row in sites]), "sites": sites})
    return shown


def _site(facts: Facts) -> dict[str, Any]:
    why, made = reasons(facts), facts.certificate
    at = (facts.published or {}).get("published_at")
    return {
        "site": facts.site,
        "light": worst([reason.light for reason in why] or ["green"]),
        "words": " ".join(reason.words for reason in why) or SENTENCES["all_right"],
        "reasons": [reason.as_object() for reason in why],
        "status": facts.status,
        # A moment to ask for figures as of: whole seconds, and not before the publication.
        "as_published": None if at is None else f"{at + timedelta(seconds=1, microseconds=-1):%Y-%m-%dT%H:%M:%S}",
        "certificate": None if made is None else {**plain(made), "document": as_document(made["document"])},
    }


def _file(row: Row) -> Row:
    """Return the file's row with the command that fills each hole it names."""
    place = f"--site {shlex.quote(row['site'])} --host {shlex.quote(row['host'])}"
    holes = missing_in(row["broken_ranges"] or "")
    ranges = (shlex.quote(f"{row['file']}:{start}-{end}") for start, end in holes)
    return {**plain(row), "commands": [f"shoplog import --range {one} {place}" for one in ranges]}
