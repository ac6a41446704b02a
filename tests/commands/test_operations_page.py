"""The commands of docs/operations.md: each is one that is there, and a home is backed up and restored as the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from shoplog.cli import app
from shoplog.settings import REPOSITORY, Settings
from tests.ledger.home import Home, content_lines

PAGE = (REPOSITORY / "docs/operations.md").read_text(encoding="utf-8")
WRITTEN = sorted(set(re.findall(r"(?:\./|`|&& |; )shoplog ((?!setup)[a-z][^`|&#\n;]*)", PAGE)))
BACKUP = next(line for line in WRITTEN if line.startswith("backup") and "--keep" in line)
RESTORE = next(line for line in WRITTEN if line.startswith("restore"))


@pytest.mark.parametrize("command", WRITTEN)
def test_a_command_is_there_with_its_options(command: str) -> None:
    found: Any = get_command(app)
    words = shlex.split(command)
    while words and words[0] in getattr(found, "commands", {}):
        found = found.commands[words.pop(0)]
    assert not hasattr(found, "commands"), command
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known


def test_a_home_is_backed_up_and_restored(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    monkeypatch.setenv("SHOPLOG_HOST", settings.host)
    Home(settings).land(content_lines(b"a\nb\n"))
    run(BACKUP.replace("/tmp/shoplog-backups", str(tmp_path / "backups")))
    settings.home.rename(tmp_path / "lost")
    (made,) = (tmp_path / "backups").glob("*Z")
    restore = re.sub(r"/tmp/shoplog-backups/\S+", str(made), RESTORE)
    monkeypatch.setenv("SHOPLOG_KAFKA_PARTITIONS", "1")
    run(restore)
    assert (settings.warehouse / "bronze_access_log/_delta_log").is_dir()


def run(command: str) -> None:
    ran = CliRunner().invoke(app, shlex.split(command))
    assert ran.exit_code == 0, ran.exception
