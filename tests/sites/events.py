"""What the tests of rules share: requests in, event columns out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from shoplog.contracts.events import EVENT_COLUMNS, Rule, RuleSet
from shoplog.rules import site_rules
from shoplog.transforms.events import with_events


def rule_set(name: str, rules: tuple[Rule, ...] | None = None) -> RuleSet:
    ready = site_rules(Path("shop.toml"), "", [], 1, name, None, "EUR")
    return ready if rules is None else replace(ready, rules=rules)


def frame(requests: Sequence[tuple[str | None, int | None, str | None]], site: str = "shop") -> pl.DataFrame:
    columns = {"method": pl.String, "status": pl.Int32, "url": pl.String}
    rows = pl.DataFrame(requests, schema=columns, orient="row")
    return rows.with_columns(pl.lit(site).alias("site"), pl.col("url").str.extract(r"^([^?#]*)").alias("path"))


def events_of(
    requests: Sequence[tuple[str | None, int | None, str | None]], rules: RuleSet, catalogue: pl.DataFrame | None = None
) -> list[dict[str, Any]]:
    found = with_events(frame(requests), {"shop": rules}, {} if catalogue is None else {"shop": catalogue})
    return found.select(column.name for column in EVENT_COLUMNS).to_dicts()
