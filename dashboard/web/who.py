"""Who asks, as routes take it: the user that the door let pass, and what this one may see and do."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from dashboard.access import User

COOKIE = "shoplog_session"
# For the OpenAPI document: the door itself looks at them.
_TOKEN = HTTPBearer(auto_error=False, scheme_name="token", description="What `shoplog token add` prints.")
_SESSION = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="session", description="What the login sets.")


def bearer(request: Request) -> str:
    """Return the secret that the request is sent with, '' where there is none."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret if scheme.lower() == "bearer" else ""


def _who(
    request: Request, _token: Annotated[object, Depends(_TOKEN)], _session: Annotated[object, Depends(_SESSION)]
) -> User:
    user: User | None = getattr(request.state, "user", None)
    if user is None:
        raise HTTPException(401, "Log in, or send a token.")
    return user


Who = Annotated[User, Depends(_who)]
# For routes that need not know who it is.
KNOWN = Depends(_who)


def _operator(user: Who) -> User:
    if user.role == "viewer":
        raise HTTPException(403, f"{user.name} is a viewer: an operator may do this.")
    return user


Operator = Annotated[User, Depends(_operator)]


def seen_sites(user: User, asked: list[str] | None) -> list[str]:
    """Return the sites to show: what was asked for, as far as the user may see it; raises 403 for any other."""
    if not user.sites:
        return asked or []
    for site in asked or ():
        if site not in user.sites:
            raise HTTPException(403, f"{user.name} may see {', '.join(user.sites)} only.")
    return asked or list(user.sites)
