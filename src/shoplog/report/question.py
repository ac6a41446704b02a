"""What a user asks for: days, sites, filters, the period to compare with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shoplog.contracts.families import FAMILIES
from shoplog.contracts.stored import STORED_FAMILIES
from shoplog.contracts.tables import TABLES
from shoplog.errors import UserError

# What --compare may be beside a period: the days as they are known now.
NOW = "now"
_FILTER = re.compile(r"([a-z_]+)(!?=)(.*)", re.DOTALL)
_FAMILIES = (*FAMILIES, *STORED_FAMILIES)
DIMENSIONS = tuple(dict.fromkeys(name for family in _FAMILIES for name in family.dimensions))
_ALLOWED = {
    column.name: column.allowed for family in _FAMILIES for column in TABLES[family.table].columns if column.allowed
}


@dataclass(frozen=True, slots=True)
class Span:
    """UTC days, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows whose dimension has one of the values, or none of them (`negated`); None stands for unknown."""

    dimension: str
    values: tuple[str | None, ...]
    negated: bool = False

    def __str__(self) -> str:
        values = " or ".join("unknown" if value is None else value for value in self.values)
        return f"{self.dimension} {'is not' if self.negated else 'is'} {values}"


@dataclass(frozen=True, slots=True)
class Question:
    """One report's question; a section shows at most `limit` rows of each site, after so many that are left out (`offset`).

    `as_of` is the UTC moment whose knowledge counts.

    `sides` name what two states of the same days are, where these stand beside each other: `value` and `previous`.
    """

    span: Span
    compare: Span | None = None
    filters: tuple[Filter, ...] = ()
    as_of: datetime | None = None
    limit: int = 10
    sides: tuple[str, str] | None = None
    offset: int = 0


def parse_filters(texts: Iterable[str]) -> tuple[Filter, ...]:
    """Return filters of `dimension=value` or `dimension!=value`; the same dimension again is another value of it."""
    values: dict[tuple[str, bool], list[str | None]] = {}
    for text in texts:
        found = _FILTER.fullmatch(text)
        if found is None:
            raise UserError(f"{text!r} is no filter: write it as dimension=value or dimension!=value.")
        name, sign, value = found.groups()
        if name not in DIMENSIONS:
            raise UserError(f"Dimension {name!r} is unknown: use one of {', '.join(DIMENSIONS)}, or --site.")
        if value and value not in _ALLOWED.get(name, (value,)):
            raise UserError(f"{name} is never {value!r}: use one of {', '.join(_ALLOWED[name])}.")
        values.setdefault((name, sign == "!="), []).append(value or None)
    return tuple(Filter(name, tuple(given), negated) for (name, negated), given in values.items())


def parse_span(first: date, last: date | None) -> Span:
    """Return the days from `first` to `last`, one day where there is no `last`."""
    if last is not None and last < first:
        raise UserError(f"--to {last} is before --date {first}: swap them.")
    return Span(first, last or first)


def parse_compare(text: str | None, span: Span) -> Span | None:
    """Return the period of the same length that `previous` or a first day names."""
    if text is None:
        return None
    try:
        first = span.first - timedelta(days=span.days) if text == "previous" else date.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UserError(
            f"{text!r} is no period to compare with: write previous, its first day as YYYY-MM-DD, or now."
        ) from error
    if (date.max - first).days < span.days:
        raise UserError(f"{text!r} is no period to compare with: it has no end.")
    return Span(first, first + timedelta(days=span.days - 1))


def parse_moment(text: str | None, now: datetime) -> datetime | None:
    """Return the moment whose knowledge is asked for; without a time zone it is UTC."""
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(text)
        moment = given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UserError(f"{text!r} is no moment: write it as 2026-03-03T14:05 (UTC) or with its offset.") from error
    if moment > now:
        raise UserError(f"--as-of {moment.isoformat()} is in the future: name a moment that has been.")
    return moment


def spans_of(question: Question) -> Sequence[Span]:
    """Return the periods that the question needs, its own first."""
    return (question.span,) if question.compare is None else (question.span, question.compare)
