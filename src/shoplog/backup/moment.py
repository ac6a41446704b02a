"""Versions of all tables that belong together, found while everything goes on."""

from __future__ import annotations

from dataclasses import dataclass

from shoplog.contracts.proof import PUBLISHED_DAY
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_PARTIAL_LIVE, TABLES
from shoplog.errors import UserError
from shoplog.io.commits import latest_version, newest_commit_with_metadata
from shoplog.io.offsets import KafkaRange, Offsets
from shoplog.io.versions import version_at
from shoplog.settings import Settings


@dataclass(frozen=True, slots=True)
class Moment:
    """A version of each table that is there, and the Kafka offsets at which the live tables both stand."""

    versions: dict[str, int]
    offsets: Offsets


def moment_of(settings: Settings) -> Moment:
    """Return the present moment; raises `UserError` where bronze never stood where its partials stand.

    What refers to another table is looked at before it; bronze runs ahead of its partials by a batch.
    """
    bronze, gold = BRONZE_ACCESS_LOG.name, GOLD_PARTIAL_LIVE.name
    moment = Moment({}, {})
    for name in dict.fromkeys((PUBLISHED_DAY.name, gold, bronze, *TABLES)):
        version = latest_version(settings.warehouse / name)
        if name == bronze and gold in moment.versions:
            measured = newest_commit_with_metadata(settings.warehouse / gold, moment.versions[gold])
            moment.offsets.update(KafkaRange.from_metadata(measured.metadata).end if measured else {})
            version = version_at(settings.warehouse / name, moment.offsets) if measured else version
            if version is None:
                raise UserError(
                    f"{bronze} never stood where {gold} stands: follow docs/runbook.md, 'The live figures are behind'."
                )
        if version is not None:
            moment.versions[name] = version
    return moment
