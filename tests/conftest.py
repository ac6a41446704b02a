from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shoplog.settings import Settings
from shoplog.spark import build_session

# A window without a screen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# PySpark takes a process whose main module has no file, as a worker of pytest-xdist, for its doctests and ends it.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__

# For a handful of rows it takes longer to compile the code of a plan than to run it.
_INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", host="web1")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    session = build_session(Settings(home=tmp_path_factory.mktemp("spark"), host="web1"), "tests")
    for name, value in _INTERPRETED.items():
        session.conf.set(name, value)
    yield session
    session.stop()
