"""Airflow's plugin: the entry "Quality" in its navigation, and the page that it opens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/shoplog-quality"


@cache
def _application() -> Any:
    from dashboard.airflow_app import create_app
    from shoplog.settings import Settings

    return create_app(Settings.load())


class LateApplication:
    """Makes the application for the first request: each scheduler, processor and task loads plugins, one server serves them."""

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Hand a request to the application."""
        # Its imports take seconds, in which the server answers others.
        application = await asyncio.to_thread(_application)
        await application(scope, receive, send)


class QualityPlugin(AirflowPlugin):
    """Shown to whoever is logged in to Airflow; the application checks that itself."""

    name = "shoplog_quality"
    fastapi_apps: ClassVar[list[Any]] = [{"app": LateApplication(), "url_prefix": PREFIX, "name": "Quality"}]  # type: ignore[misc]
    external_views: ClassVar[list[Any]] = [  # type: ignore[misc]
        {
            "name": "Quality",
            # Without a leading slash: it holds behind a path of a proxy too.
            "href": f"{PREFIX[1:]}/",
            "url_route": "quality",
            "destination": "nav",
            "nav_top_level": True,
        }
    ]
