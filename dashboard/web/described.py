"""What the OpenAPI document says of all routes alike: what may go wrong, and how somebody shows who they are."""

from __future__ import annotations

from typing import Any

VERSION = "1"
ABOUT = (
    "What happens on web shops, from their access logs. docs/api.md has an example of each request. "
    "Requests, parameters and fields are only ever added to version 1."
)
_WRONG: dict[int | str, str] = {
    400: "The question cannot be read.",
    401: "Nobody is logged in, or the password is wrong.",
    403: "Not for this user, or asked for by another site's page.",
    404: "There is nothing of this name, or no line in the period.",
    429: "Too many requests, or too many failed logins.",
    "4XX": "Anything else that is wrong with the request.",
}
_DETAIL = {"type": "string", "description": "What is wrong, in one sentence."}
_SENTENCE = {"type": "object", "required": ["detail"], "properties": {"detail": _DETAIL}}
_WAIT = {"description": "In so many seconds it may be asked again.", "schema": {"type": "integer", "minimum": 1}}


def _answer(status: int | str, words: str) -> dict[str, Any]:
    said: dict[str, Any] = {"description": words, "content": {"application/json": {"schema": _SENTENCE}}}
    return said | ({"headers": {"Retry-After": _WAIT}} if status == 429 else {})


# By status: an answer to what is asked wrongly.
WRONG: dict[int | str, dict[str, Any]] = {status: _answer(status, words) for status, words in _WRONG.items()}
# Of routes whose answer may have a page after it.
IN_PAGES: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {"Link": {"description": 'Where the next page is: `<…>; rel="next"`.', "schema": {"type": "string"}}}
    }
}
