"""Lines of unknown format -> the named formats, best first, with what each makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from shoplog.transforms.formats import compile_format
from shoplog.transforms.formats.named import NAMED
from shoplog.transforms.formats.read import text_fields
from shoplog.transforms.parse import Reading, parse_lines

# A user is no sign of a format: names may hold spaces, so a wrong format finds one anywhere.
_NO_SIGNS = ("remote_user", "time_1", "time_2", "time_3")
_IP = r"^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one format makes of the lines: how many it reads, and how many values it finds in them (mean a line)."""

    log_format: str
    lines: int
    parsed: int
    values: float
    reasons: dict[str, int]


def verdicts(lines: pl.DataFrame, formats: Iterable[str] = ()) -> list[Verdict]:
    """Return a verdict on each of `formats` and the named ones, best first: most lines read, then most values found.

    An address that is an IP address counts twice, so that a host name in its place does not pass for one.
    """
    names = list(dict.fromkeys((*formats, *NAMED)))
    found = [_verdict(lines, name) for name in names]
    return sorted(found, key=lambda verdict: (-verdict.parsed, -verdict.values))


def _verdict(lines: pl.DataFrame, name: str) -> Verdict:
    site = lines.with_columns(pl.lit("detect").alias("site"), pl.lit(None, pl.String).alias("reason"))
    rows = parse_lines(site, {"detect": Reading(name, 1)})
    good = rows.filter(pl.col("reason").is_null())
    found = text_fields(good["raw"].cast(pl.String), compile_format(name))
    signs = found.select(pl.exclude(_NO_SIGNS)).select((~pl.all().is_in(["-", ""])).sum())
    values = sum(signs.row(0)) + 2 * int(good["address"].str.contains(_IP).sum())
    reasons = dict(rows["reason"].drop_nulls().value_counts(sort=True).iter_rows())
    return Verdict(name, len(rows), len(good), round(values / max(len(good), 1), 2), reasons)
