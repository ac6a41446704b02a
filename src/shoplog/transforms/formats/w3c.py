"""W3C extended field lists (IIS, CloudFront and others of their kind) -> formats; header lines -> field lists."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shoplog.transforms.formats.model import CONTROL, Format, FormatError

# Dialect: what time-taken counts in, and how a user agent is written (`+` for a space, or percent-encoded).
DIALECTS = {"w3c": ("s", "plus"), "iis": ("ms", "plus"), "cloudfront": ("s", "percent"), "shoutcast": ("s", "percent")}
HEADER = "#"

# Lower-case names; of several for one field the first in this order is read.
_FIELDS = {
    "c-ip": "address", "cs-method": "method", "cs-uri-stem": "url", "cs-uri": "url", "cs-uri-query": "query",
    "sc-status": "status", "c-status": "status", "sc-bytes": "bytes", "cs(user-agent)": "user_agent",
    "c-user-agent": "user_agent", "cs(referer)": "referrer", "cs(referrer)": "referrer", "c-referrer": "referrer",
    "x-host-header": "vhost", "cs-host": "vhost", "cs(host)": "vhost", "cs-username": "remote_user",
    "x-edge-request-id": "request_id", "x-edge-result-type": "cache_status", "x-forwarded-for": "forwarded",
    "cs(x-forwarded-for)": "forwarded", "s-xff": "forwarded", "x-duration": "duration_s",
}  # fmt: skip
_TIMES = {"date": "%Y-%m-%d", "time": "%H:%M:%S%.f"}
_WORD = rf'[^ \t"{CONTROL}]+'
_NO_HEADER = rf'[^ \t"{HEADER}{CONTROL}]'
_VALUE = rf'(?:"(?:[^"{CONTROL}]|"")*"|{_WORD})'
_SPACE = r"[ \t]+"
# A whole address, or host and path alone.
_URI = rf'"?(?:[A-Za-z]+://)?([^/ \t"{CONTROL}]*)([^ \t"{CONTROL}]*)"?'
_KEY_VALUE = r'(?:"[^"]*"|[^ \t"]+)'


def w3c_format(text: str, dialect: str, names: str) -> Format:
    """Return the format of a field list such as `date time c-ip cs-method ...`."""
    duration_unit, escapes = DIALECTS[dialect]
    listed = names.split()
    if not listed:
        raise FormatError(f"{dialect} needs its fields, as in `{dialect}: date time c-ip cs-method cs-uri-stem ...`.")
    fields = {**_FIELDS, "time-taken": f"duration_{duration_unit}"}
    place_of = {name.lower(): place for place, name in enumerate(listed)}
    chosen: dict[str, int] = {}
    for name, field in fields.items():
        if name in place_of:
            chosen.setdefault(field, place_of[name])
    read: dict[int, tuple[str, ...]] = {index: (field,) for field, index in chosen.items()}
    times = sorted((place_of[name], piece) for name, piece in _TIMES.items() if name in place_of)
    read |= {place: (f"time_{number}",) for number, (place, _) in enumerate(times, 1)}
    values = [f"({_VALUE})" if index in read else _VALUE for index in range(len(listed))]
    # A header line may have as many words as a hit.
    values[0] = values[0].replace(_WORD, _NO_HEADER + _WORD.removesuffix("+") + "*")
    if "url" in chosen and listed[chosen["url"]].lower() == "cs-uri" and "vhost" not in chosen:
        read[chosen["url"]], values[chosen["url"]] = ("vhost", "url"), _URI
    return Format(
        text=text,
        fields=tuple(field for index in sorted(read) for field in read[index]),
        time_format=" ".join(piece for _, piece in times),
        pattern="^" + _SPACE.join(values) + rf"(?:[ \t][^{CONTROL}]*)?$",
        escapes=escapes,
        header=HEADER,
        key_pattern=_key_pattern(chosen["address"]) if "address" in chosen else "",
    )


def _key_pattern(place: int) -> str:
    return rf'^(?:{_KEY_VALUE}{_SPACE}){{{place}}}"?([^ \t"]{{1,255}})'


def header_format(first_lines: Iterable[str]) -> str | None:
    """Return the format string that a file's header lines state, or None without a `#Fields:` line."""
    software = ""
    for line in first_lines:
        software += line if line.startswith("#Software:") else ""
        if line.startswith("#Fields:"):
            # Copies of such files carry zero-width marks between the names.
            names = " ".join(re.findall(r"[A-Za-z][\w().-]*", line.removeprefix("#Fields:")))
            return f"{_dialect(software, names)}: {names}"
    return None


def _dialect(software: str, names: str) -> str:
    if "x-edge-" in names:
        return "cloudfront"
    if "Internet Information Services" in software or "IIS" in software or "sc-win32-status" in names:
        return "iis"
    return "shoutcast" if "SHOUTcast" in software else "w3c"
