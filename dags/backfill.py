"""By hand: UTC days recomputed, proved and published again; a person approves where published figures would change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param, dag, get_current_context, task
from shoplog_command import AGAIN, dates, run
from shoplog_published import PUBLISHED, figures_of, planned

from shoplog.contracts.pools import WAREHOUSE_POOL

WRITES: dict[str, Any] = {"pool": WAREHOUSE_POOL, **AGAIN}


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params={
        "from": Param(type="string", format="date", description="First UTC day, YYYY-MM-DD."),
        "to": Param(type="string", format="date", description="Last UTC day, YYYY-MM-DD."),
    },
    default_args={"owner": "data-engineering", "retries": 0},
    tags=["shoplog", "batch"],
    doc_md="""Recomputes the days of a range that have lines, closes their ledger, compares them with the stream, makes their
    certificates and publishes them. Where some are published already, `approve` waits up to a day for a person (tab Required
    Actions); `Reject` ends the run with nothing done. Every step may run twice: start a killed run again, or clear it.""",
)
def backfill() -> None:
    """Wire plan, approval and the steps of the nightly over a range."""

    @task
    def plan() -> dict[str, Any]:
        params = get_current_context()["params"]
        return planned(str(params["from"]), str(params["to"]))

    @task.branch
    def is_published(plan: dict[str, Any]) -> str:
        return "approve" if plan["published"] else "recompute"

    approve = ApprovalOperator(
        task_id="approve",
        subject="Rewrite published days?",
        body="{{ ti.xcom_pull(task_ids='plan')['question'] }}",
        response_timeout=timedelta(days=1),
    )

    @task(trigger_rule="none_failed_min_one_success", **WRITES)
    def recompute(plan: dict[str, Any]) -> None:
        run("recompute", *dates(plan["days"]))

    @task(**WRITES)
    def close_ledger(plan: dict[str, Any]) -> None:
        run("ledger", "--close", *dates(plan["days"]))

    @task(**WRITES)
    def reconcile(plan: dict[str, Any]) -> None:
        run("reconcile", *dates(plan["days"]))

    @task(**WRITES)
    def certify(plan: dict[str, Any]) -> None:
        run("certificate", *dates(plan["days"]))

    @task(outlets=[PUBLISHED], **WRITES)
    def publish(plan: dict[str, Any]) -> None:
        run("publish", *dates(plan["days"]))
        get_current_context()["outlet_events"][PUBLISHED].extra = figures_of(plan["days"])

    days = plan()
    made = recompute(days)
    is_published(days) >> [approve, made]
    approve >> made >> [close_ledger(days), reconcile(days)] >> certify(days) >> publish(days)


backfill()
