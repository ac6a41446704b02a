"""Data Docs as on-call reads them: offline, without a script, what failed first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from expectations.run import run_quality
from shoplog.errors import UserError
from shoplog.settings import Settings
from tests.dashboard.browser import Server, chromium, client_of, needs_chromium, serving, watched
from tests.expectations.test_run import DAY, frames

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = "<img src=/ran onerror=alert(1)>.log"
# An address of another host where a browser fetches by itself: attributes, style sheets, imports.
FETCHED = re.compile(
    r"""(?:src|href|srcset|data|poster|action)\s*=\s*["']?\s*(?:[a-z]+:)?//|url\(|@import""", re.IGNORECASE
)


def docs(settings: Settings) -> Path:
    return settings.quality_dir / "gx/uncommitted/data_docs/local_site"


def bad_frames() -> dict[str, pd.DataFrame]:
    """A line that is nowhere, and a file that stands twice in the ledger."""
    given = frames()
    row = given["ledger"].assign(file=HOSTILE)
    given["ledger"] = pd.concat([row.assign(residue=1), row], ignore_index=True)
    return given


def check(settings: Settings, given: dict[str, pd.DataFrame], day: date = DAY) -> str:
    """Run the suites and return the index."""
    run_quality(settings, day, given, {})
    return (docs(settings) / "index.html").read_text()


def contents(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("quality") / "home", host="web1")
    check(settings, bad_frames())
    return settings


def test_no_file_refers_to_another_host_or_runs_a_script(failed: Settings) -> None:
    files = contents(docs(failed))
    assert {name.split("/")[0] for name in files} == {"index.html", "data_docs.css", "expectations", "validations"}
    for name, text in files.items():
        assert not FETCHED.search(text), name
        assert "<script" not in text, name
        assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), name
        assert name.endswith(".css") or "data_docs.css" in text


def test_a_file_name_is_text_on_every_page(failed: Settings) -> None:
    named = [text for text in contents(docs(failed)).values() if "onerror" in text]
    assert len(named) == 2
    assert all("<img" not in text and "&lt;img" in text for text in named)


def test_building_again_changes_nothing(settings: Settings) -> None:
    import great_expectations as gx

    from expectations.pages import build_pages

    check(settings, bad_frames())
    before = contents(docs(settings))
    build_pages(gx.get_context(mode="file", project_root_dir=str(settings.quality_dir)))
    after = contents(docs(settings))
    assert before == after


def test_a_failed_day_stays_on_top_until_it_passes(settings: Settings) -> None:
    late = frames()
    late["ledger"] = late["ledger"].assign(in_flight=20_000, minus_in_flight=-20_000, written=20_010)
    index = check(settings, bad_frames(), date(2026, 11, 19))
    assert "<title>FAILED" in index
    assert "2026-11-19 failed" in check(settings, frames(), date(2026, 11, 20))
    index = check(settings, late, date(2026, 11, 21))
    assert index.index("2026-11-21 passed with warnings") < index.index("2026-11-19 failed") < index.index("<table>")
    check(settings, frames(), date(2026, 11, 19))
    index = check(settings, frames(), date(2026, 11, 21))
    assert 'class="verdict passed"' in index
    assert "FAILED" not in index


def test_a_missing_side_leaves_no_half_run(settings: Settings) -> None:
    given = frames()
    del given["parity"]
    with pytest.raises(UserError, match="missing side fails"):
        run_quality(settings, DAY, given, {})
    assert not settings.quality_dir.exists()


def test_the_server_lets_no_script_run_on_the_pages(failed: Settings) -> None:
    client = client_of(failed)
    for path in ("/quality/docs/", "/quality/docs/expectations/ledger.html", "/quality/docs/absent.html"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "style-src 'self'; style-src-attr 'unsafe-inline'" in policy


@pytest.fixture(scope="module")
def served(failed: Settings) -> Iterator[tuple[Server, Browser]]:
    with serving(failed) as server, chromium() as browser:
        yield server, browser


@pytest.mark.e2e
@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_failed_expectation_is_seen_in_a_browser(served: tuple[Server, Browser], scheme: str) -> None:
    server, browser = served
    with watched(browser, color_scheme=scheme, extra_http_headers=server.headers) as seen:
        page = seen.page
        page.goto(f"{server.url}/quality/docs/")
        top = page.locator(".verdict.critical")
        assert f"{DAY} failed" in top.inner_text()
        assert "expect_column_values_to_be_between of residue" in top.inner_text()
        assert page.evaluate("document.querySelector('.verdict').getBoundingClientRect().top") < 200
        top.get_by_role("link", name="ledger").first.click()
        row = page.locator("tr:has(.fa-times)", has_text="less than or equal to 0.0")
        assert row.is_visible()
        assert page.evaluate("document.querySelector('tr:has(.fa-times)').getBoundingClientRect().bottom < innerHeight")
        assert (
            page.evaluate("getComputedStyle(document.querySelector('td .fa-times'), '::before').content") == '"failed"'
        )
        rows = page.locator("tbody tr:visible").count()
        page.get_by_label("failed only").check()
        assert row.is_visible()
        assert page.locator("tbody tr:visible").count() < rows
        page.get_by_role("link", name="Data quality").click()
        assert seen.hosts == {"127.0.0.1"}
        assert (seen.complaints, seen.dialogs) == ([], [])
        assert not [url for url in seen.urls if "ran" in url]
