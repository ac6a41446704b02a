"""The page's server as a process and Debian's Chromium, watched: what it asks for, says and complains about."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from dashboard.access import Access, User
from dashboard.web.app import create_app
from shoplog.settings import REPOSITORY, Settings
from tests.report.warehouse import Warehouse

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
ADMIN, PASSWORD = User("admin", "admin"), "a long enough password"
CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed: apt-get install chromium")


class Server:
    """`python -m dashboard.web` on a free port of loopback; `start` again takes the same port."""

    def __init__(self, settings: Settings) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SHOPLOG_")},
            "SHOPLOG_HOME": str(settings.home), "SHOPLOG_WEB_PORT": str(self.port), "PYTHONPATH": f"{REPOSITORY}/src:.",
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.headers = headers_of(settings)

    def ask(self, path: str) -> Any:
        """Return what the API says below /api/v1/; raises `HTTPError` where it refuses."""
        asked = urllib.request.Request(f"{self.url}/api/v1/{path}", headers=self.headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.web"], cwd=REPOSITORY, env=self._environment, stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while True:
            assert self._process.poll() is None, "the page's server ended at once"
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=2).close()
                return
            except OSError:
                assert time.monotonic() < deadline, "the page's server did not answer"
                time.sleep(0.2)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None


def headers_of(settings: Settings, user: User = ADMIN) -> dict[str, str]:
    """Return what a request of this user has beside all else."""
    access = Access(settings)
    access.put(user, PASSWORD)
    return {"Authorization": f"Bearer {access.make_secret(user, 'token', 'test')}"}


def client_of(settings: Settings, user: User = ADMIN) -> TestClient:
    """Return a client of the application that asks as this user."""
    return TestClient(create_app(settings), headers=headers_of(settings, user))


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    """Yield a started server and stop it afterwards."""
    server = Server(settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS), headless=True)
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page and all that happened on it."""

    page: Page
    urls: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> set[str]:
        """Hosts that anything was asked of."""
        return {urlsplit(url).hostname or "" for url in self.urls if urlsplit(url).scheme not in ("data", "blob")}


@contextmanager
def watched(browser: Browser, **options: Any) -> Iterator[Watched]:
    """Yield a new page whose requests, console errors, exceptions and dialogs are written down."""
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
    page = context.new_page()
    seen = Watched(page)

    def dismiss(dialog: Any) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("request", lambda request: seen.urls.append(request.url))
    page.on("console", lambda m: seen.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("dialog", dismiss)
    yield seen
    context.close()


@dataclass
class Shop:
    """Tables, the server over them and a browser."""

    warehouse: Warehouse
    server: Server
    browser: Browser


def skip_by_keyboard(page: Page) -> str:
    """Press the skip link, the first that the keyboard reaches; return the id of what it leads to."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    return str(page.evaluate("document.activeElement.id"))
