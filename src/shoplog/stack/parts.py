"""The parts of the stack: how each is started, and when it counts as healthy."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from shoplog.settings import Settings
from shoplog.stack import control, flume, kafka


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
    def is_ready(settings: Settings, _pid: int) -> bool:
        # Late: every stack command reads this module, few need an HTTP client.
        from shoplog.stack.airflow_api import is_healthy

        return is_healthy(settings, component)

    return is_ready


PARTS = {
    part.name: part
    for part in (
        Part("kafka", kafka.prepare, ("kafka_port", "kafka_controller_port"), lambda s, _: kafka.is_ready(s), 40),
        Part("flume", flume.prepare, ("flume_metrics_port",), lambda s, _: flume.is_ready(s)),
        Part("census", _python("shoplog.stack.census_sender")),
        Part(
            "stream",
            _python("jobs.streaming.live"),
            is_ready=lambda s, pid: control.read_status(s).pid == pid,
            stop_wait_s=60,
            stop_group=False,
        ),
        Part("web", _python("dashboard.web"), ("web_port",), lambda s, _: _answers(f"http://127.0.0.1:{s.web_port}/")),
        Part("airflow-api-server", _airflow("api-server"), ("airflow_port",), _airflow_is_healthy("api-server")),
        Part("airflow-scheduler", _airflow("scheduler"), (), _airflow_is_healthy("scheduler")),
        Part("airflow-dag-processor", _airflow("dag-processor"), (), _airflow_is_healthy("dag_processor")),
        Part("airflow-triggerer", _airflow("triggerer"), (), _airflow_is_healthy("triggerer")),
    )
}
