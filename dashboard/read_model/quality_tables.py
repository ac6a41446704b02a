"""What the quality page asks of each table, by site and day."""

from __future__ import annotations

from datetime import date

from dashboard.read_model.readable import ReadableTables
from shoplog.contracts.proof import CERTIFICATE, GOLD_PARITY, LEDGER_FILE, LEDGER_WINDOW, PUBLISHED_DAY, QUALITY_RESULT
from shoplog.contracts.quality import SEVERITIES
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.duck import NEWEST, Row

BySite = dict[tuple[str, date], Row]
NO_SITE = "(no site)"
_SOURCES = (CERTIFICATE, PUBLISHED_DAY, LEDGER_FILE, LEDGER_WINDOW, GOLD_PARITY, QUALITY_RESULT, GOLD_PARTIAL_LIVE)
# Null is no zero.
_FILE_IS_WRONG = (
    "(residue is distinct from 0 or missing_bytes is distinct from 0 or doubled_bytes is distinct from 0 "
    "or in_flight is null)"
)
_UNEXPLAINED = "(unexplained is null or isnan(unexplained) or unexplained <> 0)"
_SUMS = ", ".join(
    f"coalesce(sum(abs({name})), 0)::bigint as {name}"
    for name in ("residue", "missing_bytes", "doubled_bytes", "in_flight")
)
# Of each day and suite the newest run counts: who has mended something runs it again.
_NEWEST_RUN = "qualify rank() over (partition by day, suite order by run_time desc, run_id desc) = 1"
# A severity that is none of ours is taken for the worst.
_SEVERITY = "if(severity in ('warning', 'info'), severity, 'critical')"
_FAILED = ", ".join(
    f"count(*) filter (where success is not true and {_SEVERITY} = '{name}') as {name}" for name in SEVERITIES
)


def known_days(tables: ReadableTables, limit: int) -> list[date]:
    """Return the newest days of which anything is known, newest first."""
    return sorted(set().union(*(tables.days(table) for table in _SOURCES)), reverse=True)[:limit]


def facts_by_site(tables: ReadableTables, first: date, last: date) -> dict[str, BySite]:
    """Return what is known of each site and day: live, published, certificate, ledger (files) and minutes (ledger)."""
    queries = {
        "live": (GOLD_PARTIAL_LIVE, "select site, window_date as day, sum(requests)::bigint as live_requests "
                 "from gold_partial_live where family = 'traffic' and window_date between ? and ? group by all"),
        "published": (PUBLISHED_DAY, f"select * from published_day where day between ? and ? {NEWEST}"),
        "certificate": (CERTIFICATE, "select * from certificate where day between ? and ? "
                        f"{NEWEST.replace('published_at', 'made_at')}"),
        "ledger": (LEDGER_FILE, f"select site, day, count(*) as files, count(*) filter (where {_FILE_IS_WRONG}) as broken, "
                   f"{_SUMS} from ledger_file where day between ? and ? group by all"),
        "minutes": (LEDGER_WINDOW, "select site, day, count(*) as minutes, count(*) filter (where residue is distinct from 0) "
                    "as broken from ledger_window where day between ? and ? group by all"),
    }  # fmt: skip
    return {
        name: {(row["site"] or NO_SITE, row["day"]): row for row in tables.rows(table, query, first, last)}
        for name, (table, query) in queries.items()
    }


def checks_by_day(tables: ReadableTables, first: date, last: date) -> list[Row]:
    """Return day, number of checks, of those that held and of failures by severity, newest day first."""
    query = (
        f"select day, count(*) as checks, count(*) filter (where success) as passed, {_FAILED} from (select * "
        f"from quality_result where day between ? and ? {_NEWEST_RUN}) group by day order by day desc"
    )
    return tables.rows(QUALITY_RESULT, query, first, last)


def failed_checks(tables: ReadableTables, day: date) -> list[Row]:
    """Return the day's checks that did not hold, critical ones first."""
    query = (
        f"select * from (select * from quality_result where day = ? {_NEWEST_RUN}) where success is not true "
        f'order by {_SEVERITY}, suite, expectation, "column"'
    )
    return tables.rows(QUALITY_RESULT, query, day)


def files_of(tables: ReadableTables, day: date, limit: int) -> list[Row]:
    """Return the day's files, those with lines or bytes unaccounted for first; `total` counts all."""
    query = (
        f"select *, {_FILE_IS_WRONG} as is_wrong, count(*) over () as total from ledger_file where day = ? "
        f"order by is_wrong desc, site, host, file limit {limit}"
    )
    return tables.rows(LEDGER_FILE, query, day)


def offending_keys(tables: ReadableTables, day: date, limit: int) -> list[Row]:
    """Return the day's figures that nothing explains, missing sides and large differences first; `total` counts all."""
    query = (
        "select site, family, window_start, metric, dimension, live, batch, unexplained, count(*) over () as total "
        f"from gold_parity where day = ? and {_UNEXPLAINED} order by abs(unexplained) desc nulls first, site, family, "
        f"window_start, metric, dimension limit {limit}"
    )
    return tables.rows(GOLD_PARITY, query, day)
