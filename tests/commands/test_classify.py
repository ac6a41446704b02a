from __future__ import annotations

import json

import pytest
from click.testing import Result
from typer.testing import CliRunner

from shoplog.cli import app
from shoplog.errors import UserError

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)


def run(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(app, arguments, input=given)


def test_each_line_in_is_a_json_line_out_in_order() -> None:
    agents = [CHROME.encode(), b"curl/8.5.0", b"", b"\xff\xfe", CHROME.encode()]
    done = run("classify", given=b"\n".join(agents) + b"\n")
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["user_agent"] for row in rows] == [CHROME, "curl/8.5.0", "", "��", CHROME]
    assert list(rows[0]) == ["user_agent", "traffic_type", "bot_category", "bot_name", "device", "os", "browser"]
    assert rows[0] == rows[4] == {"user_agent": CHROME, "traffic_type": "Regular", "bot_category": None, "bot_name": None,
                                  "device": "desktop", "os": "Windows", "browser": "Chrome"}  # fmt: skip
    assert (rows[1]["bot_category"], rows[2]["bot_category"]) == ("http_client", "no_user_agent")


def test_no_input_is_no_output() -> None:
    assert run("classify").stdout == ""


@pytest.mark.parametrize("arguments", [("bench", "nonsense"), ("bench", "bots", "--logs", "/nowhere")])
def test_bench_refuses_what_it_does_not_know(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert isinstance(done.exception, UserError)  # main() makes it a sentence and exit code 2
    assert done.stdout == ""
