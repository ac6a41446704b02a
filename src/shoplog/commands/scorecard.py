"""What the demo counted: one object with every figure, and whether it is right."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from shoplog.contracts.proof import FATES
from shoplog.io.views import connect
from shoplog.ledger.account import file_rows, window_rows
from shoplog.ledger.fates import fates
from shoplog.ledger.freshness import freshness_ms, percentile
from shoplog.settings import Settings
from shoplog.sites import Site


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The demo's figures; the names are stable."""

    lines_written: int
    bytes_written: int
    kafka_records: int
    bronze_rows: int
    silver_rows: int
    quarantined: dict[str, int]
    duplicates_removed: int
    residue: int
    freshness_p50_ms: float | None
    freshness_p99_ms: float | None
    lines_per_second: float
    windows_compared: int
    windows_differing: int
    certificate: str
    unexplained: int
    truth: dict[str, int]
    ledger: dict[str, int]
    copies_after_kill: int
    nightly_state: str
    quality_state: str
    peak_rss_mb: int

    @property
    def wrong(self) -> list[str]:
        """What is not as it must be; nothing when all is right."""
        checks = {
            "the residue is not 0": self.residue != 0,
            "nothing was written": self.lines_written == 0,
            "Flume's kill left no duplicate: it did not bite": self.copies_after_kill == 0,
            f"the ledger counts {self.ledger}, the truth is {self.truth}": self.ledger != self.truth,
            f"the certificates are {self.certificate}": self.certificate != "equal",
            f"{self.unexplained} figures differ and nothing explains it": self.unexplained != 0,
            "live and batch differ": self.windows_differing != 0,
            "no window was compared": self.windows_compared == 0,
            f"the nightly ended {self.nightly_state}": self.nightly_state != "success",
            f"the quality check ended {self.quality_state}": self.quality_state != "success",
            "freshness could not be measured": self.freshness_p99_ms is None,
        }
        return [sentence for sentence, is_so in checks.items() if is_so]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


def take_scorecard(
    settings: Settings,
    sites: dict[str, Site],
    site: Site,
    days: list[date],
    run: dict[str, Any],
    states: tuple[str, str],
) -> Scorecard:
    """Return the scorecard of everything in this home; `run` holds what `demo_run.send` returns, and peak_rss_mb."""
    files, windows = file_rows(settings, sites), window_rows(settings)
    tables = connect(settings)
    of_days = ", ".join(f"date '{day}'" for day in days)
    reasons = tables.execute(
        "select reason, sum(quarantined)::bigint from gold_partial_live where family = 'ledger' and quarantined > 0 group by 1"
    ).fetchall()
    silver = tables.execute(f"select count(*) from silver_request where event_date in ({of_days})").fetchone()
    parity = tables.execute(
        "select count(distinct (site, window_start)), count(distinct (site, window_start)) "
        "filter (where unexplained is null or unexplained <> 0) "
        f"from gold_parity where day in ({of_days}) and family = 'traffic'"
    ).fetchone()
    verdicts, unexplained = tables.execute(
        f"select list(distinct verdict), sum(unexplained_figures)::bigint from certificate where day in ({of_days})"
    ).fetchone() or ((), 0)
    counts = fates(settings, [(row.site, row.host, row.file) for row in files])
    ledger = {name: sum(getattr(row, name) for row in files) for name in ("written", "accepted", "duplicates")}
    ledger |= {name: sum(of_file[name] for of_file in counts.values()) for name in FATES}
    delays = freshness_ms(settings, site.log_dir.parent / "written.jsonl", run["began"])
    p50, p99 = percentile(delays, 0.5), percentile(delays, 0.99)
    residue = sum(max(abs(row.residue), int(row.is_wrong)) for row in files) + sum(abs(row.residue) for row in windows)
    return Scorecard(
        lines_written=sum(row.written for row in files), bytes_written=run["bytes_written"],
        kafka_records=sum(row.kafka for row in files), bronze_rows=sum(row.bronze for row in files),
        silver_rows=silver[0] if silver else 0, quarantined=dict(sorted(reasons)),
        duplicates_removed=sum(row.duplicates for row in files), residue=residue,
        freshness_p50_ms=round(p50) if p50 is not None else None, freshness_p99_ms=round(p99) if p99 is not None else None,
        lines_per_second=round(run["lines_per_second"]), windows_compared=parity[0] if parity else 0,
        windows_differing=parity[1] if parity else 0, certificate=", ".join(verdicts or ["missing"]),
        unexplained=unexplained or 0, truth=run["truth"], ledger={name: ledger[name] for name in run["truth"]},
        copies_after_kill=run["copies_after_kill"], nightly_state=states[0], quality_state=states[1],
        peak_rss_mb=run["peak_rss_mb"],
    )  # fmt: skip
