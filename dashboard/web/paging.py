"""Long answers in pages: so many rows after so many others, and where the next ones are."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

MOST_ROWS = 1000

# DuckDB's integers end there, and no table has as many rows.
Offset = Annotated[int, Query(ge=0, le=2**53, description="So many first rows are left out.")]


def link_next(request: Request, response: Response, offset: int) -> None:
    """Say in the answer's `Link` header (RFC 8288) where the rows after the first `offset` are."""
    url = request.url.include_query_params(offset=offset)
    response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
