"""Airflow standalone, trimmed: its environment, its secrets, its database, and a small client of its API."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from shoplog.errors import UserError
from shoplog.settings import Settings

USER = "admin"


def secret(settings: Settings, name: str, length: int = 32) -> str:
    """Return a secret that is made once and kept in a file only its owner reads."""
    settings.secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _made_once(settings.secrets_dir / name, secrets.token_urlsafe(length))


def _made_once(path: Path, content: str) -> str:
    """Return the file's content, which is `content` where there was no file.

    Four programs start at once: a link appears whole and only once, so none of them reads an empty or another secret.
    """
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(content, encoding="ascii")
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text(encoding="ascii")


def airflow_command(program: str) -> list[str]:
    """Return how to start api-server, scheduler, dag-processor or triggerer so that nothing binds beyond loopback."""
    # The log servers of these two bind every address and have no setting for it; logs are read from the same disk.
    quiet = ["--skip-serve-logs"] if program in ("scheduler", "triggerer") else []
    return [str(Path(sys.executable).parent / "airflow"), program, *quiet]


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Return what Airflow's processes need on top of the stack's environment."""
    url = f"http://127.0.0.1:{settings.airflow_port}"
    return {
        "AIRFLOW_HOME": str(settings.airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.repo / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(settings.secrets_dir / "airflow_passwords.json"),
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
        # Fernet wants the padding that token_urlsafe leaves out.
        "AIRFLOW__CORE__FERNET_KEY": secret(settings, "airflow_fernet_key") + "=",
        # Without a resolver the default, the fully qualified name, waits for one.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{settings.airflow_home / 'airflow.db'}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__API__SECRET_KEY": secret(settings, "airflow_api_key"),
        "AIRFLOW__API_AUTH__JWT_SECRET": secret(settings, "airflow_jwt_key", 64),
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "20",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def password(settings: Settings) -> str:
    """Return the admin's password, made once."""
    settings.secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = json.dumps({USER: secrets.token_urlsafe(12)})
    return str(json.loads(_made_once(settings.secrets_dir / "airflow_passwords.json", made))[USER])


def prepare_airflow(settings: Settings) -> None:
    """Make Airflow's database once for each version of Airflow; raises `UserError` where that fails."""
    password(settings)
    done, installed = settings.airflow_home / ".migrated", version("apache-airflow-core")
    if (settings.airflow_home / "airflow.db").exists() and done.exists() and done.read_text("ascii") == installed:
        return
    settings.airflow_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [str(Path(sys.executable).parent / "airflow"), "db", "migrate"]
    environment = {**os.environ, **airflow_environment(settings)}
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if made.returncode:
        raise UserError(
            f"Airflow's database could not be made: {(made.stderr or made.stdout).strip().splitlines()[-1]}"
        )
    done.write_text(installed, encoding="ascii")


class AirflowClient:
    """The few calls to Airflow's API that the demo and tests make."""

    def __init__(self, settings: Settings) -> None:
        """Log in as the admin."""
        base = f"http://127.0.0.1:{settings.airflow_port}"
        login = {"username": USER, "password": password(settings)}
        token = httpx.post(f"{base}/auth/token", json=login, timeout=30, trust_env=False)
        if token.status_code >= 400:
            raise UserError(f"Airflow refused the login ({token.status_code}): is another Airflow on this port?")
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        self._http = httpx.Client(base_url=f"{base}/api/v2", headers=headers, timeout=30, trust_env=False)

    def get(self, path: str) -> Any:
        """Return the JSON of a GET."""
        answer = self._http.get(path)
        answer.raise_for_status()
        return answer.json()

    def dags(self) -> set[str]:
        """Return the names of the DAGs that Airflow lists."""
        return {dag["dag_id"] for dag in self.get("/dags")["dags"]}

    def import_errors(self) -> list[dict[str, Any]]:
        """Return what Airflow could not import."""
        return list(self.get("/importErrors")["import_errors"])

    def wait_for_dags(self, names: set[str], timeout_s: float = 120) -> None:
        """Return once Airflow knows all the DAGs."""
        deadline = time.monotonic() + timeout_s
        while not names <= self.dags():
            errors = self.import_errors()
            if errors or time.monotonic() > deadline:
                raise UserError(f"Airflow does not list {sorted(names)}: {errors or 'no import error'}.")
            time.sleep(1)

    def trigger(self, dag_id: str, conf: dict[str, Any], run_id: str | None = None) -> str:
        """Start a run and return its id; Airflow names it unless told."""
        body = {"logical_date": None, "conf": conf} | ({"dag_run_id": run_id} if run_id else {})
        answer = self._http.post(f"/dags/{dag_id}/dagRuns", json=body)
        answer.raise_for_status()
        return str(answer.json()["dag_run_id"])

    def wait_for_run(self, dag_id: str, run_id: str, timeout_s: float) -> str:
        """Return the run's final state, or the state it is in after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while True:
            state = str(self.get(f"/dags/{dag_id}/dagRuns/{run_id}")["state"])
            if state in ("success", "failed") or time.monotonic() > deadline:
                return state
            time.sleep(1)

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Return the state of each task of a run."""
        tasks = self.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {task["task_id"]: str(task["state"]) for task in tasks}


def wait_healthy(settings: Settings, timeout_s: float = 120) -> None:
    """Return once all four programs are healthy, or raise `UserError` naming those that are not."""
    url, deadline = f"http://127.0.0.1:{settings.airflow_port}/api/v2/monitor/health", time.monotonic() + timeout_s
    while True:
        sick = ["api-server"]
        with suppress(httpx.HTTPError, ValueError):
            health = httpx.get(url, timeout=10, trust_env=False).json()
            sick = [name for name, part in health.items() if part["status"] != "healthy"]
        if not sick:
            return
        if time.monotonic() > deadline:
            raise UserError(
                f"Airflow is not healthy after {timeout_s:.0f} s ({', '.join(sick)}): see {settings.log_dir}."
            )
        time.sleep(0.5)
