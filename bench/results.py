"""What the speed benchmarks found, kept in one JSON file, and docs/performance.md's tables made of it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from bench.page import between
from bench.pair import Row

_VERSIONS = ("pyspark", "delta-spark", "polars", "duckdb", "deltalake")


def keep(path: Path, name: str, rows: Sequence[Row]) -> None:
    """Write the rows of one benchmark into the JSON file, beside those of others, and into the Markdown page next to it."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    found[name] = {"measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "machine": _machine(), "rows": list(rows)}
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    page = path.with_suffix(".md")
    if page.exists():
        text = page.read_text(encoding="utf-8")
        page.write_text(between(text, "results", "make bench", as_markdown(found)), encoding="utf-8")


def as_markdown(found: Mapping[str, Any]) -> str:
    """Return a table a benchmark."""
    lines = []
    for name, one in found.items():
        lines += [f"### {name}", "", f"{one['measured']} UTC, {one['machine']}.", ""]
        lines += _pairs(one["rows"]) if "peer" in one["rows"][0] else _alone(one["rows"])
        lines.append("")
    return "\n".join(lines)


def _pairs(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| beside | lines | ours, lines/s | theirs | ratio | to reach | CPU us a line, ours | theirs | peak MB, ours | theirs "
        "| first run s, ours | theirs | warm runs |",
        f"|---|{'---:|' * 12}",
    ]
    for row in rows:
        target = "published" if row["target"] is None else f"{row['target']:g}{'' if row['holds'] else ' (missed)'}"
        lines.append(
            f"| {row['peer']} | {row['lines']:,} | {row['ours_per_s']:,.0f} | {row['peer_per_s']:,.0f} | {row['ratio']:.2f} "
            f"| {target} | {row['ours_cpu_us_per_line']:.1f} | {row['peer_cpu_us_per_line']:.1f} | {row['ours_peak_mb']:,.0f} "
            f"| {row['peer_peak_mb']:,.0f} | {row['ours_cold_s']:.1f} | {row['peer_cold_s']:.1f} | {row['runs']} |"
        )
    left_out: dict[str, list[str]] = {}
    for row in rows:
        left_out.setdefault(row["left_out"], []).append(row["peer"])
    return [*lines, "", *(f"Left out by {', '.join(peers)}: {what}." for what, peers in left_out.items())]


def _alone(rows: Sequence[Row]) -> list[str]:
    names = [name for name in rows[0] if name not in ("name", "holds")]
    lines = [f"| {' | '.join(name.replace('_', ' ') for name in names)} | |", f"|{'---:|' * len(names)}---|"]
    for row in rows:
        figures = " | ".join(
            f"{row[name]:,}" if isinstance(row[name], int | float) else str(row[name]) for name in names
        )
        lines.append(f"| {figures} | {'reached' if row['holds'] else 'missed'} |")
    return lines


def _machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {_processor()}, Python {platform.python_version()}, {packages}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
