"""Serves the page on loopback."""

from __future__ import annotations

import uvicorn

from dashboard.access import Access
from dashboard.web.app import create_app
from shoplog.settings import Settings

settings = Settings.load()
Access(settings).ensure_admin()
uvicorn.run(
    create_app(settings),
    host="127.0.0.1",
    port=settings.web_port,
    log_level="warning",
    timeout_graceful_shutdown=2,
    # Anybody can write X-Forwarded-For: it is believed where a proxy stands before the pages.
    proxy_headers=settings.web_proxy_header is not None,
)
