"""When a page shows its first number is said by the browser, not by who waits for it."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.opening import launched, opened
from tests.dashboard.browser import needs_chromium

pytestmark = [pytest.mark.e2e, needs_chromium]

PAGE = """<!doctype html><p id="rate">none yet</p><script>
setTimeout(() => { document.getElementById("rate").textContent = "still none"; }, 100);
setTimeout(() => { document.getElementById("rate").textContent = "7"; }, 700);
</script><!-- {more} -->"""


def test_the_first_number_is_timed_and_what_came_is_weighed(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(PAGE.replace("{more}", "x" * 50_000))
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, launched() as browser:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ms, kb = opened(browser, f"http://127.0.0.1:{server.server_port}/", {}, "#rate")
        server.shutdown()
    # Of a timer it is known that it is not early.
    assert ms >= 700
    assert 50 < kb < 60
