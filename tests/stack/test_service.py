"""The systemd unit says what systemd and the command line understand."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shoplog.cli import app
from shoplog.settings import REPOSITORY, Settings

UNITS_DIR = REPOSITORY / "deploy/systemd"
UNIT = UNITS_DIR / "shoplog.service"
UNITS = ("shoplog.service", "shoplog-backup.service", "shoplog-backup.timer")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze on this machine")
@pytest.mark.parametrize(
    ("unit", "line"),
    [
        ("shoplog.service", "Type=forking"),
        ("shoplog-backup.service", "Type=oneshot"),
        ("shoplog-backup.timer", "OnCalendar="),
    ],
)
def test_systemd_understands_the_units(tmp_path: Path, unit: str, line: str) -> None:
    for each in UNITS:
        text = (UNITS_DIR / each).read_text(encoding="utf-8").replace("/opt/shoplog", str(REPOSITORY))
        (tmp_path / each).write_text(text, encoding="utf-8")
    here = tmp_path / unit
    assert verified(here) == (0, "")
    here.write_text(
        here.read_text(encoding="utf-8").replace(line, line.replace("T", "Wrong", 1).replace("OnC", "C")),
        encoding="utf-8",
    )
    assert "Unknown" in verified(here)[1]


def verified(unit: Path) -> tuple[int, str]:
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_the_backups_command_is_ours_and_its_folder_may_be_written() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(UNITS_DIR / "shoplog-backup.service")
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert (REPOSITORY / Path(program).relative_to("/opt/shoplog")).is_file()
    assert arguments[1] in unit["Service"]["ReadWritePaths"].split()
    assert CliRunner().invoke(app, [arguments[0], *arguments[2:], "--help"]).exit_code == 0


def test_the_units_commands_and_paths_are_ours() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(UNIT)
    service = unit["Service"]
    for line in (service["ExecStart"], service["ExecStop"]):
        program, command = shlex.split(line)
        assert (REPOSITORY / Path(program).relative_to("/opt/shoplog")).is_file()
        assert command in ("up", "down")
    given = dict(pair.split("=", 1) for pair in shlex.split(service["Environment"]))
    assert {name.removeprefix("SHOPLOG_").lower() for name in given} <= Settings.model_fields.keys()
    settings = Settings(home=Path(given["SHOPLOG_HOME"]))
    assert service["PIDFile"] == str(settings.run_dir / "supervisord.pid")
