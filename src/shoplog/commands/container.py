"""container prepare|topics|airflow: what containers need once, before their parts start; docker-compose.yml runs them."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import get_args

import typer

from shoplog.settings import Settings

app = typer.Typer(help="What docker-compose.yml runs once before the parts start.", no_args_is_help=True)
# Where `prepare` sees the other homes: as if the broker, the agents and the cluster were other machines.
HOMES = Path("/homes")


@app.command()
def prepare() -> None:
    """Make the secrets that are missing and give each home its own, bring tables to this version, order a first run."""
    from shoplog.io.kafka_users import User, ca_file, made_password, password_file
    from shoplog.io.new_columns import renew_tables
    from shoplog.io.secrets import secret
    from shoplog.sites import load_sites
    from shoplog.stack import control
    from shoplog.stack.spark_cluster import SECRET
    from shoplog.stack.tls import broker_certificate

    settings = Settings.load()
    broker, agent, cluster = (
        settings.model_copy(update={"home": HOMES / name}) for name in ("broker", "agent", "cluster")
    )
    broker_certificate(broker)
    for user in get_args(User):
        made_password(broker, user)
    _give(broker, agent, password_file(broker, "collector"), password_file(broker, "census"), ca_file(broker))
    _give(broker, settings, password_file(broker, "stream"), password_file(broker, "monitor"), ca_file(broker))
    secret(cluster, SECRET)
    _give(cluster, settings, cluster.secrets_dir / SECRET)
    renew_tables(settings)
    _prepare_database(settings)
    _prepare_monitoring(settings)
    for site in load_sites(settings).values():
        site.log_dir.mkdir(parents=True, exist_ok=True)
    if not control.was_ordered(settings):
        control.give_orders(settings, "running")


def _give(giver: Settings, taker: Settings, *files: Path) -> None:
    from shoplog.io.secrets import write_private

    for file in files:
        write_private(taker.home / file.relative_to(giver.home), file.read_bytes())


def _prepare_database(settings: Settings) -> None:
    from shoplog.io.secrets import made_once, write_private

    password = made_once(HOMES / "database/password", secrets.token_urlsafe(32).encode()).decode()
    url = f"postgresql+psycopg://airflow:{password}@database/airflow"
    write_private(settings.secrets_dir / "airflow_database", url.encode())


def _prepare_monitoring(settings: Settings) -> None:
    from dashboard.access import Access, User
    from shoplog.io.secrets import made_once, write_private

    pages = [{"targets": [f"web:{settings.web_port}"]}]
    write_private(HOMES / "monitoring/pages.json", json.dumps(pages).encode())
    made_once(HOMES / "monitoring/grafana_password", secrets.token_urlsafe(15).encode())
    token = HOMES / "monitoring/scrape_token"
    if not token.exists():
        access, scraper = Access(settings), User("prometheus", "viewer")
        access.ensure_admin()
        access.put(scraper, secrets.token_urlsafe(32))
        made_once(token, access.make_secret(scraper, "token", "scrape").encode())


@app.command()
def topics() -> None:
    """Make Kafka's topics, its users' passwords and their rights; what is as it should be stays."""
    from shoplog.stack.kafka_access import open_broker

    open_broker(Settings.load())


@app.command()
def airflow() -> None:
    """Make Airflow's database, or bring it to this version of Airflow."""
    from shoplog.stack.airflow import prepare_airflow

    prepare_airflow(Settings.load())
