from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bench.anomalies import PEERS, measure
from shoplog.cli import app
from shoplog.errors import UserError

NAB = Path(__file__).parents[3] / "shared/data/nab"
SCORER = NAB.parents[1] / "tools/nab_score.py"
START = datetime(2026, 11, 1)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def written(folder: Path, values: list[str], header: str = "timestamp,value") -> str:
    path = folder / "series.csv"
    rows = [f"{START + timedelta(minutes=5 * n)},{value}" for n, value in enumerate(values)]
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def usual(count: int) -> list[str]:
    rng = random.Random(1)
    return [f"{rng.gauss(100, 5):.3f}" for _ in range(count)]


def test_each_row_is_scored_and_the_spike_is_the_anomaly(tmp_path: Path) -> None:
    values = [*usual(500), "300", "", *usual(20)]
    done = run("anomalies", written(tmp_path, values), "--json")
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == len(values)
    assert list(rows[0]) == ["timestamp", "score", "lower", "upper", "is_anomaly"]
    assert [row["timestamp"] for row in rows if row["is_anomaly"]] == [str(START + timedelta(minutes=2500))]
    assert rows[500]["upper"] < 300
    assert (rows[501]["score"], rows[501]["lower"], rows[501]["is_anomaly"]) == (0, None, False)


def test_people_see_the_anomalies_alone(tmp_path: Path) -> None:
    assert "300" not in run("anomalies", written(tmp_path, usual(200))).stdout
    assert "none" in run("anomalies", written(tmp_path, usual(200))).stdout
    assert "2026-11-02 17:40:00" in run("anomalies", written(tmp_path, [*usual(500), "300"])).stdout


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("time,value\n2026-11-01,1\n", "no columns timestamp and value"),
        ("", "no columns timestamp and value"),
        ("timestamp,value\nyesterday,1\n", "line 2"),
        ("timestamp,value\n2026-11-01,1\n2026-11-02,many\n", "line 3"),
        ("timestamp,value\n2026-11-02,1\n2026-11-01,1\n", "line 3: 2026-11-01 comes before"),
        ("timestamp,value\n\xff\xfe", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_series_is_refused_in_a_sentence(tmp_path: Path, text: str | None, sentence: str) -> None:
    path = tmp_path / "series.csv"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    done = run("anomalies", str(path))
    assert isinstance(done.exception, UserError)
    assert sentence in str(done.exception)


def test_the_benchmark_scores_ours_beside_the_peers(tmp_path: Path) -> None:
    """The scorer here gives each detector its score at the one labelled row."""
    values = [*usual(800), "300", *usual(50)]
    written(tmp_path, values)
    at = str(START + timedelta(minutes=4000))
    (tmp_path / "windows.json").write_text(json.dumps({"series.csv": [[at + ".000000", at + ".000000"]]}))
    scorer = tmp_path / "scorer.py"
    scorer.write_text(
        "def score_corpus(files, windows, profile):\n"
        "    (times, scores), ((start, end),) = files['series.csv'], windows['series.csv']\n"
        "    assert len(times) == len(scores)\n"
        "    return {'normalised': 100 * scores[times.index(start)]}\n"
    )
    standard, *_, cost = measure(tmp_path, scorer)
    assert standard["holds"]
    assert all(standard[peer] > 90 for peer in PEERS if peer != "ours")
    assert 55 < standard["ours"] < 100
    assert cost["of"] == "851 values"


@pytest.mark.parametrize("arguments", [(), ("--nab", "/nowhere"), ("--nab", "{here}", "--scorer", "/nowhere")])
def test_the_benchmark_says_what_is_missing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "windows.json").write_text("{}")
    done = run("bench", "anomalies", *(a.replace("{here}", str(tmp_path)) for a in arguments))
    assert isinstance(done.exception, UserError)


@pytest.mark.skipif(not SCORER.is_file(), reason="NAB and its scorer are not beside the checkout")
def test_the_score_on_nab_is_at_least_55() -> None:
    standard, *others = measure(NAB, SCORER)
    assert standard["of"] == "28 series, 36 windows"
    assert standard["ours"] >= 55
    assert all(standard["ours"] > standard[peer] for peer in PEERS if peer != "ours")
    assert all(row["holds"] for row in others)


@pytest.mark.parametrize("arguments", [(), ("file.csv", "--date", "2026-11-20"), ("--date", "yesterday")])
def test_either_a_file_or_a_day_is_named(arguments: tuple[str, ...]) -> None:
    done = run("anomalies", *arguments)
    assert isinstance(done.exception, UserError)


def test_a_day_without_tables_has_no_anomalies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPLOG_HOME", str(tmp_path))
    done = run("anomalies", "--date", "2026-11-20", "--show-addresses")
    assert (done.exit_code, "none" in done.stdout) == (0, True)
