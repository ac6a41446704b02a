"""The window's words in the user's language: those of the web pages."""

from __future__ import annotations

import json
from collections.abc import Mapping

from shoplog.settings import REPOSITORY

_CHINESE = REPOSITORY / "dashboard/web/static/words.zh.json"


class Words:
    """Says a key in one language, in English where it has none."""

    def __init__(self, language: str) -> None:
        """Speak the language of a locale's name, such as zh_CN."""
        is_chinese = language.lower().startswith("zh")
        self._known: Mapping[str, str] = json.loads(_CHINESE.read_text(encoding="utf-8")) if is_chinese else {}

    def __call__(self, key: str, english: str, **values: str) -> str:
        """Return the words of `key`; `{name}` stands for a value."""
        text = self._known.get(key, english)
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return text
