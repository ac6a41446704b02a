"""Analysts' commands: questions in SQL from the command line, a file or a prompt, and tables taken along."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from shoplog.cli import app
from shoplog.commands.sql_prompt import SqlPrompt
from shoplog.errors import UserError
from shoplog.settings import Settings
from tests.report.warehouse import DAY, Warehouse, days_after, noon, request


@pytest.fixture
def shop(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    Warehouse(settings).stream(
        [*(request(event_time=noon(DAY, n)) for n in range(3)), request(event_time=noon(days_after(1)))]
    )
    return settings


def run(*arguments: str, given: str | None = None) -> Any:
    made = CliRunner().invoke(app, arguments, input=given)
    if isinstance(made.exception, UserError):
        raise made.exception
    assert made.exit_code == 0, made.output
    return made.stdout


def test_a_days_rows_are_taken_along(shop: Settings, tmp_path: Path) -> None:
    for name in ("day.csv", "day.parquet", "day.json"):
        said = run("export", "gold_traffic_1m_now", "--date", str(DAY), "--output", str(tmp_path / name))
        assert said == f"3 rows in {tmp_path / name}\n"
    with (tmp_path / "day.csv").open() as file:
        assert [row["requests"] for row in csv.DictReader(file)] == ["1", "1", "1"]
    assert pl.read_parquet(tmp_path / "day.parquet")["requests"].to_list() == [1, 1, 1]
    assert len((tmp_path / "day.json").read_text().splitlines()) == 3
    both = run(
        "export", "gold_traffic_1m_now", "--date", str(DAY), "--to", str(days_after(1)), "--output", f"{tmp_path}/b.csv"
    )
    assert both.startswith("4 rows")
    assert run("export", "silver_request", "--date", str(DAY), "--output", f"{tmp_path}/none.csv").startswith("0 rows")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("gold_traffic_1m_now", "--output", "x.xlsx"), "let its name end in .csv, .json, .parquet"),
        (("gold_nothing", "--output", "x.csv"), "gold_nothing does not exist"),
        (("gold_traffic_1m_now", "--output", "/nowhere/x.csv"), "The query failed"),
        (("gold_traffic_1m_now", "--output", "x.csv", "--to", "2020-01-01"), "swap them"),
    ],
)
def test_what_cannot_be_taken_along_is_said(shop: Settings, arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        run("export", "--date", str(DAY), *arguments)


def test_a_question_comes_by_argument_or_standard_input(shop: Settings, tmp_path: Path) -> None:
    query = "select count(*) as n from gold_traffic_1m_live"
    assert json.loads(run("sql", query, "--format", "json")) == {"n": 4}
    assert json.loads(run("sql", "--format", "json", given=query)) == {"n": 4}
    assert run("sql", f"{query};", "--output", str(tmp_path / "n.parquet")).startswith("1 rows")
    assert pl.read_parquet(tmp_path / "n.parquet").rows() == [(4,)]
    with pytest.raises(UserError, match="Format 'parquet' is unknown here"):
        run("sql", query, "--format", "parquet")


def test_the_prompt_answers_questions_of_several_lines_until_it_is_left(
    shop: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    prompt = SqlPrompt(shop, "json")
    lines = ("select count(*) as n", "from gold_traffic_1m_live;", "select nothing;", ".tables")
    assert [prompt.onecmd(line) for line in lines] == [False] * 4
    said = capsys.readouterr().out
    assert said.startswith('{"n": 4}\nThe query failed: Binder Error')
    assert "silver_request\n" in said
    assert prompt.completenames("gold_tra") == ["gold_traffic_1m"]
    prompt.onecmd("select")
    assert prompt.prompt == "    ...> "
    assert prompt.onecmd("EOF")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("select 1.50::decimal(18,2) as revenue, date '2026-01-01' as day", {"revenue": "1.50", "day": "2026-01-01"}),
        ("select 1 as a, 2 as a", {"a": 1, "a_2": 2}),
        ("select interval 1 day as i", {"i": "1 day, 0:00:00"}),
    ],
)
def test_whatever_a_question_finds_has_its_json(shop: Settings, query: str, found: dict[str, Any]) -> None:
    assert json.loads(run("sql", query, "--format", "json")) == found


def test_a_comment_ends_with_its_line_and_is_no_question(shop: Settings, tmp_path: Path) -> None:
    assert run("sql", "select 1 as a -- that is all", "--output", str(tmp_path / "a.csv")).startswith("1 rows")
    for nothing in ("", "-- nothing"):
        with pytest.raises(UserError, match="There is no question"):
            run("sql", "--format", "json", given=nothing)
