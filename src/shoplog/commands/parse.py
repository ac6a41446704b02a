"""parse: what the stream would make of a file's lines, and which format the file has."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shoplog.commands.printing import Json, show
from shoplog.errors import UserError
from shoplog.sites import LOG_FORMATS, check_log_format

if TYPE_CHECKING:
    import polars as pl

    from shoplog.transforms.formats.detect import Verdict

_SAMPLE_LINES = 1_000
_AS_ITS_HEADER = "w3c"
_FORMAT_HELP = (
    f"One of {', '.join(LOG_FORMATS)}; an Apache LogFormat or nginx log_format string; `w3c` (as the "
    "file's header says), `w3c: FIELDS` or `json: FIELD=KEY ...` (docs/formats.md). By default the format is detected."
)


def parse(
    file: Annotated[Path, typer.Argument(help="A log file: plain, gz, bz2, zst.")],
    log_format: Annotated[str | None, typer.Option("--format", help=_FORMAT_HELP)] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show what each format makes of the first lines.")] = False,
    own_proxies: Annotated[int, typer.Option(min=0, help="Own proxies before the server (X-Forwarded-For).")] = 0,
    as_json: Json = False,
) -> None:
    """Read a file as the stream would and show each line's fields, or why it is refused. Nothing is stored."""
    from shoplog.io.logfile import check_readable
    from shoplog.transforms.formats.detect import Verdict

    check_readable(file)
    if log_format == _AS_ITS_HEADER:
        log_format = _stated_format(file)
        if log_format is None:
            raise UserError(f"{file} has no #Fields: line: give its fields, as in `w3c: date time c-ip ...`.")
    if log_format is not None:
        check_log_format(log_format)
    if explain:
        _explain(file, log_format, as_json)
        return
    if log_format is None:
        # Where no format reads a line, all are quarantined as they would be in the usual format.
        best = next(iter(_verdicts(file, None)), Verdict("combined", 0, 0, 0.0, {}))
        log_format = best.log_format if best.parsed else "combined"
        print(f"format: {log_format} ({best.parsed} of the first {best.lines} lines read)", file=sys.stderr)
    check_log_format(log_format, own_proxies)
    _show_lines(file, log_format, own_proxies, as_json)


def _show_lines(file: Path, log_format: str, own_proxies: int, as_json: bool) -> None:
    """Print every line as JSON, or how many lines were read and refused."""
    from shoplog.io.logfile import read_lines
    from shoplog.transforms.formats.addresses import Proxies
    from shoplog.transforms.formats.read import COLUMNS
    from shoplog.transforms.parse import Reading, parse_lines

    counts: Counter[str] = Counter()
    reading = {"parse": Reading(log_format, 1, Proxies(own_proxies))}
    for lines in read_lines(file, "parse", "parse", datetime.now(UTC)):
        rows = parse_lines(lines, reading)
        counts.update({reason or "parsed": number for reason, number in rows["reason"].value_counts().iter_rows()})
        if as_json:
            for row in rows.select("reason", *COLUMNS).iter_rows(named=True):
                reason = row.pop("reason")
                print(json.dumps({"ok": reason is None, "reason": reason, "fields": row}, default=_iso))
    if not as_json:
        show(str(file), [{"result": name, "lines": number} for name, number in sorted(counts.items())], False)


def _explain(file: Path, log_format: str | None, as_json: bool) -> None:
    """Print what each format makes of the first lines, best first: as a table only those that read a line."""
    found = _verdicts(file, log_format)
    rows = [
        {"format": verdict.log_format, "lines": verdict.lines, "parsed": verdict.parsed, "values a line": verdict.values,
         "refused": ", ".join(f"{reason} {number}" for reason, number in verdict.reasons.items())}
        for verdict in found if as_json or verdict.parsed or verdict.log_format == log_format
    ]  # fmt: skip
    show(f"{file}: first {_SAMPLE_LINES} lines, best first", rows, as_json)


def _first_lines(file: Path) -> pl.DataFrame | None:
    from shoplog.io.logfile import read_lines

    return next(read_lines(file, "parse", "parse", datetime.now(UTC), lines_a_frame=_SAMPLE_LINES), None)


def _stated_format(file: Path) -> str | None:
    """Return the format that the file's own header lines state."""
    from shoplog.transforms.formats.w3c import header_format

    lines = _first_lines(file)
    return header_format(raw.decode("utf-8", "replace") for raw in lines["raw"]) if lines is not None else None


def _verdicts(file: Path, log_format: str | None) -> list[Verdict]:
    """Return what the named formats, the file's own header and the given format make of the first lines."""
    from shoplog.transforms.formats.detect import verdicts

    lines, stated = _first_lines(file), _stated_format(file)
    if lines is None:
        return []
    if stated is not None:
        try:
            check_log_format(stated)
        except UserError as error:
            print(f"the file's header is of no use: {error}", file=sys.stderr)
            stated = None
    return verdicts(lines, [name for name in (log_format, stated) if name is not None])


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
