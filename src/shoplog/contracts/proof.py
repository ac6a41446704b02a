"""The tables that prove the others: what was written, what became of it, whether live and batch agree, what is published."""

from __future__ import annotations

from shoplog.contracts import columns as c
from shoplog.contracts.gold import FAMILY
from shoplog.contracts.model import Column, Table

# equal: nothing is left to explain. different: a figure, a line or a byte is. incomplete: a side is missing.
VERDICTS = ("equal", "different", "incomplete")

# A server writes a line when the answer is out: what stands below a line that is so much newer has waited elsewhere.
LATE_AFTER_MINUTES = 5
FATES = {
    "late": f"accepted lines below one of their file that is more than {LATE_AFTER_MINUTES} minutes newer",
    "malformed": "lines refused for what stands in them",
    "future": "lines refused because their time had not come yet",
}

_CENSUS = (
    c.SITE, c.HOST, c.FILE, Column("inode", "bigint", "the file's inode; null for archives"),
    Column("size", "bigint", "bytes in whole lines"), Column("lines", "bigint", "whole lines"),
    Column("seen_at", "timestamp", "when the census looked"),
)  # fmt: skip
LEDGER_CENSUS_LIVE = Table("ledger_census_live", _CENSUS, "stream", "what a census saw")
LEDGER_CENSUS_IMPORT = Table("ledger_census_import", _CENSUS, "import", "what an imported file holds, uncompressed")
LEDGER_FILE = Table(
    "ledger_file",
    (
        Column("day", "date", "the UTC day that was closed"), c.SITE, c.HOST, c.FILE,
        *(Column(name, "bigint", meaning) for name, meaning in FATES.items()),
        *(Column(name, "bigint", "lines") for name in (
            "written", "read", "kafka", "bronze", "accepted", "quarantined", "duplicates", "in_flight", "residue")),
        Column("torn", "bigint", "pieces: unfinished lines that were sent before their rest"),
        Column("missing_bytes", "bigint", "bytes of the file that no line covers"),
        Column("doubled_bytes", "bigint", "bytes of the file that two lines cover"),
        Column("broken_ranges", "string", "the first of these bytes as FROM-TO, without TO; empty where all is well"),
        Column("erased", "bigint", "lines that were erased on a person's request"),
    ),
    "ledger",
    "A: lines of each file, from byte to fate",
    ("day",),
)  # fmt: skip
LEDGER_WINDOW = Table(
    "ledger_window",
    (
        Column("day", "date", "the UTC day that was closed"), c.SITE, c.WINDOW_START,
        *(Column(name, "bigint", "lines") for name in ("accepted", "gold", "residue")),
    ),
    "ledger",
    "B: accepted lines of each window against gold",
    ("day",),
)  # fmt: skip
# erased: on a person's request; retained: older than bronze is kept.
GONE = ("erased", "retained")
LEDGER_GONE_LINE = Table(
    "ledger_gone_line",
    (
        *c.IDENTITY, c.LINE_BYTES, c.FATE, c.EVENT_DATE, c.INGEST_DATE,
        Column("of_table", "string", "the table of bronze that had it"),
        Column("why", "string", "why it is gone", allowed=GONE), Column("gone_at", "timestamp", "when it went"),
    ),
    "erase",
    "a row that bronze has no more: that there was a line, and not what it said or of whom",
)  # fmt: skip
GOLD_PARITY = Table(
    "gold_parity",
    (
        Column("day", "date", "the compared UTC day"), FAMILY, c.SITE, c.WINDOW_START,
        Column("metric", "string", "name of the figure"),
        Column("dimension", "string", "the dimensions' values as JSON, where the family has any"),
        Column("live", "double", "the stream's figure"), Column("batch", "double", "the recomputed figure"),
        Column("difference", "double", "live - batch"), Column("explained_by", "string", "rows that explain it"),
        Column("unexplained", "double", "what is left of the difference"),
        Column("bronze_version", "bigint", "the one version both sides stand at"),
        Column("live_version", "bigint", "gold_partial_live's version at these Kafka offsets"),
    ),
    "reconcile",
    "live against batch at one bronze version",
    ("day",),
)  # fmt: skip
PUBLISHED_DAY = Table(
    "published_day",
    (
        c.SITE, Column("day", "date", "the published UTC day"), Column("published_at", "timestamp", "when"),
        Column("bronze_version", "bigint", "bronze_access_log's version it was computed from"),
        Column("table_versions", "map<string,bigint>", "pinned version of each table"),
        Column("requests", "bigint", "accepted lines of the day as published"),
        Column("live_requests", "bigint", "the stream's count of that day at that version"),
        Column("despite", "string", "why it was published without an equal certificate; null with one"),
    ),
    "publish",
    "the only switch from live to recomputed figures",
)  # fmt: skip
CERTIFICATE = Table(
    "certificate",
    (
        Column("day", "date", "the compared UTC day"), c.SITE, Column("made_at", "timestamp", "when it was made"),
        Column("verdict", "string", "whether live and batch agree and every line is accounted for", allowed=VERDICTS),
        Column("bronze_version", "bigint", "the one version both sides stand at"),
        Column("live_version", "bigint", "gold_partial_live's version at these Kafka offsets"),
        Column("figures", "bigint", "figures compared"),
        Column("differing", "bigint", "figures that differ, sessions left out"),
        Column("explained", "bigint", "figures whose difference is explained"),
        Column("unexplained_figures", "bigint", "figures whose difference is not explained, or one side of which is missing"),
        Column("late_requests", "bigint", "accepted lines of the day that came in after that version"),
        Column("ledger_residue", "bigint", "lines of the site that are unaccounted for"),
        Column("ledger_bytes", "bigint", "bytes of the site's files that no line or two lines cover"),
        Column("table_versions", "map<string,bigint>", "pinned version of each table"),
        Column("document", "string", "the whole certificate as JSON"),
    ),
    "certify",
    "one day and site: live and batch at one bronze version, and the ledger beside them",
    ("day",),
)  # fmt: skip
QUALITY_MEASURE = Table(
    "quality_measure",
    (
        Column("day", "date", "the measured UTC day, by ingest time"), c.SITE,
        Column("measure", "string", "name of the measure, see docs/quality.md"),
        Column("measured", "double", "its value; null where there was nothing to measure"),
    ),
    "quality",
    "a site's day in measures: what later days are held against",
    ("day",),
)  # fmt: skip
QUALITY_RESULT = Table(
    "quality_result",
    (
        Column("run_id", "string", "one run of the suites"), Column("run_time", "timestamp", "when"),
        Column("day", "date", "the checked UTC day"), Column("suite", "string", "ledger, parity or a table"),
        Column("expectation", "string", "what was expected"), Column("column", "string", "of which column"),
        Column("severity", "string", "critical, warning or info"), Column("success", "boolean", "whether it held"),
        Column("observed", "string", "what was seen"), Column("unexpected_count", "bigint", "rows that broke it"),
        Column("table_version", "bigint", "version of the checked table"),
    ),
    "quality",
    "one expectation's outcome",
)  # fmt: skip
