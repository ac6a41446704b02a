"""The audit fails for what is known and not excepted, and when nobody can be asked; exceptions are true and have a day."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.supply_chain import audit
from deploy.supply_chain.components import Component
from shoplog.settings import REPOSITORY

TODAY = date(2026, 11, 27)
FOUND = audit.Weakness("pkg:pypi/a@1", "GHSA-1", ("CVE-1",), "bad")
EXCEPTED = {"id": "CVE-1", "package": "a", "until": date(2026, 12, 31)}


class _Service(BaseHTTPRequestHandler):
    """Knows one weakness, of version 1 of package a."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        weak = [{"vulns": [{"id": "GHSA-1"}]} if one["package"]["purl"] == "pkg:pypi/a@1" else {} for one in asked]
        self._say({"results": weak})

    def do_GET(self) -> None:
        self._say({"id": "GHSA-1", "aliases": ["CVE-1"], "summary": "bad"})

    def _say(self, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OSV_URL", f"http://127.0.0.1:{server.server_port}")
    yield "up"
    server.shutdown()
    thread.join()
    server.server_close()


def shipped(monkeypatch: pytest.MonkeyPatch, *purls: str) -> None:
    monkeypatch.setattr(audit, "shipped", lambda _: [Component(purl, "lock") for purl in purls])
    monkeypatch.setattr(audit, "written_exceptions", lambda: [])


def test_a_known_weakness_fails_the_audit(
    service: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped(monkeypatch, "pkg:pypi/a@1", "pkg:pypi/b@1")
    assert audit.main() == 1
    assert "pkg:pypi/a@1: GHSA-1 CVE-1 bad" in capsys.readouterr().out
    shipped(monkeypatch, "pkg:pypi/b@1")
    assert audit.main() == 0


def test_nobody_to_ask_is_no_good_news(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shipped(monkeypatch, "pkg:pypi/b@1")
    monkeypatch.setenv("OSV_URL", "http://127.0.0.1:9")
    assert audit.main() == 3
    assert "nothing is known" in capsys.readouterr().err


def test_an_exception_holds_until_its_day_and_while_it_is_needed() -> None:
    assert audit.verdict([FOUND], [EXCEPTED], TODAY) == []
    assert "ran out" in audit.verdict([FOUND], [EXCEPTED], date(2027, 1, 1))[0]
    assert "nothing needs" in audit.verdict([], [EXCEPTED], TODAY)[0]


def test_each_exception_says_why_and_until_when() -> None:
    for one in audit.written_exceptions():
        assert one.keys() == {"id", "package", "reason", "written", "until"}
        assert one["written"] < one["until"]
        assert len(one["reason"]) > 100


def test_no_dag_has_a_deadline_alert() -> None:
    """What the exception for CVE-2026-82337 rests on."""
    dags = list((REPOSITORY / "dags").glob("*.py"))
    assert dags
    assert not [dag.name for dag in dags if "deadline" in dag.read_text(encoding="utf-8").lower()]
