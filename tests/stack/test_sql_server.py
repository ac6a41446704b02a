"""The SQL server as its users see it: a JDBC tool (beeline), Spark Connect, and every command of docs/bi.md."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pyspark
import pytest
from pyspark.sql.connect import proto
from pyspark.sql.connect.proto.base_pb2_grpc import SparkConnectServiceStub

from bench.ports import free_ports
from shoplog.commands.sql_server import sql_server
from shoplog.contracts.tables import TABLES
from shoplog.errors import UserError
from shoplog.io.query import run_sql
from shoplog.settings import REPOSITORY, Settings
from shoplog.stack.jvm import find_java
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request

pytestmark = pytest.mark.e2e

BI = (REPOSITORY / "docs/bi.md").read_text(encoding="utf-8")
ANALYSTS = (REPOSITORY / "docs/analysts.md").read_text(encoding="utf-8")
COMMANDS = [line for line in re.findall(r"^\$ (.*)$", BI, re.MULTILINE) if line != "./shoplog sql-server"]
FIGURES = "select window_start, requests, visitors, status from gold_traffic_1m_now order by window_start"

CHANGES = (
    "insert into gold_traffic_1m select * from gold_traffic_1m",
    "insert overwrite gold_traffic_1m select * from gold_traffic_1m",
    "delete from gold_traffic_1m",
    "update gold_traffic_1m set requests = 0",
    "merge into gold_traffic_1m t using gold_traffic_1m s on t.site = s.site when matched then delete",
    "truncate table gold_traffic_1m",
    "alter table gold_traffic_1m add columns (extra int)",
    "restore table gold_traffic_1m to version as of 0",
    "vacuum gold_traffic_1m retain 0 hours",
    "optimize gold_traffic_1m",
    "drop table gold_traffic_1m",
    "drop view gold_traffic_1m_now",
    "drop database pinned cascade",
    "create table other (a int)",
    "create temporary view other as select 1",
    "create function other as 'other.Class'",
    "execute immediate 'drop table gold_traffic_1m'",
    "insert overwrite directory '{home}/out' using csv select 1",
    "cache table gold_traffic_1m",
    "add jar {home}/other.jar",
    "set spark.sql.ansi.enabled=false",
    "select reflect('java.lang.System', 'getenv', 'PATH')",
    "select transform(a) using 'cat' from values (1) as t(a)",
    "select * from text.`{home}/secrets/connect_token`",
    "select * from text.`{home}/warehouse/../secrets`",
    "select * from gold_traffic_1m where requests in (select length(value) from text.`/etc/passwd`)",
)

CONNECT = """
import json, sys, time
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

home, address, token = sys.argv[1:]
spark = SparkSession.builder.remote(f"{address}/;token={token}").getOrCreate()
attempts = {
    "write": lambda: spark.range(3).write.format("delta").mode("append").save(f"{home}/warehouse/gold_traffic_1m"),
    "write files": lambda: spark.range(3).write.csv(f"{home}/out"),
    "save as table": lambda: spark.range(3).write.saveAsTable("other"),
    "read a file": lambda: spark.read.text(f"{home}/secrets").collect(),
    "stream": lambda: spark.readStream.format("rate").load().writeStream.format("noop").start(),
    "python function": lambda: spark.range(3).select(F.udf(lambda n: str(n))("id")).collect(),
    "map in arrow": lambda: spark.range(3).mapInArrow(lambda batches: batches, "id bigint").collect(),
}
refused = {}
for name, attempt in attempts.items():
    try:
        attempt()
    except Exception as error:
        refused[name] = "does nothing else" in str(error)
until = time.time() + 60
published = "select count(*) from gold_traffic_1m_now where status = 'final' and cast(window_start as date) = '2026-11-21'"
while not (seen := spark.sql(published).first()[0]) and time.time() < until:
    time.sleep(1)
print(json.dumps({"refused": refused, "attempts": list(attempts), "published": seen}))
"""


class Server:
    """A shop's SQL server, started by the command, and what its clients are run with."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home / "home", host="web1", **free_ports(("jdbc_port", "connect_port")))
        self.warehouse = Warehouse(self.settings)
        lines = [request("/a", visitor_id=f"v{n}", event_time=noon(DAY, n)) for n in range(7)]
        self.warehouse.stream([*lines, request("/b", event_time=noon(days_after(1), 3))])
        # Two versions, so that one can be gone back to.
        self.warehouse.recompute(lines[:3])
        self.warehouse.recompute(lines)
        self.warehouse.publish(datetime(2026, 11, 21, tzinfo=UTC), live_requests=7)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOPLOG_")}
        self.environment = {
            **kept,
            "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}",
            "TZ": "UTC",
            "SHOPLOG_HOME": str(self.settings.home),
            "SHOPLOG_JDBC_PORT": str(self.settings.jdbc_port),
            "SHOPLOG_CONNECT_PORT": str(self.settings.connect_port),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shoplog.cli", "sql-server", "--json"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=(home / "errors").open("w"),
            text=True,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said, (home / "errors").read_text(encoding="utf-8")[-3000:]
        self.doors: dict[str, str] = json.loads(said)

    def beeline(self, *statements: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the statements one after another, whatever each comes to."""
        script = self.settings.home / "statements.sql"
        script.write_text("".join(f"{statement};\n" for statement in statements), encoding="utf-8")
        known = password or Path(self.doors["password_file"]).read_text(encoding="ascii")
        options = ("--outputformat=csv2", "--silent=true", "--force=true", "-f", str(script))
        jars = f"{Path(pyspark.__file__).parent}/jars/*"
        return subprocess.run(
            [str(find_java()), "-cp", jars, "org.apache.hive.beeline.BeeLine", "-u", self.doors["jdbc"], "-n", self.doors["user"],
             "-p", known, *options],
            capture_output=True, text=True, timeout=500, check=False,
        )  # fmt: skip

    def python(self, program: str, *arguments: str) -> str:
        command = [sys.executable, "-c", program, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=500, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def on_its_ports(self, text: str) -> str:
        return text.replace("18810", str(self.settings.jdbc_port)).replace("18811", str(self.settings.connect_port))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("sql"))
    yield started
    started.process.send_signal(signal.SIGINT)
    assert started.process.wait(120) == 0
    until = time.monotonic() + 60
    while any(answers(port) for port in (started.settings.jdbc_port, started.settings.connect_port)):
        assert time.monotonic() < until, "the JVM outlives its server"
        time.sleep(0.2)


def answers(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def rows(said: subprocess.CompletedProcess[str]) -> list[list[str]]:
    return [line.split(",") for line in said.stdout.splitlines() if line][1:]


def test_a_jdbc_tool_sees_the_tables_and_the_figures_of_shoplog_sql(server: Server) -> None:
    tables = rows(server.beeline("show tables"))
    assert {name for _, name, _ in tables} >= {*TABLES, "gold_traffic_1m_now", "silver_session_now"}
    expected = [[str(at.replace(tzinfo=None)), *map(str, more)] for at, *more in run_sql(server.settings, FIGURES)[1]]
    assert len(expected) == 8
    assert [[at.removesuffix(".0"), *more] for at, *more in rows(server.beeline(FIGURES))] == expected


def test_nothing_can_be_changed_through_jdbc(server: Server) -> None:
    home = server.settings.home
    before = contents(home / "warehouse")
    said = server.beeline(
        *(change.format(home=home) for change in CHANGES), "select 'the last', count(*) from gold_traffic_1m"
    )
    refused = re.findall(r"^Error: .*does nothing else; refused: (.*)$", said.stderr, re.MULTILINE)
    assert len(refused) == len(CHANGES), said.stderr
    assert "the last,7" in said.stdout
    assert contents(home / "warehouse") == before
    assert not (home / "out").exists()


def contents(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_nobody_comes_in_without_the_password(server: Server) -> None:
    said = server.beeline("select 1", password="guessed")
    assert "Error validating the login" in said.stderr
    assert "1" not in said.stdout


@pytest.mark.parametrize("token", [None, "guessed"])
def test_nobody_comes_in_without_the_token(server: Server, token: str | None) -> None:
    address = server.doors["spark_connect"].removeprefix("sc://")
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as refused:
        SparkConnectServiceStub(channel).AnalyzePlan(
            proto.AnalyzePlanRequest(session_id="00000000-0000-4000-8000-000000000000"),
            metadata=[("authorization", f"Bearer {token}")] if token else [],
        )
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_secrets_stand_on_no_command_line(server: Server) -> None:
    listed = "".join(
        path.read_text(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline") if readable(path)
    )
    for name in ("password_file", "token_file"):
        file = Path(server.doors[name])
        assert file.stat().st_mode & 0o077 == 0
        assert file.read_text(encoding="ascii") not in listed


def readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:
        return False
    return True


def test_spark_connect_asks_and_sees_a_day_that_is_published_meanwhile(server: Server) -> None:
    token = Path(server.doors["token_file"]).read_text(encoding="ascii")
    before = contents(server.settings.warehouse)
    later = days_after(1)
    server.warehouse.recompute([request("/b", event_time=noon(later, 3))], later)
    server.warehouse.publish(datetime(2026, 11, 22, tzinfo=UTC), later, live_requests=1)
    between = contents(server.settings.warehouse)
    assert len(between) > len(before)
    said: dict[str, Any] = json.loads(
        server.python(CONNECT, str(server.settings.home), server.doors["spark_connect"], token)
    )
    assert said["refused"] == dict.fromkeys(said["attempts"], True)
    assert said["published"] == 1
    assert contents(server.settings.warehouse) == between


def test_the_recipe_for_spark_connect(server: Server) -> None:
    (recipe,) = re.findall(r"^```python connect\n(.*?)^```", ANALYSTS, re.MULTILINE | re.DOTALL)
    said = server.python(server.on_its_ports(recipe))
    assert re.search(r"\|shop\|\s+8\|", said)
    assert re.search(r"\|\s*/a\|\s+7\|", said)


def test_the_commands_of_the_guide(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(REPOSITORY / ".venv")
    program = tmp_path / "shoplog"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m shoplog.cli "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    assert len(COMMANDS) == 5
    said = []
    for command in COMMANDS:
        done = subprocess.run(
            ["bash", "-c", server.on_its_ports(command)],
            env=server.environment, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        said.append(done.stdout)
    assert re.search(r"\| shop\s+\| 8\s+\|", said[0])
    assert said[1].startswith("7 rows")
    assert "7" in said[-1]


def test_a_port_that_is_taken_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("SHOPLOG_HOME", str(tmp_path))
        monkeypatch.setenv("SHOPLOG_JDBC_PORT", str(taken.getsockname()[1]))
        with pytest.raises(UserError, match=r"cannot be had .* or set SHOPLOG_JDBC_PORT"):
            sql_server()
