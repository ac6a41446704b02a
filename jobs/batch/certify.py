"""The certificate of one UTC day: a row per site in Delta, and one document as JSON and HTML."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from jobs.batch.recompute import WRITES
from shoplog.contracts.proof import CERTIFICATE, GOLD_PARITY, LEDGER_FILE
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.commits import latest_version
from shoplog.io.leases import table_leases
from shoplog.io.sinks import create_table, replace_days
from shoplog.ledger.certificate import Certificate, SiteCertificate, certificate
from shoplog.ledger.certificate_page import write_artefacts
from shoplog.settings import Settings
from shoplog.version import code_version

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PINNED = (*WRITES, GOLD_PARTIAL_LIVE.name, GOLD_PARITY.name, LEDGER_FILE.name)


def certify(session: SparkSession, settings: Settings, day: date) -> Certificate:
    """Replace the day's certificate, in Delta and as documents below `settings.certificates_dir`; return it."""
    now = datetime.now(UTC)
    pinned = {table: latest_version(settings.warehouse / table) for table in _PINNED}
    versions = {table: number for table, number in pinned.items() if number is not None}
    with table_leases(settings, (CERTIFICATE.name,), "certify", session._jvm):
        made = certificate(settings, day, now.isoformat(timespec="seconds"), code_version(), versions)
        create_table(settings, CERTIFICATE.name)
        rows = [_row(made, site, now) for site in made.sites]
        replace_days(
            session.createDataFrame(rows, CERTIFICATE.schema_ddl).coalesce(1), settings, CERTIFICATE.name, [day]
        )
        write_artefacts(settings, made)
    return made


def _row(made: Certificate, site: SiteCertificate, now: datetime) -> tuple[object, ...]:
    document = replace(made, sites=(site,)).as_dict() | {"verdict": made.verdict}
    values = {
        "day": made.day, "made_at": now, "table_versions": dict(made.table_versions),
        "document": json.dumps(document, default=str),
    }  # fmt: skip
    return tuple(values[n] if n in values else getattr(site, n) for n in CERTIFICATE.column_names)
