"""strftime formats -> the pattern of the text they stand for, and the format polars reads it by."""

from __future__ import annotations

import re

from shoplog.transforms.formats.model import FormatError, Token
from shoplog.transforms.formats.pattern import escaped

COMMON_TIME = "%d/%b/%Y:%H:%M:%S %z"
# A fraction and a zone as `Z`, `+03:30` or `+0330`.
ISO_TIME = "%Y-%m-%dT%H:%M:%S%.f%#z"
EPOCH_S = "%s%.f"

_DIRECTIVES = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{2}", "d": r"\d{2}", "e": r" ?\d{1,2}", "H": r"\d{2}", "I": r"\d{2}",
    "M": r"\d{2}", "S": r"\d{2}", "b": "[A-Za-z]+", "B": "[A-Za-z]+", "h": "[A-Za-z]+", "a": "[A-Za-z]+",
    "A": "[A-Za-z]+", "j": r"\d{3}", "p": "[APap][Mm]", "s": r"\d+", "T": r"\d{2}:\d{2}:\d{2}", "R": r"\d{2}:\d{2}",
    "F": r"\d{4}-\d{2}-\d{2}", "D": r"\d{2}/\d{2}/\d{2}", "z": r"[+-]\d{2}:?\d{2}", "%": "%",
}  # fmt: skip


def strftime_token(time_format: str, optional: bool = False) -> Token:
    """Return the token of a strftime format; raises `FormatError` where polars could not read it."""
    pattern = ""
    for literal, directive in re.findall(r"([^%]+)|%(.?)", time_format):
        if not literal and directive not in _DIRECTIVES:
            raise FormatError(f"The time format has %{directive}, which cannot be read back.")
        pattern += escaped(literal) if literal else _DIRECTIVES[directive]
    return Token(time_format=time_format, pattern=pattern, rank=1, optional=optional)
