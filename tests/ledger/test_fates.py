"""What the lines of a file were like: each counted once, judged by the lines above it in its own file."""

from __future__ import annotations

from datetime import timedelta

from shoplog.ledger.day_files import account_of_days, files_of_day
from shoplog.ledger.fates import fates
from tests.ledger.home import FILE, NOON, Home, content_lines

LINES = content_lines(b"".join(b"line %d\n" % number for number in range(9)))
KEY, OTHER = ("shop", "web1", FILE), ("shop", "web1", "other.log")
MINUTE = timedelta(minutes=1)


def test_a_line_is_late_far_below_a_newer_one_of_its_file(home: Home) -> None:
    home.land(LINES[:1], event_time=NOON)
    home.land(LINES[1:2], event_time=NOON - 5 * MINUTE)
    home.land(LINES[2:3], event_time=NOON - 6 * MINUTE)
    home.land(LINES[2:3], fate="duplicate", event_time=NOON - 6 * MINUTE)
    home.land(LINES[3:4], event_time=NOON - 6 * MINUTE, file=OTHER[2])
    assert fates(home.settings, [KEY, OTHER]) == {
        KEY: {"late": 1, "malformed": 0, "future": 0},
        OTHER: {"late": 0, "malformed": 0, "future": 0},
    }


def test_refused_lines_make_nothing_late_and_are_counted_by_why(home: Home) -> None:
    home.land(LINES[:1], fate="quarantined", reason="future", event_time=NOON + 60 * MINUTE)
    home.land(LINES[1:3], fate="quarantined", reason="unparsable", event_time=None)
    home.land(LINES[3:4])
    home.bring_in(LINES[2:5])
    assert fates(home.settings, [KEY]) == {KEY: {"late": 0, "malformed": 2, "future": 1}}
    assert fates(home.settings, []) == {}


def test_a_day_is_about_its_lines_and_what_was_seen_on_it(home: Home) -> None:
    yesterday = NOON - timedelta(days=1)
    home.land(LINES[:1], event_time=yesterday, event_date=yesterday.date())
    home.land(LINES[:1], file=OTHER[2])
    assert files_of_day(home.settings, NOON.date()) == {KEY, OTHER}
    assert files_of_day(home.settings, yesterday.date()) == {KEY}
    home.count(b"lost before it was read\n", file="lost.log", landed=True)
    assert files_of_day(home.settings, NOON.date()) == {KEY, OTHER, ("shop", "web1", "lost.log")}
    assert files_of_day(home.settings, (NOON + timedelta(days=1)).date()) == set()


def test_an_account_of_days_has_each_days_files_and_windows(home: Home) -> None:
    home.land(LINES[:2])
    home.count(b"".join(body + b"\n" for _, body in LINES[:2]))
    home.measure(2)
    yesterday = (NOON - timedelta(days=1)).date()
    found = account_of_days(home.settings, [NOON.date(), yesterday])
    files, windows = found[NOON.date()]
    assert [(key, row.accepted, row.residue) for key, row in files.items()] == [(KEY, 2, 0)]
    assert [(row.accepted, row.gold, row.residue) for row in windows] == [(2, 2, 0)]
    assert found[yesterday] == ({}, [])
