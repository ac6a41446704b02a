from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shoplog.settings import Settings
from shoplog.spark import build_session


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", host="web1")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    session = build_session(Settings(home=tmp_path_factory.mktemp("spark"), host="web1"), "tests")
    yield session
    session.stop()
