"""A first PySpark version, as tutorials write it: an expression a field, a table a kind of row, MERGE for the figures.

`python land_naive.py OPTIONS TOPIC HOME`: at each line read, the topic is drained into `HOME/naive`. Settings are Spark's own.
"""

import glob
import json
import shutil
import sys
from pathlib import Path

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.peers.combined import IDENTITY, NAMES, PATTERN
from shoplog.settings import REPOSITORY

RECORDS_A_BATCH = 400_000

options, topic, folder = sys.argv[1:]
login = json.loads(Path(options).read_text(encoding="ascii"))
home = Path(folder) / "naive"
jars = ",".join(glob.glob(str(REPOSITORY / ".cache/jars/spark/*.jar")))
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", jars)
    .config("spark.driver.extraClassPath", jars.replace(",", ":"))
    .config("spark.driver.memory", "2g")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.local.dir", str(Path(folder) / "naive-scratch"))
    .config("spark.sql.warehouse.dir", str(Path(folder) / "naive-scratch"))
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.log.level", "ERROR")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .getOrCreate()
)


def write(batch: DataFrame, _: int) -> None:
    """Write a batch's bronze, silver and quarantine, and merge its minutes into the figures."""
    parts = F.split("value", "\t", 7)
    rows = batch.select(F.col("value").cast("string").alias("value"), "timestamp", "partition", "offset")
    rows = rows.select("*", *(parts[i].alias(name) for i, name in enumerate(IDENTITY)), parts[6].alias("line"))
    rows.drop("value").write.format("delta").mode("append").save(str(home / "bronze"))
    fields = rows.select(
        *IDENTITY, "line", *(F.regexp_extract("line", PATTERN, i + 1).alias(name) for i, name in enumerate(NAMES))
    )
    typed = fields.withColumns(
        {
            "time": F.expr("try_to_timestamp(time, 'dd/MMM/yyyy:HH:mm:ss Z')"),
            "status": F.expr("try_cast(status as int)"),
            "bytes_sent": F.expr("coalesce(try_cast(bytes_sent as bigint), 0)"),
        }
    )
    typed.where("status is null").select(*IDENTITY, "line").write.format("delta").mode("append").save(
        str(home / "quarantine")
    )
    silver = typed.where("status is not null")
    silver.write.format("delta").mode("append").save(str(home / "silver"))
    minutes = silver.groupBy("site", F.window("time", "1 minute").start.alias("minute")).agg(
        F.count("*").alias("requests"), F.sum("bytes_sent").alias("bytes_sent")
    )
    if not (home / "minutes").exists():
        minutes.write.format("delta").save(str(home / "minutes"))
        return
    added = {"requests": "old.requests + new.requests", "bytes_sent": "old.bytes_sent + new.bytes_sent"}
    (
        DeltaTable.forPath(spark, str(home / "minutes")).alias("old")
        .merge(minutes.alias("new"), "old.site = new.site and old.minute = new.minute")
        .whenMatchedUpdate(set=added)
        .whenNotMatchedInsertAll()
        .execute()
    )  # fmt: skip


def drain() -> None:
    """Drain the topic."""
    reader = (
        spark.readStream.format("kafka")
        .options(**{f"kafka.{name}": value for name, value in login.items()})
        .option("subscribe", topic)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", RECORDS_A_BATCH)
    )
    writer = reader.load().writeStream.foreachBatch(write).option("checkpointLocation", str(home / "checkpoint"))
    writer.trigger(availableNow=True).start().awaitTermination()


def figures() -> dict[str, object]:
    """Return lines, refused lines, and requests and bytes of each minute."""
    read = spark.read.format("delta")
    minutes = read.load(str(home / "minutes")).select(
        F.date_format("minute", "yyyy-MM-dd HH:mm"), "requests", "bytes_sent"
    )
    refused = read.load(str(home / "quarantine")).count()
    return {
        "lines": read.load(str(home / "bronze")).count(),
        "refused": refused,
        "minutes": {minute: [requests, size] for minute, requests, size in sorted(minutes.collect())},
    }


for _ in sys.stdin:
    shutil.rmtree(home, ignore_errors=True)
    drain()
    print("done", flush=True)
    print("found", json.dumps(figures()), flush=True)
spark.stop()
