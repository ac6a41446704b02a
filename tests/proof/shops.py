"""The proof's traffic: three shops that differ in all that a shop may differ in, over days with living and with dead salts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from shoplog.traffic import DEFECTS, TrafficPlan, TruthReport, generate
from shoplog.traffic.answers import Answers
from shoplog.traffic.catalogue import write_catalogue
from shoplog.traffic.pool import make_pool

_SITE_FILE = """name = "{name}"
hosts = ["{name}.example"]
log_format = "{log_format}"
rules = "demo"
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop: its log format, its share of all lines, the midnight around which they are, so many days before today's;
    whether it has a catalogue, and where its own people are.

    Salts live for 48 hours after their day: before the midnight two days ago nobody has an id, after it everybody.
    """

    name: str
    log_format: str
    share: float
    midnight: int
    has_catalogue: bool = False
    own_network: str | None = None


SHOPS = (
    Shop("north", "combined", 0.5, 1, has_catalogue=True),
    Shop("south", "nginx_json", 0.35, 2, own_network="198.18.0.0/21"),
    Shop("east", "common", 0.15, 1),
)


@dataclass(frozen=True, slots=True)
class Written:
    """The shops' lines as they were written, and the truth of them."""

    reports: dict[str, TruthReport]
    answers: Answers

    @property
    def lines(self) -> int:
        return sum(report.lines_written for report in self.reports.values())

    @property
    def accepted(self) -> int:
        return sum(report.accepted for report in self.reports.values())

    @property
    def quarantined(self) -> dict[str, int]:
        return dict(sum((Counter(report.quarantined) for report in self.reports.values()), Counter()))


def days(now: datetime) -> list[date]:
    """Return the days with lines."""
    return [now.date() - timedelta(days=back) for back in (3, 2, 1)]


def plan_shops(home: Path, sites_dir: Path, lines: int, hours: int, now: datetime) -> list[TrafficPlan]:
    """Write the site files; return the plan of each shop's lines, `hours` of them (48 at most), into its log folder."""
    sites_dir.mkdir(parents=True, exist_ok=True)
    shares = [round(lines * shop.share) for shop in SHOPS[1:]]
    parts = zip(SHOPS, [lines - sum(shares), *shares], range(11, 14), strict=True)
    return [_plan(shop, home, sites_dir, share, hours, seed, now) for shop, share, seed in parts]


def write_lines(plans: Sequence[TrafficPlan]) -> Written:
    """Write the lines as fast as possible; return the truth."""
    reports = {plan.site: generate(plan) for plan in plans}
    return Written(reports, joined([read_answers(plan) for plan in plans]))


def _plan(shop: Shop, home: Path, sites_dir: Path, lines: int, hours: int, seed: int, now: datetime) -> TrafficPlan:
    text = _SITE_FILE.format(name=shop.name, log_format=shop.log_format)
    catalogue = sites_dir / f"{shop.name}.csv" if shop.has_catalogue else None
    if catalogue is not None:
        # Nothing starts without it; the generator writes the same again.
        write_catalogue(make_pool(seed, shop.name).catalogue, catalogue)
        text += f'catalogue = "{catalogue.name}"\n'
    if shop.own_network is not None:
        text += f'own_addresses = ["{shop.own_network}"]\n'
    (sites_dir / f"{shop.name}.toml").write_text(text)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=shop.midnight)
    half = timedelta(hours=hours / 2)
    defects = {kind: 2 if kind == "truncated" else max(2, lines // 1000) for kind in DEFECTS}
    return TrafficPlan(
        shop.name, home / "sites" / shop.name / "logs", midnight - half, midnight + half, shop.log_format, seed, lines,
        None, defects, full_truth=True, catalogue=catalogue, own_network=shop.own_network,
    )  # fmt: skip


def read_answers(plan: TrafficPlan) -> Answers:
    return {path.stem: pl.read_parquet(path) for path in (plan.log_dir.parent / "truth").glob("*.parquet")}


def joined(parts: Sequence[Answers]) -> Answers:
    return {name: pl.concat([part[name] for part in parts]) for name in parts[0]}
