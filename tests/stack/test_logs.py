"""Our own parts' log lines: one JSON object each, with run and part, whatever a stranger wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from shoplog.logs import new_run

WRITES = """
import logging, structlog
from shoplog.logs import configure_logs
configure_logs()
structlog.contextvars.bind_contextvars(epoch=3)
structlog.get_logger("live").warning("refused", detail="a\\n2026 forged line")
logging.getLogger("dashboard").error("from the %s", "library")
logging.getLogger("kafka").info("chatter")
"""


def test_every_line_says_run_and_part_and_stays_one_line() -> None:
    variables = {**os.environ, "SHOPLOG_RUN": "run-7", "SHOPLOG_PART": "census"}
    ran = subprocess.run([sys.executable, "-c", WRITES], env=variables, capture_output=True, text=True, check=True)
    started, refused, library = [json.loads(line) for line in ran.stderr.splitlines()]
    assert {(line["run"], line["part"]) for line in (started, refused, library)} == {("run-7", "census")}
    assert (refused["logger"], refused["level"], refused["epoch"]) == ("live", "warning", 3)
    assert refused["detail"] == "a\n2026 forged line"
    assert library["event"] == "from the library"
    assert ran.stdout == ""


def test_a_run_that_the_environment_names_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOPLOG_RUN", raising=False)
    assert new_run() != new_run()
    monkeypatch.setenv("SHOPLOG_RUN", "of-the-containers")
    assert new_run() == "of-the-containers"
