"""Requests -> which rule answers each, with what, and why none does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shoplog.contracts.events import NO_EVENT, Rule, RuleSet

if TYPE_CHECKING:
    import polars as pl

_EVERY_STATUS = ("1xx", "2xx", "3xx", "4xx", "5xx")


def explained(
    requests: Sequence[tuple[str, int, str]], rules: RuleSet, catalogue: pl.DataFrame | None
) -> list[dict[str, Any]]:
    """Return `event` (or null), `rule` (file:line), `fields` and `note` of each (method, status, url)."""
    import polars as pl

    from shoplog.transforms.events import EVENT_SCHEMA, with_events

    rows = pl.DataFrame(requests, schema={"method": pl.String, "status": pl.Int32, "url": pl.String}, orient="row")
    rows = rows.with_columns(pl.lit("").alias("site"), pl.col("url").str.extract(r"^([^?#]*)").alias("path"))
    events = with_events(rows, {"": rules}, {} if catalogue is None else {"": catalogue})
    # The same rules for every method and status: one that answers now would answer but for these.
    methods = tuple({method for method, _, _ in requests})
    lenient = tuple(replace(rule, methods=methods, statuses=_EVERY_STATUS) for rule in rules.rules)
    answers = []
    for event, rule, near in zip(
        events.select(EVENT_SCHEMA.keys()).to_dicts(),
        _answering(rows, rules.rules, rules),
        _answering(rows, rules.rules, replace(rules, rules=lenient)),
        strict=True,
    ):
        fields = {name: value for name, value in event.items() if value is not None and name != "event_name"}
        answers.append({"event": event["event_name"], "rule": place(rule), "fields": fields, "note": _note(rule, near)})
    return answers


def place(rule: Rule | None) -> str:
    """Return where a rule stands."""
    return "" if rule is None else f"{rule.source}:{rule.line}"


def _answering(rows: pl.DataFrame, rules: tuple[Rule, ...], tried: RuleSet) -> list[Rule | None]:
    from shoplog.transforms.events import first_matches

    keys = ["method", "status", "url"]
    places = rows.join(first_matches(rows.drop("site").unique(), tried), on=keys, how="left", maintain_order="left")
    return [None if found is None else rules[found] for found in places["_rule"]]


def _note(rule: Rule | None, near: Rule | None) -> str:
    if rule is not None:
        return "this rule takes it out" if rule.event == NO_EVENT else ""
    if near is None:
        return "no rule has this path and these parameters"
    return f"{place(near)} wants {' or '.join(near.methods)} and status {' or '.join(near.statuses)}"
