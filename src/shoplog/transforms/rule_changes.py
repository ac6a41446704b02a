"""Lines that two readings of the same bronze rows understand differently: how many, in which way, for example which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoplog.contracts.columns import IDENTITY_NAMES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# What a reading says of a line; a line that it refuses has the reason instead.
SAID = ("event_name", "traffic_type", "bot_name")
NOTHING = "none"


def lines_beside(now: DataFrame, new: DataFrame, of_day: str) -> DataFrame:
    """Return identity, path and, for each of `SAID`, `<name>_now` and `<name>_new` of the lines of a day.

    Both readings have every line once, accepted or refused. A line is of the day where `of_day` (SQL) holds in either;
    one that both refuse is not there.
    """
    joined = _said(now, "now", of_day).join(_said(new, "new", of_day), list(IDENTITY_NAMES), "inner")
    of_either = "(_accepted_now and _of_day_now) or (_accepted_new and _of_day_new)"
    return joined.where(of_either).selectExpr(
        *IDENTITY_NAMES,
        "coalesce(_path_now, _path_new, '') as path",
        *(f"{name}_{side}" for name in SAID for side in ("now", "new")),
    )


def change_counts(lines: DataFrame, name: str) -> DataFrame:
    """Return site, now, new and the number of lines whose `name` changes from one to the other, most first."""
    from pyspark.sql import functions as F

    changed = lines.where(f"{name}_now != {name}_new")
    counted = changed.groupBy("site", f"{name}_now", f"{name}_new").count()
    return counted.selectExpr("site", f"{name}_now now", f"{name}_new new", "count lines").orderBy(
        "site", F.desc("lines"), "now", "new"
    )


def changed_paths(lines: DataFrame, most: int) -> DataFrame:
    """Return the paths with the most changed lines: site, path, what each reading says of them, and how many lines."""
    from pyspark.sql import functions as F

    keys = ("site", "path", *(f"{name}_{side}" for name in SAID for side in ("now", "new")))
    counted = lines.where(differs()).groupBy(*keys).count().withColumnRenamed("count", "lines")
    return counted.orderBy(F.desc("lines"), *keys).limit(most)


def differs() -> str:
    """Return SQL that a line is understood differently."""
    return "(" + " or ".join(f"{name}_now != {name}_new" for name in SAID) + ")"


def _said(lines: DataFrame, side: str, of_day: str) -> DataFrame:
    said = (
        f"if(reason is null, coalesce({name}, '{NOTHING}'), concat('refused: ', reason)) {name}_{side}" for name in SAID
    )
    facts = {"path": "path", "accepted": "reason is null", "of_day": of_day}
    return lines.selectExpr(*IDENTITY_NAMES, *(f"{sql} as _{name}_{side}" for name, sql in facts.items()), *said)
