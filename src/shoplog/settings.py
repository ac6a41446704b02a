"""Every port, path and limit as one typed, frozen setting; built once by the caller and passed down."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shoplog.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[2]
# Set by the start script, test runs and for the window; they are not settings of the product.
_NOT_SETTINGS = frozenset({"SHOPLOG_COMMAND", "SHOPLOG_CRASH_AT", "SHOPLOG_TOKEN"})


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
    sql_host: str = "127.0.0.1"
    jdbc_port: int = Field(18810, ge=1, le=65535)
    connect_port: int = Field(18811, ge=1, le=65535)
    kafka_partitions: int = Field(2, ge=1, le=1024)
    kafka_retention_days: int = Field(7, ge=1)
    spark_master: str = "local[2]"
    spark_driver_memory: str = Field("2g", pattern=r"^\d+[mg]$")
    trigger_ms: int = Field(500, ge=0)
    max_offsets_per_trigger: int = Field(400_000, ge=1)
    census_interval_s: float = Field(2.0, gt=0)
    upkeep_interval_s: float = Field(20.0, gt=0)
    # Days that published versions stay readable after they were replaced, and that outcomes of checks are kept.
    time_travel_days: int = Field(30, ge=1)
    check_history_days: int = Field(90, ge=1)
    report_kept_days: int = Field(400, ge=1)
    replay: bool = False
    # A proxy that logs people in says their name in this header, and shows that it is the proxy by the secret.
    web_proxy_header: str | None = Field(None, pattern=r"^[A-Za-z0-9-]+$")
    web_proxy_secret: SecretStr | None = None
    # Of one token or session, or of one address that is not logged in; so many at once, too.
    web_requests_per_minute: int = Field(1200, ge=1)
    alert_severity: Literal["critical", "warning", "info"] = "critical"
    alert_webhook_url: SecretStr | None = None
    alert_slack_url: SecretStr | None = None
    alert_email_to: str | None = Field(None, pattern=r"^[^\s,]+@[^\s,]+(, ?[^\s,]+@[^\s,]+)*$")
    alert_email_from: str | None = Field(None, pattern=r"^[^\s,]+@[^\s,]+$")
    alert_link: str | None = None
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(25, ge=1, le=65535)
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.smtp_user and self.smtp_security == "none" and self.smtp_host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("a password goes to another machine only by SHOPLOG_SMTP_SECURITY=starttls or tls")
        return self

    def secret(self, name: str) -> str | None:
        """Return a secret setting from the environment, or from the file of its name in `secrets_dir`; None where neither is."""
        value: SecretStr | None = getattr(self, name)
        if value is not None:
            return value.get_secret_value() or None
        file = self.secrets_dir / name
        return file.read_text(encoding="utf-8").strip() or None if file.is_file() else None

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
            if not first["loc"]:
                raise UserError(f"The settings are wrong: {first['msg'].removeprefix('Value error, ')}.") from error
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
    def driver_classes(self) -> Path:
        """Archive of the Spark driver's classes, made by the set-up for this Java and these jars."""
        return REPOSITORY / ".cache/driver-classes/driver.jsa"

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
