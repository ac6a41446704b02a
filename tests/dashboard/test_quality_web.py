"""The quality page's routes on the web server, and as one file by the command."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from dashboard.quality_page import Links, render_day
from shoplog.cli import app
from shoplog.errors import UserError
from shoplog.settings import Settings
from tests.dashboard.browser import client_of
from tests.dashboard.quality_tables import DAY, NIGHT, parity, right_day, write


@pytest.fixture
def client(settings: Settings) -> TestClient:
    return client_of(settings)


def test_the_list_leads_to_each_day(settings: Settings, client: TestClient) -> None:
    right_day(settings, ledger_file={"missing_bytes": 9, "broken_ranges": "1-10 missing"})
    listed = client.get("/quality")
    assert (listed.status_code, str(listed.url)) == (200, "http://testserver/quality/")
    assert f'<a href="{DAY}">' in listed.text
    page = client.get(f"/quality/{DAY}").text
    assert "The ledger is broken in 1 of 1 files" in page
    assert "shoplog import --range access-20261120-12.log:1-10 --site shop --host web1" in page
    assert "two rows cover these bytes" in page


def test_the_same_is_answered_as_json(settings: Settings, client: TestClient) -> None:
    right_day(settings)
    write(settings, "gold_parity", parity(live=float("nan"), unexplained=float("inf")))
    (listed,) = client.get("/api/v1/quality").json()["days"]
    assert (listed["day"], listed["light"], listed["sites"][0]["site"]) == ("2026-11-20", "green", "shop")
    day = client.get(f"/api/v1/quality/{DAY}").json()
    assert (day["offending"][0]["live"], day["offending"][0]["unexplained"]) == ("nan", "inf")
    assert day["sites"][0]["certificate"]["verdict"] == "equal"


@pytest.mark.parametrize("text", ["today", "20261120", "2026-11-31", "%3Cscript%3E"])
def test_a_bad_day_is_not_found_and_says_why(client: TestClient, text: str) -> None:
    page, answer = client.get(f"/quality/{text}"), client.get(f"/api/v1/quality/{text}")
    assert (page.status_code, page.text) == (404, "That is not a day: write it as YYYY-MM-DD.\n")
    assert (answer.status_code, answer.json()) == (404, {"detail": "That is not a day: write it as YYYY-MM-DD."})


def test_a_day_of_which_nothing_is_known_is_not_found(settings: Settings, client: TestClient) -> None:
    right_day(settings)
    page = client.get(f"/quality/{DAY - timedelta(days=2)}")
    assert page.status_code == 404
    assert page.text.startswith("Nothing is known of 2026-11-18")
    assert page.headers["content-type"].startswith("text/plain")


def test_before_any_line_the_page_says_so(client: TestClient) -> None:
    assert "No day is known yet" in client.get("/quality/").text
    assert client.get("/api/v1/quality").json() == {"days": []}
    assert "No day has been checked yet" in client.get("/quality/docs/").text


def test_the_pages_run_one_script_and_take_no_style_but_their_sheets(settings: Settings, client: TestClient) -> None:
    right_day(settings)
    for path in ("/quality/", f"/quality/{DAY}"):
        page = client.get(path)
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.text.count("<script") == 1
        assert '<script src="/static/quality.js" type="module"></script>' in page.text
        assert not any(word in page.text for word in ("<style", " style=", " onclick="))


def test_a_published_day_leads_to_its_figures_as_they_were_published(settings: Settings, client: TestClient) -> None:
    right_day(settings, published_day={"published_at": NIGHT + timedelta(microseconds=5)})
    site = client.get(f"/api/v1/quality/{DAY}").json()["sites"][0]
    # Not before the publication.
    assert (site["status"], site["as_published"]) == ("final", "2026-11-21T01:30:01")
    asked = "from=2026-11-20&amp;to=2026-11-20&amp;site=shop&amp;as_of=2026-11-21T01%3A30%3A01"
    assert f'href="/shop?{asked}"' in client.get(f"/quality/{DAY}").text
    # Airflow's frame opens no other server's page.
    assert asked not in render_day(settings, DAY, Links("docs/"))


def test_a_day_that_is_not_published_leads_to_none(settings: Settings, client: TestClient) -> None:
    right_day(settings, without="published_day")
    site = client.get(f"/api/v1/quality/{DAY}").json()["sites"][0]
    assert (site["status"], site["as_published"]) == ("provisional", None)
    assert "as_of=" not in client.get(f"/quality/{DAY}").text


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    return lambda *given: CliRunner().invoke(app, ["page", *given])


def test_the_command_writes_one_file(settings: Settings, run: Any, tmp_path: Path) -> None:
    right_day(settings)
    file = tmp_path / "page.html"
    assert run("--date", str(DAY), "--output", str(file)).exit_code == 0
    assert "shoplog quality 2026-11-20" in file.read_text()
    assert json.loads(run("--date", str(DAY), "--json").stdout)["light"] == "green"


def test_a_red_day_is_exit_code_1_and_its_page_is_written(settings: Settings, run: Any) -> None:
    right_day(settings, certificate={"verdict": "different"})
    done = run("--date", str(DAY))
    assert done.exit_code == 1
    assert "verdict is different" in done.stdout


def test_a_day_without_anything_is_a_mistake_of_the_user(settings: Settings, run: Any, tmp_path: Path) -> None:
    assert isinstance(run("--date", str(DAY)).exception, UserError)
    right_day(settings)
    done = run("--date", str(DAY), "--output", str(tmp_path))
    assert isinstance(done.exception, UserError)
    assert "name another file" in str(done.exception)
