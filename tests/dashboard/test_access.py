"""Who may see the screens, and who may not."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route
from typer.testing import CliRunner

from dashboard.access import Access, User
from dashboard.access import store as of_access
from dashboard.web.app import create_app
from shoplog.cli import app
from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import load_sites
from tests.dashboard.browser import ADMIN, client_of
from tests.report.warehouse import DAY, Warehouse, request

PASSWORD = "a long enough password"
ANN = User("ann", "viewer")
BEN = User("ben", "viewer", ("outlet",))


@pytest.fixture
def access(settings: Settings) -> Access:
    made = Access(settings)
    made.put(ANN, PASSWORD)
    return made


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@pytest.fixture
def client(settings: Settings, access: Access, now: list[float]) -> TestClient:
    return TestClient(create_app(settings, clock=lambda: now[0]), follow_redirects=False)


def log_in(client: TestClient, **given: str) -> Any:
    return client.post("/api/v1/session", json={"name": "ann", "password": PASSWORD} | given)


def test_nothing_but_the_way_in_is_answered_to_a_stranger(client: TestClient) -> None:
    said = {}
    for route in create_app_routes(client):
        answer = client.get(route)
        said[route] = answer.status_code
    open_to_all = {path for path, status in said.items() if status == 200}
    assert open_to_all == {"/healthz", "/login", "/favicon.ico"}
    assert {said[path] for path in said if path.startswith("/api/")} == {401}
    assert client.get("/chart/uPlot.iife.min.js").status_code == 303
    assert client.get("/quality/docs/index.html").status_code == 303
    assert client.get("/static/login.js").status_code == 200
    led = client.get("/traffic?from=2026-11-20&where=country%3DDE")
    assert led.headers["location"] == "/login?next=/traffic%3Ffrom%3D2026-11-20%26where%3Dcountry%253DDE"


def test_nothing_is_changed_for_a_stranger(client: TestClient) -> None:
    said = {}
    for route in client.app.routes:  # type: ignore[attr-defined]
        assert isinstance(route, APIRoute | Mount | Route), route
        for method in getattr(route, "methods", None) or {"GET", "POST"}:
            said[f"{method} {route.path}"] = client.request(method, route.path.replace("{", "").replace("}", ""))
    assert len(said) > 30
    assert {asked for asked, answer in said.items() if answer.is_success} == {
        "GET /healthz",
        "GET /login",
        "GET /favicon.ico",
        # A logout of nobody ends nobody's session.
        "DELETE /api/v1/session",
    }
    # The way in: without a name and password it is refused as it stands.
    assert said["POST /api/v1/session"].status_code == 400
    assert {answer.status_code for answer in said.values()} <= {200, 303, 400, 401, 403, 404, 405}


def test_who_asks_for_a_file_that_is_open_to_all_is_not_looked_up(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client)
    asked: list[str] = []
    monkeypatch.setattr(Access, "by_secret", lambda _, secret, kinds: asked.append(secret))
    assert client.get("/static/live.css").status_code == 200
    assert asked == []
    assert client.get("/chart/uPlot.min.css").status_code == 303
    assert len(asked) == 1


def create_app_routes(client: TestClient) -> list[str]:
    """Every address that can be read, with something in the place of each name."""
    found = [route.path for route in client.app.routes if isinstance(route, APIRoute) and "GET" in route.methods]  # type: ignore[attr-defined]
    assert len(found) > 8
    return [
        path.replace("{day}", "2026-11-20").replace("{page}", "traffic") for path in [*found, "/api/v1/openapi.json"]
    ]


def test_a_session_begins_with_the_password_and_ends_with_the_logout(client: TestClient) -> None:
    began = log_in(client)
    assert began.json() == {"name": "ann", "role": "viewer", "sites": []}
    cookie = began.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/api/v1/session").json()["name"] == "ann"
    copied = dict(client.cookies)
    client.delete("/api/v1/session")
    client.cookies.update(copied)
    assert client.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize("given", [{"password": "another password"}, {"name": "nobody"}, {"name": "", "password": ""}])
def test_a_wrong_name_or_password_is_refused_in_the_same_words(client: TestClient, given: dict[str, str]) -> None:
    answer = log_in(client, **given)
    assert (answer.status_code, answer.json()["detail"]) == (401, "Name or password is wrong.")


def test_guessing_is_stopped_for_a_while(client: TestClient, now: list[float]) -> None:
    for _ in range(10):
        assert log_in(client, password="a wrong password").status_code == 401
    stopped = log_in(client)
    assert (stopped.status_code, stopped.headers["retry-after"]) == (429, "30")
    now[0] += 30
    # One that is right does not count.
    for _ in range(3):
        assert log_in(client).status_code == 200
    assert log_in(client, password="a wrong password").status_code == 401
    assert log_in(client).status_code == 429


def test_wrong_links_and_other_names_stop_nobody_else(client: TestClient, access: Access) -> None:
    for n in range(15):
        assert log_in(client, link=f"guess {n}").status_code == (401 if n < 10 else 429)
        log_in(client, name=f"name {n}")
    assert log_in(client).status_code == 200
    # Guesses of ever other names from one address are stopped together.
    assert [log_in(client, name=f"other {n}").status_code for n in range(30)] == [401] * 25 + [429] * 5


def test_what_is_no_text_is_refused_like_any_other(client: TestClient) -> None:
    for given in ('{"link": "\\ud800"}', '{"name": "\\ud800", "password": "x"}'):
        asked = client.post("/api/v1/session", content=given, headers={"Content-Type": "application/json"})
        assert asked.status_code in (400, 401), asked.text
    assert log_in(client, name="n" * 101).status_code == 400


def test_a_link_logs_in_once_and_not_after_ten_minutes(
    client: TestClient, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = access.make_secret(ANN, "link")
    # It is no token and no session by itself.
    assert client.get("/api/v1/sites", headers={"Authorization": f"Bearer {link}"}).status_code == 401
    assert log_in(client, link=link).status_code == 200
    assert log_in(client, link=link).status_code == 401
    late = access.make_secret(ANN, "link")
    now = of_access.time.time()
    monkeypatch.setattr(of_access.time, "time", lambda: now + 601)
    assert log_in(client, link=late).status_code == 401


def test_a_session_dies_of_age_and_with_a_new_password(
    client: TestClient, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client)
    access.put(ANN, "another long password")
    assert client.get("/api/v1/session").status_code == 401
    log_in(client, password="another long password")
    assert client.get("/api/v1/session").status_code == 200
    now = of_access.time.time()
    monkeypatch.setattr(of_access.time, "time", lambda: now + 15 * 86_400)
    assert client.get("/api/v1/session").status_code == 401


def test_another_sites_page_changes_nothing(client: TestClient) -> None:
    log_in(client)
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.delete("/api/v1/session", headers=headers).status_code == 403
    assert client.get("/api/v1/session").status_code == 200
    basic = {"Origin": "http://evil.example", "Authorization": "Basic YTpi"}
    assert client.delete("/api/v1/session", headers=basic).status_code == 403
    assert client.delete("/api/v1/session", headers={"Origin": "http://testserver"}).status_code == 200


def test_the_logout_ends_a_session_that_came_as_a_header_and_no_token(client: TestClient, access: Access) -> None:
    for kind, status in (("session", 401), ("token", 200)):
        asked = {"Authorization": f"Bearer {access.make_secret(ANN, kind)}"}  # type: ignore[arg-type]
        assert client.get("/api/v1/session", headers=asked).status_code == 200
        client.delete("/api/v1/session", headers=asked)
        assert client.get("/api/v1/session", headers=asked).status_code == status


def test_a_token_is_kept_as_its_hash_and_can_be_removed(client: TestClient, access: Access, settings: Settings) -> None:
    token = access.make_secret(ANN, "token", "grafana")
    asked = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/sites", headers=asked).status_code == 200
    kept = settings.secrets_dir / "web.sqlite3"
    assert token.encode() not in kept.read_bytes()
    assert PASSWORD.encode() not in kept.read_bytes()
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600
    access.remove_token(ANN, "grafana")
    assert client.get("/api/v1/sites", headers=asked).status_code == 401
    with pytest.raises(UserError, match="ann has no token 'grafana'"):
        access.remove_token(ANN, "grafana")


def test_a_token_ends_after_its_days(
    client: TestClient, access: Access, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    token = CliRunner().invoke(app, ("token", "add", "ann", "wall", "--days", "2")).stdout.strip()
    asked = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/sites", headers=asked).status_code == 200
    now = of_access.time.time()
    monkeypatch.setattr(of_access.time, "time", lambda: now + 2 * 86_400 + 1)
    assert client.get("/api/v1/sites", headers=asked).status_code == 401


def test_a_user_of_one_site_sees_that_one(settings: Settings) -> None:
    shop = Warehouse(settings)
    shop.stream([*(request() for _ in range(3)), *(request(site="outlet") for _ in range(2))])
    ben = client_of(settings, BEN)
    (site,) = ben.get(f"/api/v1/pages/traffic?from={DAY}").json()["sites"]
    assert site["site"] == "outlet"
    assert ben.get(f"/api/v1/pages/traffic?from={DAY}&site=outlet").status_code == 200
    assert ben.get(f"/api/v1/pages/traffic?from={DAY}&site=shop").status_code == 403
    assert ben.get(f"/api/v1/pages/traffic.csv?from={DAY}&site=shop").status_code == 403
    assert ben.get("/api/v1/live").json()["status_mix"]["2xx"] == 2
    for path in ("/quality/", f"/api/v1/quality/{DAY}", "/quality/docs/"):
        assert ben.get(path).status_code == 403
    assert [one["site"] for one in ben.get("/api/v1/sites").json()["sites"]] == []
    admin = client_of(settings, ADMIN)
    assert len(admin.get(f"/api/v1/pages/traffic?from={DAY}").json()["sites"]) == 2
    assert admin.get("/api/v1/live").json()["status_mix"]["2xx"] == 5


def test_a_user_of_one_site_hears_nothing_of_others(settings: Settings) -> None:
    Warehouse(settings).stream([request()])
    answer = client_of(settings, BEN).get(f"/api/v1/pages/traffic?from={DAY}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There are no lines of your sites.")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "from: Field required."),
        ("from=yesterday", "from: Input should be a valid date"),
        ("from=0001-01-01&to=9999-12-31", "days are too many for a page"),
        ("from=0001-01-01&compare=previous", "is no period to compare with"),
        ("from=2026-11-20&compare=9999-12-31", "is no period to compare with"),
        ("from=2026-11-20&as_of=0001-01-01T00:00%2B14:00", "is no moment"),
        ("from=2026-11-20&limit=5000", "limit: Input should be less than or equal to 1000"),
    ],
)
def test_a_question_that_cannot_be_read_is_answered_in_a_sentence(
    settings: Settings, query: str, sentence: str
) -> None:
    answer = client_of(settings).get(f"/api/v1/pages/traffic?{query}")
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]


def test_a_proxys_word_counts_with_its_secret_alone(settings: Settings, access: Access) -> None:
    behind = settings.model_copy(update={"web_proxy_header": "X-Forwarded-User"})
    (settings.secrets_dir / "web_proxy_secret").write_text("s3cret")
    client = TestClient(create_app(behind))

    def ask(**headers: str) -> int:
        return client.get("/api/v1/sites", headers={k.replace("_", "-"): v for k, v in headers.items()}).status_code

    assert ask(X_Forwarded_User="ann", X_Shoplog_Proxy_Secret="s3cret") == 200
    assert ask(X_Forwarded_User="ann", X_Shoplog_Proxy_Secret="guess") == 401
    assert ask(X_Forwarded_User="ann") == 401
    assert ask(X_Forwarded_User="nobody", X_Shoplog_Proxy_Secret="s3cret") == 401
    # Where no proxy is set, its header is a header like any other.
    assert TestClient(create_app(settings)).get(
        "/api/v1/sites", headers={"X-Forwarded-User": "ann", "X-Shoplog-Proxy-Secret": "s3cret"}
    ).status_code == 401  # fmt: skip


def test_the_first_admin_is_made_once_and_users_by_command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    access = Access(settings)
    access.ensure_admin()
    kept: Path = settings.secrets_dir / "web_password"
    password = kept.read_text().strip()
    access.ensure_admin()
    assert kept.read_text().strip() == password
    assert access.by_password("admin", password) == ADMIN
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    def run(*arguments: str, given: str = "") -> Any:
        return CliRunner().invoke(app, arguments, input=given)

    assert run("user", "add", "ben", "--role", "operator", given=f"{PASSWORD}\n").exit_code == 0
    assert access.by_password("ben", PASSWORD) == User("ben", "operator")
    token = run("token", "add", "ben", "wall").stdout.strip()
    assert access.by_secret(token, ("token",)) == User("ben", "operator")
    assert "wall" in run("user", "list", "--json").stdout
    # What is not given stays: a new password must not show more than the old one.
    site = next(iter(load_sites(settings)))
    run("user", "add", "ben", "--site", site, given=f"{PASSWORD}\n")
    run("user", "add", "ben", given="yet another password\n")
    assert access.by_password("ben", "yet another password") == User("ben", "operator", (site,))
    run("user", "add", "ben", "--all-sites", given=f"{PASSWORD}\n")
    assert access.user("ben") == User("ben", "operator")
    assert isinstance(run("user", "add", "eve", "--role", "king", given=f"{PASSWORD}\n").exception, UserError)
    assert isinstance(run("user", "add", "eve", given="short\n").exception, UserError)
    assert isinstance(run("user", "add", "eve", "--site", "nowhere", given=f"{PASSWORD}\n").exception, UserError)
    assert run("user", "remove", "ben").exit_code == 0
    assert access.by_secret(token, ("token",)) is None
    link = run("dashboard", "--json").stdout
    secret = link.split("#")[1].split('"')[0]
    assert access.by_secret(secret, ("link",)) == ADMIN
