"""The API is described in full: every example of docs/api.md is asked, and the OpenAPI document is valid and names each route."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from dashboard.access import Access, User
from dashboard.web import live
from dashboard.web.app import create_app
from shoplog.contracts.tables import GOLD_ANOMALY_LIVE
from shoplog.settings import REPOSITORY, Settings
from tests.dashboard.browser import ADMIN, headers_of
from tests.dashboard.test_paging import write_anomalies
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request

PAGE = (REPOSITORY / "docs/api.md").read_text(encoding="utf-8")
CHAPTERS = {part.splitlines()[0]: part for part in PAGE.split("\n## ")[1:] if "```" in part}
SERVER = "http://testserver"
INCIDENT = {
    "site": "outlet", "event_date": DAY, "window_start": noon(), "window_end": noon(minute=5), "kind": "visitor",
    "pattern": "flood", "metric": "requests", "severity": "critical", "anomaly_score": 0.8, "subject": "a1", "actual": 900.0,
    "expected": 10.0, "lower": 0.0, "upper": 40.0, "why": "90 times as many requests as the next address",
}  # fmt: skip


def examples(chapter: str) -> list[tuple[str, str]]:
    """Return each command of the chapter with the answer below it."""
    blocks = re.findall(r"^```console\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    return [
        (command, answer.strip())
        for block in blocks
        for command, _, answer in (one.partition("\n") for one in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:])
    ]


COMMANDS = [command for chapter in CHAPTERS.values() for command, _ in examples(chapter)]


def parsed(command: str, token: str = "") -> argparse.Namespace:
    """Return what curl would do: `url`, `X`, `H` and `json`."""
    curl = argparse.ArgumentParser()
    curl.add_argument("url")
    curl.add_argument("-X")
    curl.add_argument("-H", action="append", default=[])
    curl.add_argument("-N", action="store_true")
    curl.add_argument("--json")
    program, *arguments = shlex.split(command.replace("$SHOPLOG", SERVER).replace("$TOKEN", token))
    assert program == "curl"
    given = curl.parse_args(arguments)
    given.X = given.X or ("POST" if given.json else "GET")
    return given


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("home"), host="web1")
    warehouse = Warehouse(settings)
    rows = [request(f"/p{n}", visitor_id=f"v{n}", event_time=noon(DAY, n)) for n in range(7)]
    warehouse.stream(rows)
    warehouse.recompute(rows)
    warehouse.publish(noon(days_after(1)), live_requests=7)
    write_anomalies(settings, GOLD_ANOMALY_LIVE.name, [INCIDENT])
    Access(settings).put(User("ann", "viewer"), "a long enough password")
    return settings


def token_of(settings: Settings) -> str:
    return headers_of(settings, ADMIN)["Authorization"].removeprefix("Bearer ")


def holds(example: Any, answer: Any) -> bool:
    """Whether the answer says what the shortened example does."""
    if isinstance(example, dict):
        return isinstance(answer, dict) and all(
            name in answer and holds(value, answer[name]) for name, value in example.items()
        )
    if isinstance(example, list):
        return isinstance(answer, list) and all(any(holds(one, other) for other in answer) for one in example)
    if isinstance(example, str):
        return isinstance(answer, str) and answer.startswith(example)
    return bool(example == answer) and type(example) is type(answer)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_examples_of_a_chapter_are_answered_as_they_stand_there(
    shop: Settings, chapter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_KNOWN_FOR_S", 1.0)
    token, app = token_of(shop), create_app(shop)
    for command, shown in examples(CHAPTERS[chapter]):
        given = parsed(command, token)
        headers = dict(one.split(": ", 1) for one in given.H)
        if given.json:
            headers["Content-Type"] = "application/json"
        answer = TestClient(app).request(given.X, given.url, headers=headers, content=given.json)
        text = answer.text
        if shown.startswith("data: "):
            assert answer.headers["content-type"].startswith("text/event-stream")
            text = next(line[6:] for line in text.splitlines() if line.startswith("data: "))
        elif not shown.startswith("{"):
            assert text.startswith(f"{shown}\n"), command
            continue
        example = json.loads(shown.removeprefix("data: "))
        assert (answer.status_code >= 400) == ("detail" in example), (command, text)
        assert holds(example, json.loads(text)), (command, text)


def test_the_loop_over_pages_finds_every_row(
    shop: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("TOKEN", token_of(shop))
    app = create_app(shop)
    monkeypatch.setattr(httpx, "Client", lambda base_url, headers: TestClient(app, headers=headers))
    exec(program, {})
    assert capsys.readouterr().out == f"{[f'/p{n}' for n in range(7)]}\n"


@pytest.fixture(scope="module")
def described(shop: Settings) -> dict[str, Any]:
    answer = TestClient(create_app(shop), headers=headers_of(shop)).get("/api/v1/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(verb.upper(), path): said for path, verbs in document["paths"].items() for verb, said in verbs.items()}


def test_the_openapi_document_is_valid_and_names_each_route(shop: Settings, described: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(described).validate()
    served = {
        (verb, route.path)
        for route in create_app(shop).routes
        if isinstance(route, APIRoute) and route.path.startswith("/api/")
        for verb in route.methods
    }
    assert operations(described).keys() == served
    assert len(served) > 15
    assert all(path.startswith("/api/v1/") for _, path in served)
    assert described["info"]["version"] == "1"


def test_each_route_is_described_with_all_that_it_may_answer(described: dict[str, Any]) -> None:
    for (verb, path), said in operations(described).items():
        where = f"{verb} {path}"
        assert len(said["description"].split()) >= 3, where
        answers = said["responses"]
        assert answers.keys() - {"200", "201"} == {"400", "401", "403", "404", "429", "4XX"}, where
        for status, answer in answers.items():
            assert answer["description"] and answer["content"], (where, status)
        for status in answers.keys() - {"200", "201"}:
            assert answers[status]["content"]["application/json"]["schema"]["required"] == ["detail"], (where, status)
        assert "Retry-After" in answers["429"]["headers"], where
        assert all(one.get("description") for one in said.get("parameters", ()) if one["in"] == "query"), where
        is_door = path == "/api/v1/session" and verb != "GET"
        assert ("security" in said) != is_door, where
    linked = {
        path for (_, path), said in operations(described).items() if "headers" in said["responses"].get("200", {})
    }
    assert linked == {"/api/v1/anomalies", "/api/v1/pages/{page}", "/api/v1/pages/{page}/{section}"}


def test_each_route_has_an_example(described: dict[str, Any]) -> None:
    shown = set()
    for command in COMMANDS:
        given = parsed(command)
        path = given.url.removeprefix(SERVER).partition("?")[0]
        for verb, route in operations(described):
            if verb == given.X and re.fullmatch(re.sub(r"\{\w+\}", r"[^/.]+", route), path):
                shown.add((verb, route))
    assert operations(described).keys() - shown == set()
    assert len(COMMANDS) >= 20


def test_what_is_documented_of_limits_is_so(shop: Settings) -> None:
    assert f"{Settings(home=shop.home).web_requests_per_minute:,} times at once; 20 come back each second" in PAGE
    assert Settings(home=shop.home).web_requests_per_minute == 20 * 60
