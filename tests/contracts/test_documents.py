from __future__ import annotations

import pytest

from shoplog.contracts.documents import PAGES
from shoplog.settings import REPOSITORY


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (REPOSITORY / "docs" / name).read_text(encoding="utf-8") == PAGES[name](), "run ./shoplog docs"
