"""One site of a day read anew: the others keep their rows, but for those that lines came for since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from jobs.batch.recompute import recompute
from shoplog.errors import UserError
from shoplog.io.query import run_sql
from shoplog.settings import REPOSITORY, Settings
from tests.streaming.records import YESTERDAY, Batches, line, value

pytestmark = pytest.mark.spark
SITE = (REPOSITORY / "sites/shop.toml").read_text(encoding="utf-8")
SITES = ("east", "north", "south")


@pytest.fixture(scope="module")
def batches(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Batches:
    folder: Path = tmp_path_factory.mktemp("site")
    for name in SITES:
        (folder / f"{name}.toml").write_text(SITE.replace('"shop"', f'"{name}"'), encoding="utf-8")
    made = Batches(spark, Settings(home=folder / "home", host="web1", sites_dir=folder))
    made.send({0: [value(line(f"203.0.113.{n}", n), n * 500, site=site) for site in SITES[:2] for n in range(2)]})
    return made


def silver(settings: Settings) -> dict[str, int]:
    return dict(run_sql(settings, "select site, count(*) from silver_request group by 1")[1])


def test_a_site_of_a_day_that_was_never_recomputed_is_refused(batches: Batches) -> None:
    with pytest.raises(UserError, match=f"^{YESTERDAY} was not recomputed yet: leave out --site"):
        recompute(batches.session, batches.settings, [YESTERDAY], site="north")


def test_only_the_sites_lines_are_read_anew_and_of_sites_that_lines_came_for(batches: Batches) -> None:
    settings = batches.settings
    recompute(batches.session, settings, [YESTERDAY])
    # Rows that are gone from silver come back where a site is read anew, and nowhere else.
    DeltaTable(str(settings.warehouse / "silver_request")).delete("byte_offset = 0")
    batches.send({0: [value(line("203.0.113.9", 30), 0, site="south")]})
    recompute(batches.session, settings, [YESTERDAY], site="north")
    assert silver(settings) == {"east": 1, "north": 2, "south": 1}
    gold = "select site, sum(requests)::bigint from gold_traffic_1m group by 1"
    assert dict(run_sql(settings, gold)[1]) == silver(settings), "gold is made of silver, whichever site was read"


def test_a_site_without_lines_of_the_day_is_refused(batches: Batches) -> None:
    with pytest.raises(UserError, match=f"^{YESTERDAY} has no lines of west"):
        recompute(batches.session, batches.settings, [YESTERDAY], site="west")
