"""Pages of which a part is written by a benchmark: what stands between two markers."""

from __future__ import annotations


def between(text: str, name: str, by: str, made: str) -> str:
    """Return the page with `made` between the markers of `name`, which say what it is written `by`."""
    start, end = f"<!-- {name}: written by {by} -->", f"<!-- end of {name} -->"
    before, found, rest = text.partition(start)
    assert found and end in rest, f"the page has no markers for {name}"
    return f"{before}{start}\n{made}\n{end}{rest.partition(end)[2]}"
