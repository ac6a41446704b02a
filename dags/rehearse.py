"""By hand: one day's lines under other rules, old against new, before anything is published."""

from __future__ import annotations

from airflow.sdk import Param, dag, get_current_context, task
from shoplog_command import run


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params={
        "rules": Param(
            type="string", pattern=r"^[^-\s]\S*\.toml$", description="File of the new rules on this machine."
        ),
        "date": Param(type="string", format="date", description="UTC day to replay, YYYY-MM-DD."),
    },
    default_args={"owner": "data-engineering", "retries": 0},
    tags=["shoplog", "batch"],
    doc_md="""Replays a day under a new rule set; the task's log shows old against new. Nothing is published. To publish under new
    rules, put them in place and run `backfill` over the days.""",
)
def rehearse() -> None:
    """Wire the replay."""

    @task
    def replay() -> None:
        params = get_current_context()["params"]
        run("rehearse", "--rules", str(params["rules"]), "--date", str(params["date"]))

    replay()


rehearse()
