"""`json: field=key|key ...` strings -> formats that read JSON lines by their keys."""

from __future__ import annotations

import re

from shoplog.transforms.formats.model import FIELDS, Format, FormatError
from shoplog.transforms.formats.times import COMMON_TIME, EPOCH_S, ISO_TIME

_TIMES = {"time": ISO_TIME, "time_local": COMMON_TIME, "epoch_s": EPOCH_S}


def json_format(text: str, mapping: str) -> Format:
    """Return the format of `address=remote_addr|ip time=time_iso8601 ...`; `a/b/0` goes down into objects and lists."""
    fields, pointers, time_format = [], [], ""
    for item in mapping.split():
        field, _, keys = item.partition("=")
        if not keys or (field not in FIELDS and field not in _TIMES):
            raise FormatError(f"{item!r} is not field=key with a known field: {', '.join((*_TIMES, *FIELDS))}.")
        if field in _TIMES and time_format:
            raise FormatError("A JSON format has one time: time, time_local or epoch_s.")
        time_format = _TIMES.get(field, time_format)
        fields.append("time_1" if field in _TIMES else field)
        pointers.append(tuple(f"/{key}" for key in keys.split("|")))
    return Format(
        text=text, fields=tuple(fields), time_format=time_format, pointers=tuple(pointers), escapes="control",
        key_pattern=_key_pattern(dict(zip(fields, pointers, strict=True)).get("address", ())),
    )  # fmt: skip


def _key_pattern(pointers: tuple[str, ...]) -> str:
    """Return the pattern of the first of the keys that the line has, wherever it stands."""
    names = "|".join(re.escape(pointer.rsplit("/", 1)[1]) for pointer in pointers)
    return rf'"(?:{names})"\s*:\s*"([^"]{{1,255}})"' if names else ""
