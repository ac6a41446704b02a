"""From a family of figures to the tables that hold them: mergeable partials, and numbers per window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shoplog.contracts import columns as c
from shoplog.contracts.model import Column, Family, Table

FAMILY = Column("family", "string", "which figures the row holds", nullable=False)


def gold_table(family: Family, known: Mapping[str, Column]) -> Table:
    """Return the recomputed table of a family; `known` are the columns its dimensions are taken from."""
    figures = (Column(m.figure_name or m.name, "bigint", m.meaning) for m in family.metrics if m.figure)
    return Table(
        family.table,
        (
            c.SITE, c.WINDOW_START, c.WINDOW_END, c.EVENT_DATE, *(known[name] for name in family.dimensions),
            *(Column(metric.name, metric.type, metric.meaning) for metric in family.metrics), *figures,
        ),
        "recompute",
        family.meaning,
        ("event_date",),
        ("site", "window_start", *family.dimensions),
    )  # fmt: skip


def partial_columns(families: Sequence[Family], known: Mapping[str, Column]) -> tuple[Column, ...]:
    """Return the columns of partials of several families; what is not a family's is null."""
    dimensions = dict.fromkeys(name for family in families for name in family.dimensions)
    metrics = dict.fromkeys(metric for family in families for metric in family.metrics)
    return (
        FAMILY, c.SITE, c.WINDOW_START, c.WINDOW_END, c.WINDOW_DATE,
        *(replace(known[name], nullable=True) for name in dimensions),
        *(Column(metric.name, metric.type, metric.meaning) for metric in metrics),
    )  # fmt: skip
