"""Whatever a page says in English it can say in Chinese."""

from __future__ import annotations

import json
import re

from dashboard.read_model.pages import PAGES, sections_of
from dashboard.read_model.reasons import SENTENCES
from shoplog.contracts.anomalies import PATTERNS, SEVERITIES
from shoplog.settings import REPOSITORY

STATIC = REPOSITORY / "dashboard/web/static"
SCRIPTS = "".join(path.read_text(encoding="utf-8") for path in STATIC.glob("*.js"))
PAGES_TEXT = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "dashboard/templates").glob("*.j2"))
CHINESE = json.loads((STATIC / "words.zh.json").read_text(encoding="utf-8"))


def test_every_word_of_the_pages_has_its_translation() -> None:
    asked = {*re.findall(r'data-(?:words|label)="(\w+)"', PAGES_TEXT), *re.findall(r'say\("(\w+)"', SCRIPTS)}
    asked |= set(re.findall(r'(?:said|labelled|column)\("(\w+)",', PAGES_TEXT))
    assert len(asked) > 100
    assert asked <= CHINESE.keys()


def test_every_section_figure_and_dimension_has_its_translation() -> None:
    shown = [section for page in PAGES for section in sections_of(page, 1)]
    names = {f"section_{section.name}" for section in shown}
    names |= {f"figure_{name}" for section in shown for name in section.figures}
    names |= {f"dimension_{name}" for section in shown for name in section.by}
    assert names <= CHINESE.keys(), names - CHINESE.keys()


def test_a_value_in_a_sentence_stands_in_its_translation() -> None:
    said = re.findall(r'say\("(\w+)", "([^"]*)"', SCRIPTS)
    said += re.findall(r'(?:said|labelled)\("(\w+)", "([^"]*)"', PAGES_TEXT)
    for key, english in (*said, *SENTENCES.items()):
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", CHINESE[key])), key


def test_every_word_of_an_anomaly_has_its_translation() -> None:
    names = {*(f"severity_{name}" for name in SEVERITIES), *(f"pattern_{name}" for name in PATTERNS)}
    assert names <= CHINESE.keys(), names - CHINESE.keys()
