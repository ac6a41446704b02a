"""Log in and out: a session by name and password, or by a link that holds once."""

from __future__ import annotations

import threading

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, Field

from dashboard.access import SESSION_S, Access, User
from dashboard.web.allowance import Allowance, Clock
from dashboard.web.who import COOKIE, Who, bearer

_WITHIN_S = 300
# Of one name from one address, of one address, and in all: guesses from everywhere are stopped before they cost the machine.
_MOST_OF_NAME, _MOST_OF_ADDRESS, _MOST_OF_ALL = 10, 50, 200
# A check of a password takes 64 MiB for a moment.
_AT_ONCE = 2


class Given(BaseModel):
    """What somebody logs in with: a name and its password, or a link's secret."""

    name: str = Field("", max_length=100)
    password: str = Field("", max_length=200)
    link: str = Field("", max_length=200)


class _Tries:
    """Counts logins before they are checked, so that many at once count as well; one that is right does not count."""

    def __init__(self, clock: Clock) -> None:
        mosts = (_MOST_OF_NAME, _MOST_OF_ADDRESS, _MOST_OF_ALL)
        self._allowances = tuple(Allowance(most, _WITHIN_S, clock) for most in mosts)

    def begin(self, *whos: str) -> None:
        """Count a try of this name, this address and all; raises 429 where there were too many of one of them."""
        for at, (allowance, who) in enumerate(zip(self._allowances, whos, strict=True)):
            if wait_s := allowance.take(who):
                self.forget(*whos[:at])
                detail = f"Too many failed logins: try again in {wait_s} s."
                raise HTTPException(429, detail, {"Retry-After": str(wait_s)})

    def forget(self, *whos: str) -> None:
        """Take back a try that was right."""
        for allowance, who in zip(self._allowances, whos, strict=False):
            allowance.give_back(who)


def session_routes(access: Access, clock: Clock) -> APIRouter:
    """Return the routes of /session."""
    router, tries, checks = APIRouter(), _Tries(clock), threading.Semaphore(_AT_ONCE)

    @router.post("")
    def log_in(given: Given, request: Request, response: Response) -> dict[str, object]:
        """Begin a session; its cookie is no script's to read."""
        address = request.client.host if request.client else ""
        whos = (f"{address} {'link' if given.link else f'name {given.name}'}", address, "")
        tries.begin(*whos)
        with checks:
            user = (
                access.by_secret(given.link, ("link",))
                if given.link
                else access.by_password(given.name, given.password)
            )
        if user is None:
            raise HTTPException(
                401, "This link was used or is too old." if given.link else "Name or password is wrong."
            )
        tries.forget(*whos)
        is_https = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
        response.set_cookie(
            COOKIE,
            access.make_secret(user, "session"),
            max_age=SESSION_S,
            httponly=True,
            samesite="lax",
            secure=is_https,
        )
        return _shown(user)

    @router.delete("")
    def log_out(request: Request, response: Response) -> dict[str, object]:
        """End the session, here and for whoever may have copied its secret."""
        for secret in (request.cookies.get(COOKIE, ""), bearer(request)):
            access.end_session(secret)
        response.delete_cookie(COOKIE)
        return {}

    @router.get("")
    def who(user: Who) -> dict[str, object]:
        """Say who asks."""
        return _shown(user)

    return router


def _shown(user: User) -> dict[str, object]:
    return {"name": user.name, "role": user.role, "sites": list(user.sites)}
