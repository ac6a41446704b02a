"""The report as it was published: one row is a section of a site's day, with what it was made of."""

from __future__ import annotations

from shoplog.contracts import columns as c
from shoplog.contracts.model import Column, Table

CAUSES = ("nightly", "hourly", "on demand", "import", "erasure")
# The first rows of each section; how many there were in all stands beside them.
SNAPSHOT_ROWS = 100
# How long the files of older versions of live tables are kept: what was shown live before that is in snapshots only.
LIVE_HISTORY_HOURS = 24

REPORT_SNAPSHOT = Table(
    "report_snapshot",
    (
        Column("day", "date", "the reported UTC day"), c.SITE,
        Column("published_at", "timestamp", "when the figures were published; of a day that was not, when they were stored"),
        Column("cause", "string", "what stored them", allowed=CAUSES),
        Column("day_status", "string", "what the day was worth: final, final_dirty or provisional"),
        Column("section", "string", "section of the report"), Column("place", "int", "its place in the report, from 0"),
        Column("left_out", "string", "why the section was not shown; null where it was"),
        Column("document", "string", "the section as the report's JSON shows it; null where it was left out"),
        Column("site_document", "string", "the site as the report's JSON shows it, without its sections"),
        Column("table_versions", "map<string,bigint>", "versions the figures were read of"),
        Column("rules_versions", "array<int>", "versions of the site's rules that read the day's lines"),
    ),
    "publish",
    f"a section of a site's day as it was published, with its first {SNAPSHOT_ROWS} rows",
    ("day",),
    ("day", "site", "published_at", "section"),
)  # fmt: skip
