from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from jobs.batch.visits import visits_of
from shoplog.contracts.metrics import REQUESTS
from shoplog.contracts.session_figures import REQUEST_BALANCE, SESSION_RATIOS, SESSIONS
from shoplog.contracts.sessions import ORIGIN, REQUEST_SHARES, SESSION
from shoplog.transforms.measure import measured
from shoplog.transforms.sessions import session_balance, sessions
from tests.cases.requests import case_requests, frame, read_rows, request

pytestmark = pytest.mark.spark
CASES = sorted(path.parent for path in (Path(__file__).parents[1] / "cases/silver_session").glob("*/sessions.csv"))
DAYS = [date(2026, 11, 19) + timedelta(days=n) for n in range(4)]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_cases_are_there() -> None:
    assert len(CASES) >= 13


def steady(first: datetime, last: datetime, every: timedelta) -> list[dict[str, Any]]:
    """Return page views of one visitor at a steady pace, with the ids of each UTC day."""
    times = [first + every * n for n in range(int((last - first) / every) + 1)]
    return [
        request(t, visitor_id=f"a{t:%d}", visitor_id_prev=f"a{t - timedelta(days=1):%d}", path=f"/{t:%d%H%M}")
        for t in times
    ]


# Cases that are too long to write down: site -> rows.
GENERATED = {
    "cap_of_24_hours": steady(NOON, NOON + timedelta(hours=25), timedelta(minutes=30)),
    "a_full_day": steady(NOON - timedelta(hours=13), NOON + timedelta(hours=37), timedelta(minutes=20)),
    "begun_at_00_30": steady(NOON - timedelta(hours=11, minutes=30), NOON + timedelta(hours=13), timedelta(minutes=30)),
    "nobody": [request(NOON, visitor_id=None), request(NOON, visitor_id=None, traffic_type="Bot")],
}


def random_requests(seed: int) -> list[dict[str, Any]]:
    """Return four days of three visitors who come and go, with files, failed pages and equal times among the hits."""
    rng = random.Random(seed)
    rows = []
    for visitor in "xyz":
        t = datetime.combine(DAYS[0], datetime.min.time(), UTC)
        while t.date() <= DAYS[-1]:
            kind = rng.choice(["page", "page", "static", "missing", "cart"])
            day_before = t - timedelta(days=1)
            rows.append(
                request(
                    t,
                    site=f"random_{seed}",
                    visitor_id=f"{visitor}{t:%d}",
                    # Now and then a line comes so late that yesterday's salt is dead.
                    visitor_id_prev=f"{visitor}{day_before:%d}" if rng.random() < 0.8 else None,
                    page_class=kind if kind == "static" else "page",
                    status=404 if kind == "missing" else 200,
                    event_name="add_to_cart" if kind == "cart" else None,
                    host=rng.choice(["web1", "web2"]),
                )
            )
            # Visitor z never pauses, so that full days and caps come up.
            steps = [0, 1, 600, 1799, 1800] if visitor == "z" else [0, 1, 60, 900, 1800, 1801, 5000, 40000]
            t += timedelta(seconds=rng.choice(steps))
    return rows


def by_hand(rows: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    """Return (visitor, session_start, session_end, pages, events) of each session, by plain loops over persons."""
    persons = defaultdict(list)
    for row in rows:
        if row["page_class"] == "page" or row["event_name"]:
            persons[row["visitor_id"][0]].append(row)
    found: Counter[tuple[Any, ...]] = Counter()
    for hits in persons.values():
        for session in cut(sorted(hits, key=lambda row: row["event_time"])):
            pages = sum(hit["status"] == 200 for hit in session)
            events = sum(hit["event_name"] is not None for hit in session)
            if pages or events:
                ends = (session[0]["event_time"], session[-1]["event_time"])
                found[(session[0]["visitor_id"], *ends, pages, events)] += 1
    return found


def cut(hits: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return a person's hits of all days, cut into sessions by the three rules."""
    cut_hits: list[list[dict[str, Any]]] = []
    run_start = part_start = before = datetime.min.replace(tzinfo=UTC)
    for hit in hits:
        t = hit["event_time"]
        midnight = datetime.combine(t.date(), datetime.min.time(), UTC)
        gap = t - before > timedelta(minutes=30)
        run_start = t if gap else run_start
        full_day = before < midnight and run_start < midnight - timedelta(hours=23, minutes=30)
        past_cap = (t - part_start) // timedelta(hours=24) > (before - part_start) // timedelta(hours=24)
        part_start = t if gap or full_day else part_start
        if gap or full_day or past_cap:
            cut_hits.append([])
        cut_hits[-1].append(hit)
        before = t
    return cut_hits


SEEDS = (1, 2)
RANDOM = {f"random_{seed}": random_requests(seed) for seed in SEEDS}


@pytest.fixture(scope="module", autouse=True)
def interpreted(spark: Any) -> Iterator[None]:
    """Spark compiles each plan for seconds, and runs it on a few hundred rows; one test below turns that on again."""
    spark.conf.set("spark.sql.codegen.wholeStage", "false")
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    yield
    spark.conf.unset("spark.sql.codegen.wholeStage")
    spark.conf.unset("spark.sql.codegen.factoryMode")


@pytest.fixture(scope="module")
def requests(spark: Any) -> Any:
    rows = [row for folder in CASES for row in case_requests(folder)]
    rows += [{**row, "site": site} for site, hits in GENERATED.items() for row in hits]
    rows += [row for hits in RANDOM.values() for row in hits]
    return frame(spark, rows).persist()


@pytest.fixture(scope="module")
def disguised(spark: Any) -> Any:
    return spark.createDataFrame([("only_people_have_sessions", "disguised")], "site string, visitor_id string")


@pytest.fixture(scope="module")
def found(requests: Any, disguised: Any) -> list[dict[str, Any]]:
    """Sessions of every day and site, times in UTC."""
    return [row for day in DAYS for row in as_dicts(sessions(visits_of(requests, day, disguised), day))]


@pytest.fixture(scope="module")
def balances(requests: Any, disguised: Any) -> list[dict[str, Any]]:
    return [
        row.asDict()
        for day in DAYS
        for row in session_balance(requests, visits_of(requests, day, disguised), day, disguised).collect()
    ]


def as_dicts(rows: Any) -> list[dict[str, Any]]:
    """Return collected rows, their times in UTC."""
    return [
        {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in row.items()}
        for row in (row.asDict(recursive=True) for row in rows.collect())
    ]


def of_site(rows: list[dict[str, Any]], site: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["site"] == site]


def in_order(rows: list[dict[str, Any]], names: list[str]) -> list[str]:
    return sorted(str([row[name] for name in names]) for row in rows)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case(folder: Path, found: list[dict[str, Any]]) -> None:
    expected = read_rows(folder / "sessions.csv")
    names = list(expected[0])
    assert in_order(of_site(found, folder.name), names) == in_order(expected, names)


def test_columns_are_the_contracts(requests: Any) -> None:
    visits = visits_of(requests, DAYS[1])
    types = dict(sessions(visits, DAYS[1]).dtypes)
    assert types == {column.name: column.type for column in SESSION}
    assert session_balance(requests, visits, DAYS[1]).dtypes == [
        (column.name, column.type) for column in REQUEST_BALANCE
    ]


def test_a_session_ends_24_hours_after_its_first_hit(found: list[dict[str, Any]]) -> None:
    first, second = sorted(of_site(found, "cap_of_24_hours"), key=lambda row: row["session_start"])
    assert (first["session_start"], first["session_end"], first["pages"]) == (
        NOON, NOON + timedelta(hours=23, minutes=30), 48,
    )  # fmt: skip
    assert (second["session_start"], second["pages"], second["visitor_id"]) == (NOON + timedelta(days=1), 3, "a21")
    assert (first["event_date"], second["event_date"]) == (DAYS[1], DAYS[2])


def test_hits_that_fill_a_day_are_cut_at_midnight(found: list[dict[str, Any]]) -> None:
    """From 23:00 to 01:00 two days later, every 20 minutes: 24 hours, an hour to midnight, a day, what is left."""
    rows = sorted(of_site(found, "a_full_day"), key=lambda row: row["session_start"])
    assert [(f"{row['session_start']:%d %H:%M}", row["pages"]) for row in rows] == [
        ("19 23:00", 72), ("20 23:00", 3), ("21 00:00", 72), ("22 00:00", 4),
    ]  # fmt: skip


def test_hits_from_00_30_on_fill_no_day(found: list[dict[str, Any]]) -> None:
    rows = sorted(of_site(found, "begun_at_00_30"), key=lambda row: row["session_start"])
    assert [(f"{row['session_start']:%d %H:%M}", row["pages"]) for row in rows] == [("20 00:30", 48), ("21 00:30", 2)]


@pytest.mark.parametrize("site", RANDOM)
def test_every_view_and_event_of_a_person_is_in_exactly_one_session(found: list[dict[str, Any]], site: str) -> None:
    """Against plain loops over whole persons and all days at once: what each day's run sees of three days is enough."""
    rows = of_site(found, site)
    ours = Counter((r["visitor_id"], r["session_start"], r["session_end"], r["pages"], r["events"]) for r in rows)
    assert ours == by_hand(RANDOM[site])
    views = [row for row in RANDOM[site] if row["page_class"] == "page" and row["status"] == 200]
    assert sum(row["pages"] for row in rows) == len(views) > 250
    assert sum(row["events"] for row in rows) == sum(row["event_name"] is not None for row in RANDOM[site])
    assert len({row["session_id"] for row in rows}) == len(rows)
    assert max(row["session_end"] - row["session_start"] for row in rows) < timedelta(hours=24)


def test_every_request_is_somewhere(found: list[dict[str, Any]], balances: list[dict[str, Any]], requests: Any) -> None:
    expected = Counter((row["site"], row["event_date"]) for row in requests.select("site", "event_date").collect())
    assert {(row["site"], row["event_date"]): row["requests"] for row in balances} == expected
    for row in balances:
        assert sum(row[share] for share in REQUEST_SHARES) == row["requests"], row
    inside: Counter[str] = Counter()
    for row in balances:
        inside[row["site"]] += row["in_sessions"]
    of_sessions: Counter[str] = Counter()
    for row in found:
        of_sessions[row["site"]] += row["requests"]
    assert +inside == of_sessions


def test_shares_are_counted_apart(balances: list[dict[str, Any]]) -> None:
    def shares(site: str) -> list[int]:
        return [row[share] for row in of_site(balances, site) for share in REQUEST_SHARES]

    assert shares("only_people_have_sessions") == [3, 0, 2, 1, 1]
    assert shares("nobody") == [1, 1, 0, 0, 0]
    assert shares("files_alone_are_no_session") == [0, 0, 0, 5, 4]


def test_other_order_other_partitions_and_compiled_code_give_the_same_rows(
    spark: Any, requests: Any, disguised: Any, found: list[dict[str, Any]]
) -> None:
    rows = [row.asDict() for row in requests.collect()]
    random.Random(7).shuffle(rows)
    spark.conf.set("spark.sql.codegen.wholeStage", "true")
    spark.conf.set("spark.sql.codegen.factoryMode", "FALLBACK")
    again = as_dicts(sessions(visits_of(frame(spark, rows).repartition(5), DAYS[1], disguised), DAYS[1]))
    first = [row for row in found if row["event_date"] == DAYS[1]]
    assert sorted(map(str, again)) == sorted(map(str, first))
    assert len(first) > 30


def test_sums_over_sessions(found: list[dict[str, Any]]) -> None:
    for row in found:
        assert row["carts_created"] == row["carts_emptied"] + row["carts_transacted"] + row["carts_abandoned"]
        assert (row["orders"] == row["orders_without_value"]) == (row["revenue"] is None)
        assert row["event_date"] == row["session_start"].date()
        assert row["pages"] <= row["requests"]


def test_figures_of_sessions_per_hour(requests: Any, disguised: Any) -> None:
    found = pl.DataFrame(pl.from_arrow(sessions(visits_of(requests, DAYS[1], disguised), DAYS[1]).toArrow()))
    rows = measured(found, (SESSIONS,)).to_arrow()  # noqa: F841 (DuckDB reads it by name)
    ratios = ", ".join(f"{sql} as {name}" for name, (sql, _, _) in SESSION_RATIOS.items())
    by_hour = {
        (row["site"], row["window_start"].hour): row
        for row in duckdb.sql(f"select *, {ratios} from rows").to_arrow_table().to_pylist()
    }
    carts, ordered = by_hour["carts", 10], by_hour["an_order_shown_again", 12]
    assert [carts[name] for name in ("sessions", "cart_sessions", "cart_abandoned_sessions", "orders", "carts_abandoned")] == [
        6, 4, 4, 3, 2,
    ]  # fmt: skip
    assert (carts["cart_abandonment_ratio"], carts["conversion_ratio"]) == (1.0, 0.5)
    assert (carts["revenue"], carts["average_order_value"]) == (None, None)
    assert (ordered["orders"], ordered["orders_without_value"], float(ordered["average_order_value"])) == (2, 1, 7.5)
    bounces = by_hour["bounce_and_engaged", 10]
    assert (bounces["bounce_ratio"], bounces["engaged_ratio"]) == (5 / 7, 3 / 7)
    assert (bounces["pages_per_session"], bounces["mean_duration_s"]) == (8 / 7, 20 / 7)
    assert REQUESTS.name in carts
    assert set(ORIGIN) <= {column.name for column in SESSION}
