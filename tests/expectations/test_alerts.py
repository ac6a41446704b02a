from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email import message_from_string, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer
from typing import Any

import pytest

from expectations.alerts import send_alerts
from expectations.run import QualityRow
from shoplog.errors import UserError
from shoplog.settings import Settings

AT = datetime(2026, 11, 21, 2, tzinfo=UTC)
LOST = QualityRow(
    "run", AT, date(2026, 11, 20), "ledger", "expect_column_values_to_be_between", "residue", "critical", False,
    "shop web1 <!channel>.log: 1", 1, 7, ("shop",),
)  # fmt: skip
ODD = replace(
    LOST, suite="volume", column="bot_share", severity="warning", observed="shop: 0.6, usual 0.1 to 0.3 share"
)
GOOD = replace(LOST, success=True)


@dataclass
class Receiver:
    """A server on loopback and what it was told."""

    port: int
    told: list[Any] = field(default_factory=list)


def serving(server: TCPServer, receiver: Receiver) -> Iterator[Receiver]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def web() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.told.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(500 if self.path.startswith("/broken") else 200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_address[1])
    yield from serving(server, receiver)


@pytest.fixture
def post_office() -> Iterator[Receiver]:
    """Speaks as much SMTP as a sender needs; whoever has no login but asks for one is refused."""

    class Handler(StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 here")
            while words := self.rfile.readline().decode().strip():
                if words.upper().startswith("EHLO"):
                    self.say("250-here\r\n250 AUTH PLAIN")
                elif words.upper().startswith("AUTH"):
                    self.say("535 no")
                elif words.upper() == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                        lines.append(line)
                    receiver.told.append("\n".join(lines))
                    self.say("250 taken")
                else:
                    self.say("221 bye" if words.upper() == "QUIT" else "250 well")

    server = TCPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_address[1])
    yield from serving(server, receiver)


def set_to(settings: Settings, **changed: Any) -> Settings:
    return Settings(home=settings.home, host=settings.host, **changed)


def test_one_message_names_site_day_suite_expectation_observed_and_link(settings: Settings, web: Receiver) -> None:
    url = f"http://127.0.0.1:{web.port}/hook"
    assert send_alerts(set_to(settings, alert_webhook_url=url), [GOOD, ODD, LOST]) == []
    [(path, message)] = web.told
    assert path == "/hook"
    assert message["title"] == "shoplog quality 2026-11-20: 1 critical"
    assert message["link"] == "http://127.0.0.1:18800/quality/"
    assert message["failed"] == [
        {
            "site": "shop", "day": "2026-11-20", "suite": "ledger", "expectation": "expect_column_values_to_be_between",
            "column": "residue", "severity": "critical", "observed": "shop web1 <!channel>.log: 1",
        }
    ]  # fmt: skip


def test_warnings_are_told_where_they_are_asked_for_worst_first(settings: Settings, web: Receiver) -> None:
    url = f"http://127.0.0.1:{web.port}/slack"
    assert send_alerts(set_to(settings, alert_slack_url=url, alert_severity="warning"), [ODD, LOST]) == []
    [(_, message)] = web.told
    assert list(message) == ["text"]
    title, lost, odd, link = message["text"].splitlines()
    assert title.endswith("1 critical, 1 warning")
    assert "critical | shop | ledger" in lost
    assert "warning | shop | volume" in odd
    assert link.startswith("http://")
    assert "&lt;!channel&gt;" in lost, "Slack must not take a file's name for a mention"


def test_a_mail_is_taken_by_the_mail_server(settings: Settings, post_office: Receiver) -> None:
    by_mail = set_to(settings, alert_email_to="on-call@shop.example, chief@shop.example", smtp_port=post_office.port)
    assert send_alerts(by_mail, [LOST]) == []
    mail = message_from_string(post_office.told[0], policy=policy.default)
    assert mail["Subject"] == "shoplog quality 2026-11-20: 1 critical"
    assert mail["To"] == "on-call@shop.example, chief@shop.example"
    assert "shop web1" in mail.get_content()


def test_nobody_is_told_of_a_day_on_which_nothing_failed(settings: Settings, web: Receiver) -> None:
    assert send_alerts(set_to(settings, alert_webhook_url=f"http://127.0.0.1:{web.port}/"), [GOOD, ODD]) == []
    assert web.told == []


def test_a_receiver_that_cannot_be_told_is_named_and_keeps_nobody_else_from_being_told(
    settings: Settings, web: Receiver, post_office: Receiver
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    wrong = set_to(
        settings,
        alert_webhook_url=f"http://127.0.0.1:{web.port}/broken/token-1",
        alert_slack_url=f"http://127.0.0.1:{closed}/token-2",
        alert_email_to="on-call@shop.example",
        smtp_port=post_office.port, smtp_user="shoplog", smtp_password="token-3",
    )  # fmt: skip
    problems = send_alerts(wrong, [LOST])
    assert [problem.split(":")[0] for problem in problems] == ["webhook", "Slack webhook", "e-mail"]
    assert "500" in problems[0]
    assert "535" in problems[2]
    assert "token" not in " ".join(problems)
    assert len(web.told) == 1


def test_a_secret_may_stand_in_a_file_and_is_never_shown(settings: Settings, web: Receiver) -> None:
    settings.secrets_dir.mkdir(parents=True)
    (settings.secrets_dir / "alert_webhook_url").write_text(f"http://127.0.0.1:{web.port}/token\n")
    assert send_alerts(settings, [LOST]) == []
    assert web.told[0][0] == "/token"
    shown = set_to(settings, alert_slack_url="http://127.0.0.1/token", smtp_password="token")
    assert "token" not in f"{shown!r} {shown} {shown.model_dump()} {shown.model_dump_json()}"


def test_a_password_is_not_sent_in_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOPLOG_SMTP_HOST", "mail.example")
    monkeypatch.setenv("SHOPLOG_SMTP_USER", "shoplog")
    with pytest.raises(UserError, match="SHOPLOG_SMTP_SECURITY=starttls"):
        Settings.load()
    monkeypatch.setenv("SHOPLOG_SMTP_SECURITY", "tls")
    assert Settings.load().smtp_user == "shoplog"
