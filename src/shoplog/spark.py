"""The one place that builds a Spark session."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.stack.spark_cluster import write_defaults

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
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    from pyspark.sql import SparkSession

    scratch = settings.home / "spark" / application
    scratch.mkdir(parents=True, exist_ok=True)
    class_path = ":".join(str(jar) for jar in jars)
    builder = (
        SparkSession.builder.appName(f"shoplog-{application}")
        .master(settings.spark_master)
        .config("spark.driver.extraClassPath", class_path)
        .config("spark.driver.memory", settings.spark_driver_memory)
        .config("spark.driver.host", settings.spark_host)
        .config("spark.driver.bindAddress", settings.spark_host)
        .config("spark.driver.extraJavaOptions", _java_options(settings, scratch, java_option))
        .config("spark.local.dir", str(scratch))
        .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        .config("spark.ui.enabled", "false")
        # Its ports are open to every user of this machine: locally by a secret of its own that only its JVM knows.
        .config("spark.authenticate", "true")
        .config("spark.sql.extensions", DELTA_EXTENSION)
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        # Anything but UTC makes Delta rebuild a table's state at each commit.
        .config("spark.sql.session.timeZone", "UTC")
        # 50 by default: fifty tiny tasks a commit on two cores.
        .config("spark.databricks.delta.snapshotPartitions", "2")
        # Python workers import shoplog by name.
        .config("spark.executorEnv.PYTHONPATH", settings.python_path)
        .config("spark.executorEnv.TZ", "UTC")
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
    on_cluster = _on_cluster(settings, class_path) if settings.spark_master.startswith("spark://") else {}
    for name, value in (on_cluster | dict(more or {})).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _java_options(settings: Settings, scratch: Path, java_option: str) -> str:
    logs = [f'"-Dlog4j2.configurationFile={settings.log4j}"', "-Dshoplog.log.level=WARN"]
    options = ["-Duser.timezone=UTC", *logs, f'"-Dderby.system.home={scratch}"', java_option]
    if settings.driver_classes.exists():
        # Another Java, or other jars, than it was made for: the JVM loads each class as ever, and would print that it does.
        options += [f'"-XX:SharedArchiveFile={settings.driver_classes}"', "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
    return " ".join(options)


def _on_cluster(settings: Settings, class_path: str) -> dict[str, str]:
    """Return what executors on other machines need, which have this checkout, its jars and SHOPLOG_HOME at the same paths.

    The cluster's secret goes by a file: what is configured in Python stands on the JVM's command line for all to read.
    """
    os.environ["SPARK_CONF_DIR"] = str(write_defaults(settings))
    return {
        "spark.executor.extraClassPath": class_path,
        "spark.executor.extraJavaOptions": "-Duser.timezone=UTC",
        "spark.executor.cores": str(settings.spark_executor_cores),
        "spark.executor.memory": settings.spark_executor_memory,
        # Unset, the first application takes all there are, and a nightly would wait for ever.
        "spark.cores.max": str(settings.spark_max_cores),
        # Work is shared out before the executors have come.
        "spark.default.parallelism": str(settings.spark_max_cores),
        # A batch of half a second does not wait three for the executor that read the partition before.
        "spark.locality.wait": "0",
    }
