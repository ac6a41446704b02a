"""The pages' HTML: one head for all; English stands in it, each text with the key by which the browser says it in Chinese."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_TEMPLATES = Path(__file__).parent / "templates"


def page(name: str, **given: Any) -> str:
    """Return the page of that name as HTML."""
    return environment().get_template(f"{name}.html.j2").render(**given)


@cache
def environment() -> Environment:
    """Return where the templates are, with what they may call."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(said=said, labelled=labelled)
    return made


def said(key: str, english: str, **values: Any) -> Markup:
    """Return a text with its key and the values in it, each `{name}` of `english` filled."""
    attributes = Markup(' data-words="{}"{}').format(key, _values(values))
    return Markup("<span{}>{}</span>").format(attributes, english.format(**values))


def labelled(key: str, english: str, **values: Any) -> Markup:
    """Return the same as an element's name for those who do not see it: attributes."""
    return Markup(' aria-label="{}" data-label="{}"{}').format(english.format(**values), key, _values(values))


def _values(values: Mapping[str, Any]) -> Markup:
    return Markup(' data-values="{}"').format(json.dumps(values, ensure_ascii=False)) if values else Markup("")
