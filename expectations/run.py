"""Runs the suites on frames with Great Expectations: outcomes as rows, Data Docs as pages."""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from expectations.outcomes import outcome
from expectations.suites import Suite, suites
from shoplog.errors import UserError
from shoplog.settings import Settings

if TYPE_CHECKING:
    import pandas


# Names the rows that broke a check, not only how many.
RESULT_FORMAT = "SUMMARY"
# Data Docs read every result again on each run, so a month of nights is kept of each suite.
KEPT_RESULTS = 30


@dataclass(frozen=True, slots=True)
class QualityRow:
    """One expectation's outcome, as `quality_result` keeps it, and the sites it is about."""

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
    sites: tuple[str, ...] = ()


def run_quality(
    settings: Settings, day: date, frames: dict[str, pandas.DataFrame], table_versions: dict[str, int]
) -> list[QualityRow]:
    """Return the outcome of every check on its frame and build Data Docs below `settings.quality_dir`.

    Raises `UserError` where a frame is missing: a check that is not run must not look like one that passed.
    """
    for name in suites():
        if name not in frames:
            raise UserError(f"There is no frame {name!r} to check: a missing side fails.")
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    # Ten CPU seconds: never at the top of a module.
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier

    from expectations.pages import build_pages

    settings.quality_dir.mkdir(parents=True, exist_ok=True)
    _forget_old_results(settings)
    context = gx.get_context(mode="file", project_root_dir=str(settings.quality_dir))
    context.enable_analytics(False)
    run_id, now = uuid.uuid4().hex[:12], datetime.now(UTC)
    rows: list[QualityRow] = []
    # One name and time for all suites: Data Docs show them as one run of one day.
    run = RunIdentifier(run_name=day.isoformat(), run_time=now)
    source = context.data_sources.add_or_update_pandas("frames")
    for name, suite in suites().items():
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("day")
        kept = context.suites.add_or_update(gx.ExpectationSuite(name=name, expectations=expectations(gx, suite)))
        definition = context.validation_definitions.add_or_update(
            gx.ValidationDefinition(name=name, data=batch, suite=kept)
        )
        checkpoint = context.checkpoints.add_or_update(
            gx.Checkpoint(name=name, validation_definitions=[definition], result_format=RESULT_FORMAT)
        )
        ran = checkpoint.run(batch_parameters={"dataframe": frames[name]}, run_id=run)
        for result in next(iter(ran.run_results.values())).results:
            of_row = outcome(result, frames[name], suite.keys)
            rows.append(QualityRow(run_id, now, day, name, **of_row, table_version=table_versions.get(name)))
    build_pages(context)
    return rows


def _forget_old_results(settings: Settings) -> None:
    """Leave room for one more result of each suite; quality_result keeps every outcome for good."""
    uncommitted = settings.quality_dir / "gx/uncommitted"
    for results in (uncommitted / "validations", uncommitted / "data_docs/local_site/validations"):
        for suite in results.glob("*/"):
            for old in sorted(suite.glob("*/*/"), key=lambda run: run.name, reverse=True)[KEPT_RESULTS - 1 :]:
                shutil.rmtree(old)
                if not any(old.parent.iterdir()):
                    old.parent.rmdir()


def expectations(gx: Any, suite: Suite) -> list[Any]:
    """Return Great Expectations' own objects of a suite's checks."""
    return [
        getattr(gx.expectations, check.expectation)(severity=check.severity, notes=check.means, **check.arguments)
        for check in suite.checks
    ]
