"""The parts of the stack: how each is started, and when it counts as healthy.

`python -m shoplog.stack.launch PART` prepares one part and becomes it; the supervisor runs nothing else, so no
configuration of its holds a secret and each start sees the present settings.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.stack import control, flume, kafka
from shoplog.stack.jvm import jvm_environment


@dataclass(frozen=True, slots=True)
class Part:
    """One supervised process."""

    name: str
    prepare: Callable[[Settings], list[str]]
    # The setting that holds each port it binds, by name: the error for a busy port names it.
    ports: tuple[str, ...] = ()
    is_ready: Callable[[Settings, int], bool] = lambda _settings, _pid: True
    stop_wait_s: int = 20
    # False: only the process itself is asked to end, so that it can end its own children in order.
    stop_group: bool = True


def _python(module: str) -> Callable[[Settings], list[str]]:
    return lambda _settings: [sys.executable, "-m", module]


def _airflow(program: str) -> Callable[[Settings], list[str]]:
    def command(_settings: Settings) -> list[str]:
        from shoplog.stack.airflow import airflow_command

        return airflow_command(program)

    return command


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _airflow_is_healthy(component: str) -> Callable[[Settings, int], bool]:
    def is_healthy(settings: Settings, _pid: int) -> bool:
        url = f"http://127.0.0.1:{settings.airflow_port}/api/v2/monitor/health"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                health = json.load(answer)
        except (OSError, ValueError):
            return False
        state = health.get(component) or {}
        return component == "api" or state.get("status") == "healthy"

    return is_healthy


PARTS = {
    part.name: part
    for part in (
        Part("kafka", kafka.prepare, ("kafka_port", "kafka_controller_port"), lambda s, _: kafka.is_ready(s), 40),
        Part("flume", flume.prepare, ("flume_metrics_port",), lambda s, _: flume.is_ready(s)),
        Part("census", _python("shoplog.stack.census")),
        Part(
            "stream",
            _python("jobs.streaming.live"),
            is_ready=lambda s, pid: control.read_status(s).pid == pid,
            stop_wait_s=60,
            stop_group=False,
        ),
        Part("web", _python("dashboard.web"), ("web_port",), lambda s, _: _answers(f"http://127.0.0.1:{s.web_port}/")),
        Part("airflow-api-server", _airflow("api-server"), ("airflow_port",), _airflow_is_healthy("api")),
        Part("airflow-scheduler", _airflow("scheduler"), (), _airflow_is_healthy("scheduler")),
        Part("airflow-dag-processor", _airflow("dag-processor"), (), _airflow_is_healthy("dag_processor")),
        Part("airflow-triggerer", _airflow("triggerer"), (), _airflow_is_healthy("triggerer")),
    )
}


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of every part: the caller's, with one home, one clock and one interpreter."""
    python_path = f"{settings.repo / 'src'}{os.pathsep}{settings.repo}"
    return {
        **os.environ,
        **jvm_environment(),
        **{f"SHOPLOG_{name.upper()}": _as_text(value) for name, value in settings},
        "PYTHONPATH": python_path,
        "PYTHONUNBUFFERED": "1",
        "PYSPARK_PYTHON": sys.executable,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "TZ": "UTC",
    }


def _as_text(value: object) -> str:
    # A part's working folder is not the caller's.
    return str(value.absolute() if isinstance(value, Path) else value)


def _once(settings: Settings, name: str) -> Path:
    return settings.run_dir / f"{name}.once.json"


def set_once(settings: Settings, name: str, variables: dict[str, str]) -> None:
    """Give the next start of a part, and only that one, these variables."""
    _once(settings, name).write_text(json.dumps(variables), encoding="utf-8")


def _take_once(settings: Settings, name: str) -> dict[str, str]:
    try:
        variables: dict[str, str] = json.loads(_once(settings, name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    _once(settings, name).unlink()
    return variables


def pid_file(settings: Settings, name: str) -> Path:
    """Return where a part's process id and start time are, from which leftovers are known after a crash."""
    return settings.run_dir / f"{name}.pid.json"


def main() -> None:
    """Become the part named by the first argument."""
    name = sys.argv[1]
    settings = Settings.load()
    try:
        command = PARTS[name].prepare(settings)
        variables = environment(settings)
        if name.startswith("airflow-"):
            from shoplog.stack.airflow import airflow_environment

            variables |= airflow_environment(settings)
        variables |= _take_once(settings, name)
    except UserError as error:
        print(error, flush=True)
        sys.exit(2)
    own = {"pid": os.getpid(), "started": psutil.Process().create_time()}
    pid_file(settings, name).write_text(json.dumps(own), encoding="utf-8")
    # The process stays the same: the supervisor's pid is the part's own.
    os.execvpe(command[0], command, variables)


if __name__ == "__main__":
    main()
