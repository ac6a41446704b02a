"""From which bronze versions a day was recomputed, and at which version the live partials stood then."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from deltalake import DeltaTable

from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE, SILVER_REQUEST
from shoplog.errors import UserError
from shoplog.io.commits import latest_version, newest_commit_with_metadata, read_commit
from shoplog.io.offsets import KafkaRange
from shoplog.io.transactions import paths_of
from shoplog.io.versions import version_at
from shoplog.settings import Settings


def computed_metadata(days: Sequence[date], bronze_versions: Mapping[str, int]) -> str:
    """Return what the commit of recomputed silver rows says of itself."""
    return json.dumps({"days": sorted(day.isoformat() for day in days), "bronze_versions": dict(bronze_versions)})


def computed_from(settings: Settings, day: date) -> dict[str, int] | None:
    """Return the versions of both bronze tables that the day's silver rows were made from; None where it never was.

    Only as far back as silver's log is kept; a day of before has to be recomputed first.
    """
    table = settings.warehouse / SILVER_REQUEST.name
    version = latest_version(table)
    while version is not None and version >= 0:
        try:
            metadata = read_commit(table, version).metadata
        except FileNotFoundError:
            return None
        if day.isoformat() in metadata.get("days", ()):
            return {name: int(number) for name, number in metadata["bronze_versions"].items()}
        version -= 1
    return None


def live_version(settings: Settings, bronze_version: int) -> int:
    """Return the version of the live partials that holds bronze at a version, each line once and no line more.

    Raises `UserError` where the stream has not measured these lines yet, or its log of then is gone.
    """
    bronze, gold = (settings.warehouse / table.name for table in (BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE))
    newest = newest_commit_with_metadata(bronze, bronze_version)
    if newest is None:  # no line was streamed
        return 0
    try:
        version = version_at(gold, KafkaRange.from_metadata(newest.metadata).end)
    except FileNotFoundError:
        raise UserError(_gone(gold, bronze_version)) from None
    if version is None:
        raise UserError(
            f"{gold.name} never stood at bronze version {bronze_version}: start the stream, then recompute the day anew."
        )
    # The driver keeps what it folded for a day.
    if not all(path.exists() for path in paths_of(DeltaTable(str(gold), version=version))):
        raise UserError(_gone(gold, bronze_version))
    return version


def _gone(gold: Path, bronze_version: int) -> str:
    return f"The live figures of bronze version {bronze_version} are gone from {gold.name}: recompute the day anew."
