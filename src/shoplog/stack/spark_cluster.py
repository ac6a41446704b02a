"""Spark's standalone master and workers: where the stream's tasks run once `spark_master` is a spark:// address."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import psutil

from shoplog.errors import UserError
from shoplog.io.secrets import secret, write_private
from shoplog.settings import Settings
from shoplog.settings.places import is_loopback

# Name of the file with what all of a cluster know.
SECRET = "spark_cluster"


def spark_home() -> Path:
    """Return the folder of the installed pyspark, which has Spark's jars and scripts."""
    import pyspark

    return Path(pyspark.__file__).parent


def master_address(settings: Settings) -> tuple[str, int]:
    """Return host and port of the master; raises `UserError` where `spark_master` is no cluster's."""
    found = re.fullmatch(r"spark://([A-Za-z0-9._-]+):(\d+)", settings.spark_master)
    if found is None:
        raise UserError("There is no cluster to start: set SHOPLOG_SPARK_MASTER to spark://HOST:PORT of the master.")
    return found[1], int(found[2])


def prepare_master(settings: Settings) -> list[str]:
    """Return the master's command line; it binds the address that `spark_master` names."""
    host, port = master_address(settings)
    secret(settings, SECRET)
    recovery = settings.home / "spark/master"
    recovery.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A master that starts again still knows its workers and applications: the stream goes on.
    more = {"spark.deploy.recoveryMode": "FILESYSTEM", "spark.deploy.recoveryDirectory": str(recovery)}
    return _command(settings, "master.Master", more, ["--host", host, "--port", str(port)])


def prepare_worker(settings: Settings) -> list[str]:
    """Return the command line of a worker on this machine: all its cores, all its memory but a gibibyte."""
    master_address(settings)
    folder = settings.home / "spark/worker"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Executors' logs and jars of applications that have ended; nobody else removes them.
    more = {"spark.worker.cleanup.enabled": "true", "spark.local.dir": str(folder / "scratch")}
    arguments = ["--host", settings.spark_host, "--work-dir", str(folder), settings.spark_master]
    return _command(settings, "worker.Worker", more, arguments)


def environment(settings: Settings) -> dict[str, str]:
    """Return what a master and a worker need on top of the stack's environment."""
    # Their pages cannot be switched off: they stay on loopback, whatever address the cluster itself has.
    log = f'"-Dlog4j2.configurationFile={settings.log4j}"'
    return {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_DAEMON_JAVA_OPTS": log,
    }


def _command(settings: Settings, main: str, more: dict[str, str], arguments: list[str]) -> list[str]:
    said = {
        # Another port than the one that was asked for is nobody's.
        "spark.port.maxRetries": "0",
        "spark.master.rest.enabled": "false",
        # Nobody has a token for the pages: each request is refused.
        "spark.ui.filters": "org.apache.spark.ui.JWSFilter",
        "spark.org.apache.spark.ui.JWSFilter.param.secretKey": secret(settings, "spark_pages_key"),
        **cluster_security(settings),
        **more,
    }
    path = settings.run_dir / f"spark-{main.partition('.')[0]}.conf"
    _write(path, said)
    program = str(spark_home() / "bin/spark-class")
    options = ["--properties-file", str(path), "--webui-port", "0"]
    return [program, f"org.apache.spark.deploy.{main}", *options, *arguments]


def cluster_security(settings: Settings) -> dict[str, str]:
    """Return how master, workers, drivers and executors know each other and encrypt what they say, by one secret of the cluster's.

    It is made on the master's machine; raises `UserError` on another one that has no copy of it.
    """
    host, _ = master_address(settings)
    path = settings.secrets_dir / SECRET
    if not path.exists() and not is_loopback(host):
        raise UserError(f"{path} is missing, and Spark's master lets nobody in without it: copy it from {host}.")
    return {
        "spark.authenticate": "true",
        "spark.authenticate.secret": secret(settings, SECRET),
        "spark.network.crypto.enabled": "true",
        "spark.network.crypto.cipher": "AES/GCM/NoPadding",
    }


def write_defaults(settings: Settings) -> Path:
    """Return the folder that `SPARK_CONF_DIR` of a driver on the cluster has to name."""
    folder = settings.run_dir / "spark"
    _write(folder / "spark-defaults.conf", cluster_security(settings))
    return folder


def _write(path: Path, said: dict[str, str]) -> None:
    write_private(path, "".join(f"{name} {value}\n" for name, value in said.items()).encode())


def master_is_ready(settings: Settings) -> bool:
    """Return whether the master takes connections."""
    try:
        socket.create_connection(master_address(settings), timeout=1).close()
    except OSError:
        return False
    return True


def worker_is_ready(settings: Settings, pid: int) -> bool:
    """Return whether the worker has a connection to the master."""
    _, port = master_address(settings)
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(one.raddr and one.raddr.port == port and one.status == psutil.CONN_ESTABLISHED for one in connections)
