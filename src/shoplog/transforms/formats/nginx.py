"""nginx log_format strings -> tokens. The variables of our own named formats (load balancers, S3) are read here too."""

from __future__ import annotations

import re

from shoplog.transforms.formats.model import CONTROL, Token
from shoplog.transforms.formats.times import COMMON_TIME, EPOCH_S, ISO_TIME

VARIABLE = re.compile(r"\$(?:\{([a-z0-9_]+)\}|([a-z0-9_]+))")
_ESCAPES = {"": "backslash", "default": "backslash", "json": "json", "none": ""}

# field, kind, rank
_VARIABLES = {
    "remote_addr": ("address", "address", 2), "realip_remote_addr": ("address", "address", 1),
    "remote_port": ("", "number", 0), "http_x_forwarded_for": ("forwarded", "list", 2),
    "proxy_add_x_forwarded_for": ("", "list", 0), "remote_user": ("remote_user", "user", 1),
    "request": ("request", "spaced", 1), "request_method": ("method", "word", 1), "request_uri": ("url", "word", 2),
    "uri": ("url", "path", 1), "document_uri": ("url", "path", 1), "args": ("query", "maybe", 1),
    "query_string": ("query", "maybe", 1), "status": ("status", "word", 1),
    "body_bytes_sent": ("bytes", "word", 2), "bytes_sent": ("bytes", "word", 1),
    "http_referer": ("referrer", "word", 1), "http_user_agent": ("user_agent", "spaced", 1),
    "request_time": ("duration_s", "word", 1), "request_time_ms": ("duration_ms", "word", 1),
    "request_time_ns": ("duration_ns", "word", 1), "upstream_response_time": ("upstream_s", "list", 1),
    "upstream_time_ms": ("upstream_ms", "word", 1), "request_processing_time": ("before_s", "word", 1),
    "target_processing_time": ("upstream_s", "word", 1), "response_processing_time": ("after_s", "word", 1),
    "request_id": ("request_id", "word", 2), "req_id": ("request_id", "word", 1), "host": ("vhost", "word", 3),
    "http_host": ("vhost", "word", 2), "server_name": ("vhost", "word", 1), "upstream_addr": ("", "list", 0),
    "upstream_status": ("", "list", 0), "upstream_response_length": ("", "list", 0),
    "upstream_cache_status": ("cache_status", "list", 1), "upstream_connect_time": ("", "list", 0),
    "upstream_header_time": ("", "list", 0),
}  # fmt: skip
_TIMES = {
    "time_local": Token(time_format=COMMON_TIME, pattern=rf'[^ "{CONTROL}]+ [^ "\]{CONTROL}]+', rank=1),
    "time_iso8601": Token(time_format=ISO_TIME, rank=2),
    "msec": Token(time_format=EPOCH_S, rank=3),
    "haproxy_time": Token(time_format="%d/%b/%Y:%H:%M:%S%.f", rank=1),
}
# `?` or nothing; what syslog puts before a line; headers that HAProxy may have captured.
_OWN = {
    "is_args": Token(pattern=r"\??"),
    "syslog_prefix": Token(pattern=rf"(?:[^{CONTROL}]*?: )?"),
    "captured_headers": Token(pattern=rf"(?:\{{[^}}{CONTROL}]*\}} )*"),
}


def nginx_tokens(text: str) -> tuple[list[Token], str]:
    """Return the tokens and the escapes of a format string, with or without `log_format name '...' '...';` around it."""
    text = re.sub(r"^\s*log_format\s+\S+\s+", "", text)
    escape = re.match(r"\s*escape=(default|json|none)\s+", text)
    text = text[escape.end() :] if escape else text
    if re.fullmatch(r"\s*(?:'[^']*'\s*)+;?\s*", text):
        text = "".join(re.findall(r"'([^']*)'", text))
    tokens, at = [], 0
    for found in VARIABLE.finditer(text):
        tokens += [Token(literal=text[at : found.start()])] if found.start() > at else []
        tokens.append(_token(found[1] or found[2]))
        at = found.end()
    tokens += [Token(literal=text[at:])] if at < len(text) else []
    return tokens, _ESCAPES[escape[1] if escape else ""]


def _token(name: str) -> Token:
    """Return the token of a variable; what is not known is passed over as a word, or up to what follows it."""
    if name in _TIMES or name in _OWN:
        return _TIMES.get(name) or _OWN[name]
    if name.startswith(("http_", "sent_http_", "upstream_http_", "cookie_")) and name not in _VARIABLES:
        return Token(kind="spaced")
    field, kind, rank = _VARIABLES.get(name, ("", "word", 0))
    return Token(field=field, kind=kind, rank=rank)
