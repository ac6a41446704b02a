"""Archives and filled holes -> bronze_import_log, each line once by identity, then the touched days anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deltalake import DeltaTable

from jobs.batch.archives import archives, write_lines
from jobs.batch.publish import publish
from jobs.batch.recompute import recompute
from jobs.landing import landing_parser
from shoplog.contracts.proof import LEDGER_CENSUS_IMPORT, LEDGER_GONE_LINE
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.errors import UserError
from shoplog.io.archive_census import ArchiveCensus, count_archive
from shoplog.io.file_range import FileRange, lines_in
from shoplog.io.gone import retained_days
from shoplog.io.leases import table_leases
from shoplog.io.logfile import check_readable, file_identity
from shoplog.io.sinks import append, create_table
from shoplog.io.transactions import append_files
from shoplog.rules import read_catalogues
from shoplog.settings import Settings
from shoplog.sites import Site

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def import_logs(
    session: SparkSession, settings: Settings, site: Site, host: str, paths: Sequence[Path],
    ranges: Sequence[FileRange] = (),
) -> dict[str, object]:  # fmt: skip
    """Import files and ranges of files; return counts: lines, parsed, quarantined by reason, status, added, known, days.

    Days that are over are recomputed and published at once; the present day waits for its nightly. Each file's census goes
    before its lines, so that a line lost between the two shows in the ledger; of a range too it is the whole file's, which
    is at hand. Raises `UserError`, with nothing imported, where a range does not fit its file or where the reader does not
    give as many lines as were counted.
    """
    asked = [*(FileRange(path) for path in paths), *ranges]
    for path in {one.path for one in asked}:
        check_readable(path)
    now = datetime.now(UTC)
    held = {path: count_archive(path) for path in {one.path for one in asked}}
    expected = sum(lines_in(one) for one in ranges)
    expected += sum(held[path].lines + held[path].has_unfinished for path in paths)
    with table_leases(settings, (BRONZE_IMPORT_LOG.name, LEDGER_CENSUS_IMPORT.name), "import", session._jvm):
        imported = create_table(settings, BRONZE_IMPORT_LOG.name)
        create_table(settings, BRONZE_ACCESS_LOG.name)
        create_table(settings, LEDGER_GONE_LINE.name)
        catalogues = read_catalogues({site.name: site.catalogue})
        parse = landing_parser(settings, {site.name: site}, catalogues, now)
        files, counts = write_lines(session, settings.warehouse, archives(asked), site.name, host, now, parse)
        lines, added = counts.reasons.total(), counts.days.total()
        # More than that is no fault: a file may still grow.
        if lines < expected:
            raise UserError(f"{lines} lines were read of the {expected} that the files hold: nothing was imported.")
        _append_censuses(session, settings, site.name, host, held, now)
        if added:
            append_files(DeltaTable(str(imported)), files, None)
    retained = retained_days(settings)
    over = [day for day in counts.new_days() if day < now.date() and day not in retained]
    # Lines may be decided by rows that came first, and leave their days without any.
    has_requests = bool(over) and recompute(session, settings, over, missing_ok=True)["accepted"] > 0
    if has_requests:
        publish(session, settings, over, despite="imported: not compared yet", cause="import")
    parsed = counts.reasons.pop(None, 0)
    return {
        "lines": lines, "parsed": parsed, "quarantined": dict(counts.reasons),
        "status": {str(status): number for status, number in sorted(counts.statuses.items())}, "added": added,
        "already_imported": lines - added, "also_streamed": counts.also_streamed,
        "days_published": [day.isoformat() for day in over] if has_requests else [],
    }  # fmt: skip


def _append_censuses(
    session: SparkSession, settings: Settings, site: str, host: str, held: dict[Path, ArchiveCensus], now: datetime
) -> None:
    create_table(settings, LEDGER_CENSUS_IMPORT.name)
    rows = [(site, host, file_identity(path), None, census.size, census.lines, now) for path, census in held.items()]
    frame = session.createDataFrame(rows, LEDGER_CENSUS_IMPORT.schema_ddl).coalesce(1)
    append(frame, settings, LEDGER_CENSUS_IMPORT.name)
