"""Rules as they stand in TOML files -> `RuleSet`; a bad one is refused with its file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
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


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """Return a TOML file's text and content, or raise `UserError`."""
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid TOML: {error}.") from error


def is_rule_set(content: Mapping[str, Any]) -> bool:
    """Whether a TOML file's content is a rule set's and not a site's: only a rule set has a version of its own."""
    return "version" in content


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
    other_set: Path | None = None,
) -> RuleSet:
    """Return the rules of a site file: its own (`blocks`, in `text`) first, then those of the ready set it names.

    `prefix` stands before the ready set's paths in place of the set's own; `other_set` is a rule set's file that is read in
    place of the ready set. Raises `UserError`.
    """
    own = _rules(OwnRuleFields, path, text, blocks, "")
    version, rules = OWN_STEP * own_version if own else 0, own
    if other_set is not None:
        of_set, more = _set_rules(other_set, prefix, OwnRuleFields)
        version, rules = version + of_set, rules + more
    elif ready is not None:
        if ready not in ready_names():
            raise UserError(f"{path}: rules {ready!r} are unknown; use one of {', '.join(ready_names())}.")
        of_set, more = _set_rules(READY / f"{ready}.toml", prefix, RuleFields)
        version, rules = version + of_set, rules + more
    found = RuleSet(other_set.stem if other_set else ready or ("own" if own else "none"), version, rules, currency)
    if own or prefix is not None or other_set is not None:
        try:
            check_together(found)
        except ValueError as error:
            raise UserError(f"{other_set or path}: {error}.") from error
    return found


def _set_rules(path: Path, prefix: str | None, model: type[RuleFields]) -> tuple[int, tuple[Rule, ...]]:
    text, read = read_toml(path)
    fields = checked(_ReadyFields, read, str(path))
    return fields.version, _rules(model, path, text, fields.rule, fields.prefix if prefix is None else prefix)


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
