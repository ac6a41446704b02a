"""What kind of thing a path is, said once."""

from __future__ import annotations

from shoplog.contracts.model import Column

PAGE_CLASSES = {
    "page": "something a person reads",
    "static": "a file that pages load: image, style, script, font, media, download",
    "api": "data for programs: /api/, /graphql, .json, ajax",
    "other": "for machines: robots.txt, site maps, feeds, /.well-known, health checks",
}
PAGE = (
    Column("page_class", "string", "kind of thing by its path", allowed=tuple(PAGE_CLASSES)),
    Column("path_template", "string", "path with {id}, {hash}, {uuid}, {text} for parts that vary, *.ext for files; "
                                      "at most 6 parts; (missing) for 404 and 410"),
)  # fmt: skip
