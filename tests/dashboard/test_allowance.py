"""Who asks too often waits, nobody else does, and what was used up comes back with time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from dashboard.access import Access, User
from dashboard.web.allowance import Allowance
from dashboard.web.app import create_app
from shoplog.settings import Settings
from tests.dashboard.browser import headers_of

ANN, BEN = User("ann", "viewer"), User("ben", "viewer")
SITES = "/api/v1/sites"


class Time:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


def test_as_many_as_are_allowed_at_once_and_then_one_after_the_other(time: Time) -> None:
    allowance = Allowance(6, 60, time)
    assert [allowance.take("ann") for _ in range(8)] == [0] * 6 + [10, 10]
    time.now_s += 9.5
    assert allowance.take("ann") == 1
    time.now_s += 0.5
    assert [allowance.take("ann") for _ in range(2)] == [0, 10]
    time.now_s += 3600
    assert [allowance.take("ann") for _ in range(7)] == [0] * 6 + [10]


@pytest.mark.parametrize("most", [1, 3, 7, 1200])
def test_no_minute_has_more_than_twice_the_allowance_and_none_that_is_due_is_refused(most: int, time: Time) -> None:
    allowance, taken = Allowance(most, 60, time), 0
    for _ in range(3 * most):
        taken += allowance.take("ann") == 0
    assert taken == most
    for _ in range(2 * most):
        time.now_s += 60 / most
        assert allowance.take("ann") == 0
        assert allowance.take("ann") > 0


def test_what_is_given_back_can_be_taken_again_and_no_more(time: Time) -> None:
    allowance = Allowance(2, 60, time)
    allowance.give_back("ann")
    assert [allowance.take("ann") for _ in range(3)] == [0, 0, 30]
    allowance.give_back("ann")
    assert [allowance.take("ann") for _ in range(2)] == [0, 30]
    time.now_s += 60
    allowance.give_back("ann")
    assert [allowance.take("ann") for _ in range(3)] == [0, 0, 30]


def test_strangers_are_forgotten_once_they_may_ask_again(time: Time) -> None:
    allowance = Allowance(10, 60, time)
    for n in range(20_000):
        time.now_s += 0.01
        assert allowance.take(f"address {n}") == 0
    assert len(allowance._whole_at) < 2_000


@pytest.fixture
def asking(settings: Settings, time: Time) -> Callable[..., TestClient]:
    app = create_app(settings.model_copy(update={"web_requests_per_minute": 5}), clock=time)

    def client(user: User | None, address: str = "192.0.2.1") -> TestClient:
        headers = headers_of(settings, user) if user else {}
        return TestClient(app, headers=headers, client=(address, 5000), follow_redirects=False)

    return client


def statuses(client: TestClient, path: str = SITES, count: int = 6) -> list[int]:
    return [client.get(path).status_code for _ in range(count)]


def test_the_limit_bites_says_so_and_gives_back(asking: Callable[..., TestClient], time: Time) -> None:
    ann = asking(ANN)
    assert statuses(ann) == [200] * 5 + [429]
    refused = ann.get("/api/v1/anomalies?from=2026-11-20")
    assert (refused.headers["retry-after"], refused.json()["detail"]) == ("12", "Too many requests: ask again in 12 s.")
    assert "content-security-policy" in refused.headers
    time.now_s += 12
    assert statuses(ann, count=2) == [200, 429]
    time.now_s += 60
    assert statuses(ann) == [200] * 5 + [429]


def test_other_users_and_other_tokens_of_the_same_are_not_touched(
    asking: Callable[..., TestClient], settings: Settings
) -> None:
    ann, ben, stranger = asking(ANN), asking(BEN), asking(None)
    assert statuses(ann)[-1] == 429
    assert statuses(ben) == [200] * 5 + [429]
    ann.headers["Authorization"] = f"Bearer {Access(settings).make_secret(ANN, 'token', 'other')}"
    assert statuses(ann) == [200] * 5 + [429]
    # All of them asked from this address.
    assert statuses(stranger) == [401] * 5 + [429]
    assert statuses(asking(None, "192.0.2.2"), count=1) == [401]


def test_a_wrong_token_gets_nobody_an_allowance_of_its_own(asking: Callable[..., TestClient]) -> None:
    stranger = asking(None)
    said = [stranger.get(SITES, headers={"Authorization": f"Bearer guess{n}"}).status_code for n in range(6)]
    assert said == [401] * 5 + [429]
    assert statuses(stranger, "/", count=1) == [429]
    assert stranger.post("/api/v1/session", json={"name": "ann"}).status_code == 429


def test_a_proxys_users_are_told_apart_by_name_alone(settings: Settings, time: Time) -> None:
    Access(settings).put(ANN, "a long enough password")
    (settings.secrets_dir / "web_proxy_secret").write_text("s3cret")
    behind = settings.model_copy(update={"web_proxy_header": "X-Forwarded-User", "web_requests_per_minute": 5})
    client = TestClient(create_app(behind, clock=time))
    headers = {"X-Forwarded-User": "ann", "X-Shoplog-Proxy-Secret": "s3cret"}
    said = [client.get(SITES, headers={**headers, "Cookie": f"shoplog_session={n}"}).status_code for n in range(6)]
    assert said == [200] * 5 + [429]


def test_files_and_health_are_never_refused_and_use_nothing_up(asking: Callable[..., TestClient]) -> None:
    ann, stranger = asking(ANN), asking(None)
    for path in ("/healthz", "/login", "/favicon.ico", "/static/login.js"):
        assert statuses(stranger, path, 8) == [200] * 8
        assert statuses(ann, path, 8) == [200] * 8
    assert 429 not in statuses(ann, "/chart/uPlot.iife.min.js", 8)
    assert statuses(ann) == [200] * 5 + [429]
    assert statuses(ann, "/healthz", 1) == [200]
