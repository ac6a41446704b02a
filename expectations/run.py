"""Runs the suites on frames with Great Expectations: outcomes as rows, Data Docs as pages."""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from expectations.suites import Check, suites
from shoplog.errors import UserError
from shoplog.settings import Settings

if TYPE_CHECKING:
    import pandas


# Data Docs read every result again on each run, so a month of nights is kept of each suite.
KEPT_RESULTS = 30


@dataclass(frozen=True, slots=True)
class QualityRow:
    """One expectation's outcome, as `quality_result` keeps it."""

    run_id: str
    run_time: datetime
    day: date
    suite: str
    expectation: str
    column: str | None
    severity: str
    success: bool
    observed: str
    unexpected_count: int
    table_version: int | None


def run_quality(
    settings: Settings, day: date, frames: dict[str, pandas.DataFrame], table_versions: dict[str, int]
) -> list[QualityRow]:
    """Return the outcome of every check on its frame and build Data Docs below `settings.quality_dir`.

    Raises `UserError` where a frame is missing: a check that is not run must not look like one that passed.
    """
    # Ten CPU seconds: never at the top of a module.
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    import great_expectations as gx

    settings.quality_dir.mkdir(parents=True, exist_ok=True)
    _forget_old_results(settings)
    context = gx.get_context(mode="file", project_root_dir=str(settings.quality_dir))
    context.enable_analytics(False)
    run_id, now = uuid.uuid4().hex[:12], datetime.now(UTC)
    rows: list[QualityRow] = []
    source = context.data_sources.add_or_update_pandas("frames")
    for name, checks in suites().items():
        if name not in frames:
            raise UserError(f"There is no frame {name!r} to check: a missing side fails.")
        frame = frames[name]
        if name == "ledger":
            frame = frame.assign(minus_bronze=-frame["bronze"])
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("day")
        suite = context.suites.add_or_update(
            gx.ExpectationSuite(name=name, expectations=[_expectation(gx, c) for c in checks])
        )
        definition = context.validation_definitions.add_or_update(
            gx.ValidationDefinition(name=name, data=batch, suite=suite)
        )
        checkpoint = context.checkpoints.add_or_update(
            gx.Checkpoint(
                name=name,
                validation_definitions=[definition],
                actions=[gx.checkpoint.UpdateDataDocsAction(name="data_docs")],
                result_format="SUMMARY",
            )
        )
        outcome = checkpoint.run(batch_parameters={"dataframe": frame})
        for result in next(iter(outcome.run_results.values())).results:
            rows.append(_row(result, run_id, now, day, name, table_versions.get(name)))
    return rows


def _forget_old_results(settings: Settings) -> None:
    """Leave room for one more result of each suite; quality_result keeps every outcome for good."""
    uncommitted = settings.quality_dir / "gx/uncommitted"
    for results in (uncommitted / "validations", uncommitted / "data_docs/local_site/validations"):
        for suite in results.glob("*/"):
            for old in sorted(suite.glob("*/*/"), key=lambda run: run.name, reverse=True)[KEPT_RESULTS - 1 :]:
                shutil.rmtree(old)


def _expectation(gx: Any, check: Check) -> Any:
    return getattr(gx.expectations, check.expectation)(severity=check.severity, **check.arguments)


def _row(result: Any, run_id: str, now: datetime, day: date, suite: str, version: int | None) -> QualityRow:
    config, outcome = result.expectation_config, result.result or {}
    raised = (result.exception_info or {}).get("exception_message")
    observed = raised or outcome.get("observed_value", outcome.get("partial_unexpected_list", ""))
    return QualityRow(
        run_id, now, day, suite, config.type, config.kwargs.get("column"), str(getattr(config.severity, "value", config.severity)),
        bool(result.success), str(observed)[:500], int(outcome.get("unexpected_count") or 0), version,
    )  # fmt: skip
