"""Log formats: a name or a format string -> its compiled form. Importing this loads no polars: the command line does."""

from __future__ import annotations

import re
from functools import cache

from shoplog.transforms.formats.apache import DIRECTIVE, apache_tokens
from shoplog.transforms.formats.json_keys import json_format
from shoplog.transforms.formats.model import Format, FormatError, Token
from shoplog.transforms.formats.named import NAMED
from shoplog.transforms.formats.nginx import VARIABLE, nginx_tokens
from shoplog.transforms.formats.pattern import compile_tokens
from shoplog.transforms.formats.w3c import DIALECTS, w3c_format

__all__ = ["NAMED", "Format", "FormatError", "compile_format", "compile_string"]


@cache
def compile_format(text: str) -> Format:
    """Return the format of a name or a format string; raises `FormatError` where a hit could not be made of its lines."""
    named = NAMED.get(text)
    compiled = compile_string(named.text, named.more) if named else compile_string(text)
    for field, what in (("status", "status"), ("time_1", "time")):
        if field not in compiled.fields:
            raise FormatError(f"The format {text!r} has no {what}: without it a line is no hit.")
    if not re.search(r"%[sdeDFj]", compiled.time_format):
        raise FormatError(f"The format {text!r} has a time without a date.")
    return compiled


def compile_string(text: str, more: str = "") -> Format:
    """Return the format of a string in any of the languages, whatever fields it has."""
    dialect, _, rest = text.partition(":")
    if dialect == "json" and rest:
        return json_format(text, rest)
    if dialect in DIALECTS:
        return w3c_format(text, dialect, rest)
    if VARIABLE.search(text):
        tokens, escapes = nginx_tokens(text)
        return compile_tokens(text, tokens, nginx_tokens(more)[0], escapes)
    if DIRECTIVE.search(text):
        return compile_tokens(text, apache_tokens(text), _more(more), "backslash")
    raise FormatError(
        f"Format {text!r} is unknown: use one of {', '.join(NAMED)}, or an Apache LogFormat or nginx log_format string."
    )


def _more(text: str) -> list[Token]:
    return apache_tokens(text) if text else []
