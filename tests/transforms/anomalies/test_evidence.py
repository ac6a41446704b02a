from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from shoplog.transforms.anomalies.evidence import with_contributors, with_examples

_TIME = pl.Datetime("us", "UTC")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def anomalies(*subjects: str | None) -> pl.DataFrame:
    kinds = ["series" if subject is None else "visitor" for subject in subjects]
    frame = pl.DataFrame(
        {"site": "shop", "kind": kinds, "subject": pl.Series(subjects, dtype=pl.String), "why": "surge"}
    )
    return frame.with_columns(pl.lit(NOON + timedelta(minutes=20)).alias("window_start"))


def counts(*rows: tuple[str, str, int, int]) -> pl.LazyFrame:
    """Return (dimension, value, minutes after noon, requests) as counts."""
    return pl.DataFrame(
        [("shop", dimension, value, NOON + timedelta(minutes=at), requests) for dimension, value, at, requests in rows],
        {**dict.fromkeys(("site", "dimension", "value"), pl.String), "window_start": _TIME, "requests": pl.Int64},
        orient="row",
    ).lazy()  # fmt: skip


def test_a_series_says_which_value_changed_most_and_a_visitor_says_what_it_did() -> None:
    rows = counts(("path", "/", 0, 500), ("path", "/", -60, 450), ("path", "/sale", 0, 300), ("country", "DE", 0, 290),
                  ("path", "/sale", -120, 5_000))  # fmt: skip
    series, visitor = with_contributors(anomalies(None, "a"), rows)["why"]
    assert series == "surge; changed most: path /sale (300 requests in this hour, 0 in the one before)"
    assert visitor == "surge"


def test_what_stopped_changed_too_and_where_nothing_is_known_nothing_is_said() -> None:
    why = with_contributors(anomalies(None), counts(("path", "/", -60, 450), ("path", "/a", 0, 3)))["why"][0]
    assert "path / (0 requests in this hour, 450 in the one before)" in why
    assert with_contributors(anomalies(None), counts())["why"].to_list() == ["surge"]


def test_a_subjects_first_line_is_its_example() -> None:
    lines = pl.LazyFrame(
        [("shop", "a", NOON, "web1", "f.log", 200), ("shop", "a", NOON - timedelta(hours=1), "web2", "e.log", 100),
         ("shop", "b", NOON, "web1", "f.log", 0), ("other", "a", NOON - timedelta(hours=9), "web9", "x.log", 1)],
        ["site", "address_id", "event_time", "host", "file", "byte_offset"], orient="row",
    )  # fmt: skip
    rows = with_examples(anomalies("a", None, "c"), lines).select("subject", "host", "file", "byte_offset").rows()
    assert rows == [("a", "web2", "e.log", 100), (None, None, None, None), ("c", None, None, None)]
    assert with_examples(anomalies(None), lines).select("host", "byte_offset").rows() == [(None, None)]
