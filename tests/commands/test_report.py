"""report, as people run it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from shoplog import cli
from shoplog.settings import Settings
from tests.report.warehouse import Warehouse, noon, request

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("SHOPLOG_HOME", str(tmp_path / "home"))
    made = Warehouse(Settings.load())
    made.stream([request("/a", event_time=noon(YESTERDAY)), request("/b", 404, event_time=noon(YESTERDAY))])
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["report", *words], catch_exceptions=False)


def test_without_a_word_it_is_yesterday_in_text(shop: Warehouse) -> None:
    shown = run().output
    assert shown.startswith(f"shoplog report: {YESTERDAY} (UTC)\n\n== shop ==\nprovisional: live, not yet recomputed\n")
    assert ["requests", "2"] in [line.split() for line in shown.splitlines()]


def test_with_a_moment_it_is_the_day_before(shop: Warehouse) -> None:
    made = json.loads(run("--as-of", datetime.now(UTC).isoformat(), "--json").output)
    assert made["period"] == {"from": str(YESTERDAY), "to": str(YESTERDAY)}


@pytest.mark.parametrize(
    ("form", "start"),
    [("json", '{"form": 1,'), ("csv", "site,from,to"), ("html", "<!doctype html>"), ("text", "shoplog")],
)
def test_each_form_goes_into_a_file(shop: Warehouse, tmp_path: Path, form: str, start: str) -> None:
    done = run("--format", form, "--output", str(tmp_path / "report"))
    assert (done.exit_code, done.output) == (0, "")
    assert (tmp_path / "report").read_text().lstrip().startswith(start)


def test_filters_limits_and_sites_reach_the_report(shop: Warehouse) -> None:
    made = json.loads(run("--json", "--site", "shop", "--where", "http_status=404", "--limit", "1").output)
    sections = {section["name"]: section for section in made["sites"][0]["sections"]}
    assert sections["statuses"]["rows"][0]["dimensions"] == {"http_status": 404}
    assert "pages" not in sections


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--format", "pdf"), "Format 'pdf' is unknown: use text, json, html, csv."),
        (("--site", "shpo"), "Site 'shpo' is unknown: use one of shop."),
        (("--where", "chanel=Email"), "Dimension 'chanel' is unknown: use one of "),
        (("--date", "20.11.2026"), "'20.11.2026' is not a day: write it as YYYY-MM-DD."),
        (("--date", "2001-01-01"), "There are no lines for 2001-01-01 (UTC): days with lines lie between "),
        (("--compare", "now"), "--compare now needs a moment to compare with: give it as --as-of."),
        (
            ("--compare", "then"),
            "'then' is no period to compare with: write previous, its first day as YYYY-MM-DD, or now.",
        ),
        (("--snapshot", "--where", "country=DE"), "--snapshot keeps one whole day as it is: leave out --to, --where, "),
        (("--snapshot", "--cause", "weekly"), "Cause 'weekly' is unknown: use on demand or hourly."),
        (("--output", "/nowhere/report"), "/nowhere/report cannot be written: No such file or directory."),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    shop: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["shoplog", "report", *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    assert left.value.code == 2
    assert said.out == ""
    assert said.err.startswith(f"shoplog: {sentence}")
    assert said.err.count("\n") == 1
