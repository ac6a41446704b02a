"""The quality page as HTML that needs no script: what on-call opens in the morning, on our server, in Airflow or as one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dashboard.pages import page, said
from dashboard.read_model.quality import quality_day, quality_days
from dashboard.read_model.reasons import SENTENCES
from shoplog.contracts.proof import VERDICTS
from shoplog.contracts.quality import SEVERITIES
from shoplog.errors import UserError
from shoplog.settings import REPOSITORY, Settings

_STATIC = Path(__file__).parent / "web/static"
SHEETS = ("live.css", "figures.css", "quality.css")
_DOCUMENT_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True)
class Links:
    """Where a page's links lead.

    `airflow`, `figures` (both with a last slash) and `days` are None where nothing can be opened: Airflow's frame opens no
    window, and shows neither Airflow in Airflow nor a page of another server, so `docs` is only named there. `sheets` are the
    addresses of the style sheets, which the page holds itself where there are none; `script` is our own server's.
    """

    docs: str
    airflow: str | None = None
    figures: str | None = None
    days: str | None = None
    sheets: tuple[str, ...] = ()
    script: str | None = None


def links_of_file(settings: Settings) -> Links:
    """Return the links of a page that stands alone as a file: to the servers of this machine."""
    web = f"http://127.0.0.1:{settings.web_port}/"
    return Links(f"{web}quality/docs/", airflow=airflow_address(settings), figures=web)


def airflow_address(settings: Settings) -> str:
    """Return where Airflow is, for a link."""
    return f"http://127.0.0.1:{settings.airflow_port}/"


@cache
def style_sheet() -> str:
    """Return the sheets as one, for where our own server's files are not."""
    return "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in SHEETS)


def render_days(settings: Settings, links: Links) -> str:
    """Return the page of all days with their lights."""
    return _render("quality_days", links, days=quality_days(settings))


def render_day(settings: Settings, day: date, links: Links | None = None) -> str:
    """Return the page of one day, by default as a file that loads nothing; raises `UserError` where nothing is known of it."""
    return day_page(known_day(settings, day), links or links_of_file(settings))


def day_page(shown: dict[str, Any], links: Links) -> str:
    """Return the page of a day that was read."""
    return _render("quality_day", links, **shown)


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


def _render(name: str, links: Links, **given: Any) -> str:
    known = {"verdicts": VERDICTS, "severities": SEVERITIES}
    calls = {"runbook": _runbook, "number": _number, "document": _document, "told": _told}
    style = None if links.sheets else Markup(style_sheet())
    head = {"links": links, "script": links.script, "sheets": links.sheets, "own_style": style}
    return page(name, **head, **known, **calls, **given)


def _told(reason: Mapping[str, Any]) -> Markup:
    return said(reason["key"], SENTENCES[reason["key"]], **reason["values"])


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
