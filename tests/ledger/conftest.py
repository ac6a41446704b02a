from __future__ import annotations

from collections.abc import Iterator

import pytest

from shoplog.ledger import census, in_flight
from shoplog.settings import Settings
from tests.ledger.home import Home


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    made = Home(settings)
    for module in (census, in_flight):
        monkeypatch.setattr(module, "topic_offsets", made.topic_offsets)
        monkeypatch.setattr(module, "records", made.records)
    return made
