"""Routes of the pages of figures: any period of any sites, as JSON for the pages and as CSV for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response

from dashboard.access import User
from dashboard.read_model.pages import PAGES, sections_of
from dashboard.read_model.screens import ScreenReadModel
from dashboard.web.asked import First, InPages, Last, Sites, read_question, span_of
from dashboard.web.described import IN_PAGES
from dashboard.web.guard import Who, seen_sites
from dashboard.web.paging import MOST_ROWS, Offset, link_next
from shoplog.contracts.sections import Section
from shoplog.errors import UserError
from shoplog.report.as_csv import to_csv
from shoplog.report.as_json import as_object
from shoplog.report.model import Report
from shoplog.report.question import Question, Span
from shoplog.settings import Settings
from shoplog.sites import load_sites

MostAnomalies = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Most anomalies.")]


def figure_routes(settings: Settings, model: ScreenReadModel) -> APIRouter:
    """Return the sites at /sites, anomalies, and each page's figures at /pages/{page}, its sections and as CSV."""
    router = APIRouter()

    def made(user: User, page: str, question: Question, sites: list[str] | None, section: str | None = None) -> Report:
        return reported(model, user, question, sites, _sections(page, question.span, section))

    @router.get("/sites")
    def sites(user: Who) -> dict[str, Any]:
        """The shops that the user may see: name, currency, time zone."""
        known = [one for one in load_sites(settings).values() if not user.sites or one.name in user.sites]
        return {"sites": [{"site": one.name, "currency": one.currency, "time_zone": one.time_zone} for one in known]}

    @router.get("/anomalies", responses=IN_PAGES)
    def anomalies(
        user: Who, request: Request, response: Response, first: First, last: Last = None, site: Sites = None,
        limit: MostAnomalies = MOST_ROWS, offset: Offset = 0,
    ) -> dict[str, Any]:  # fmt: skip
        """What was out of the ordinary, the newest first; docs/anomalies.md says what the fields are."""
        span = read_question(lambda: span_of(first, last))
        found, in_all = model.anomalies(span, seen_sites(user, site), limit, offset)
        if offset + limit < in_all:
            link_next(request, response, offset + limit)
        return {"anomalies": found, "anomalies_in_all": in_all}

    @router.get("/pages/{page}.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
    def page_csv(user: Who, page: str, question: InPages, site: Sites = None) -> Response:
        """The page's figures, one a line, as `shoplog report --format csv` writes them."""
        name = f"shoplog-{page}-{question.span.first}-{question.span.last}.csv"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        text = to_csv(made(user, page, question, site))
        return Response(text + "\n", media_type="text/csv; charset=utf-8", headers=disposition)

    @router.get("/pages/{page}", responses=IN_PAGES)
    def page(
        user: Who, request: Request, response: Response, page: str, question: InPages, site: Sites = None
    ) -> dict[str, Any]:
        """The page's figures, as `shoplog report --json` has them; docs/report.md says what the fields are."""
        return _answered(made(user, page, question, site), request, response)

    @router.get("/pages/{page}/{section}", responses=IN_PAGES)
    def section(
        user: Who, request: Request, response: Response, page: str, section: str, question: InPages, site: Sites = None
    ) -> dict[str, Any]:
        """One section of the page, in the same form: what to ask for all of its rows, page by page."""
        return _answered(made(user, page, question, site, section), request, response)

    return router


def reported(
    model: ScreenReadModel, user: User, question: Question, sites: list[str] | None, sections: Sequence[Section]
) -> Report:
    """Return the report of the sites that the user may see; raises 403 for others, 404 without any line."""
    try:
        return model.report(question, seen_sites(user, sites), sections)
    except UserError as error:
        # The sentence names what there is of all sites.
        raise (HTTPException(404, "There are no lines of your sites.") if user.sites else error) from error


def _answered(report: Report, request: Request, response: Response) -> dict[str, Any]:
    limit, shown = report.question.limit, report.question.offset + report.question.limit
    sections = [section for site in report.sites for section in site.sections]
    # A snapshot knows of more rows than it has.
    if any(len(one.rows) == limit and shown < one.rows_in_all for one in sections):
        link_next(request, response, shown)
    return as_object(report)


def _sections(page: str, span: Span, name: str | None) -> Sequence[Section]:
    """Return the sections of the page, or the one of this name; raises 404 where there is none."""
    if page not in PAGES:
        raise HTTPException(404, f"There is no page {page!r}: use {', '.join(PAGES)}.")
    known = sections_of(page, span.days)
    found = [section for section in known if name in (None, section.name)]
    if not found:
        names = ", ".join(section.name for section in known)
        raise HTTPException(404, f"The page {page} has no section {name!r}: use {names}.")
    return found
