"""The systemd unit says what systemd and the command line understand."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from shoplog.settings import REPOSITORY, Settings

UNIT = REPOSITORY / "deploy/systemd/shoplog.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze on this machine")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/shoplog", str(REPOSITORY)), encoding="utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(here)], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    here.write_text(here.read_text(encoding="utf-8").replace("Type=forking", "Typ=forking"), encoding="utf-8")
    wrong = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(here)], capture_output=True, text=True, check=False
    )
    assert "Typ" in wrong.stderr


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
