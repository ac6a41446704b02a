from __future__ import annotations

import random
from datetime import date
from itertools import product
from typing import Any

import pytest

from shoplog.contracts.session_figures import FUNNEL_STEP
from shoplog.contracts.sessions import FUNNEL, FUNNEL_KINDS
from shoplog.transforms.funnels import funnels

pytestmark = pytest.mark.spark
DAY = date(2026, 11, 20)
STEP = dict(zip("vacp", FUNNEL, strict=True)) | {"s": "search", "b": "view_cart"}
# path -> steps reached (sequential, strict, flexible); v view, a add, c checkout, p purchase, s and b no steps
PATHS = {
    "": (0, 0, 0),
    "s": (0, 0, 0),
    "v": (1, 1, 1),
    "vacp": (4, 4, 4),
    "svsasbcsp": (4, 4, 4),
    "vavacp": (4, 4, 4),  # the second view begins a strict run
    "vvaaccpp": (4, 4, 4),
    "vacvp": (4, 3, 4),
    "vap": (2, 2, 2),
    "vp": (1, 1, 1),
    "acp": (0, 0, 0),
    "pcav": (1, 1, 4),
    "avcp": (1, 1, 4),
    "avac": (3, 3, 3),
    "vcap": (2, 1, 4),
    "vcac": (3, 1, 3),
}


def reached(spark: Any, paths: dict[str, str], steps: tuple[str, ...] = FUNNEL) -> dict[str, dict[str, int]]:
    """Return steps reached per site and kind; each path is a site of its own."""
    rows = [(site, DAY, [STEP[letter] for letter in path]) for site, path in paths.items()]
    sessions = spark.createDataFrame(rows, "site string, event_date date, event_path array<string>")
    found: dict[str, dict[str, int]] = {site: dict.fromkeys(FUNNEL_KINDS, 0) for site in paths}
    for row in funnels(sessions, steps).collect():
        assert (row["event_name"], row["event_date"]) == (steps[row["step"] - 1], DAY)
        found[row["site"]][row["kind"]] += row["sessions"]
    return found


def test_steps_reached_by_each_kind(spark: Any) -> None:
    found = reached(spark, {f"path {path}": path for path in PATHS})
    assert {
        site: tuple(kinds[kind] for kind in ("sequential", "strict", "flexible")) for site, kinds in found.items()
    } == {f"path {path}": expected for path, expected in PATHS.items()}


def test_sessions_are_counted_per_site_day_kind_and_step(spark: Any) -> None:
    rows = [("shop", DAY, [FUNNEL[0]]), ("shop", DAY, list(FUNNEL)), ("shop", DAY, []), ("other", DAY, [])]
    sessions = spark.createDataFrame(rows, "site string, event_date date, event_path array<string>")
    found = funnels(sessions)
    assert found.dtypes == [(column.name, column.type) for column in FUNNEL_STEP]
    counts = {(row["site"], row["kind"], row["step"]): row["sessions"] for row in found.collect()}
    expected = {("shop", kind, step): 2 if step == 1 else 1 for kind, step in product(FUNNEL_KINDS, (1, 2, 3, 4))}
    assert counts == expected | {("other", kind, step): 0 for kind, step in product(FUNNEL_KINDS, (1, 2, 3, 4))}


def test_kinds_agree_with_their_plain_definition(spark: Any) -> None:
    rng = random.Random(11)
    paths = {f"{n}": "".join(rng.choices("vacpsb", k=rng.randrange(14))) for n in range(300)}
    found = reached(spark, paths)
    for site, path in paths.items():
        steps = "".join(letter for letter in path if letter in "vacp")
        once = "".join(a for a, b in zip(steps, " " + steps, strict=False) if a != b)
        rest, sequential = iter(steps), 0
        for step in "vacp":
            if step not in rest:
                break
            sequential += 1
        strict = max(k for k in range(5) if "vacp"[:k] in once)
        flexible = max(k for k in range(5) if set("vacp"[:k]) <= set(steps))
        assert found[site] == {"sequential": sequential, "strict": strict, "flexible": flexible}, path
        assert strict <= sequential <= flexible


def test_other_steps_can_be_asked_for(spark: Any) -> None:
    assert reached(spark, {"shop": "vap"}, (FUNNEL[0], FUNNEL[1], FUNNEL[3])) == {
        "shop": dict.fromkeys(FUNNEL_KINDS, 3)
    }
