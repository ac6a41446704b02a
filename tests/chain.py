"""The shoplog command as a user runs it, in a home of its own on free ports."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil

from bench.ports import free_ports
from shoplog.settings import Settings

ROOT = Path(__file__).parents[1]
PORTS = ("kafka_port", "kafka_controller_port", "flume_metrics_port", "airflow_port", "web_port")


def listening(pid: int) -> set[tuple[str, int]]:
    """Return address and port of every socket that a process and all its descendants take connections or datagrams on."""
    parent = psutil.Process(pid)
    return {
        (one.laddr.ip.removeprefix("::ffff:"), one.laddr.port)
        for process in (parent, *parent.children(recursive=True))
        for one in process.net_connections("inet")
        if one.status == psutil.CONN_LISTEN or (one.type == socket.SOCK_DGRAM and not one.raddr)
    }


class Shoplog:
    """The command as a user runs it, in a home of its own."""

    def __init__(self, home: Path) -> None:
        ports = {f"SHOPLOG_{name.upper()}": str(port) for name, port in free_ports(PORTS).items()}
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOPLOG_")}
        self.environment = {**kept, **ports, "SHOPLOG_HOME": str(home)}

    def run(self, *arguments: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "shoplog"), *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    def good(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
        return done.stdout

    @property
    def settings(self) -> Settings:
        """What the command runs with."""
        prefix = "SHOPLOG_"
        given = {name.removeprefix(prefix).lower(): value for name, value in self.environment.items() if prefix in name}
        return Settings.model_validate({name: given[name] for name in Settings.model_fields.keys() & given.keys()})

    def start(self) -> None:
        """Start what lines pass through, however slow the machine is."""
        self.good("up", "kafka", "flume", "census")
        self.run("up", "stream")
        self.good("stream", "ensure", "--timeout", "1200")

    def rows(self, query: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.good("sql", query, "--format", "json").splitlines()]

    def pid(self, part: str) -> int:
        parts = [json.loads(line) for line in self.run("status", "--json").stdout.splitlines()]
        return int(next(one["pid"] for one in parts if one["name"] == part))

    def wait_for_residue_0(self, lines: int, timeout_s: float = 240, imported: int = 0) -> list[dict[str, Any]]:
        """Return the files once `lines` are settled; those `imported` are in no partial."""
        deadline = time.monotonic() + timeout_s
        while True:
            rows = [json.loads(row) for row in self.run("ledger", "--json").stdout.splitlines()]
            files, windows = [r for r in rows if "file" in r], [r for r in rows if "window_start" in r]
            settled = sum(f["accepted"] + f["quarantined"] for f in files) == lines
            measured = sum(w["gold"] for w in windows) + imported == sum(f["accepted"] for f in files)
            if settled and measured and not any(r["residue"] for r in rows):
                return files
            assert time.monotonic() < deadline, f"not settled: {files}"
            time.sleep(2)
