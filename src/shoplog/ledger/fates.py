"""What the lines of each file were like, beside what became of them: late, malformed, from the future."""

from __future__ import annotations

from collections.abc import Collection

from shoplog.contracts.proof import FATES, LATE_AFTER_MINUTES
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG
from shoplog.io.duck import open_tables
from shoplog.io.marks import FileKey
from shoplog.settings import Settings

Fates = dict[str, int]
NO_FATES: Fates = dict.fromkeys(FATES, 0)


def fates(settings: Settings, files: Collection[FileKey]) -> dict[FileKey, Fates]:
    """Return `FATES` of each of these files that has lines: each line once, as the stream took it, else as an import did."""
    bronze = (BRONZE_ACCESS_LOG, BRONZE_IMPORT_LOG)
    tables = open_tables(settings, *bronze)
    tables.execute("create table wanted (site varchar, host varchar, file varchar)")
    if files:
        tables.executemany("insert into wanted values (?, ?, ?)", [list(key) for key in files])
    columns = "site, host, file, byte_offset, event_time, reason, ingest_time"
    rows = " union all ".join(
        f"select {columns}, {place} as place from {table.name} semi join wanted using (site, host, file) where fate <> 'duplicate'"
        for place, table in enumerate(bronze)
    )
    above = "over (partition by site, host, file order by byte_offset rows between unbounded preceding and 1 preceding)"
    found = tables.execute(
        f"with once as (select distinct on (site, host, file, byte_offset) * from ({rows}) order by place, ingest_time), "
        f"judged as (select *, max(event_time) filter (where reason is null) {above} as newest_above from once) "
        "select site, host, file, count(*) filter (where reason is null and event_time < newest_above - "
        f"interval {LATE_AFTER_MINUTES} minutes), count(*) filter (where reason <> 'future'), "
        "count(*) filter (where reason = 'future') from judged group by all"
    ).fetchall()
    return {(site, host, file): dict(zip(FATES, counts, strict=True)) for site, host, file, *counts in found}
