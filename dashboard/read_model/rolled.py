"""What a data file adds to a section, added up once: files never change, so that a question reads only files it has not seen."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from dashboard.read_model.file_rows import FileRows
from dashboard.read_model.parts import Part
from shoplog.contracts.duckdb_sql import merge_sql
from shoplog.contracts.families import FAMILIES
from shoplog.contracts.model import Family, Metric
from shoplog.contracts.sections import Section
from shoplog.contracts.stored import summed
from shoplog.io.duck import open_connection
from shoplog.report.query import kept_dimensions, needed_metrics, row_conditions
from shoplog.report.question import Question, Span

# Sections with their filters of which files are remembered: a page has a dozen, and each filter makes them anew.
_REMEMBERED = 400
# So many new files are added to what is known at each question, before they are added up with it for good.
_SETTLED_AFTER = 16
_DAY = "window_date"


@dataclass(frozen=True, slots=True)
class Rolling:
    """Rows of a family that fulfil `where`, added up by site, day and `by`; `parameters` (JSON) are those of `where`."""

    family: Family
    by: tuple[str, ...]
    metrics: tuple[Metric, ...]
    where: str
    parameters: str

    @classmethod
    def of(cls, section: Section, question: Question) -> Rolling:
        """Return what the section reads of each file for this question, whatever its days and sites."""
        where, parameters = row_conditions(section, question)
        metrics = tuple(needed_metrics(section))
        return cls(section.family, kept_dimensions(section), metrics, where, json.dumps(parameters))

    @property
    def keys(self) -> tuple[str, ...]:
        """What rows are told apart by besides site and day."""
        return tuple(name for name in self.by if name != _DAY)

    def first_time(self, source: str, is_live: bool) -> str:
        """Return the SQL that adds up the rows of files (`filename`)."""
        day = _DAY if is_live else "event_date"
        hour = ", date_trunc('hour', window_start) as window_hour" if self.family in FAMILIES else ""
        of_family = f"family = '{self.family.name}' and " if is_live else ""
        keys = ", ".join(("filename", "site", f"{day} as {_DAY}", *self.keys))
        rows = f"(select *{hour} from {source})"
        return f"select {keys}{_merged(self.metrics)} from {rows} where {of_family}{self.where} group by all"

    def again(self, source: str, span: Span) -> str:
        """Return the SQL that adds up what was added up before: by day where that is asked for, else as of the first day."""
        named = {metric.name for metric in self.metrics}
        metrics = [metric for metric in summed(self.family).metrics if metric.name in named]
        day = _DAY if _DAY in self.by else f"date '{span.first}' as {_DAY}"
        return f"select {', '.join(('site', day, *self.keys))}{_merged(metrics)} from {source} group by all"


@dataclass(frozen=True, slots=True)
class _File:
    """What one file comes to, and of whom it has rows."""

    rows: pa.Table
    sites: frozenset[str]

    @classmethod
    def of(cls, rows: pa.Table) -> _File:
        """Return what is known of a file with these rows."""
        return cls(rows, frozenset(rows["site"].to_pylist()))

    def counted(self, part: Part) -> pa.Table:
        """Return the rows that count, mostly all of them or none."""
        of_part = self.sites & part.sites
        if not of_part or of_part == self.sites:
            return self.rows if bool(of_part) != part.is_live else self.rows.slice(0, 0)
        chosen = pc.is_in(self.rows["site"], pa.array(of_part))
        return self.rows.filter(pc.invert(chosen) if part.is_live else chosen)


@dataclass(frozen=True, slots=True)
class _Settled:
    """What some parts of a span come to together."""

    parts: frozenset[Part]
    rows: pa.Table


class RolledFiles:
    """Keeps for each `Rolling` the rows that each file comes to, and the sum of most of a span's files."""

    def __init__(self) -> None:
        """Know no file."""
        # By rolling and path; '' is no file, and has the columns.
        self._known: OrderedDict[Rolling, dict[str, _File]] = OrderedDict()
        self._settled: OrderedDict[tuple[Rolling, Span], _Settled] = OrderedDict()
        self._connection = open_connection()
        self._files = FileRows(self._connection)

    def rows(self, rolling: Rolling, parts: Sequence[Part], span: Span) -> pa.Table:
        """Return site, window_date, what is added up by, and the metrics: the rows that count of the span's parts.

        They stand for the whole span, as of its first day, unless they are added up by day. Raises `duckdb.IOException` or
        `FileNotFoundError` where a file that was not seen before is gone.
        """
        key, every = (rolling, span), frozenset(parts)
        settled = self._settled.get(key)
        # A part that is gone, or whose rows count otherwise, cannot be taken out of a sum.
        known = settled.parts if settled is not None and settled.parts <= every else frozenset()
        rest = self._counted(rolling, [part for part in parts if part not in known])
        rows = pa.concat_tables([settled.rows, rest]) if settled is not None and known else rest
        if len(every) - len(known) > _SETTLED_AFTER:
            self._connection.register("counted", rows)
            rows = self._connection.sql(rolling.again("counted", span)).to_arrow_table().cast(rows.schema)
            self._settled[key] = _Settled(every, rows)
        if key in self._settled:
            _keep(self._settled, key)
        return rows

    def forget(self, paths: Iterable[str]) -> None:
        """Drop files that no version that is read has any more."""
        self._files.forget()
        for path in paths:
            for known in self._known.values():
                known.pop(path, None)

    def _counted(self, rolling: Rolling, parts: Sequence[Part]) -> pa.Table:
        if rolling not in self._known:
            self._known[rolling] = self._read(rolling, [], is_live=False)
        _keep(self._known, rolling)
        known = self._known[rolling]
        for is_live in (True, False):
            # Of one file several sites' rows may count, each by a version of its own.
            every = dict.fromkeys(part.path for part in parts if part.is_live == is_live)
            if missing := [path for path in every if path not in known]:
                known |= self._read(rolling, missing, is_live)
        return pa.concat_tables([known[""].rows, *(known[part.path].counted(part) for part in parts)])

    def _read(self, rolling: Rolling, paths: Sequence[str], is_live: bool) -> dict[str, _File]:
        """Return each file's rows added up, and those of no file."""
        if is_live and rolling.where == "(true)" and (new := self._files.partials(rolling.family, paths)) is not None:
            # They are partials as they are: to add the rows of a small file up by itself costs more than with all others.
            names = self._known[rolling][""].rows.schema.names
            return {path: _File.of(rows.select(names)) for path, rows in new.items()}
        source = self._files.source(rolling.family, paths, is_live)
        given = json.loads(rolling.parameters) | source.parameters
        found = self._connection.sql(rolling.first_time(source.sql, is_live), params=given).to_arrow_table()
        none = found.drop_columns("filename").slice(0, 0)
        return {path: _File.of(rows) for path, rows in (dict.fromkeys(("", *paths), none) | _by_file(found)).items()}


def _by_file(found: pa.Table) -> dict[str, pa.Table]:
    """Return the rows of each file, without its name; to look for them file by file costs the square of their number."""
    order = pc.sort_indices(found["filename"])
    rows, start, of_file = found.drop_columns("filename").combine_chunks(), 0, {}
    for file in pc.value_counts(found["filename"].take(order)).to_pylist():
        of_file[file["values"]] = rows.take(order.slice(start, file["counts"]))
        start += file["counts"]
    return of_file


def _merged(metrics: Iterable[Metric]) -> str:
    return "".join(
        f", {f'merge_sketches({merge_sql(m)})' if m.type == 'binary' else merge_sql(m)} as {m.name}" for m in metrics
    )


def _keep(known: OrderedDict, key: object) -> None:  # type: ignore[type-arg]
    """Let the key be the last to be forgotten."""
    known.move_to_end(key)
    while len(known) > _REMEMBERED:
        known.popitem(last=False)
