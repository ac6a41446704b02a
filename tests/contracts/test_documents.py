from __future__ import annotations

import pytest

from dashboard.monitoring.documents import PAGES as MONITORING
from shoplog.contracts.documents import PAGES
from shoplog.settings import REPOSITORY

GENERATED = PAGES | MONITORING


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (REPOSITORY / "docs" / name).read_text(encoding="utf-8") == GENERATED[name](), "run ./shoplog docs"
