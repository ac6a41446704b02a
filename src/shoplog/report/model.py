"""The report as one object: what JSON shows as it is and the other forms draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from shoplog.contracts.figures import Figure
from shoplog.report.question import Question

Number = int | float | Decimal
# A day or an hour where the section is a series.
Dimension = str | int | date | None
# The worst day names the period.
PROVISIONAL = "provisional"
STATUSES = ("final", "final_dirty", PROVISIONAL)


@dataclass(frozen=True, slots=True)
class Value:
    """A figure and, where there is a period to compare with, the same of then; None is unknown, never 0.

    `change` is value - previous, `change_percent` that in percent of previous; None where previous is 0 or unknown.
    """

    value: Number | None
    previous: Number | None = None
    change: Number | None = None
    change_percent: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a section: the dimensions' values in the section's order, the figures' in theirs."""

    dimensions: tuple[Dimension, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SectionReport:
    """One section of a site: its first rows, and how many there are in all.

    `status` is the site's, but provisional where sessions that run over midnight may still change it.
    """

    name: str
    title: str
    status: str | None
    dimensions: tuple[str, ...]
    figures: tuple[Figure, ...]
    rows: tuple[Row, ...]
    rows_in_all: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day with lines: final since `published_at`, or provisional; `waiting_requests` came in after its publication.

    `is_followed`: a later day is published too, so that the sessions that start on this one are whole.
    """

    day: date
    status: str
    requests: int
    published_at: datetime | None
    waiting_requests: int | None
    bronze_version: int | None
    is_followed: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a site's figures were read from, where they are not read of tables: its report as it was published."""

    published_at: datetime
    cause: str
    table_versions: Mapping[str, int]
    rules_versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SiteReport:
    """One site: its days and sections. `status` is None without lines.

    `compared_days` are those of the other period, or the same days as the other side has them.
    """

    site: str
    currency: str | None
    status: str | None
    days: tuple[Day, ...]
    compared_days: tuple[Day, ...]
    sections: tuple[SectionReport, ...]
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A section that is not shown, and why; of one site or, where that is None, of all."""

    section: str
    because: str
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was asked for; `live_version` is the version of the live partials that provisional days are read of."""

    question: Question
    live_version: int | None
    sites: tuple[SiteReport, ...]
    left_out: tuple[LeftOut, ...]
