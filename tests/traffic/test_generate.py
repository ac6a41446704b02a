from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from random import Random

import polars as pl
import pytest

from shoplog.errors import UserError
from shoplog.io.logfile import read_lines
from shoplog.traffic import DEFECTS, TrafficPlan, generate
from shoplog.traffic.plan import PlannedIncident
from shoplog.traffic.visitors import make_visitors
from shoplog.transforms.parse import Reading, parse_lines

END = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
SOME = {kind: 5 if kind != "truncated" else 2 for kind in DEFECTS}


def plan(folder: Path, **more: object) -> TrafficPlan:
    fields = {
        "site": "shop",
        "log_dir": folder / "logs",
        "start": END - timedelta(hours=3),
        "end": END,
        "lines": 20_000,
    }
    return TrafficPlan(**{**fields, **more})  # type: ignore[arg-type]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "logs").glob("*.log"))}


def test_one_seed_gives_one_content(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        generate(plan(tmp_path / name, seed=seed, defects={"malformed": 3, "late": 3}))
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert content(tmp_path / "a") != content(tmp_path / "c")


@pytest.mark.parametrize("log_format", ["combined", "common", "nginx_json"])
def test_the_truth_is_what_our_parser_finds_in_the_files(tmp_path: Path, log_format: str) -> None:
    wanted = {kind: n for kind, n in SOME.items() if log_format == "combined" or kind not in ("not_utf8", "hostile")}
    truth = generate(plan(tmp_path, log_format=log_format, defects=wanted))
    reading = {"shop": Reading(log_format, 1)}
    frames = []
    for path in sorted((tmp_path / "logs").glob("*.log")):
        for lines in read_lines(path, "shop", "web1", datetime.now(UTC)):
            frames.append(parse_lines(lines, reading))
    rows = pl.concat(frames)
    accepted = rows.filter(pl.col("reason").is_null())
    assert dict(Counter(rows.drop_nulls("reason")["reason"].to_list())) == dict(truth.quarantined)
    assert len(accepted) == truth.accepted == 20_000 - sum(truth.quarantined.values())
    assert dict(Counter(accepted["status"].to_list())) == dict(truth.by_status)
    assert accepted["bytes_sent"].sum() == truth.bytes_sent
    minutes = Counter(int(at.timestamp()) // 60 for at in accepted["event_time"].to_list())
    assert minutes == truth.by_minute
    assert Counter(accepted["path"].to_list()) == truth.paths


def test_files_are_named_by_event_hour_and_counted(tmp_path: Path) -> None:
    truth = generate(plan(tmp_path))
    found = {name: {"lines": text.count(b"\n"), "bytes": len(text)} for name, text in content(tmp_path).items()}
    assert found == truth.files
    for name, text in content(tmp_path).items():
        stamp = datetime.strptime(name, "access-%Y%m%d-%H.log").strftime("%d/%b/%Y:%H")
        assert all(stamp.encode() in line for line in text.splitlines())


def test_a_repeated_line_stands_beside_its_twin(tmp_path: Path) -> None:
    truth = generate(plan(tmp_path, defects={"repeated": 10}))
    twins = 0
    for text in content(tmp_path).values():
        lines = text.splitlines()
        twins += sum(a == b for a, b in pairwise(lines))
    assert truth.repeated == 10
    assert twins >= 8  # a twin at an hour's first line stands in the next file


def test_a_rate_is_kept_and_marks_are_written(tmp_path: Path) -> None:
    began = time.time()
    generate(plan(tmp_path, lines=2000, rate=2000.0))
    marks = (tmp_path / "written.jsonl").read_text().splitlines()
    assert 5 <= len(marks) <= 20
    assert time.time() - began >= 0.95


def test_a_shop_has_orders_bots_and_errors(tmp_path: Path) -> None:
    truth = generate(plan(tmp_path))
    assert truth.orders > 10
    assert truth.revenue_cents > 0
    assert {200, 301, 302, 304, 404} <= set(truth.by_status)
    assert truth.paths["/robots.txt"] > 0


def test_every_visitor_has_an_address_and_an_agent_of_its_own() -> None:
    visitors = make_visitors(Random(1))
    pairs = list(zip(visitors.addresses, visitors.agents, strict=True))
    assert len(set(pairs)) == len(pairs) > 60_000
    assert {ip_address(address).version for address in visitors.addresses} == {4, 6}


def test_the_full_truth_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="knows no incidents"):
        generate(plan(tmp_path, full_truth=True, incidents=(PlannedIncident("flood", 10),)))
