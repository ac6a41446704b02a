"""Rules as they stand in TOML files -> `RuleSet`; a bad one is refused with its file and line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shoplog.contracts.events import Rule, RuleSet
from shoplog.errors import UserError
from shoplog.rules.written import OwnRuleFields, RuleFields, check_together, checked

READY = Path(__file__).parent / "ready"
# A version is own x 1000 + ready: both parts can be read off it.
OWN_STEP = 1000
_HEADER = re.compile(r"\s*\[\[\s*rule\s*\]\]")


class _ReadyFields(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    version: int = Field(ge=1, lt=OWN_STEP)
    prefix: str = ""
    rule: list[dict[str, Any]]


def ready_names() -> tuple[str, ...]:
    """Return the names of the rule sets that come with shoplog."""
    return tuple(sorted(path.stem for path in READY.glob("*.toml")))


def site_rules(
    path: Path,
    text: str,
    blocks: list[dict[str, Any]],
    own_version: int,
    ready: str | None,
    prefix: str | None,
    currency: str,
) -> RuleSet:
    """Return the rules of a site file: its own (`blocks`, in `text`) first, then those of the ready set it names.

    `prefix` stands before the ready set's paths in place of the set's own. Raises `UserError`.
    """
    own = _rules(OwnRuleFields, path, text, blocks, "")
    version, rules = OWN_STEP * own_version if own else 0, own
    if ready is not None:
        if ready not in ready_names():
            raise UserError(f"{path}: rules {ready!r} are unknown; use one of {', '.join(ready_names())}.")
        of_set, more = _ready_rules(READY / f"{ready}.toml", prefix)
        version, rules = version + of_set, rules + more
    found = RuleSet(ready or ("own" if own else "none"), version, rules, currency)
    if own or prefix is not None:
        try:
            check_together(found)
        except ValueError as error:
            raise UserError(f"{path}: {error}.") from error
    return found


def _ready_rules(path: Path, prefix: str | None) -> tuple[int, tuple[Rule, ...]]:
    text = path.read_text(encoding="utf-8")
    fields = checked(_ReadyFields, tomllib.loads(text), str(path))
    return fields.version, _rules(RuleFields, path, text, fields.rule, fields.prefix if prefix is None else prefix)


def _rules(
    model: type[RuleFields], path: Path, text: str, blocks: list[dict[str, Any]], prefix: str
) -> tuple[Rule, ...]:
    lines = rule_lines(text)
    if len(lines) != len(blocks):
        raise UserError(f"{path}: write each rule as a [[rule]] block of its own.")
    rules = []
    for line, block in zip(lines, blocks, strict=True):
        fields = checked(model, block, f"{path}, line {line}")
        rules.append(
            Rule(
                fields.event, f"(?:{prefix})(?:{fields.path})" if prefix else fields.path, tuple(fields.methods),
                tuple(map(str, fields.status)), tuple(fields.where.items()), tuple(fields.query.items()),
                fields.quantity, path.name, line,
            )
        )  # fmt: skip
    return tuple(rules)


def rule_lines(text: str) -> list[int]:
    """Return the line number of each `[[rule]]` header; one inside a longer text is none: what precedes it is no TOML."""
    lines = text.splitlines()
    return [number for number, line in enumerate(lines, 1) if _HEADER.match(line) and _is_toml(lines[: number - 1])]


def _is_toml(lines: list[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True
