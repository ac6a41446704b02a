"""The parts of the stack: how each is started, and when it counts as healthy."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from shoplog.settings import Settings
from shoplog.stack import control, flume, kafka, spark_cluster


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
    # What its process needs on top of the stack's environment.
    environment: Callable[[Settings], dict[str, str]] = lambda _settings: {}
    # False: only brought up by name.
    by_default: bool = True
    # Whether it works, for those who are in another container; None: only its own machine can say.
    ask: Callable[[Settings], bool] | None = None


def _python(module: str) -> Callable[[Settings], list[str]]:
    return lambda _settings: [sys.executable, "-m", module]


def _airflow(program: str) -> Callable[[Settings], list[str]]:
    def command(_settings: Settings) -> list[str]:
        from shoplog.stack.airflow import airflow_command

        return airflow_command(program)

    return command


def _airflow_environment(settings: Settings) -> dict[str, str]:
    from shoplog.stack.airflow import airflow_environment

    return airflow_environment(settings)


def _airflow_part(program: str, component: str, *ports: str) -> Part:
    def is_healthy(settings: Settings) -> bool:
        # Late: every stack command reads this module, few need an HTTP client.
        from shoplog.stack import airflow_api

        return airflow_api.is_healthy(settings, component)

    return Part(
        f"airflow-{program}",
        _airflow(program),
        ports,
        lambda settings, _pid: is_healthy(settings),
        environment=_airflow_environment,
        ask=is_healthy,
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


PARTS = {
    part.name: part
    for part in (
        Part(
            "kafka",
            kafka.prepare,
            ("kafka_port", "kafka_controller_port"),
            lambda s, _: kafka.is_ready(s),
            40,
            ask=kafka.answers,
        ),
        Part("flume", flume.prepare, ("flume_metrics_port",), lambda s, _: flume.is_ready(s)),
        Part("census", _python("shoplog.stack.census_sender")),
        Part(
            "spark-master",
            spark_cluster.prepare_master,
            is_ready=lambda s, _: spark_cluster.master_is_ready(s),
            environment=spark_cluster.environment,
            by_default=False,
        ),
        Part(
            "spark-worker",
            spark_cluster.prepare_worker,
            is_ready=spark_cluster.worker_is_ready,
            environment=spark_cluster.environment,
            by_default=False,
        ),
        Part(
            "stream",
            _python("jobs.streaming.live"),
            is_ready=lambda s, pid: control.read_status(s).pid == pid and control.is_alive(s),
            stop_wait_s=60,
            stop_group=False,
            # Its workers need the cores; what the driver itself folds has time.
            environment=lambda _: {"POLARS_MAX_THREADS": "1"},
            ask=control.is_alive,
        ),
        Part("web", _python("dashboard.web"), ("web_port",), lambda s, _: _answers(f"http://127.0.0.1:{s.web_port}/")),
        _airflow_part("api-server", "api-server", "airflow_port"),
        _airflow_part("scheduler", "scheduler"),
        _airflow_part("dag-processor", "dag_processor"),
        _airflow_part("triggerer", "triggerer"),
    )
}
