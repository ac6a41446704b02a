"""The route of Prometheus: it logs in by a token like any other program."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from dashboard.web.who import KNOWN


def metrics_routes(registry: CollectorRegistry) -> APIRouter:
    """Return the route /metrics."""
    router = APIRouter(include_in_schema=False, dependencies=[KNOWN])

    @router.get("/metrics")
    def metrics() -> Response:
        """Every measure of docs/monitoring.md, in Prometheus' text form."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
