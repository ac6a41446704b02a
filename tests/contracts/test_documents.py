from __future__ import annotations

import pytest

from dashboard.monitoring.documents import PAGES as MONITORING
from shoplog.contracts.documents import PAGES
from shoplog.settings import REPOSITORY, Settings
from shoplog.settings.document import PAGES as SETTINGS
from shoplog.settings.groups import GROUPS

GENERATED = PAGES | MONITORING | SETTINGS


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (REPOSITORY / "docs" / name).read_text(encoding="utf-8") == GENERATED[name](), "run ./shoplog docs"


def test_each_setting_stands_in_one_group_with_its_meaning() -> None:
    named = [name for group in GROUPS for name in group.model_fields]

    assert sorted(named) == sorted(Settings.model_fields)
    assert not [name for group in GROUPS for name, field in group.model_fields.items() if not field.description]
