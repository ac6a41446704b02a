from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shoplog.errors import UserError
from shoplog.io.leases import table_leases
from shoplog.io.salts import living_salts
from shoplog.settings import Settings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOLD = "import fcntl,sys; f=open(sys.argv[1],'a'); fcntl.flock(f,fcntl.LOCK_EX); print('held',flush=True); sys.stdin.read()"


def test_a_salt_stays_for_48_hours_after_its_day_and_then_dies(tmp_path: Path) -> None:
    first = living_salts(tmp_path, NOW)
    assert living_salts(tmp_path, NOW) == first
    later = living_salts(tmp_path, NOW + timedelta(days=2, hours=12))
    assert NOW.date() not in later
    assert not (tmp_path / f"{NOW.date()}.salt").exists()
    assert later[NOW.date() + timedelta(days=1)] == first[NOW.date() + timedelta(days=1)]


def test_a_second_writer_is_refused_and_a_dead_one_leaves_nothing_behind(settings: Settings) -> None:
    with table_leases(settings, ("silver_request",), "first"):
        pass
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(settings.home / "leases/silver_request.lease")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    holder.stdout.readline()
    with (
        pytest.raises(UserError, match="silver_request is being written"),
        table_leases(settings, ("silver_request",), "second"),
    ):
        pass
    holder.kill()
    holder.wait()
    with table_leases(settings, ("silver_request",), "third"):
        pass
