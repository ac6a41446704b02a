"""Each night: yesterday (UTC) and all dirty days recomputed, accounted for, compared with live, certified, published."""

from __future__ import annotations

from airflow.sdk import Param, dag, get_current_context, task
from shoplog_command import AGAIN, DATE_PARAM_HELP, days_due, due_dates, every_night, run
from shoplog_published import PUBLISHED, figures_of

from shoplog.contracts.pools import WAREHOUSE_POOL

ALSO_AFTER_RED = "all_done_min_one_success"


@dag(
    schedule=every_night("30 1 * * *"),
    catchup=False,
    max_active_runs=1,
    params={"date": Param(None, type=["null", "string"], format="date", description=DATE_PARAM_HELP)},
    default_args={"owner": "data-engineering", "pool": WAREHOUSE_POOL, **AGAIN},
    tags=["shoplog", "batch"],
    doc_md="""Recomputes yesterday and every published day that lines came for since; closes their ledger, compares them with
    the stream at one bronze version, makes their certificates and publishes each site whose certificate is `equal`. By hand
    or in a backfill: one day. A red `close_ledger` or `reconcile` says which bytes or figures; `certify` says which site is
    not published and stays provisional. Skipped: no line of the day or before ever came in. See docs/runbook.md.""",
)
def nightly() -> None:
    """Wire the steps from the days that are due to their publication."""

    @task.short_circuit
    def due() -> list[str]:
        return days_due(get_current_context())

    @task
    def recompute() -> None:
        run("recompute", *due_dates(get_current_context()))

    @task
    def close_ledger() -> None:
        run("ledger", "--close", *due_dates(get_current_context()))

    @task
    def reconcile() -> None:
        run("reconcile", *due_dates(get_current_context()))

    # Also after a red one: the certificate says in one place what is wrong, and a site that is equal is published.
    @task(trigger_rule=ALSO_AFTER_RED)
    def certify() -> None:
        run("certificate", *due_dates(get_current_context()))

    # Red where a site was left out, so that the run is red.
    @task(outlets=[PUBLISHED], trigger_rule=ALSO_AFTER_RED)
    def publish() -> None:
        context = get_current_context()
        run("publish", *due_dates(context))
        context["outlet_events"][PUBLISHED].extra = figures_of(context["ti"].xcom_pull(task_ids="due"))

    recomputed, certified = recompute(), certify()
    due() >> recomputed >> [close_ledger(), reconcile()] >> certified
    recomputed >> certified >> publish() << recomputed


nightly()
