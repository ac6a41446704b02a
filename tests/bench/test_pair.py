from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.pair import Peer, chosen, compare
from bench.results import keep
from bench.sides import Kept, Once, Run
from bench.watch import Used, Watch
from shoplog.errors import UserError

ORDER: list[str] = []


class Fake:
    """A side that takes the seconds it was given, one after the other."""

    def __init__(self, name: str, seconds: list[float], output: object = 1) -> None:
        self.name, self._seconds, self._output, self.closed = name, list(seconds), output, False

    def run(self) -> Run:
        ORDER.append(self.name)
        return Run(Used(self._seconds.pop(0), 2.0, 100.0), self._output)

    def close(self) -> None:
        self.closed = True


def same(one: Any, other: Any) -> bool:
    return bool(one == other)


def test_the_ratio_is_of_medians_of_warm_runs_by_turns() -> None:
    ORDER.clear()
    ours, theirs = Fake("ours", [9, 2, 2, 50]), Fake("slow", [1, 8, 9, 8])
    (row,) = compare("demo", 1000, ours, [Peer(theirs, 5, "colour")], 3, same)
    assert (row["ratio"], row["ours_per_s"], row["peer_per_s"]) == (4, 500, 125)
    assert (row["target"], row["holds"], row["outputs_equal"], row["runs"]) == (5, False, True, 3)
    assert (row["ours_cold_s"], row["peer_cold_s"], row["ours_cpu_us_per_line"]) == (9, 1, 2000)
    assert ORDER == ["ours", "slow", "ours", "slow", "slow", "ours", "ours", "slow"]


def test_no_ratio_where_the_outputs_differ() -> None:
    ours, theirs = Fake("ours", [1] * 9), Fake("wrong", [1] * 9, output=2)
    with pytest.raises(RuntimeError, match="wrong found 2, we found 1"):
        compare("demo", 10, ours, [Peer(theirs, None, "")], 3, same)
    assert ours.closed
    assert theirs.closed


def test_a_watch_sees_cpu_time_and_memory_of_a_child() -> None:
    busy = "while time.process_time() < 0.5: pass"
    work = f"import time\nx = bytearray(80_000_000)\ninput()\n{busy}\nprint('done', flush=True)\ninput()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", work], **pipes) as child:  # type: ignore[call-overload]
        with Watch(lambda: [child.pid]) as watch:
            print("go", file=child.stdin, flush=True)
            assert child.stdout.readline() == "done\n"
        print("end", file=child.stdin, flush=True)
    assert 0.3 < watch.used.cpu_s < 1
    assert watch.used.peak_mb > 80


def test_a_program_for_each_run_says_what_it_found_and_what_it_used() -> None:
    work = "import json, time\nwhile time.process_time() < 0.3: pass\nprint('chatter')\nprint(json.dumps({'lines': 3}))"
    run = Once("program", [sys.executable, "-c", work]).run()
    assert run.output == {"lines": 3}
    assert run.used.cpu_s >= 0.3


def test_a_program_that_fails_is_named_with_what_it_said() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)broken ended with 1: .*no such peer"):
        Once("broken", [sys.executable, "-c", "raise SystemExit('no such peer')"]).run()


def test_a_program_that_stays_answers_each_run() -> None:
    work = "from bench.sides import answer_runs\nruns = []\nanswer_runs(lambda: runs.append(1) or (lambda: len(runs)))"
    side = Kept("stays", [sys.executable, "-c", work], with_pids=[os.getpid()])
    assert [side.run().output, side.run().output] == [1, 2]
    side.close()


def test_results_stand_in_the_page_beside_those_of_other_names(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Fast\n<!-- results: written by make bench -->\n<!-- end of results -->\nbye\n")
    ours, theirs = Fake("ours", [1, 2]), Fake("slow", [1, 8])
    keep(tmp_path / "performance.json", "demo", compare("demo", 1000, ours, [Peer(theirs, 5, "colour")], 1, same))
    keep(tmp_path / "performance.json", "steady", [{"name": "steady", "p50_ms": 700, "holds": True}])
    text = page.read_text()
    assert "| slow | 1,000 | 500 | 125 | 4.00 | 5 (missed) |" in text
    assert "Left out by slow: colour." in text
    assert "| 700 | reached |" in text
    assert text.startswith("# Fast\n")
    assert text.endswith("bye\n")


def test_only_the_chosen_peers_are_made_and_a_name_that_is_none_is_refused() -> None:
    peers = {name: lambda name=name: ORDER.append(name) or Peer(Fake(name, []), 1, "") for name in ("one", "two")}
    ORDER.clear()
    assert [peer.side.name for peer in chosen(peers, ["two"])] == ORDER == ["two"]
    assert [peer.side.name for peer in chosen(peers, [])] == ["one", "two"]
    with pytest.raises(UserError, match="no peer 'three' here: use one, two"):
        chosen(peers, ["three"])
