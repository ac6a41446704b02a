from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoplog.ledger.coverage import Coverage, covered


def lines_of(content: bytes) -> list[tuple[int, int]]:
    """What comes of a file's whole lines: TAILDIR drops one carriage return, the interceptor one more."""
    found, offset = [], 0
    for line in content.split(b"\n")[:-1]:
        found.append((offset, len(line.removesuffix(b"\r").removesuffix(b"\r"))))
        offset += len(line) + 1
    return found


def judged(lines: list[tuple[int, int]], size: int, sent: int | None = None) -> Coverage:
    frame = pl.DataFrame(lines, schema={"byte_offset": pl.Int64, "line_bytes": pl.Int64}, orient="row")
    return covered(frame.sample(fraction=1, shuffle=True, seed=1), size, sent)


FILE = b"".join(b"%03d %s\n" % (n, b"x" * n) for n in range(40))
LINES = lines_of(FILE)


def test_whole_files_are_covered() -> None:
    assert judged(LINES, len(FILE)) == Coverage(len(FILE))


@pytest.mark.parametrize(
    "content", [b"\n", b"\n\n\na\n", b"a\r\nb\r\n", b"a\nb\r\nc\r\r\n\r\n", b"", b"a\n" * 3 + b"\n"]
)
def test_empty_lines_and_carriage_returns_are_no_holes(content: bytes) -> None:
    assert judged(lines_of(content), len(content)) == Coverage(len(content))


@pytest.mark.parametrize("lost", [0, 7, 39])
def test_a_lost_line_is_a_hole_where_it_stood(lost: int) -> None:
    offset, length = LINES[lost]
    found = judged([line for line in LINES if line[0] != offset], len(FILE))
    assert found.missing == [(offset, offset + length + 1)]
    assert (found.doubled, found.torn) == ([], 0)


def test_a_lost_line_and_an_invented_one_do_not_cancel_out() -> None:
    offset, length = LINES[7]
    invented = (LINES[20][0] + 3, length)
    found = judged([line for line in LINES if line[0] != offset] + [invented], len(FILE))
    assert found.missing == [(offset, offset + length + 1)]
    assert found.doubled == [(invented[0], invented[0] + length)]


def test_a_line_taken_for_new_twice_is_an_overlap() -> None:
    offset, length = LINES[7]
    assert judged([*LINES, LINES[7]], len(FILE)).doubled == [(offset, offset + length)]
    empty = judged([(0, 0), (1, 0), (1, 0), (2, 4)], 7)
    assert (empty.doubled, empty.torn) == ([(1, 2)], 0)


def test_a_line_that_runs_beyond_the_censuses_end_is_an_overlap() -> None:
    assert judged([(0, 3), (4, 4)], 8).doubled == [(7, 8)]


def test_nothing_came_of_a_file() -> None:
    assert judged([], 100).missing == [(0, 100)]
    assert judged([], 100, sent=0).unsent == [(0, 100)]
    assert judged([], 0) == Coverage()


def test_bytes_beyond_the_agents_position_are_to_come_and_not_missing() -> None:
    sent = LINES[20][0]
    found = judged(LINES[:20], len(FILE), sent)
    assert (found.missing, found.unsent, found.unsent_ends) == ([], [(sent, len(FILE))], 0)
    # A kill in the middle of a batch: later lines came by another Kafka partition, the position says nothing of them.
    split = judged(LINES[:20] + LINES[25:], len(FILE), sent)
    assert (split.missing, split.unsent) == ([], [(sent, LINES[25][0])])
    # A position older than what came: the line ends of lines that came are not counted again.
    stale = judged(LINES[:20], len(FILE), LINES[10][0])
    end = LINES[19][0] + LINES[19][1]
    assert (stale.missing, stale.unsent, stale.unsent_ends) == ([], [(end, len(FILE))], 1)


def test_what_no_census_has_counted_is_not_to_come() -> None:
    counted = LINES[10][0]
    found = judged(LINES[:5] + LINES[20:22], counted, sent=LINES[5][0])
    assert (found.missing, found.unsent, found.lines_beyond) == ([], [(LINES[5][0], counted)], 2)


def test_a_hole_before_the_agents_position_is_missing_and_the_rest_to_come() -> None:
    found = judged(LINES[:10], len(FILE), LINES[20][0])
    assert (found.missing, found.unsent) == ([(LINES[10][0], LINES[20][0])], [(LINES[20][0], len(FILE))])


def test_an_unfinished_last_line_and_its_rest() -> None:
    assert judged([(0, 3)], 0).lines_beyond == 1
    rest_written = judged([(0, 3)], 7, sent=3)
    assert (rest_written.missing, rest_written.unsent, rest_written.unsent_ends) == ([], [(3, 7)], 1)
    whole = judged([(0, 3), (3, 3)], 7)
    assert (whole.torn, whole.lines_beyond, whole.missing) == (1, 0, [])
    uncounted = judged([(0, 3), (3, 3)], 0)
    assert (uncounted.torn, uncounted.lines_beyond) == (1, 1)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.sampled_from([b"\n", b"\r\n"])), min_size=1, max_size=60),
    st.data(),
)
def test_any_lost_range_above_three_bytes_is_found(lines: list[tuple[int, bytes]], data: st.DataObject) -> None:
    content = b"".join(b"x" * length + end for length, end in lines)
    rows = lines_of(content)
    assert judged(rows, len(content)) == Coverage(len(content))
    first = data.draw(st.integers(0, len(rows) - 1))
    last = data.draw(st.integers(first, len(rows) - 1))
    until = rows[last + 1][0] if last + 1 < len(rows) else len(content)
    found = judged(rows[:first] + rows[last + 1 :], len(content))
    if until - rows[first][0] > 2:
        assert len(found.missing) == 1
        start, end = found.missing[0]
        assert start <= rows[first][0] <= start + 1
        assert end == until
    assert found.doubled == []
