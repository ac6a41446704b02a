"""Every recipe of docs/analysts.md, run as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import shoplog.spark
from shoplog.cli import app
from shoplog.settings import REPOSITORY, Settings
from tests.report.warehouse import DAY, Warehouse, noon, request

PAGE = (REPOSITORY / "docs/analysts.md").read_text(encoding="utf-8")
# What needs a server is run by tests/stack/test_sql_server.py, the notebook by test_notebook.py.
COMMANDS = re.findall(r"^\$ (\./shoplog .*)$", PAGE, re.MULTILINE)
KERNEL = re.findall(r"^\$ (\.venv/bin/python -m ipykernel .*)$", PAGE, re.MULTILINE)
PROGRAMS = re.findall(r"^```python( spark)?\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shop(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Settings]:
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    monkeypatch.chdir(tmp_path)
    lines = [request("/a", visitor_id=f"v{n}", duration_ms=float(n), event_time=noon(DAY, n)) for n in range(7)]
    warehouse = Warehouse(settings)
    warehouse.stream(lines)
    warehouse.recompute(lines)
    warehouse.nightly("silver_request", lines)
    warehouse.publish(datetime(2026, 11, 21, tzinfo=UTC), live_requests=7)
    yield settings


def test_the_page_has_recipes() -> None:
    assert (len(COMMANDS), len(PROGRAMS)) == (6, 5)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_answers(shop: Settings, command: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == "./shoplog"
    ran = CliRunner().invoke(app, arguments)
    assert ran.exception is None, ran.exception
    assert re.search(r"\d", ran.stdout)


@pytest.mark.parametrize("program", [text for spark, text in PROGRAMS if not spark])
def test_a_program_finds_the_requests(shop: Settings, program: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(program, {})
    assert re.search(r"\b7\b", capsys.readouterr().out)


def test_the_kernel_of_the_notebook_is_made(tmp_path: Path) -> None:
    (command,) = KERNEL
    _, *arguments = shlex.split(command)
    home = {**os.environ, "HOME": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path / "jupyter")}
    subprocess.run([sys.executable, *arguments], env=home, check=True, capture_output=True)
    assert (tmp_path / "jupyter/kernels/shoplog/kernel.json").is_file()


@pytest.mark.spark
@pytest.mark.parametrize("program", [text for spark, text in PROGRAMS if spark])
def test_a_program_finds_the_requests_with_spark(
    shop: Settings, spark: Any, program: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shoplog.spark, "build_session", lambda *_: spark)
    exec(program, {})
    said = capsys.readouterr().out
    assert re.search(r"\|shop\|\s+7\|\s+final\|", said)
    assert re.search(r"\|shop\|\s+7\|\s+7\|", said)
