from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shoplog.settings import Settings


@pytest.mark.spark
def test_the_driver_has_mapped_its_classes(spark: Any, settings: Settings) -> None:
    pid = spark.sparkContext._gateway.proc.pid
    assert str(settings.driver_classes) in Path(f"/proc/{pid}/maps").read_text()
