"""opening: from the click until a page shows its first number, in a browser that knows nothing of it, beside GoAccess's report."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from bench.broker import own_home, started, wait_until
from bench.history import append_partials, parsed_of_yesterday
from bench.log_lines import log_files, yesterday
from bench.pair import Row
from bench.ports import free_ports
from bench.toolbox import program
from dashboard.access import Access
from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.errors import UserError
from shoplog.io.sinks import create_table
from shoplog.settings import Settings
from shoplog.transforms.fold import folded
from shoplog.transforms.measure import measured

_LINES, _FILES, _LOADS_A_RUN = 500_000, 100, 4
_MOST_MS = 1500
# The page's own clock, which begins with the click.
_WATCH = r"""new MutationObserver((_, watching) => {
  if (!/\d/.test(document.querySelector("SELECTOR")?.textContent)) return;
  window.firstNumberMs = performance.now();
  watching.disconnect();
}).observe(document, { childList: true, subtree: true, characterData: true });"""
_BYTES = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, { transferSize }) => sum + transferSize, 0)"""


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return one row: the live page and GoAccess's page, loaded by turns."""
    lines = max(5_000, int(_LINES * scale))
    with (
        own_home(settings) as own,
        _ours(own, settings, lines) as ours,
        _goaccess(own, settings, lines) as theirs,
        launched() as browser,
    ):
        sides = {"ours": (*ours, "#rate"), "goaccess": (theirs, {}, "#total_requests")}
        found: dict[str, list[tuple[float, float]]] = {name: [opened(browser, *side)] for name, side in sides.items()}
        for turn in range(runs * _LOADS_A_RUN):
            for name in sides if turn % 2 == 0 else reversed(sides):
                found[name].append(opened(browser, *sides[name]))
    (first_ms, kb), *_ = found["ours"]
    ours_ms, goaccess_ms = (statistics.median(ms for ms, _ in loads[1:]) for loads in found.values())
    return [
        {
            "name": "opening", "lines": lines, "loads": runs * _LOADS_A_RUN, "first_ms": round(first_ms), "ms": round(ours_ms),
            "kb": round(kb), "goaccess_ms": round(goaccess_ms), "goaccess_kb": round(found["goaccess"][0][1]),
            "to_reach": f"{_MOST_MS} ms", "holds": ours_ms <= _MOST_MS,
        }
    ]  # fmt: skip


@contextmanager
def launched() -> Iterator[Browser]:
    """Yield the system's Chromium; raises `UserError` where there is none."""
    path = shutil.which("chromium")
    if path is None:
        raise UserError("No browser is installed to open the page in: apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Browser, url: str, headers: Mapping[str, str], selector: str) -> tuple[float, float]:
    """Return milliseconds until the element shows a number, and kB of what came for it."""
    context = browser.new_context(extra_http_headers=dict(headers))
    page = context.new_page()
    page.add_init_script(_WATCH.replace("SELECTOR", selector))
    page.goto(url, wait_until="commit")
    wait_until(lambda: page.evaluate("window.firstNumberMs > 0"), f"{url} shows no number")
    found = page.evaluate(f"[window.firstNumberMs, {_BYTES}]")
    context.close()
    return float(found[0]), found[1] / 1e3


@contextmanager
def _ours(own: Settings, settings: Settings, lines: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the live page's address and what opens it; its server has answered nobody yet."""
    create_table(own, GOLD_PARTIAL_LIVE.name)
    append_partials(own, folded(measured(parsed_of_yesterday(settings, lines), LIVE_FAMILIES)), [0], _FILES)
    url = f"http://127.0.0.1:{own.web_port}"
    with started([sys.executable, "-m", "dashboard.web"], own, "web"):
        wait_until(lambda: _answers(f"{url}/healthz"), "the web server does not answer")
        access = Access(own)
        token = access.make_secret(access.user("admin"), "token", "bench")
        yield url, {"Authorization": f"Bearer {token}"}


@contextmanager
def _goaccess(own: Settings, settings: Settings, lines: int) -> Iterator[str]:
    """Yield the address of GoAccess's report of the same lines."""
    folder, (port,) = own.home / "goaccess", free_ports(["port"]).values()
    folder.mkdir()
    options = ["--log-format=COMBINED", "--no-global-config", "--no-progress", "-o", str(folder / "index.html")]
    files = map(str, log_files(settings, lines, yesterday()))
    subprocess.run([program("goaccess"), *files, *options], check=True, stdout=subprocess.DEVNULL)
    served = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder)]
    with started(served, own, "goaccess"):
        url = f"http://127.0.0.1:{port}/"
        wait_until(lambda: _answers(url), "GoAccess's report is not served")
        yield url


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except OSError:
        return False
    return True
