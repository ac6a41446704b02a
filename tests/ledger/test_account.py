from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shoplog.cli import app
from shoplog.contracts.proof import LEDGER_FILE
from shoplog.io.file_range import FileRange, lines_in
from shoplog.ledger.account import window_rows
from shoplog.ledger.fates import NO_FATES
from shoplog.ledger.filling import fill_command
from shoplog.settings import Settings
from shoplog.sites import load_sites
from tests.ledger.home import FILE, Home, content_lines

CONTENT = b"".join(b"line %03d %s\n" % (n, b"x" * (n % 17)) for n in range(100))
LINES = content_lines(CONTENT)
FINE = {
    "site": "shop", "host": "web1", "file": FILE, "written": 100, "read": 100, "kafka": 100, "bronze": 100, "accepted": 100,
    "quarantined": 0, "duplicates": 0, "in_flight": 0, "torn": 0, "missing_bytes": 0, "doubled_bytes": 0, "broken_ranges": "",
    "residue": 0, "erased": 0,
}  # fmt: skip


def only(home: Home) -> dict[str, Any]:
    rows = home.account()
    assert len(rows) == 1
    return asdict(rows[0])


@pytest.mark.parametrize("content", [CONTENT, CONTENT.replace(b"\n", b"\r\n"), CONTENT.replace(b"x\n", b"x\r\n")])
def test_a_file_that_landed_whole_is_fine(home: Home, content: bytes) -> None:
    home.count(content, landed=True)
    home.land(content_lines(content)[:60])
    home.land(content_lines(content)[60:])
    assert only(home) == FINE


def test_the_closed_ledger_has_every_column_of_a_row() -> None:
    assert set(LEDGER_FILE.column_names) == {"day", *FINE, *NO_FATES}


def test_nothing_is_an_empty_account(home: Home) -> None:
    assert home.account() == []
    assert window_rows(home.settings) == []


def test_refused_and_repeated_lines_have_their_columns(home: Home) -> None:
    home.count(CONTENT)
    home.land(LINES[:90])
    home.land(LINES[90:], "quarantined")
    home.land(LINES[50:70], "duplicate")
    assert only(home) == {**FINE, "kafka": 120, "bronze": 120, "accepted": 90, "quarantined": 10, "duplicates": 20}


def test_lines_on_their_way_are_measured_at_each_place(home: Home) -> None:
    home.count(CONTENT)
    home.write(CONTENT, position=LINES[80][0])
    home.land(LINES[:50])
    home.send(LINES[45:80])
    row = only(home)
    assert (row["read"], row["kafka"], row["bronze"], row["in_flight"]) == (80, 85, 50, 50)
    assert (row["residue"], row["missing_bytes"], row["doubled_bytes"]) == (0, 0, 0)


def test_a_position_older_than_what_came_counts_no_line_twice(home: Home) -> None:
    home.count(CONTENT)
    home.write(CONTENT, position=0)
    home.land(LINES[:50] + LINES[60:70])
    assert only(home) == {**FINE, "read": 60, "kafka": 60, "bronze": 60, "accepted": 60, "in_flight": 40}


def test_a_census_behind_the_stream_leaves_no_residue(home: Home) -> None:
    home.count(CONTENT[: LINES[70][0]])
    home.land(LINES)
    assert only(home) == FINE


def test_a_lost_line_is_a_residue_and_a_hole(home: Home) -> None:
    home.count(CONTENT)
    home.land(LINES[:40] + LINES[41:])
    row = only(home)
    start, end = LINES[40][0], LINES[41][0]
    assert (row["residue"], row["missing_bytes"], row["broken_ranges"]) == (1, end - start, f"{start}-{end} missing")


def test_a_lost_line_and_an_invented_one_of_the_same_length_are_both_found(home: Home) -> None:
    home.count(CONTENT)
    offset, body = LINES[40]
    invented = (LINES[60][0], body)
    home.land([*LINES[:40], *LINES[41:60], invented, *LINES[61:], (LINES[60][0] + 3, LINES[60][1])])
    row = only(home)
    assert row["residue"] == 0
    assert row["missing_bytes"] > 0
    assert row["doubled_bytes"] > 0
    assert f"{offset}-{LINES[41][0]} missing" in row["broken_ranges"]


def test_a_line_accepted_twice_is_found_even_with_another_lost(home: Home) -> None:
    home.count(CONTENT)
    same_length = next(n for n in range(1, 100) if n != 40 and len(LINES[n][1]) == len(LINES[40][1]))
    home.land([line for line in LINES if line != LINES[40]] + [LINES[same_length]])
    row = only(home)
    assert (row["residue"], row["missing_bytes"], row["doubled_bytes"]) == (0, len(LINES[40][1]) + 1, len(LINES[40][1]))


def test_an_unfinished_last_line_and_its_rest_leave_no_residue(home: Home) -> None:
    home.count(b"a\nunfin")
    home.land([(0, b"a"), (2, b"unfin")])
    assert (only(home)["written"], only(home)["residue"], only(home)["torn"]) == (2, 0, 0)
    home.count(b"a\nunfinished\n")
    home.write(b"a\nunfinished\n", position=7)
    assert (only(home)["in_flight"], only(home)["residue"], only(home)["missing_bytes"]) == (0, 0, 0)
    home.land([(7, b"ished")])
    row = only(home)
    assert (row["written"], row["accepted"], row["torn"], row["residue"]) == (2, 3, 1, 0)
    assert row["missing_bytes"] == row["doubled_bytes"] == 0


def test_a_line_above_the_limit_covers_all_its_bytes(home: Home) -> None:
    content = b"short\n" + b"y" * (3 << 20) + b"\nshort\n"
    lines = content_lines(content)
    home.count(content)
    # Cut on the way; line_bytes holds the length before.
    home.land(lines)
    assert (only(home)["residue"], only(home)["missing_bytes"]) == (0, 0)


def test_a_streamed_and_imported_file_counts_each_line_once(home: Home) -> None:
    home.count(CONTENT, landed=True)
    home.land(LINES[:30])
    home.land(LINES[40:])
    home.bring_in(LINES)
    home.count(CONTENT, imported=True)
    assert only(home) == {**FINE, "kafka": 90, "bronze": 190, "duplicates": 90}


def test_an_imported_file_stands_in_the_account(home: Home) -> None:
    content = CONTENT + b"no line end"
    home.bring_in([*LINES, (len(CONTENT), b"no line end")])
    home.count(content, imported=True)
    assert only(home) == {**FINE, "written": 101, "read": 101, "kafka": 0, "bronze": 101, "accepted": 101}


def test_an_import_that_lost_lines_is_found(home: Home) -> None:
    home.count(CONTENT, imported=True)
    home.bring_in(LINES[:95])
    row = only(home)
    assert (row["residue"], row["broken_ranges"]) == (5, f"{LINES[95][0]}-{len(CONTENT)} missing")


def test_records_without_identity_are_counted_and_have_no_bytes(home: Home) -> None:
    home.topics[home.settings.topic_raw] += [b"foreign", b"\xff\xfe"]
    row = only(home)
    assert (row["site"], row["written"], row["in_flight"], row["residue"]) == ("(unknown)", 2, 2, 0)
    home.landed = 2
    home.land([(500, b"foreign")], "quarantined", "(kafka partition 0)", site="(unknown)", host="(unknown)")
    assert [(row.file, row.residue, row.is_wrong) for row in home.account()] == [("(kafka partition 0)", 0, False)]


def test_windows_are_compared_at_golds_offsets(home: Home) -> None:
    home.land(LINES[:50])
    home.measure(50)
    home.land(LINES[50:])
    rows = window_rows(home.settings)
    assert [(row.accepted, row.gold, row.residue) for row in rows] == [(50, 50, 0)]
    home.measure(49)
    assert [row.residue for row in window_rows(home.settings)] == [1]


@pytest.mark.parametrize(("lines", "code"), [(LINES, 0), (LINES[:40] + LINES[41:] + [(LINES[60][0] + 3, b"z")], 1)])
def test_the_command_names_file_and_bytes_and_fails(home: Home, lines: Any, code: int, monkeypatch: Any) -> None:
    for name, value in (("HOME", home.settings.home), ("HOST", "web1")):
        monkeypatch.setenv(f"SHOPLOG_{name}", str(value))
    home.count(CONTENT)
    home.land(sorted(lines))
    home.measure(len(lines))
    done = CliRunner().invoke(app, ["ledger"])
    assert done.exit_code == code, done.output
    hole = f"{LINES[40][0]}-{LINES[41][0]}"
    assert (f"shop web1 {FILE}: bytes {hole} missing" in done.output) is bool(code)
    path = load_sites(home.settings)["shop"].log_dir / FILE
    assert (f"shoplog import --range {path}:{hole} --site shop --host web1\n" in done.output) is bool(code)


def test_the_command_that_fills_has_the_ranges_or_the_whole_file(home: Home) -> None:
    home.count(CONTENT)
    home.land([line for number, line in enumerate(LINES) if number not in (7, 40, 41)])
    sites, elsewhere = load_sites(home.settings), home.settings.model_copy(update={"host": "web2"})
    (row,) = home.account()
    holes = f"--range {FILE}:{LINES[7][0]}-{LINES[8][0]} --range {FILE}:{LINES[40][0]}-{LINES[42][0]}"
    assert fill_command(row, elsewhere, sites) == f"shoplog import {holes} --site shop --host web1"
    home.count(CONTENT, file="other.log")
    home.land(LINES[::3], file="other.log")
    row = home.account()[1]
    assert "more" in row.broken_ranges
    assert fill_command(row, elsewhere, sites) == "shoplog import other.log --site shop --host web1"
    assert fill_command(replace(row, broken_ranges="5-9 doubled"), elsewhere, sites) == ""


def test_the_hole_of_a_file_with_carriage_returns_begins_inside_a_line_end_and_its_range_still_fits(
    home: Home, tmp_path: Path
) -> None:
    content = CONTENT.replace(b"\n", b"\r\n")
    lines = content_lines(content)
    home.count(content)
    home.land(lines[:40] + lines[42:])
    row = only(home)
    assert row["broken_ranges"] == f"{lines[40][0] - 1}-{lines[42][0]} missing"
    (tmp_path / FILE).write_bytes(content)
    assert lines_in(FileRange(tmp_path / FILE, lines[40][0] - 1, lines[42][0])) == 2


@pytest.mark.parametrize("left", [None, b"", CONTENT[: LINES[50][0]], CONTENT[: LINES[70][0]], CONTENT[: LINES[90][0]]])
@pytest.mark.parametrize("position", [0, LINES[60][0], len(CONTENT)])
def test_what_a_census_saw_of_a_file_that_was_lost_or_truncated_since_is_missing_in_exact_bytes(
    home: Home, left: bytes | None, position: int
) -> None:
    home.count(CONTENT, landed=True)
    home.land(LINES[:60])
    home.write(left or b"", position)
    if left is None:
        (load_sites(home.settings)["shop"].log_dir / FILE).unlink()
    row = only(home)
    # Of what the file still has, the agent sends what lies beyond its position; all else is gone.
    to_come = max(0, len(left or b"") - max(position, LINES[60][0]))
    gone = len(CONTENT) - LINES[60][0] - to_come
    assert row["missing_bytes"] == gone
    assert f"{len(CONTENT) - gone}-{len(CONTENT)} missing" in row["broken_ranges"] or position == len(CONTENT)
    assert row["residue"] == sum(1 for line in LINES[60:] if not position <= line[0] < len(left or b""))
    assert row["written"] == 100


def test_a_file_that_no_census_saw_and_that_never_landed_is_out_of_scope(home: Home) -> None:
    home.write(CONTENT, position=0)
    assert home.account() == []


def test_the_settings_name_the_good_copy(settings: Settings) -> None:
    assert settings.taildir_position_good.name == "taildir_position.good.json"
