"""What a day's certificate rests on, read by SQL: parity, the closed ledger, late lines, exact visitors."""

from __future__ import annotations

from datetime import date

from shoplog.contracts.families import TRAFFIC
from shoplog.contracts.proof import FATES, GOLD_PARITY, LEDGER_FILE
from shoplog.contracts.session_figures import SESSIONS
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE, SILVER_REQUEST
from shoplog.contracts.visits import GOLD_VISITORS
from shoplog.io.duck import Row, dataset, open_tables, rows_of
from shoplog.settings import Settings

_SHOWN = 20
_DIFFERS = f"(difference is null or difference <> 0) and family <> '{SESSIONS.name}'"
_BROKEN = "(residue <> 0 or missing_bytes <> 0 or doubled_bytes <> 0)"
_WRONG = "(unexplained is null or unexplained <> 0)"


class Evidence:
    """One day's rows, each asked for per site."""

    def __init__(self, settings: Settings, day: date) -> None:
        """Open the tables as they are now."""
        self._day = day
        self._tables = open_tables(settings, GOLD_PARITY, LEDGER_FILE, GOLD_PARTIAL_LIVE, SILVER_REQUEST, GOLD_VISITORS)
        compared = self._rows("select max(live_version) as version from gold_parity where day = $day")[0]["version"]
        self._tables.register("live_then", dataset(settings, GOLD_PARTIAL_LIVE.name, compared))

    def _rows(self, sql: str, site: str | None = None) -> list[Row]:
        asked = {"day": self._day} | ({} if site is None else {"site": site})
        return rows_of(self._tables.execute(sql, asked))

    def sites(self) -> list[str]:
        """Return the sites with figures of the day on a side, and those whose ledger is not clean."""
        found = self._rows(
            "select site from gold_parity where day = $day union select site from ledger_file where day = $day "
            f"and {_BROKEN} union select site from silver_request where event_date = $day order by 1"
        )
        return [row["site"] for row in found]

    def totals(self, site: str) -> Row:
        """Return figures, differing (sessions left out), explained, unexplained, one_sided and the versions of both sides."""
        return self._rows(
            f"select count(*) as figures, count(*) filter (where {_DIFFERS}) as differing, "
            f"count(*) filter (where difference <> 0 and not {_WRONG}) as explained, "
            f"count(*) filter (where {_WRONG}) as unexplained, count(*) filter (where unexplained is null) as one_sided, "
            "max(bronze_version) as bronze_version, max(live_version) as live_version "
            "from gold_parity where day = $day and site = $site",
            site,
        )[0]

    def metrics(self, site: str) -> tuple[Row, ...]:
        """Return each family's metrics, added over windows and dimensions."""
        return tuple(
            self._rows(
                "select family, metric, count(*) as figures, sum(live) as live, sum(batch) as batch, "
                "count(*) filter (where difference is null or difference <> 0) as differing, "
                f"count(*) filter (where difference <> 0 and not {_WRONG}) as explained, "
                f"count(*) filter (where {_WRONG}) as unexplained "
                "from gold_parity where day = $day and site = $site group by all order by family, metric",
                site,
            )
        )

    def explanations(self, site: str) -> tuple[Row, ...]:
        """Return what explains differences, and how many figures each explains."""
        return tuple(
            self._rows(
                "select explained_by, count(*) as figures, sum(abs(difference)) as difference from gold_parity "
                "where day = $day and site = $site and difference <> 0 and explained_by is not null group by 1 order by 1",
                site,
            )
        )

    def worst(self, site: str) -> tuple[Row, ...]:
        """Return the largest unexplained figures, those with one side only first."""
        return tuple(
            self._rows(
                "select family, window_start::varchar as window_start, metric, dimension, live, batch, difference, unexplained "
                f"from gold_parity where day = $day and site = $site and {_WRONG} "
                f"order by abs(unexplained) desc nulls first, window_start, metric limit {_SHOWN}",
                site,
            )
        )

    def ledger(self, site: str) -> Row:
        """Return the site's closed files added up."""
        lines = (
            "written",
            "kafka",
            "bronze",
            "accepted",
            "quarantined",
            "duplicates",
            "erased",
            "in_flight",
            "torn",
            *FATES,
        )
        sums = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in lines)
        return self._rows(
            f"select count(*) as files, {sums}, coalesce(sum(abs(residue)), 0)::bigint as residue, "
            "coalesce(sum(missing_bytes + doubled_bytes), 0)::bigint as broken_bytes "
            "from ledger_file where day = $day and site = $site",
            site,
        )[0]

    def broken_files(self, site: str) -> tuple[Row, ...]:
        """Return the files that are not whole, with byte ranges."""
        return tuple(
            self._rows(
                "select host, file, residue, missing_bytes, doubled_bytes, broken_ranges from ledger_file "
                f"where day = $day and site = $site and {_BROKEN} order by abs(residue) desc, file limit {_SHOWN}",
                site,
            )
        )

    def late(self, site: str) -> int:
        """Return the day's accepted lines that came in after the version of the comparison."""
        of_day = f"family = '{TRAFFIC.name}' and window_date = $day and site = $site"
        now, then = (
            self._rows(f"select coalesce(sum(requests), 0)::bigint as n from {table} where {of_day}", site)[0]["n"]
            for table in (GOLD_PARTIAL_LIVE.name, "live_then")
        )
        return int(now - then)

    def rules(self, site: str) -> tuple[str, ...]:
        """Return the versions of the rules that the day's recomputed lines carry."""
        found = self._rows(
            "select distinct rules_version::varchar as v from silver_request where event_date = $day and site = $site "
            "and rules_version is not null order by 1",
            site,
        )
        return tuple(row["v"] for row in found)

    def visitors(self, site: str) -> Row:
        """Return the day's visitors as the merged sketches estimate them, exactly, the error, and the disguised ones."""
        row = self._rows(
            "select estimate_visitors(list(visitors_sketch)) as estimated from live_then "
            f"where family = '{TRAFFIC.name}' and window_date = $day and site = $site",
            site,
        )[0]
        exact = self._rows(
            "select sum(exact_visitors)::bigint as exact, sum(disguised_visitors)::bigint as disguised "
            "from gold_visitors_1d where event_date = $day and site = $site",
            site,
        )[0]
        error = (row["estimated"] or 0) / exact["exact"] - 1 if exact["exact"] else None
        return {**row, **exact, "relative_error": error}
