"""The certificate as documents that load nothing: JSON for programs, one page for people."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shoplog.io.whole_file import write_whole
from shoplog.ledger.certificate import Certificate
from shoplog.settings import Settings


def to_json(made: Certificate) -> str:
    """Return the document as JSON."""
    return json.dumps(made.as_dict(), default=str, indent=1)


def to_html(made: Certificate) -> str:
    """Return the page; whatever stands in log lines is escaped."""
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    return pages.get_template("certificate.html.j2").render(made=made)


def write_artefacts(settings: Settings, made: Certificate) -> Path:
    """Write DAY.json and DAY.html, each at once; return the page."""
    folder = settings.certificates_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for suffix, text in (("json", to_json(made)), ("html", to_html(made))):
        write_whole(folder / f"{made.day}.{suffix}", text.encode())
    return folder / f"{made.day}.html"
