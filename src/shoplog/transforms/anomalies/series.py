"""Traffic minutes of sites -> their incidents, one row each; pure, causal, the same for stream and batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from shoplog.contracts.anomalies import COUNTS, severity
from shoplog.transforms.anomalies.detector import Detector
from shoplog.transforms.anomalies.figures import FIGURES, Counts, Figure, pattern_of
from shoplog.transforms.anomalies.score import Score, Settings
from shoplog.transforms.anomalies.silence import Silence

_MINUTE = timedelta(minutes=1)
# Silence is judged and learned for so long; what comes later is a gap in what is known.
_MOST_SILENT_MINUTES = 180
# What is out of the ordinary within so many minutes of the last such minute belongs to the same incident.
_SAME_INCIDENT_MINUTES = 15
_SETTINGS = Settings(refractory_s=1800)
_SCHEMA: dict[str, Any] = {
    "site": pl.String, "event_date": pl.Date, "kind": pl.String, "pattern": pl.String, "metric": pl.String,
    "window_start": pl.Datetime("us", "UTC"), "window_end": pl.Datetime("us", "UTC"), "subject": pl.String,
    **dict.fromkeys(("actual", "expected", "lower", "upper", "anomaly_score"), pl.Float64), "severity": pl.String, "why": pl.String,
}  # fmt: skip
_NOTHING: Counts = dict.fromkeys(COUNTS, 0)


@dataclass(slots=True)
class SiteWatch:
    """What is known of one site's series: a detector each, its newest minute and its newest incident."""

    detectors: dict[str, Detector] = field(default_factory=lambda: {f.name: Detector(_SETTINGS) for f in FIGURES})
    silence: Silence = field(default_factory=Silence)
    before_silence: Score = field(default_factory=Score)
    newest: datetime | None = None
    incident: dict[str, Any] | None = None

    def minute(self, start: datetime, counts: Counts) -> list[dict[str, Any]]:
        """Return what is out of the ordinary in the next minute; it is judged by those before it."""
        self.newest, found = start, []
        for figure in FIGURES:
            scaled = figure.scaled(counts)
            score = self.detectors[figure.name].update(start.timestamp(), scaled, figure.noise(counts))
            if score.is_anomaly and scaled is not None:
                observed, expected = figure.shown(scaled), figure.shown(score.expected or 0.0)
                if (pattern := pattern_of(figure.name, score.kind, expected)) is not None:
                    found.append(_row(start, figure, pattern, observed, score))
            if figure.name == "requests":
                surprise = self.silence.minute(counts["requests"])
                if self.silence.run == 1:
                    self.before_silence = score
                if surprise >= _SETTINGS.alarm:
                    known = replace(self.before_silence, score=surprise / (surprise + _SETTINGS.alarm))
                    begun = start - (self.silence.run - 1) * _MINUTE
                    found.append({**_row(start, figure, "outage", 0.0, known), "window_start": begun})
        return found


def series_anomalies(
    traffic: pl.DataFrame, watches: dict[str, SiteWatch], closed: datetime | None = None
) -> pl.DataFrame:
    """Return the incidents that begin in the minutes, or begin before and go on in them; `watches` go on from here.

    `traffic` has site, window_start and `COUNTS`, one row a minute at most. Minutes up to a site's newest one are passed
    over; a minute without a row is one in which nothing came, up to `closed` where that is given: live, no line tells of
    silence, and minutes that are not closed are not judged yet. Columns are the contract's without `host`, `file`, `byte_offset`.
    """
    rows = []
    parts = {str(site): rows for (site,), rows in traffic.sort("window_start").group_by("site", maintain_order=True)}
    for site in sorted(parts.keys() | watches.keys()):
        watch, minutes = watches.setdefault(site, SiteWatch()), parts.get(site, traffic.clear())
        begun: list[dict[str, Any]] = []
        for start, counts in _minutes(minutes, watch.newest, closed):
            for one in watch.minute(start, counts):
                last = watch.incident
                if last is not None and start - last["window_end"] < _SAME_INCIDENT_MINUTES * _MINUTE:
                    _go_on(last, one)
                    begun += [last] if last not in begun else []
                else:
                    watch.incident = {"site": site, **one}
                    begun.append(watch.incident)
        rows += begun
    return pl.DataFrame(rows, _SCHEMA, orient="row")


def _minutes(
    minutes: pl.DataFrame, newest: datetime | None, closed: datetime | None
) -> Iterator[tuple[datetime, Counts]]:
    """Yield each minute after `newest`, silent ones between two others, or before `closed`, as nothing."""
    for start, *values in minutes.select("window_start", *COUNTS).iter_rows():
        if (newest is not None and start <= newest) or (closed is not None and start >= closed):
            continue
        yield from _silent(newest or start, start)
        yield start, {name: max(0, value or 0) for name, value in zip(COUNTS, values, strict=True)}
        newest = start
    if newest is not None and closed is not None:
        yield from _silent(newest, closed)


def _silent(after: datetime, before: datetime) -> Iterator[tuple[datetime, Counts]]:
    for step in range(1, min((before - after) // _MINUTE, _MOST_SILENT_MINUTES + 1)):
        yield after + step * _MINUTE, _NOTHING


def _row(start: datetime, figure: Figure, pattern: str, observed: float, score: Score) -> dict[str, Any]:
    expected, lower, upper = (figure.shown(value or 0.0) for value in (score.expected, score.lower, score.upper))
    digits = 3 if figure.name.endswith("share") else 0
    return {
        "event_date": start.astimezone(UTC).date(), "kind": "series", "pattern": pattern, "metric": figure.name,
        "window_start": start, "window_end": start + _MINUTE, "subject": None, "actual": observed, "expected": expected,
        "lower": lower, "upper": upper, "anomaly_score": score.score, "severity": severity(pattern, score.score),
        "why": f"{pattern}: {figure.name} {observed:.{digits}f} in a minute, expected {expected:.{digits}f} "
               f"({lower:.{digits}f} to {upper:.{digits}f})",
    }  # fmt: skip


def _go_on(incident: dict[str, Any], one: dict[str, Any]) -> None:
    """Let an incident go on; it keeps its start and is described by its most surprising minute."""
    if one["anomaly_score"] > incident["anomaly_score"]:
        incident.update({name: one[name] for name in one if name not in ("event_date", "window_start")})
    incident["window_end"] = max(incident["window_end"], one["window_end"])
