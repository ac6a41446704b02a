"""Routes of annotations: everybody reads those of the sites that they may see, operators write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field

from dashboard.access import User
from dashboard.annotations import MOST_CHARACTERS, Annotation, Annotations
from dashboard.web.asked import First, Last, Sites, read_question, span_of
from dashboard.web.who import Operator, Who, seen_sites
from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import load_sites, named_site

# What SQLite counts rows by, and JSON keeps exactly.
Number = Annotated[int, Path(ge=1, le=2**53)]


class Given(BaseModel):
    """What is written: `at` is a moment with its offset, UTC without one; without a site it is about all."""

    at: datetime
    text: str = Field(min_length=1, max_length=MOST_CHARACTERS)
    kind: str = "note"
    site: str | None = None


def annotation_routes(settings: Settings) -> APIRouter:
    """Return the routes of /annotations."""
    router, kept = APIRouter(), Annotations(settings)

    @router.get("")
    def annotations(user: Who, first: First, last: Last = None, site: Sites = None) -> dict[str, Any]:
        """Those of a period, the newest first: of the sites that are asked for, and of all sites."""
        span = read_question(lambda: span_of(first, last))
        return {"annotations": [one.as_object() for one in kept.of(span, seen_sites(user, site))]}

    @router.post("", status_code=201)
    def add(user: Operator, given: Given) -> dict[str, Any]:
        """Write one; who may see some sites only names one of these."""
        _must_be_of(user, given.site)
        at = given.at if given.at.tzinfo else given.at.replace(tzinfo=UTC)

        def added() -> Annotation:
            if given.site is not None:
                named_site(load_sites(settings), given.site)
            return kept.add(Annotation(at, given.kind, given.text, user.name, given.site))

        return read_question(added).as_object()

    @router.delete("/{number}")
    def remove(user: Operator, number: Number) -> dict[str, Any]:
        """Remove the one of this number, and return what it was."""
        try:
            found = kept.by_id(number)
        except UserError as error:
            raise HTTPException(404, str(error)) from error
        _must_be_of(user, found.site)
        kept.remove(number)
        return found.as_object()

    return router


def _must_be_of(user: User, site: str | None) -> None:
    """Raise 403 unless the user may see what this is about."""
    if user.sites and site not in user.sites:
        raise HTTPException(403, f"{user.name} may write about {', '.join(user.sites)} only.")
