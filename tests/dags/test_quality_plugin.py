"""The plugin as Airflow loads it, in processes of their own: Airflow makes its files where it is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from shoplog.settings import REPOSITORY, Settings
from shoplog.stack.airflow import airflow_environment

LIGHT = """
import sys
from airflow.plugins_manager import get_plugin_info
(plugin,) = get_plugin_info(["fastapi_apps", "external_views"])
assert plugin["external_views"][0]["name"] == "Quality"
assert plugin["fastapi_apps"][0]["url_prefix"] == "/shoplog-quality"
heavy = {"polars", "duckdb", "deltalake", "dashboard.airflow_app"} & set(sys.modules)
assert not heavy, heavy
"""

LOCKED = """
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from dashboard.airflow_app import create_app
from shoplog.settings import Settings
app = create_app(Settings.load())
client = TestClient(app, follow_redirects=False)
routes = [route for route in app.routes]
assert len(routes) == 5 and all(isinstance(route, APIRoute) for route in routes), routes
for route in routes:
    answer = client.get(route.path.replace("{day}", "2026-11-20"))
    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"}), route.path
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
from airflow.plugins_manager import get_fastapi_plugins
((late,), _) = get_fastapi_plugins()
assert TestClient(late["app"]).get("/2026-11-20").status_code == 401
"""


def run(program: str, home: Path) -> None:
    environment = {
        **airflow_environment(Settings(home=home, host="web1")), "SHOPLOG_HOME": str(home), "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}", "HOME": str(home),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, cwd=home
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_whoever_loads_plugins_imports_nothing_heavy(tmp_path: Path) -> None:
    run(LIGHT, tmp_path)


def test_each_route_asks_for_the_user(tmp_path: Path) -> None:
    run(LOCKED, tmp_path)
