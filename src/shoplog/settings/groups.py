"""Each setting once, with its meaning: groups of `Settings` and sections of docs/settings.md."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

REPOSITORY = Path(__file__).resolve().parents[3]

Port = Annotated[int, Field(ge=1, le=65535)]
Mail = Annotated[str, Field(pattern=r"^[^\s,]+@[^\s,]+$")]
Mails = Annotated[str, Field(pattern=r"^[^\s,]+@[^\s,]+(, ?[^\s,]+@[^\s,]+)*$")]


class _Group(BaseModel):
    # The texts below the settings are their descriptions: one place for reader, editor and docs.
    model_config = ConfigDict(use_attribute_docstrings=True)


class Machine(_Group):
    """This machine."""

    home: Path = Field(default_factory=lambda: Path.home() / ".local/share/shoplog")
    """All state: tables, logs, secrets, Kafka's and Airflow's own."""
    sites_dir: Path = REPOSITORY / "sites"
    """One TOML file a shop, see [sites](sites.md)."""
    host: str = Field(default_factory=socket.gethostname, pattern=r"^[A-Za-z0-9._-]{1,253}$")
    """This machine's name as part of each line's identity: keep it stable."""
    supervised: bool = True
    """The parts run under this machine's supervisor; false: each is a container of its own, see [containers](containers.md)."""
    replay: bool = False
    """Label the live pages as a replay of old traffic."""


class Collecting(_Group):
    """Flume, the census and Kafka."""

    flume_metrics_port: Port = 19545
    """Flume's counters, on loopback."""
    census_interval_s: float = Field(2.0, gt=0)
    """Seconds between two censuses of the log files."""
    kafka_listen: str = "127.0.0.1"
    """Address on which the broker listens."""
    kafka_host: str = Field("127.0.0.1", pattern=r"^[A-Za-z0-9.-]{1,253}$")
    """Name or address by which its clients reach it."""
    kafka_tls: bool = False
    """TLS between the broker and its clients also where both addresses above are loopback; anywhere else it is always on."""
    kafka_port: Port = 19092
    """The broker."""
    kafka_controller_port: Port = 19093
    """The broker's controller (KRaft)."""
    kafka_partitions: int = Field(2, ge=1, le=1024)
    """Partitions of the topic of log lines; `up kafka` adds what is missing, see [scaling out](scaling.md)."""
    kafka_retention_days: int = Field(7, ge=1)
    """Days that Kafka keeps lines: the longest time the stream may be away."""


class Stream(_Group):
    """Spark and the streaming job."""

    spark_master: str = "local[2]"
    """`local[CORES]`, or `spark://HOST:PORT` of a cluster's master, see [scaling out](scaling.md)."""
    spark_host: str = Field("127.0.0.1", pattern=r"^[A-Za-z0-9._-]+$")
    """This machine's address as the cluster's others reach it: its driver and its worker bind it."""
    spark_max_cores: int = Field(2, ge=1)
    """Cores of the cluster that the stream takes, and each job beside it; others wait for theirs."""
    spark_executor_cores: int = Field(1, ge=1)
    """Cores of one executor."""
    spark_executor_memory: str = Field("1g", pattern=r"^\d+[mg]$")
    """Heap of one executor; its Python processes take some 300 MB a core beside it."""
    spark_driver_memory: str = Field("2g", pattern=r"^\d+[mg]$")
    """Heap of the driver."""
    trigger_ms: int = Field(500, ge=0)
    """Milliseconds from one micro-batch's start to the next one's; 0 is at once."""
    max_offsets_per_trigger: int = Field(400_000, ge=1)
    """Lines of the largest micro-batch."""
    upkeep_interval_s: float = Field(20.0, gt=0)
    """Seconds between two turns of the driver's upkeep: folding, compacting."""


class Kept(_Group):
    """How long things are kept."""

    time_travel_days: int = Field(30, ge=1)
    """Publications that counted in so many days stay readable from their own table versions."""
    check_history_days: int = Field(90, ge=1)
    """`quality_result`, `gold_parity`, `ledger_file` and `ledger_window` keep so many days."""
    report_kept_days: int = Field(400, ge=1)
    """Published reports are kept so many days ([time travel](report.md#time-travel))."""
    bronze_addresses: Literal["raw", "truncated", "encrypted"] = "raw"
    """How bronze keeps lines: as received, with addresses cut to a network, or encrypted, see [privacy](privacy.md)."""
    bronze_days: int | None = Field(None, ge=8)
    """Lines are kept so many days, or for ever; a day without its lines cannot be recomputed, see [privacy](privacy.md)."""
    silver_days: int | None = Field(None, ge=3)
    """Requests, sessions and logins of recomputed days are kept so many days, or for ever."""
    quarantine_days: int | None = Field(None, ge=3)
    """`quarantine_access_log` keeps refused lines so many days, or for ever."""
    partial_days: int | None = Field(None, ge=8)
    """Live figures of published days without lines are kept so many days, or for ever."""


class Screens(_Group):
    """Airflow, web pages and the SQL server."""

    airflow_port: Port = 18080
    """Airflow's page and API."""
    airflow_listen: str = "127.0.0.1"
    """Address on which they listen."""
    airflow_host: str = Field("127.0.0.1", pattern=r"^[A-Za-z0-9.-]{1,253}$")
    """Name or address by which the other parts reach them."""
    airflow_database: SecretStr | None = None
    """Airflow's database as an SQLAlchemy URL (`postgresql+psycopg://...`); SQLite below `SHOPLOG_HOME` by default."""
    web_port: Port = 18800
    """The web pages and their API."""
    web_listen: str = "127.0.0.1"
    """Address on which they listen; beyond this machine put a proxy with TLS before them."""
    web_proxy_header: str | None = Field(None, pattern=r"^[A-Za-z0-9-]+$")
    """Header in which a proxy that logs people in says their name, see [screens](screens.md)."""
    web_proxy_secret: SecretStr | None = None
    """What that proxy shows as `X-Shoplog-Proxy-Secret`."""
    web_requests_per_minute: int = Field(1200, ge=1)
    """What one token, one session or one address that is not logged in may ask for; so many at once, too."""
    sql_host: str = "127.0.0.1"
    """Address on which `shoplog sql-server` listens, see [BI tools](bi.md)."""
    jdbc_port: Port = 18810
    """Its port for JDBC and ODBC (Thrift)."""
    connect_port: Port = 18811
    """Its port for Spark Connect."""


class Alerts(_Group):
    """Who is told of failed checks, see [quality](quality.md)."""

    alert_severity: Literal["critical", "warning", "info"] = "critical"
    """The least severity that is told."""
    alert_webhook_url: SecretStr | None = None
    """Address that gets each alert as JSON."""
    alert_slack_url: SecretStr | None = None
    """Slack's incoming webhook."""
    alert_email_to: Mails | None = None
    """Mail addresses, separated by commas."""
    alert_email_from: Mail | None = None
    """Sender of the mails."""
    alert_link: str | None = None
    """Address of the web pages as readers of alerts reach them."""
    smtp_host: str = "127.0.0.1"
    """Mail server."""
    smtp_port: Port = 25
    """Its port."""
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    """How the mail server is spoken to."""
    smtp_user: str | None = None
    """User of the mail server."""
    smtp_password: SecretStr | None = None
    """Password of the mail server."""


GROUPS: tuple[type[_Group], ...] = (Machine, Collecting, Stream, Kept, Screens, Alerts)
