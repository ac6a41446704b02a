"""What a browser may do with our answers: run and load what is ours, and nothing else."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Nothing inline and nothing foreign may run: User-Agent, Referer and paths are hostile by nature.
_NOWHERE_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_POLICY = f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; {_NOWHERE_ELSE}"
# Data Docs run no script; Great Expectations writes style attributes into its tables.
_DOCS_POLICY = f"default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self'; {_NOWHERE_ELSE}"


class Hardened:
    """A middleware that says with every answer what a browser may do with it."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to its answer."""
        is_docs = scope["type"] == "http" and scope["path"].startswith("/quality/docs/")

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = _DOCS_POLICY if is_docs else _POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                # Ask each time: after an upgrade no page may run with the script of the one before.
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, hardened)
