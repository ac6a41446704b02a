"""What a request asks for, as the routes of figures take it; what cannot be read is answered by its sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, TypeVar

from fastapi import Depends, HTTPException, Query

from dashboard.web.paging import MOST_ROWS, Offset
from shoplog.errors import UserError
from shoplog.report.question import Question, Span, parse_compare, parse_filters, parse_moment, parse_span

Given = TypeVar("Given")
_MOST_DAYS = 400

First = Annotated[date, Query(alias="from", description="First UTC day.")]
Last = Annotated[date | None, Query(alias="to", description="Last UTC day; the first by default.")]
Sites = Annotated[list[str] | None, Query(alias="site", description="Only this site; may be given often.")]
Where = Annotated[
    list[str] | None,
    Query(description="Only rows with dimension=value or dimension!=value; an empty value is unknown."),
]
Compare = Annotated[str | None, Query(description="previous, or the first day of the period to compare with.")]
AsOf = Annotated[str | None, Query(description="As the figures were known at this UTC moment.")]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Most rows of a section that is no series, of each site.")]


def _question(
    first: First, last: Last = None, where: Where = None, compare: Compare = None, as_of: AsOf = None
) -> Question:
    return read_question(
        lambda: Question(
            (span := span_of(first, last)),
            parse_compare(compare, span),
            parse_filters(where or ()),
            parse_moment(as_of, datetime.now(UTC)),
        )
    )


Asked = Annotated[Question, Depends(_question)]


def _in_pages(question: Asked, limit: Limit = 10, offset: Offset = 0) -> Question:
    return replace(question, limit=limit, offset=offset)


InPages = Annotated[Question, Depends(_in_pages)]


def read_question(given: Callable[[], Given]) -> Given:
    """Return what is made of the question; one that cannot be read is answered by its sentence."""
    try:
        return given()
    except UserError as error:
        raise HTTPException(400, str(error)) from error
    except OverflowError as error:
        raise HTTPException(400, "This lies before the first or after the last day that there is.") from error


def span_of(first: date, last: date | None) -> Span:
    """Return the days; raises `UserError` where there are too many."""
    span = parse_span(first, last)
    if span.days > _MOST_DAYS:
        raise UserError(f"{span.days:,} days are too many for a page: ask for {_MOST_DAYS} at most.")
    return span
