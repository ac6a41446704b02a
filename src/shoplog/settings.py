"""Every port, path and limit as one typed, frozen setting; built once by the caller and passed down."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shoplog.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[2]
# Set by the start script and test runs; they are not settings of the product.
_NOT_SETTINGS = frozenset({"SHOPLOG_COMMAND", "SHOPLOG_CRASH_AT"})


class Settings(BaseSettings):
    """Settings from the environment (`SHOPLOG_*`); every path below `home` unless said otherwise."""

    model_config = SettingsConfigDict(env_prefix="SHOPLOG_", frozen=True, extra="forbid")

    home: Path = Field(default_factory=lambda: Path.home() / ".local/share/shoplog")
    sites_dir: Path = REPOSITORY / "sites"
    host: str = Field(default_factory=socket.gethostname, pattern=r"^[A-Za-z0-9._-]{1,253}$")
    kafka_port: int = Field(19092, ge=1, le=65535)
    kafka_controller_port: int = Field(19093, ge=1, le=65535)
    flume_metrics_port: int = Field(19545, ge=1, le=65535)
    airflow_port: int = Field(18080, ge=1, le=65535)
    web_port: int = Field(18800, ge=1, le=65535)
    kafka_partitions: int = Field(2, ge=1, le=1024)
    kafka_retention_days: int = Field(7, ge=1)
    spark_master: str = "local[2]"
    spark_driver_memory: str = Field("2g", pattern=r"^\d+[mg]$")
    trigger_ms: int = Field(500, ge=0)
    max_offsets_per_trigger: int = Field(400_000, ge=1)
    census_interval_s: float = Field(2.0, gt=0)
    upkeep_interval_s: float = Field(20.0, gt=0)
    report_kept_days: int = Field(400, ge=1)
    replay: bool = False

    @classmethod
    def load(cls) -> Self:
        """Return the settings, or raise `UserError` naming the setting that is wrong or unknown."""
        known = {f"SHOPLOG_{name.upper()}" for name in cls.model_fields} | _NOT_SETTINGS
        unknown = sorted(name for name in os.environ if name.startswith("SHOPLOG_") and name not in known)
        if unknown:
            raise UserError(f"{unknown[0]} is not a setting: unset it or see docs/operations.md for the names.")
        try:
            settings = cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = "_".join(str(part) for part in first["loc"]).upper()
            raise UserError(f"SHOPLOG_{name} is wrong: {first['msg']}.") from error
        return settings.model_copy(update={"home": settings.home.expanduser().resolve()})

    @property
    def repo(self) -> Path:
        """The checkout this runs from."""
        return REPOSITORY

    @property
    def jars(self) -> Path:
        """Folder of the resolved JVM parts: kafka/, flume/, spark/, web/."""
        return REPOSITORY / ".cache/jars"

    @property
    def bootstrap(self) -> str:
        """The broker's address."""
        return f"127.0.0.1:{self.kafka_port}"

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
