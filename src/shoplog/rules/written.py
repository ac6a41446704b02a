"""Rules as they are written: their fields, checked one by one, and errors as one sentence."""

from __future__ import annotations

import re
from typing import Any, NoReturn, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shoplog.contracts.events import EVENTS, FIELDS, NO_EVENT, RuleSet
from shoplog.errors import UserError

Model = TypeVar("Model", bound=BaseModel)
_METHOD, _STATUS = re.compile(r"[A-Z]+"), re.compile(r"[1-5](?:xx|[0-9][0-9])")


class RuleFields(BaseModel):
    """A `[[rule]]` block; docs/sites.md says what each field means."""

    model_config = ConfigDict(extra="forbid", strict=True)
    event: str
    path: str
    methods: list[str] = Field(["GET"], min_length=1)
    status: list[str | int] = Field(["2xx", "3xx"], min_length=1)
    where: dict[str, str] = {}
    query: dict[str, str] = {}
    quantity: int | None = Field(None, ge=1, le=999_999)

    @model_validator(mode="after")
    def _words(self) -> Self:
        if self.event not in (*EVENTS, NO_EVENT):
            raise ValueError(f"event {self.event!r} is unknown; use one of {', '.join(EVENTS)} or {NO_EVENT}")
        for method in self.methods:
            if not _METHOD.fullmatch(method):
                raise ValueError(f"method {method!r} is none: write it in capitals, such as GET")
        for status in self.status:
            if not _STATUS.fullmatch(str(status)):
                raise ValueError(f"status {status!r} is none: write a class such as '2xx' or a number such as 304")
        if not all((*self.where, *self.query.values())):
            raise ValueError("where and query must name parameters")
        return self


class OwnRuleFields(RuleFields):
    """A block of a site's own: its patterns are run once.

    Those of the ready sets are run by tests, which spares every command the half second that polars takes to load.
    """

    @model_validator(mode="after")
    def _patterns(self) -> Self:
        groups = group_names(self.path)
        for name, pattern in self.where.items():
            if group_names(pattern):
                raise ValueError(f"where.{name} takes no fields: write (?:...) for its groups")
        for field in (*groups, *self.query):
            if field not in FIELDS:
                known = ", ".join(FIELDS)
                raise ValueError(f"{field!r} is no field; use one of {known}, and (?:...) for a group without a name")
            if field in groups and field in self.query:
                raise ValueError(f"{field!r} is taken from the path and from the query: keep one")
        return self


def group_names(pattern: str) -> tuple[str, ...]:
    """Return the names of the pattern's groups (numbers where they have none); `ValueError` where it does not run."""
    import polars as pl

    from shoplog.transforms.event_rules import whole

    try:
        found = pl.select(pl.lit("").str.extract_groups(pattern).alias("")).to_series()
        pl.select(pl.lit("").str.contains(whole(pattern)))
    except pl.exceptions.ComputeError as error:
        why = [line[7:] for line in str(error).splitlines() if line.startswith("error: ")]
        raise ValueError(f"pattern {pattern!r} does not run: {why[0] if why else 'it is too large'}") from error
    return tuple(found.struct.fields)


def check_together(rules: RuleSet) -> None:
    """Raise `ValueError` where the rules run one by one but not as one pattern."""
    import polars as pl

    from shoplog.transforms.event_rules import may_match

    try:
        pl.DataFrame({"url": ["/?"], "path": ["/"]}).select(may_match(rules))
    except pl.exceptions.ComputeError as error:
        raise ValueError("the rules do not run together: they are too large, or path_prefix is cut short") from error


def checked(model: type[Model], fields: dict[str, Any], where: str) -> Model:
    """Return the fields as `model`, or raise `UserError` with one sentence that begins with `where`."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        _refuse(model, error, where)


def _refuse(model: type[BaseModel], error: ValidationError, where: str) -> NoReturn:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        known = ", ".join(sorted(model.model_fields))
        raise UserError(f"{where}: unknown field {name!r}; known are {known}.") from error
    if first["type"] == "missing":
        raise UserError(f"{where}: {name} is missing.") from error
    why = first["msg"].removeprefix("Value error, ")
    raise UserError(f"{where}: {name + ': ' if name else ''}{why}.") from error
