"""Where things stand: addresses, topics and folders that follow from the settings."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from shoplog.settings.groups import REPOSITORY, Collecting, Machine


def is_loopback(host: str) -> bool:
    """Return whether a name or an address is this machine's own, which no other reaches."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Places(Machine, Collecting):
    """What is derived of the home and the ports; nothing here is set by itself."""

    @property
    def repo(self) -> Path:
        """The checkout this runs from."""
        return REPOSITORY

    @property
    def python_path(self) -> str:
        """Where Python finds our modules: in parts, and in the workers of Spark's tasks."""
        return f"{REPOSITORY / 'src'}:{REPOSITORY}"

    @property
    def jars(self) -> Path:
        """Folder of the resolved JVM parts: kafka/, flume/, spark/, web/."""
        return self.repo / ".cache/jars"

    @property
    def driver_classes(self) -> Path:
        """Archive of the Spark driver's classes, made by the set-up for this Java and these jars."""
        return self.repo / ".cache/driver-classes/driver.jsa"

    @property
    def log4j(self) -> Path:
        """How every JVM part writes its log."""
        return self.repo / "flume/log4j2.xml"

    @property
    def bootstrap(self) -> str:
        """The broker's address."""
        return f"{self.kafka_host}:{self.kafka_port}"

    @property
    def kafka_is_encrypted(self) -> bool:
        """Whether the broker and its clients speak TLS: wherever one of them may be on another machine."""
        return self.kafka_tls or not (is_loopback(self.kafka_listen) and is_loopback(self.kafka_host))

    @property
    def kafka_protocol(self) -> str:
        """Kafka's name of how its clients are spoken to; each of them logs in."""
        return "SASL_SSL" if self.kafka_is_encrypted else "SASL_PLAINTEXT"

    @property
    def topic_raw(self) -> str:
        """Topic of the log lines."""
        return "access-log.raw.v1"

    @property
    def topic_census(self) -> str:
        """Topic of the file censuses."""
        return "access-log.census.v1"

    @property
    def warehouse(self) -> Path:
        """Folder of the Delta tables, one folder a table."""
        return self.home / "warehouse"

    @property
    def checkpoint(self) -> Path:
        """Checkpoint of the one streaming query."""
        return self.home / "checkpoints/live/v1"

    @property
    def run_dir(self) -> Path:
        """Sockets, process ids and generated configuration."""
        return self.home / "run"

    @property
    def log_dir(self) -> Path:
        """Logs of our own services."""
        return self.home / "logs"

    @property
    def stream_dir(self) -> Path:
        """The stream's control and status files."""
        return self.home / "stream"

    @property
    def quality_dir(self) -> Path:
        """Great Expectations' project and Data Docs."""
        return self.home / "quality"

    @property
    def certificates_dir(self) -> Path:
        """Each day's certificate as JSON and HTML."""
        return self.home / "certificates"

    @property
    def airflow_home(self) -> Path:
        """Airflow's own folder."""
        return self.home / "airflow"

    @property
    def secrets_dir(self) -> Path:
        """Salts, keys and passwords, mode 0700."""
        return self.home / "secrets"

    @property
    def taildir_position(self) -> Path:
        """Flume's position file."""
        return self.home / "flume/taildir_position.json"

    @property
    def taildir_position_good(self) -> Path:
        """The last good copy of Flume's position file, which a kill can leave empty."""
        return self.taildir_position.with_suffix(".good.json")
