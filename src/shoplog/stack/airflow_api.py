"""The few calls to Airflow's API that the stack, the demo and tests make."""

from __future__ import annotations

import time
from typing import Any

import httpx

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.stack.airflow import USER, airflow_url, password

COMPONENTS = ("api-server", "scheduler", "dag_processor", "triggerer")


def is_healthy(settings: Settings, component: str) -> bool:
    """Return whether one of `COMPONENTS` says that it is healthy; the API server is when it answers."""
    url = f"{airflow_url(settings)}/api/v2/monitor/health"
    try:
        health = httpx.get(url, timeout=10, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return False
    return component == "api-server" or (health.get(component) or {}).get("status") == "healthy"


def wait_healthy(settings: Settings, timeout_s: float = 120) -> None:
    """Return once all four programs are healthy, or raise `UserError` naming those that are not."""
    deadline = time.monotonic() + timeout_s
    while sick := [component for component in COMPONENTS if not is_healthy(settings, component)]:
        if time.monotonic() > deadline:
            raise UserError(
                f"Airflow is not healthy after {timeout_s:.0f} s ({', '.join(sick)}): see {settings.log_dir}."
            )
        time.sleep(0.5)


class AirflowClient:
    """The few calls to Airflow's API that the demo and tests make."""

    def __init__(self, settings: Settings) -> None:
        """Log in as the admin."""
        base = airflow_url(settings)
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

    def respond(self, dag_id: str, run_id: str, task_id: str, option: str) -> None:
        """Choose an option of a task that waits for a person."""
        place = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        self._http.patch(place, json={"chosen_options": [option]}).raise_for_status()
