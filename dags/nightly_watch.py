"""In the morning: red where the night's day was not published, for whatever reason, also where nothing ran at all."""

from __future__ import annotations

from airflow.sdk import Param, dag, get_current_context, task
from shoplog_command import DATE_PARAM_HELP, day_of, every_night, run


@dag(
    schedule=every_night("0 5 * * *"),
    catchup=False,
    max_active_runs=1,
    params={"date": Param(None, type=["null", "string"], format="date", description=DATE_PARAM_HELP)},
    default_args={"owner": "on-call", "retries": 0},
    tags=["shoplog", "quality"],
    doc_md="""Red means: by 05:00 UTC a site with lines of yesterday was not published, or yesterday has no lines at all while
    days before have some. Look at the `nightly` of the same night; once it is green, clear this task.""",
)
def nightly_watch() -> None:
    """Wire the one look at the switch."""

    @task
    def is_published() -> None:
        run("published", "--date", day_of(get_current_context()))

    is_published()


nightly_watch()
