"""The certificate of one UTC day: per site, whether live and batch agree at one bronze version and every line is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from shoplog.contracts.tables import BRONZE_ACCESS_LOG
from shoplog.io.computed import computed_from
from shoplog.ledger.evidence import Evidence
from shoplog.settings import Settings

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SiteCertificate:
    """One site's part. `why` says in words what keeps the verdict from `equal`; figures without a side count as unexplained.

    `metrics` are the figures of each family and metric added over windows: figures, live, batch, differing, explained,
    unexplained. `worst` are the largest unexplained ones, each with window and dimension.
    """

    site: str
    verdict: str
    why: tuple[str, ...]
    bronze_version: int | None
    live_version: int | None
    figures: int
    differing: int
    explained: int
    unexplained_figures: int
    late_requests: int
    ledger_residue: int
    ledger_bytes: int
    rules_versions: tuple[str, ...]
    metrics: tuple[Row, ...] = ()
    explanations: tuple[Row, ...] = ()
    visitors: Row = field(default_factory=dict)
    ledger: Row = field(default_factory=dict)
    broken_files: tuple[Row, ...] = ()
    worst: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """One day's certificate; the day's verdict is its worst site's, `incomplete` where there is no site."""

    day: date
    made_at: str
    code_version: str
    table_versions: Mapping[str, int]
    sites: tuple[SiteCertificate, ...]

    @property
    def verdict(self) -> str:
        """Return equal, different or incomplete."""
        found = {site.verdict for site in self.sites}
        return next((v for v in ("different", "incomplete") if v in found), "equal") if found else "incomplete"

    def as_dict(self) -> dict[str, Any]:
        """Return the document as plain values."""
        return {
            "day": self.day.isoformat(), "verdict": self.verdict, "made_at": self.made_at,
            "code_version": self.code_version, "table_versions": dict(self.table_versions),
            "sites": [asdict(site) for site in self.sites],
        }  # fmt: skip


def certificate(
    settings: Settings, day: date, made_at: str, code_version: str, table_versions: Mapping[str, int]
) -> Certificate:
    """Return the day's certificate from what reconcile and the ledger wrote of it."""
    evidence = Evidence(settings, day)
    computed = computed_from(settings, day)
    bronze = computed[BRONZE_ACCESS_LOG.name] if computed else None
    sites = tuple(_of_site(evidence, site, bronze) for site in evidence.sites())
    return Certificate(day, made_at, code_version, table_versions, sites)


def _of_site(evidence: Evidence, site: str, computed_from_bronze: int | None) -> SiteCertificate:
    totals, ledger = evidence.totals(site), evidence.ledger(site)
    missing = {
        "nothing was compared: run 'shoplog reconcile'": totals["figures"] == 0,
        "the day was recomputed since it was compared: run 'shoplog reconcile' again": (
            totals["figures"] > 0 and totals["bronze_version"] != computed_from_bronze
        ),
        "the ledger of the day is not closed: run 'shoplog ledger --close'": not ledger["files"],
        f"{totals['one_sided']} figures have one side only": totals["one_sided"] > 0,
    }
    wrong = {
        f"{totals['unexplained']} figures differ and nothing explains it": totals["unexplained"] > totals["one_sided"],
        f"{ledger['residue']} lines are unaccounted for": ledger["residue"] != 0,
        f"{ledger['broken_bytes']} bytes of files came never or twice": ledger["broken_bytes"] != 0,
    }
    verdict = "different" if any(wrong.values()) else "incomplete" if any(missing.values()) else "equal"
    return SiteCertificate(
        site, verdict, tuple(_true(wrong) + _true(missing)), totals["bronze_version"], totals["live_version"],
        totals["figures"], totals["differing"], totals["explained"], totals["unexplained"], evidence.late(site),
        ledger["residue"], ledger["broken_bytes"], evidence.rules(site), evidence.metrics(site),
        evidence.explanations(site), evidence.visitors(site), ledger, evidence.broken_files(site), evidence.worst(site),
    )  # fmt: skip


def _true(sentences: Mapping[str, bool]) -> list[str]:
    return [sentence for sentence, is_so in sentences.items() if is_so]


def uncertified(certificates: Iterable[Certificate]) -> list[str]:
    """Return a sentence for each site and day whose verdict is not `equal`."""
    return [
        f"{one.day} {site.site}: {site.verdict}, {'; '.join(site.why)}"
        for one in certificates
        for site in one.sites
        if site.verdict != "equal"
    ] + [f"{one.day}: incomplete, no site was compared" for one in certificates if not one.sites]
