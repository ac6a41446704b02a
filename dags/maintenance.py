"""Each night after the nightly: batch tables cleaned up here, live ones by the stream's driver when asked."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task
from shoplog_command import every_night, run

from shoplog.contracts.pools import WAREHOUSE_POOL


@dag(
    schedule=every_night("30 3 * * *"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "data-engineering", "retries": 2, "retry_delay": timedelta(minutes=10)},
    tags=["shoplog", "batch"],
    doc_md="""Removes files and rows that nobody needs any more and prints what each table holds; published days read the same
    before and after. Red means: files of a published day are gone, a table cannot be read, or the stream runs and did not
    do its part. The log says which; see docs/airflow.md.""",
)
def maintenance() -> None:
    """Wire the upkeep."""

    @task(pool=WAREHOUSE_POOL)
    def maintain() -> None:
        run("maintain")

    maintain()


maintenance()
