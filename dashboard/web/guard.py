"""The door: who asks is known before anything is answered, and nothing changes because another site's page says so."""

from __future__ import annotations

import hmac
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.access import Access, User
from dashboard.web.allowance import Allowance, Clock
from dashboard.web.who import COOKIE, bearer
from shoplog.settings import Settings

# What is answered to anybody: whether the server lives, the way in, and files that are the same for all.
_OPEN = ("/healthz", "/login", "/favicon.ico", "/api/v1/session")
_OPEN_FOLDERS = ("/static/",)
# What costs no more than a file does not count against the allowance of whoever asks.
_FREE = ("/healthz", "/login", "/favicon.ico")
_FREE_FOLDERS = ("/static/", "/chart/", "/quality/docs/")
# What is told of all sites cannot be told of some.
_WHOLE = ("/quality", "/api/v1/quality", "/metrics")
# A program is told that it must log in, a person is led there.
_OF_PROGRAMS = ("/api/", "/metrics")
_READING = ("GET", "HEAD", "OPTIONS")


class Guard:
    """A middleware that lets users pass, as `request.state.user`."""

    def __init__(self, app: ASGIApp, settings: Settings, access: Access, clock: Clock) -> None:
        """Know users by `access`, or by a proxy that says them where the settings name its header."""
        self._app, self._access, self._header = app, access, settings.web_proxy_header
        self._allowance = Allowance(settings.web_requests_per_minute, 60, clock)
        self._proxy_secret = settings.secret("web_proxy_secret") if self._header else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401, or lead to the login, where nobody is known; 403 where another site's page asks for a change."""
        refused = await self._refused(Request(scope)) if scope["type"] == "http" else None
        await (refused or self._app)(scope, receive, send)

    async def _refused(self, request: Request) -> ASGIApp | None:
        """Return the answer to whoever may not pass, None for all others."""
        path = request.url.path
        if request.method not in _READING and not _is_own(request):
            return JSONResponse({"detail": "This came from a page of another site."}, 403)
        if path.startswith(_OPEN_FOLDERS):
            return None
        user, known_by = await run_in_threadpool(self._user, request)
        if wait_s := self._wait_s(request, user, known_by):
            return JSONResponse(
                {"detail": f"Too many requests: ask again in {wait_s} s."}, 429, {"Retry-After": str(wait_s)}
            )
        if user is None and path not in _OPEN:
            if path.startswith(_OF_PROGRAMS):
                return JSONResponse({"detail": "Log in, or send a token."}, 401, {"WWW-Authenticate": "Bearer"})
            asked = path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(asked)}", 303)
        if user is not None and user.sites and path.startswith(_WHOLE):
            return JSONResponse(
                {"detail": f"This is about all sites: {user.name} may see {', '.join(user.sites)}."}, 403
            )
        request.state.user = user
        return None

    def _user(self, request: Request) -> tuple[User | None, str]:
        """Return who asks, and what tells it: a token, a session, or the name that a proxy says."""
        if token := bearer(request):
            return self._access.by_secret(token, ("token", "session")), token
        if self._header and (name := request.headers.get(self._header)):
            return self._of_proxy(name, request.headers.get("x-shoplog-proxy-secret", "")), name
        session = request.cookies.get(COOKIE, "")
        return self._access.by_secret(session, ("session",)) if session else None, session

    def _wait_s(self, request: Request, user: User | None, known_by: str) -> int:
        """Return in how many seconds more may be asked for, 0 for now: by a token or session, or from a stranger's address."""
        path = request.url.path
        if path in _FREE or path.startswith(_FREE_FOLDERS):
            return 0
        address = request.client.host if request.client else ""
        return self._allowance.take(f"address {address}" if user is None else f"{user.name} {hash(known_by)}")

    def _of_proxy(self, name: str, secret: str) -> User | None:
        """Return the user that a proxy names, if it knows the secret: anybody can write a header."""
        if not self._proxy_secret or not hmac.compare_digest(secret.encode(), self._proxy_secret.encode()):
            return None
        return self._access.by_name(name)


def _is_own(request: Request) -> bool:
    """Return whether a page of this server, or no page, asks."""
    # Browsers send no token by themselves, as they do a cookie or a password.
    if bearer(request):
        return True
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return urlsplit(origin).netloc == request.headers.get("host")
