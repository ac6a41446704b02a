"""The one place that builds a Spark session."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shoplog.errors import UserError
from shoplog.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"


def build_session(
    settings: Settings, application: str, java_option: str = "", more: Mapping[str, str] | None = None
) -> SparkSession:
    """Return a Spark session with Delta and Kafka, its JVM started with one more option, `more` configured; the caller stops it.

    Raises `UserError` where the connector jars have not been resolved yet.
    """
    jars = sorted((settings.jars / "spark").glob("*.jar"))
    if not jars:
        raise UserError("The Spark connector jars are missing: run ./shoplog setup.")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["TZ"] = "UTC"
    # Python workers import shoplog by name; they inherit this through the JVM.
    roots = [str(settings.repo / "src"), str(settings.repo)]
    inherited = [entry for entry in os.environ.get("PYTHONPATH", "").split(":") if entry and entry not in roots]
    os.environ["PYTHONPATH"] = ":".join(roots + inherited)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    from pyspark.sql import SparkSession

    scratch = settings.home / "spark" / application
    scratch.mkdir(parents=True, exist_ok=True)
    paths = ",".join(str(jar) for jar in jars)
    builder = (
        SparkSession.builder.appName(f"shoplog-{application}")
        .master(settings.spark_master)
        .config("spark.jars", paths)
        # In local mode the driver needs them on its own class path before it starts.
        .config("spark.driver.extraClassPath", ":".join(str(jar) for jar in jars))
        .config("spark.driver.memory", settings.spark_driver_memory)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.extraJavaOptions", _java_options(settings, scratch, java_option))
        .config("spark.local.dir", str(scratch))
        .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.extensions", DELTA_EXTENSION)
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        # Anything but UTC makes Delta rebuild a table's state at each commit.
        .config("spark.sql.session.timeZone", "UTC")
        # 50 by default: fifty tiny tasks a commit on two cores.
        .config("spark.databricks.delta.snapshotPartitions", "2")
        # Each core has a worker of its own: more threads in each would only wait for one another.
        .config("spark.executorEnv.POLARS_MAX_THREADS", "1")
        # Hadoop's own starts two processes for each file of the stream's log, to set its mode.
        .config("spark.hadoop.fs.file.impl", "com.globalmentor.apache.hadoop.fs.BareLocalFileSystem")
        .config(
            "spark.sql.streaming.checkpointFileManagerClass",
            "org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager",
        )
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "50000")
        .config("spark.sql.streaming.metricsEnabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "WARN")
    )
    for name, value in (more or {}).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _java_options(settings: Settings, scratch: Path, java_option: str) -> str:
    logs = [f'"-Dlog4j2.configurationFile={settings.repo / "flume/log4j2.xml"}"', "-Dshoplog.log.level=WARN"]
    options = ["-Duser.timezone=UTC", *logs, f'"-Dderby.system.home={scratch}"', java_option]
    if settings.driver_classes.exists():
        # Another Java, or other jars, than it was made for: the JVM loads each class as ever, and would print that it does.
        options += [f'"-XX:SharedArchiveFile={settings.driver_classes}"', "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
    return " ".join(options)
