"""Every physical table, once. `TABLES` is what exists; nothing else is written."""

from __future__ import annotations

from shoplog.contracts import columns as c
from shoplog.contracts.anomalies import ANOMALY
from shoplog.contracts.families import FAMILIES, LIVE_FAMILIES
from shoplog.contracts.gold import gold_table, partial_columns
from shoplog.contracts.model import Table
from shoplog.contracts.proof import (
    CERTIFICATE,
    GOLD_PARITY,
    LEDGER_CENSUS_IMPORT,
    LEDGER_CENSUS_LIVE,
    LEDGER_FILE,
    LEDGER_GONE_LINE,
    LEDGER_WINDOW,
    PUBLISHED_DAY,
    QUALITY_MEASURE,
    QUALITY_RESULT,
)
from shoplog.contracts.snapshots import REPORT_SNAPSHOT
from shoplog.contracts.visitor_minutes import VISITOR_MINUTES
from shoplog.contracts.visits import SILVER_LOGIN, VISIT_TABLES

_PARSED = (c.EVENT_TIME, c.EVENT_DATE, *c.REQUEST, *c.ENRICHED, *c.VISITOR, c.RULES_VERSION)
_BRONZE = (
    *c.IDENTITY, c.LINE_BYTES, c.RAW, c.TOPIC, c.PARTITION, c.OFFSET, c.INGEST_TIME, c.INGEST_DATE, c.FATE, c.REASON,
    *_PARSED,
)  # fmt: skip

BRONZE_ACCESS_LOG = Table(
    "bronze_access_log", _BRONZE, "stream", "a line as received, with what live parsing made of it", ("ingest_date",)
)
BRONZE_IMPORT_LOG = Table(
    "bronze_import_log", _BRONZE, "import", "a line of an archive or of a filled hole", ("ingest_date",)
)
SILVER_REQUEST = Table(
    "silver_request",
    (*c.IDENTITY, c.EVENT_TIME, c.EVENT_DATE, c.INGEST_TIME, *c.REQUEST, *c.ENRICHED, *c.VISITOR, c.RULES_VERSION),
    "recompute",
    "one hit",
    ("event_date",),
    c.IDENTITY_NAMES,
)
QUARANTINE_ACCESS_LOG = Table(
    "quarantine_access_log",
    (*c.IDENTITY, c.LINE_BYTES, c.RAW, c.INGEST_TIME, c.INGEST_DATE, c.REASON),
    "recompute",
    "a refused line with its reason",
    ("ingest_date",),
    c.IDENTITY_NAMES,
)

_BY_NAME = {column.name: column for column in (*_BRONZE, c.HTTP_STATUS)}
GOLD_PARTIAL_LIVE = Table(
    "gold_partial_live",
    partial_columns(LIVE_FAMILIES, _BY_NAME),
    "stream",
    "mergeable partials of every family; add rows up to get figures",
    ("window_date",),
)
# Never stored: what the day's addresses are judged by.
VISITOR_MINUTE_PARTIAL = Table(
    "visitor_minute_partial", partial_columns((VISITOR_MINUTES,), _BY_NAME), "recompute", VISITOR_MINUTES.meaning
)
GOLD = {family.name: gold_table(family, _BY_NAME) for family in FAMILIES}

_INCIDENT = ("site", "kind", "window_start", "subject")
GOLD_ANOMALY = Table(
    "gold_anomaly", ANOMALY, "recompute", "an incident of the day: a figure or an address out of the ordinary",
    ("event_date",), _INCIDENT,
)  # fmt: skip
GOLD_ANOMALY_LIVE = Table(
    "gold_anomaly_live", ANOMALY, "stream", "an incident as it was when it was found", ("event_date",), _INCIDENT
)

TABLES = {
    table.name: table
    for table in (
        BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG, SILVER_REQUEST, QUARANTINE_ACCESS_LOG, GOLD_PARTIAL_LIVE, *GOLD.values(),
        *VISIT_TABLES, SILVER_LOGIN, GOLD_ANOMALY, GOLD_ANOMALY_LIVE, LEDGER_CENSUS_LIVE, LEDGER_CENSUS_IMPORT, LEDGER_FILE,
        LEDGER_WINDOW, LEDGER_GONE_LINE, GOLD_PARITY, CERTIFICATE, PUBLISHED_DAY, REPORT_SNAPSHOT, QUALITY_MEASURE, QUALITY_RESULT,
    )
}  # fmt: skip
