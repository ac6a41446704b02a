from __future__ import annotations

import json
from pathlib import Path

import pytest

from shoplog.errors import DriftError
from shoplog.io.offsets import KafkaRange, Verdict, judge
from shoplog.io.start import starting_offsets

TOPIC = "access-log.raw.v1"


def checkpoint(folder: Path, ends: list[dict[int, int]], commits: int) -> Path:
    for part in ("offsets", "commits"):
        (folder / part).mkdir(parents=True)
    for batch, end in enumerate(ends):
        (folder / "offsets" / str(batch)).write_text(f"v1\n{{}}\n{json.dumps({TOPIC: end})}")
    for batch in range(commits):
        (folder / "commits" / str(batch)).write_text("v1\n{}")
    return folder


def start(folder: Path, bronze: dict[int, int] | None, **more: object) -> dict[int, int]:
    known = {"gold": bronze, "beginning": {0: 0}, "end": {0: 100}, **more}
    return starting_offsets(folder, TOPIC, bronze, **known)  # type: ignore[arg-type]


def test_nothing_yet_begins_where_the_topic_begins(tmp_path: Path) -> None:
    assert start(tmp_path / "none", None, beginning={0: 7}) == {0: 7}


def test_finished_batches_that_cover_nothing_are_no_lost_table(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "c", [{0: 0}, {0: 9}], 1)
    (folder / "shoplog_start.json").write_text('{"0": 0}')
    assert start(folder, None) == {0: 0}


@pytest.mark.parametrize(("ends", "commits"), [([{0: 10}, {0: 20}], 2), ([{0: 10}, {0: 20}, {0: 30}], 2)])
def test_bronze_at_or_before_the_last_batch_goes_on(tmp_path: Path, ends: list[dict[int, int]], commits: int) -> None:
    assert start(checkpoint(tmp_path / "c", ends, commits), {0: 20}) == {0: 20}


@pytest.mark.parametrize(
    ("bronze", "more", "way_out"),
    [
        ({0: 10}, {}, "--from-bronze"),  # an older table was restored
        ({0: 30}, {}, "--from-bronze"),  # an older checkpoint was restored
        ({0: 20}, {"gold": {0: 30}}, "--from-bronze"),
        ({0: 20}, {"end": {0: 5}}, "--reset-offsets"),
        ({0: 20}, {"beginning": {0: 25}}, "--reset-offsets"),
        (None, {}, "runbook"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_way_out(
    tmp_path: Path, bronze: dict[int, int] | None, more: dict[str, object], way_out: str
) -> None:
    with pytest.raises(DriftError, match=way_out):
        start(checkpoint(tmp_path / "c", [{0: 10}, {0: 20}], 2), bronze, **more)


def test_a_deleted_checkpoint_is_refused_until_an_operator_says_so(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="--from-bronze"):
        start(tmp_path / "gone", {0: 20})
    assert start(tmp_path / "gone", {0: 20}, from_bronze=True) == {0: 20}


def test_partitions_that_were_added_begin_where_the_topic_begins(tmp_path: Path) -> None:
    more = {"beginning": {0: 3, 1: 0}, "end": {0: 100, 1: 0}}
    assert start(tmp_path / "gone", {0: 20}, from_bronze=True, **more) == {0: 20, 1: 0}


def test_a_range_is_written_skipped_or_refused() -> None:
    assert judge({0: 5, 1: 5}, KafkaRange({0: 5, 1: 5}, {0: 9, 1: 5}), "t") is Verdict.WRITE
    assert judge({0: 9, 1: 5}, KafkaRange({0: 5, 1: 5}, {0: 9, 1: 5}), "t") is Verdict.SKIP
    assert judge({0: 5}, KafkaRange({0: 5}, {0: 9, 1: 4}), "t") is Verdict.WRITE
    for committed in ({0: 4, 1: 5}, {0: 7, 1: 5}):
        with pytest.raises(DriftError):
            judge(committed, KafkaRange({0: 5, 1: 5}, {0: 9, 1: 5}), "t")
