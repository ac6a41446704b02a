"""Log in and out: a session by name and password, or by a link that holds once."""

from __future__ import annotations

import time
from collections import defaultdict, deque

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel

from dashboard.access import Access, User
from dashboard.web.guard import COOKIE, Who

_MOST_FAILURES, _WITHIN_S = 10, 300


class Given(BaseModel):
    """What somebody logs in with: a name and its password, or a link's secret."""

    name: str = ""
    password: str = ""
    link: str = ""


class _Failures:
    """Counts failed logins of a name and of an address: after ten within five minutes neither is tried."""

    def __init__(self) -> None:
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def check(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            times = self._times[key]
            while times and times[0] < time.monotonic() - _WITHIN_S:
                times.popleft()
            if len(times) >= _MOST_FAILURES:
                wait_s = int(_WITHIN_S - (time.monotonic() - times[0])) + 1
                raise HTTPException(
                    429, f"Too many failed logins: try again in {wait_s} s.", {"Retry-After": str(wait_s)}
                )
            if not times:
                del self._times[key]

    def add(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self._times[key].append(time.monotonic())


def session_routes(access: Access) -> APIRouter:
    """Return the routes of /session."""
    router, failures = APIRouter(), _Failures()

    @router.post("")
    def log_in(given: Given, request: Request, response: Response) -> dict[str, object]:
        """Begin a session; its cookie is no script's to read."""
        keys = (f"name {given.name}", f"address {request.client.host if request.client else ''}")
        failures.check(keys)
        user = access.by_secret(given.link, ("link",)) if given.link else access.by_password(given.name, given.password)
        if user is None:
            failures.add(keys)
            raise HTTPException(
                401, "This link was used or is too old." if given.link else "Name or password is wrong."
            )
        is_https = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
        response.set_cookie(
            COOKIE,
            access.make_secret(user, "session"),
            max_age=14 * 86_400,
            httponly=True,
            samesite="lax",
            secure=is_https,
        )
        return _shown(user)

    @router.delete("")
    def log_out(request: Request, response: Response) -> dict[str, object]:
        """End the session, here and for whoever may have copied its cookie."""
        if session := request.cookies.get(COOKIE):
            access.end(session)
        response.delete_cookie(COOKIE)
        return {}

    @router.get("")
    def who(user: Who) -> dict[str, object]:
        """Say who asks."""
        return _shown(user)

    return router


def _shown(user: User) -> dict[str, object]:
    return {"name": user.name, "role": user.role, "sites": list(user.sites)}
