"""Who may write what happened at a moment, and who reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboard.access import User
from shoplog.cli import app
from shoplog.settings import Settings
from tests.dashboard.browser import client_of

URL, DAY = "/api/v1/annotations", "2026-11-20"


def given(**more: Any) -> dict[str, Any]:
    return {"at": f"{DAY}T10:30:00+02:00", "text": "new  checkout\n", "kind": "deploy", **more}


def texts(settings: Settings, user: User, **asked: str) -> list[str]:
    answer = client_of(settings, user).get(URL, params={"from": DAY, **asked}).json()
    return [one["text"] for one in answer["annotations"]]


def test_an_operator_writes_and_everybody_reads(settings: Settings) -> None:
    made = client_of(settings, User("olga", "operator")).post(URL, json=given())
    assert made.status_code == 201
    assert made.json() == {
        "id": 1, "at": f"{DAY}T08:30:00+00:00", "site": None, "kind": "deploy", "text": "new checkout", "user": "olga",
    }  # fmt: skip
    assert texts(settings, User("vera", "viewer")) == ["new checkout"]
    assert texts(settings, User("vera", "viewer"), **{"from": "2026-11-21"}) == []
    assert client_of(settings, User("olga", "operator")).delete(f"{URL}/1").status_code == 200
    assert texts(settings, User("vera", "viewer")) == []
    assert client_of(settings, User("olga", "operator")).delete(f"{URL}/1").status_code == 404
    assert client_of(settings, User("olga", "operator")).delete(f"{URL}/{2**63}").status_code == 400


def test_a_viewer_writes_nothing(settings: Settings) -> None:
    viewer = client_of(settings, User("vera", "viewer"))
    client_of(settings).post(URL, json=given())
    for answer in (viewer.post(URL, json=given()), viewer.delete(f"{URL}/1")):
        assert (answer.status_code, answer.json()["detail"]) == (403, "vera is a viewer: an operator may do this.")
    assert len(texts(settings, User("vera", "viewer"))) == 1


def test_who_may_see_one_site_writes_and_reads_of_it_alone(settings: Settings) -> None:
    mine, admin = User("olga", "operator", ("shop",)), client_of(settings)
    assert client_of(settings, mine).post(URL, json=given()).status_code == 403
    assert client_of(settings, mine).post(URL, json=given(site="shop", text="mine")).status_code == 201
    admin.post(URL, json=given(text="of all"))
    assert texts(settings, mine) == ["of all", "mine"]
    assert client_of(settings, mine).delete(f"{URL}/2").status_code == 403
    assert (
        client_of(settings, User("nina", "viewer", ("another",)))
        .get(URL, params={"from": DAY, "site": "shop"})
        .status_code
        == 403
    )
    assert texts(settings, User("nina", "viewer", ("another",))) == ["of all"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": "party"}, "Kind 'party' is unknown"),
        ({"text": " \n "}, "1 to 200 characters"),
        ({"text": "x" * 201}, "text: "),
        ({"text": "bell \a"}, "that can be printed"),
        ({"at": "yesterday"}, "at: "),
        ({"site": "nowhere"}, "There is no site 'nowhere'"),
    ],
)
def test_what_cannot_be_kept_is_said(settings: Settings, wrong: dict[str, str], sentence: str) -> None:
    answer = client_of(settings).post(URL, json=given(**wrong))
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]
    assert texts(settings, User("vera", "viewer")) == []


def test_a_page_of_another_site_writes_nothing(settings: Settings) -> None:
    client = client_of(settings)
    session = client.post("/api/v1/session", json={"name": "admin", "password": "a long enough password"})
    cookies = {"Cookie": session.headers["set-cookie"].partition(";")[0], "Authorization": ""}
    asked = client.post(URL, json=given(), headers=cookies | {"Origin": "https://evil.example"})
    assert asked.status_code == 403
    assert client.post(URL, json=given(), headers=cookies | {"Origin": "http://testserver"}).status_code == 201


def test_a_deploy_script_writes_by_the_command_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    run = CliRunner().invoke
    made = run(app, ["annotate", "version 7", "--kind", "deploy", "--at", f"{DAY}T14:03", "--site", "shop", "--json"])
    assert (made.exit_code, json.loads(made.stdout)["at"]) == (0, f"{DAY}T14:03:00+00:00")
    assert texts(settings, User("vera", "viewer")) == ["version 7"]
    assert "There is no site" in str(run(app, ["annotate", "x", "--site", "nowhere"]).exception)
    assert run(app, ["annotate", "x", "--at", "yesterday"]).exit_code == 2
