"""What docs/threat-model.md says is shown by a test is a test."""

from __future__ import annotations

import re

import pytest

from shoplog.settings import REPOSITORY

PAGE = (REPOSITORY / "docs/threat-model.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


def test_the_page_names_tests() -> None:
    assert len(NAMED) > 30


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_is_there(file: str, name: str) -> None:
    text = (REPOSITORY / file).read_text(encoding="utf-8")
    assert f"def {name or 'test_'}" in text
