"""Serves the pages."""

from __future__ import annotations

import uvicorn

from dashboard.access import Access
from dashboard.web.app import create_app
from shoplog.logs import configure_logs
from shoplog.settings import Settings

settings = Settings.load()
configure_logs()
Access(settings).ensure_admin()
uvicorn.run(
    create_app(settings),
    host=settings.web_listen,
    port=settings.web_port,
    log_config=None,
    timeout_graceful_shutdown=2,
    # Anybody can write X-Forwarded-For: it is believed where a proxy stands before the pages.
    proxy_headers=settings.web_proxy_header is not None,
)
