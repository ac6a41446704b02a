"""docker-compose.yml under a project's name of its own, on free ports, with its own volumes: brought up, asked, taken down."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from bench.ports import free_ports
from shoplog.settings import Settings
from tests.chain import ROOT, Shoplog

ONCE = {"prepare", "topics", "airflow-database"}
Container = dict[str, Any]


class Composed(Shoplog):
    """The composed stack; `run` and what builds on it run a command in a container of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.project = f"shoplog-test-{os.getpid()}"
        self.ports = free_ports(("web_port", "airflow_port"))
        written = folder / "env"
        written.write_text("".join(f"{name.upper()}={port}\n" for name, port in self.ports.items()))
        self._compose = ["docker", "compose", "--project-name", self.project, "--env-file", str(written)]
        self.peak_mb: dict[str, float] = {}

    def compose(self, *arguments: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
        command = [*self._compose, *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)

    def do(self, *arguments: str, timeout: float = 1800) -> str:
        done = self.compose(*arguments, timeout=timeout)
        assert done.returncode == 0, f"{arguments}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def run(self, *arguments: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
        return self.compose("run", "--rm", "-T", "shoplog", *arguments, timeout=timeout)

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        """Return the command running in a container of its own, its output a pipe."""
        command = [*self._compose, "run", "--rm", "-T", "shoplog", *arguments]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    @property
    def settings(self) -> Settings:
        """Settings with which Airflow's published port is reached; its password is copied out of its volume."""
        made = Settings(home=self.home / "home", **self.ports)
        made.secrets_dir.mkdir(parents=True, exist_ok=True)
        name = "airflow_passwords.json"
        (made.secrets_dir / name).write_text(self.do("exec", "-T", "web", "cat", f"/var/lib/shoplog/secrets/{name}"))
        return made

    def containers(self) -> list[Container]:
        """Return what the engine knows of each container of the project."""
        found = _docker(
            "ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}"
        ).split()
        return list(json.loads(_docker("inspect", *found))) if found else []

    def of(self, service: str) -> list[Container]:
        return [one for one in self.containers() if one["Config"]["Labels"]["com.docker.compose.service"] == service]

    def wait_healthy(self, timeout_s: float) -> None:
        """Return once every container that stays is healthy and every other has ended well."""
        deadline = time.monotonic() + timeout_s
        while sick := {_name(one): _state(one) for one in self.containers() if not _is_well(one)}:
            assert time.monotonic() < deadline, f"not healthy: {sick}"
            time.sleep(1)

    def inside(self, container: str, code: str) -> str:
        """Return what a line of Python says in a container, as the user of its part."""
        return _docker("exec", container, "python", "-c", code).strip()

    def watch_memory(self, stop: threading.Event) -> None:
        """Keep each service's highest resident memory, MB, until `stop`."""
        while not stop.wait(5):
            said = _docker("stats", "--no-stream", "--format", "{{json .}}")
            for line in said.splitlines():
                one = json.loads(line)
                if one["Name"].startswith(self.project):
                    service = one["Name"].removeprefix(f"{self.project}-").rpartition("-")[0]
                    self.peak_mb[service] = max(
                        self.peak_mb.get(service, 0), _megabytes(one["MemUsage"].split(" / ")[0])
                    )

    def volumes(self) -> set[str]:
        """Return the volumes of all containers, those without a name among them."""
        return {mount["Name"] for one in self.containers() for mount in one["Mounts"] if mount["Type"] == "volume"}

    def left(self, volumes: set[str]) -> dict[str, set[str]]:
        """Return what the engine still has of the project and of these volumes."""
        label = ("--quiet", "--filter", f"label=com.docker.compose.project={self.project}")
        found = {"container": _docker("ps", "--all", *label), "network": _docker("network", "ls", *label)}
        return {kind: set(said.split()) for kind, said in found.items()} | {
            "volume": volumes & set(_docker("volume", "ls", "--quiet").split())
        }


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120, check=True).stdout


def _name(container: Container) -> str:
    return str(container["Name"]).lstrip("/")


def _state(container: Container) -> str:
    state = container["State"]
    return str(state.get("Health", {}).get("Status") or f"{state['Status']} ({state['ExitCode']})")


def _is_well(container: Container) -> bool:
    service = container["Config"]["Labels"]["com.docker.compose.service"]
    return _state(container) in ("exited (0)",) if service in ONCE else _state(container) == "healthy"


def _megabytes(text: str) -> float:
    units = {"GiB": 1024.0, "MiB": 1.0, "KiB": 1 / 1024, "B": 1 / 1024**2}
    unit = next(unit for unit in units if text.endswith(unit))
    return float(text.removesuffix(unit)) * units[unit]
