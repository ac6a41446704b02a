"""Before the first batch: tables exist, the start rules hold, the checkpoint knows where it begins."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from deltalake import DeltaTable

from jobs.partials import partials
from jobs.streaming.batch import LiveTables
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.proof import LEDGER_CENSUS_LIVE
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_ANOMALY_LIVE, GOLD_PARTIAL_LIVE
from shoplog.io.gone import retained_days
from shoplog.io.kafka import topic_offsets
from shoplog.io.kafka_users import java_options
from shoplog.io.offsets import START_FILE, KafkaRange, Offsets, committed_offsets, last_offset_entry, read_start, same
from shoplog.io.sinks import conform, create_table, in_days, table_path, written_files
from shoplog.io.start import starting_offsets
from shoplog.io.transactions import append_files, files_of, replace_files
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.stack.control import Orders

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.streaming import StreamingQuery


def open_tables(session: SparkSession, settings: Settings, orders: Orders) -> LiveTables:
    """Return the live tables with the checkpoint made fit for them; raises `DriftError` where they do not fit."""
    sites = load_sites(settings)
    bronze, gold = (create_table(settings, table.name) for table in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE))
    for table in (LEDGER_CENSUS_LIVE, GOLD_ANOMALY_LIVE):
        create_table(settings, table.name)
    beginning, end = topic_offsets(settings, settings.topic_raw)
    if orders.reset_offsets:
        reset_offsets(session, settings, beginning)
    anew = orders.from_bronze or orders.reset_offsets
    start = starting_offsets(
        settings.checkpoint,
        settings.topic_raw,
        committed_offsets(bronze),
        committed_offsets(gold),
        beginning,
        end,
        anew,
    )
    if orders.from_bronze and any(at > start.get(p, 0) for p, at in (committed_offsets(gold) or {}).items()):
        rebuild_partials(session, settings)
    if (anew or last_offset_entry(settings.checkpoint) is None) and settings.checkpoint.exists():
        # Kept, not deleted: on-call may want to look at it.
        settings.checkpoint.rename(settings.checkpoint.with_name(f"{settings.checkpoint.name}.old-{time.time_ns()}"))
    if not (settings.checkpoint / START_FILE).exists():
        settings.checkpoint.mkdir(parents=True)
        (settings.checkpoint / START_FILE).write_text(json.dumps(start), encoding="utf-8")
    return LiveTables(session, settings, sites)


def reset_offsets(session: SparkSession, settings: Settings, beginning: Offsets) -> None:
    """Let the live tables stand at the beginning of topics that no longer go on from where the tables are."""
    bronze, gold = (settings.warehouse / table.name for table in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE))
    # What bronze has and the partials lack cannot be told by offsets once these begin anew.
    if not same(committed_offsets(gold) or {}, committed_offsets(bronze) or {}):
        rebuild_partials(session, settings)
    reset = KafkaRange(beginning, beginning).to_metadata(reset=True)
    census = topic_offsets(settings, settings.topic_census)[0]
    for table, metadata in (
        (BRONZE_ACCESS_LOG, reset),
        (GOLD_PARTIAL_LIVE, reset),
        (LEDGER_CENSUS_LIVE, KafkaRange(census, census).to_metadata(reset=True)),
    ):
        append_files(DeltaTable(table_path(settings, table.name)), [], metadata)


def rebuild_partials(session: SparkSession, settings: Settings) -> None:
    """Replace every partial by those of all of bronze, at bronze's committed offsets, in one commit.

    Those of days of which lines are gone for their age stay.
    """
    bronze = settings.warehouse / BRONZE_ACCESS_LOG.name
    at = committed_offsets(bronze) or {}
    rows = partials(session.read.format("delta").load(str(bronze)), LIVE_FAMILIES)
    gold = table_path(settings, GOLD_PARTIAL_LIVE.name)
    handle = DeltaTable(gold)
    if gone := retained_days(settings):
        is_gone = in_days("window_date", sorted(gone))
        present = session.read.format("delta").load(str(gold)).where(is_gone)
        rows = conform(rows, GOLD_PARTIAL_LIVE).where(f"not ({is_gone})").unionByName(present)
    new = written_files(rows, GOLD_PARTIAL_LIVE, gold)
    replace_files(handle, files_of(handle), new, KafkaRange(at, at).to_metadata(rebuilt=True), same_content=False)


def start_query(tables: LiveTables) -> StreamingQuery:
    """Return the running query; its first batch begins where the checkpoint says."""
    settings = tables.settings
    start = read_start(settings.checkpoint)
    login = {f"kafka.{name}": value for name, value in java_options(settings, "stream").items()}
    reader = (
        tables.session.readStream.format("kafka")
        .options(**login)
        .option("subscribe", settings.topic_raw)
        .option("startingOffsets", json.dumps({settings.topic_raw: start}))
        .option("maxOffsetsPerTrigger", settings.max_offsets_per_trigger)
        .option("failOnDataLoss", "true")
        .option("kafka.max.partition.fetch.bytes", 16 << 20)
    )
    return (
        reader.load()
        .writeStream.foreachBatch(tables.write_batch)
        .option("checkpointLocation", str(settings.checkpoint))
        .trigger(processingTime=f"{settings.trigger_ms} milliseconds")
        .start()
    )
