"""Airflow in its four programs, trimmed: its commands, its environment, its secrets and its database."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from shoplog.contracts.pools import WAREHOUSE_POOL
from shoplog.errors import UserError
from shoplog.io.secrets import made_once, secret
from shoplog.logs import run_and_part
from shoplog.settings import Settings

USER = "admin"


def airflow_program() -> str:
    """Return the path of Airflow's command."""
    return str(Path(sys.executable).parent / "airflow")


def airflow_command(program: str) -> list[str]:
    """Return how to start api-server, scheduler, dag-processor or triggerer so that nothing binds beyond loopback."""
    # The log servers of these two bind every address and have no setting for it; logs are read from the same disk.
    quiet = ["--skip-serve-logs"] if program in ("scheduler", "triggerer") else []
    return [airflow_program(), program, *quiet]


def airflow_url(settings: Settings) -> str:
    """Return where the other parts reach Airflow's API server."""
    return f"http://{settings.airflow_host}:{settings.airflow_port}"


def _database(settings: Settings) -> dict[str, str]:
    url = settings.secret("airflow_database")
    if url:
        # One driver for both kinds of access: by default Airflow wants a second one for the asynchronous kind.
        return {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": url}
    # Six programs write into it; by default one that waits for 5 seconds gives up: "database is locked".
    return {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{settings.airflow_home / 'airflow.db'}?timeout=120"}


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Return what Airflow's processes need on top of the stack's environment."""
    run, part = run_and_part().values()
    return {
        "AIRFLOW_HOME": str(settings.airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.repo / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(settings.repo / "dashboard/airflow_plugin"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{airflow_url(settings)}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(settings.secrets_dir / "airflow_passwords.json"),
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
        "AIRFLOW__LOGGING__LOG_FORMAT": f"%(asctime)s %(levelname)s run={run} part={part} %(name)s %(message)s",
        # Fernet wants the padding that token_urlsafe leaves out.
        "AIRFLOW__CORE__FERNET_KEY": secret(settings, "airflow_fernet_key") + "=",
        # Without a resolver the default, the fully qualified name, waits for one.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        **_database(settings),
        "AIRFLOW__API__HOST": settings.airflow_listen,
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        # What a browser is sent to: a published port, or a tunnel, ends on the reader's own machine.
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{settings.airflow_port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__API__SECRET_KEY": secret(settings, "airflow_api_key"),
        "AIRFLOW__API_AUTH__JWT_SECRET": secret(settings, "airflow_jwt_key", 64),
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "20",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
        "NO_PROXY": f"127.0.0.1,localhost,{settings.airflow_host}",
    }


def password(settings: Settings) -> str:
    """Return the admin's password, made once."""
    made = json.dumps({USER: secrets.token_urlsafe(12)}).encode()
    return str(json.loads(made_once(settings.secrets_dir / "airflow_passwords.json", made))[USER])


def prepare_airflow(settings: Settings) -> None:
    """Make Airflow's database and pool once for each version of Airflow; raises `UserError` where that fails."""
    password(settings)
    done, installed = settings.airflow_home / ".migrated", f"{version('apache-airflow-core')} with {WAREHOUSE_POOL}"
    # A database elsewhere may be another one by now: it is asked each time.
    is_here = settings.secret("airflow_database") is None and (settings.airflow_home / "airflow.db").exists()
    if is_here and done.exists() and done.read_text("ascii") == installed:
        return
    settings.airflow_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = {**os.environ, **airflow_environment(settings)}
    for command in (["db", "migrate"], ["pools", "set", WAREHOUSE_POOL, "1", "Tasks that write batch tables"]):
        made = subprocess.run(
            [airflow_program(), *command], env=environment, capture_output=True, text=True, check=False
        )
        if made.returncode:
            said = (made.stderr or made.stdout).strip().splitlines()[-1]
            raise UserError(f"Airflow's database could not be made: {said}")
    done.write_text(installed, encoding="ascii")
