"""docs/quality.md: what stands between its markers is written here, from the suites and from what was measured of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.page import between
from bench.quality import Row
from expectations.suites import suites
from shoplog.contracts.quality import MEASURES

_SHOWN_CHECKS = 4
_BY = "bench/quality_report.py"


def write_report(path: Path, rows: Sequence[Row]) -> None:
    """Write the measured tables into the page, and with them the suites as they are."""
    text = between(path.read_text(encoding="utf-8"), "measured", _BY, measured(rows))
    path.write_text(between(text, "suites", _BY, described()), encoding="utf-8")


def described() -> str:
    """Return the checks that are not the same for every table, and the measures of a day, as Markdown."""
    lines = ["| suite | expectation | severity | when it fails |", "|---|---|---|---|"]
    names = {measure.name for measure in MEASURES}
    seen = set()
    for name, suite in suites().items():
        shown = "one per gold table" if name.startswith("gold_") else name
        for check in suite.checks:
            column = check.arguments.get("column") or ", ".join(check.arguments.get("column_list", ["rows"]))
            line = f"| {shown} | `{check.expectation}` of `{column}` | {check.severity} | {check.means} |"
            if column not in names and line not in seen:
                seen.add(line)
                lines.append(line)
    lines += ["", "| measure | unit | what |", "|---|---|---|"]
    lines += [f"| `{m.name}` | {m.unit} | {m.meaning} |" for m in MEASURES]
    return "\n".join(lines)


def measured(rows: Sequence[Row]) -> str:
    """Return the defects with their sizes, runs, catches and the checks that caught them, and what clean days said."""
    of_defects = [row for row in rows if row["class"] not in ("clean", "checks")]
    lines = ["| class | defect | size | runs | caught | by |", "|---|---|---|---|---|---|"]
    for row in of_defects:
        more = len(row["checks"]) - _SHOWN_CHECKS
        by = [_in_words(check) for check in row["checks"][:_SHOWN_CHECKS]] + ([f"{more} more"] if more > 0 else [])
        lines.append(
            f"| {row['class']} | {row['defect']} | {row['size']} | {row['runs']} | {row['count']} | {', '.join(by)} |"
        )
    caught, runs = (sum(row[name] for row in of_defects) for name in ("count", "runs"))
    lines += ["", f"{caught} of {runs} defects caught."]
    for row in rows:
        if row["class"] == "clean":
            lines.append(f"False alarms (critical or warning) in {row['size']} of two shops: {row['count']}.")
        if row["class"] == "checks":
            lines.append(f"Checks that no defect failed: {row['count']} of {row['runs']}.")
    return "\n".join(lines)


def _in_words(check: str) -> str:
    suite, _, of = check.partition(": ")
    return f"{suite} `{of.partition(' of ')[2]}`"
