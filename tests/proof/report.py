"""docs/proof.md: what was sent, what was compared, what differed, on which machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import psutil

from shoplog.contracts.families import FAMILIES
from tests.proof.compare import STANDARD_ERROR, UNTOLD, Compared
from tests.proof.shops import SHOPS, Written

_TEXT = """# The proof

<!-- Written by `make proof`. -->

The generator writes lines and, counted from what it knows of its visitors, walks and defects (not by reading its lines),
the true answer of every figure. The lines go through the real parts: files, Flume (killed once on the way), Kafka, one Spark
query, Delta; then the nightly runs for each day. Every row of every family is compared with the truth:
**{differences} of {figures} figures differ.**

| | |
| --- | --- |
| run | {began:%Y-%m-%d}, {chain_s:.0f} s from the first line written until every line was in a live figure |
| machine | {cores} cores, {memory_gb:.0f} GB, {system}, Python {python} |
| lines | {lines:,} of {shops} shops: {accepted:,} accepted, {quarantined:,} refused as planned |
| copies removed | {duplicates:,} lines that Flume sent again after the kill |
| ledger | {ledger_files} files, residue {residue} |
| live against batch | {nights} days, {parity:,} figures, {differing} differ |

## Shops

| shop | log format | lines | accepted | orders | revenue |
| --- | --- | --- | --- | --- | --- |
{shop_rows}

Half of the days of `south` have a dead salt: nobody has an id there. `east` logs no user agents: nobody is a person there.
`north` has a catalogue: its items have categories. `south` has people of its own: they are in no figure of people.

## Figures against the truth

| what | rows | live figures | wrong | batch figures | wrong |
| --- | --- | --- | --- | --- | --- |
{rows}

All are equal but one kind: `visitors` is an estimate, by its contract with a standard error of {error:.1%}. The {estimates:,}
estimates are at most {largest:.1%} from the exact number of visitors, and equal between live and batch; `gold_visitors_1d`
counts exactly. What has no live figures is nightly only; `visitor_minutes` is live only, and its ids are left out. The
generator knows no salts and gives no points, so these columns are not compared: {untold}.
"""


def write_report(
    path: Path, began: datetime, truth: Written, files: Sequence[Mapping[str, int]], chain_s: float,
    nights: Mapping[date, Mapping[str, int]], compared: Mapping[str, Mapping[str, Compared]],
) -> None:  # fmt: skip
    """Write the page; `compared` holds each family's and table's comparison by layer."""
    every = [found for layers in compared.values() for found in layers.values()]
    path.write_text(
        _TEXT.format(
            differences=sum(len(found.wrong) for found in every), figures=f"{sum(found.figures for found in every):,}",
            began=began, chain_s=chain_s, cores=os.cpu_count(), memory_gb=psutil.virtual_memory().total / 2**30,
            system=platform.system(), python=platform.python_version(), lines=truth.lines, shops=len(SHOPS),
            accepted=truth.accepted, quarantined=sum(truth.quarantined.values()),
            duplicates=sum(file["duplicates"] for file in files), ledger_files=len(files),
            residue=sum(abs(file["residue"]) for file in files), nights=len(nights),
            parity=sum(night["figures"] for night in nights.values()),
            differing=sum(night["differing"] for night in nights.values()),
            shop_rows="\n".join(_shop_rows(truth)), rows="\n".join(_rows(truth, compared)), error=STANDARD_ERROR,
            estimates=sum(found.estimates for found in every), largest=max(found.largest_error for found in every),
            untold="; ".join(f"{', '.join(columns)} of `{table}`" for table, columns in UNTOLD.items()),
        ),
        encoding="utf-8",
    )  # fmt: skip


def _shop_rows(truth: Written) -> list[str]:
    rows = []
    for shop in SHOPS:
        report = truth.reports[shop.name]
        money = f"{report.revenue_cents / 100:,.2f}"
        rows.append(
            f"| {shop.name} | {shop.log_format} | {report.lines_written:,} | {report.accepted:,} | {report.orders:,} | {money} |"
        )
    return rows


def _rows(truth: Written, compared: Mapping[str, Mapping[str, Compared]]) -> list[str]:
    tables = {family.name: family.table for family in FAMILIES}
    rows = []
    for name, layers in compared.items():
        cells = [
            text
            for layer in ("live", "batch")
            for text in ((f"{layers[layer].figures:,}", str(len(layers[layer].wrong))) if layer in layers else ("", ""))
        ]
        rows.append(f"| `{tables.get(name, name)}` | {len(truth.answers[name]):,} | {' | '.join(cells)} |")
    return rows
