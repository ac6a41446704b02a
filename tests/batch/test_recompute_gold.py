"""Gold from silver as it is: the same figures, without a line read anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from jobs.batch.recompute import recompute, recompute_gold
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.visits import GOLD_ATTRIBUTION, GOLD_FUNNEL, GOLD_SESSIONS
from shoplog.errors import UserError
from shoplog.io.commits import latest_version
from shoplog.io.query import run_sql
from shoplog.settings import REPOSITORY, Settings
from tests.streaming.records import YESTERDAY, Batches, line, value

pytestmark = pytest.mark.spark
TABLES = [
    *(family.table for family in FAMILIES),
    *(table.name for table in (GOLD_SESSIONS, GOLD_FUNNEL, GOLD_ATTRIBUTION)),
]


@pytest.fixture(scope="module")
def batches(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Batches:
    made = Batches(spark, Settings(home=tmp_path_factory.mktemp("gold") / "home", host="web1"))
    made.send({0: [value(line("203.0.113.1", second, path=f"/item/{second}"), second * 500) for second in range(4)]})
    return made


def rows(settings: Settings) -> dict[str, list[Any]]:
    return {table: sorted(map(repr, run_sql(settings, f"select * from {table}")[1])) for table in TABLES}


def test_a_day_that_was_never_recomputed_is_refused(batches: Batches) -> None:
    with pytest.raises(UserError, match=f"^{YESTERDAY} was not recomputed yet: leave out --from-silver"):
        recompute_gold(batches.session, batches.settings, [YESTERDAY])


def test_damaged_gold_comes_back_and_lines_that_came_since_stay_out(batches: Batches) -> None:
    settings = batches.settings
    made = recompute(batches.session, settings, [YESTERDAY])
    before, silver = rows(settings), latest_version(settings.warehouse / "silver_request")
    assert before["gold_traffic_1m"] and before["gold_sessions_1h"] and before["gold_pages_1h"]
    for table in TABLES:
        DeltaTable(str(settings.warehouse / table)).delete()
    batches.send({0: [value(line("203.0.113.9", 30), 9000)]})
    again = recompute_gold(batches.session, settings, [YESTERDAY])
    assert rows(settings) == before
    assert again == {name: version for name, version in made.items() if name.startswith("bronze")}
    assert latest_version(settings.warehouse / "silver_request") == silver, "silver is read, not written"


def test_a_day_whose_lines_are_all_refused_by_now_keeps_no_figure(spark: Any, tmp_path: Path) -> None:
    site = (REPOSITORY / "sites/shop.toml").read_text(encoding="utf-8")
    (tmp_path / "shop.toml").write_text(site, encoding="utf-8")
    made = Batches(spark, Settings(home=tmp_path / "home", host="web1", sites_dir=tmp_path))
    made.send({0: [value(line("203.0.113.1", second, path=f"/item/{second}"), second * 500) for second in range(4)]})
    recompute(spark, made.settings, [YESTERDAY])
    assert run_sql(made.settings, "select sum(sessions)::bigint from gold_sessions_1h")[1] == [(1,)]
    (tmp_path / "shop.toml").write_text(site.replace('"combined"', '"%h|%t|%>s|%b"'), encoding="utf-8")
    recompute(spark, made.settings, [YESTERDAY], missing_ok=True)
    counts = {
        table: run_sql(made.settings, f"select count(*) from {table}")[1][0][0] for table in (*TABLES, "silver_session")
    }
    assert counts == dict.fromkeys(counts, 0)
