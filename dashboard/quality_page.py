"""The quality page as HTML without a script: what on-call opens in the morning, on a server, in Airflow or as one file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboard.read_model.quality import quality_day, quality_days
from shoplog.errors import UserError
from shoplog.settings import REPOSITORY, Settings

_HERE = Path(__file__).parent
_DOCUMENT_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True)
class Links:
    """Where a page's links lead.

    `airflow` (with its last slash) is None inside Airflow: its frame opens no window, and shows neither Airflow in Airflow nor
    a page of another server, so `docs` is only named there. `style` is the address of `style_sheet`, which the page holds itself
    where that is None.
    """

    airflow: str | None
    docs: str
    days: str | None = None
    style: str | None = None


def own_links(settings: Settings) -> Links:
    """Return the links of a page that stands alone as a file: to the servers of this machine."""
    local = "http://127.0.0.1"
    return Links(f"{local}:{settings.airflow_port}/", f"{local}:{settings.web_port}/quality/docs/")


@cache
def style_sheet() -> str:
    """Return the page's CSS: the live page's and what tables of many columns need on top."""
    return "\n".join((_HERE / "web/static" / name).read_text(encoding="utf-8") for name in ("live.css", "quality.css"))


def render_days(settings: Settings, links: Links) -> str:
    """Return the page of all days with their lights."""
    return _pages().get_template("quality_days.html.j2").render(days=quality_days(settings), links=links)


def render_day(settings: Settings, day: date, links: Links | None = None) -> str:
    """Return the page of one day, by default as a file that loads nothing; raises `UserError` where nothing is known of it."""
    return day_page(known_day(settings, day), links or own_links(settings))


def day_page(shown: dict[str, Any], links: Links) -> str:
    """Return the page of a day that was read."""
    return _pages().get_template("quality_day.html.j2").render(**shown, links=links)


def known_day(settings: Settings, day: date) -> dict[str, Any]:
    """Return the day as `quality_day` does; raises `UserError` where nothing is known of it."""
    shown = quality_day(settings, day)
    if shown is None:
        raise UserError(f"Nothing is known of {day}: no line, ledger, check or certificate has it; choose another day.")
    return shown


def day_of(text: str) -> date:
    """Return the day written as YYYY-MM-DD; raises `UserError` for anything else, which it does not repeat."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # fromisoformat reads weeks and days without dashes too: one day has one address.
    if day is None or day.isoformat() != text:
        raise UserError("That is not a day: write it as YYYY-MM-DD.")
    return day


@cache
def _pages() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals.update(runbook=_runbook, style_sheet=lambda: Markup(style_sheet()))
    pages.filters.update(number=_number, document=_document)
    return pages


@cache
def _runbook(heading: str) -> Markup:
    """Return what the runbook says under a heading, as HTML."""
    import mistune

    text = (REPOSITORY / "docs/runbook.md").read_text(encoding="utf-8")
    sections = dict(part.split("\n", 1) for part in text.split("\n## ")[1:])
    return Markup(mistune.html(sections[heading]))


def _number(value: Any) -> str:
    """Return a count with thousands apart, a figure with what counts of it, and what is absent as a dash."""
    if value is None:
        return "–"
    return f"{value:,.15g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _document(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= _DOCUMENT_CHARACTERS else text[:_DOCUMENT_CHARACTERS] + "…"
