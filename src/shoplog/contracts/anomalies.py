"""What an anomaly is: kinds, patterns, thresholds, severities and columns, once."""

from __future__ import annotations

from dataclasses import replace

from shoplog.contracts import columns as c
from shoplog.contracts.model import Column

# Surprise is -log10 of a value's probability among the values before it. At 5 one value in 100,000 is an anomaly by chance;
# a site's three series are judged some 4,300 times a day, which leaves about one false alarm in three weeks.
ALARM_SURPRISE = 5.0

KINDS = {"series": "a figure of the site, minute by minute", "visitor": "one address"}
PATTERNS = {
    "outage": "nothing came where something was expected",
    "drop": "a figure fell",
    "surge": "a figure rose",
    "errors": "more server errors",
    "flood": "one address asks for very much",
    "brute_force": "one address sends passwords over and over",
    "scanning": "one address looks for weak spots",
}
# Of a visitor's pattern: the figure, how many of it within ten minutes are an anomaly at least, and how many times as many
# as the fourth busiest address has then. Whoever sends passwords needs no comparison: half of its requests are logins.
PATTERN_MINUTES = 10
PATTERN_FLOORS = {
    "brute_force": ("login_attempts", 30),
    "scanning": ("attack_requests", 200),
    "flood": ("requests", 600),
}
PATTERN_FACTOR = 4
PATTERN_RANK = 4
# The highest that applies, in this order; what is an anomaly at all has a score of 0.5 or more.
SEVERITIES = {"critical": "score from 0.7, and every outage", "warning": "score from 0.6", "info": "all others"}


def severity(pattern: str, score: float) -> str:
    """Return the severity of an anomaly, as `SEVERITIES` states it."""
    if score >= 0.7 or pattern == "outage":
        return "critical"
    return "warning" if score >= 0.6 else "info"


# What the series of a site are made of: its traffic, by the minute.
COUNTS = ("requests", "page_views", "status_5xx")

ANOMALY = (
    c.SITE,
    c.EVENT_DATE,
    Column("kind", "string", "what was judged", allowed=tuple(KINDS)),
    Column("pattern", "string", "what is out of the ordinary", allowed=tuple(PATTERNS)),
    Column("metric", "string", "the figure: per minute, of an address per ten minutes"),
    replace(c.WINDOW_START, meaning="first minute of the incident, inclusive, UTC"),
    replace(c.WINDOW_END, meaning="end of its last minute so far, exclusive, UTC"),
    Column("subject", "string", "address_id of a visitor's pattern; null for series"),
    Column("actual", "double", "the figure where it was most out of the ordinary"),
    Column("expected", "double", "what was expected then; of an address what the fourth busiest has"),
    Column("lower", "double", "lower end of the band"),
    Column("upper", "double", "upper end of the band"),
    Column("anomaly_score", "double", "how far out, in [0, 1); an anomaly from 0.5"),
    Column("severity", "string", "how urgent", allowed=tuple(SEVERITIES)),
    Column("why", "string", "the pattern in words, with the dimension that contributes most where one does"),
    *(replace(column, nullable=True, meaning=f"{column.name} of one of the subject's lines: the address stands in bronze")
      for column in c.IDENTITY[1:]),
)  # fmt: skip
