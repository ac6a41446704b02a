"""A list of bots as a file: in the form of crawler-user-agents.json, the list that shoplog knows bots by."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shoplog.errors import UserError
from shoplog.transforms.crawlers import CATEGORY_OF_TAG, Crawler, crawlers_of


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} does not run: {error}") from error
    return text


def _tags(tags: list[str]) -> list[str]:
    if not CATEGORY_OF_TAG.keys() & set(tags):
        raise ValueError(f"none of {tags} is known: use one of {', '.join(CATEGORY_OF_TAG)}")
    return tags


class _Entry(BaseModel):
    """What is read of an entry; what else the list says of a bot is not."""

    model_config = ConfigDict(extra="ignore", strict=True)
    pattern: Annotated[str, Field(min_length=1), AfterValidator(_pattern)]
    tags: Annotated[list[str], AfterValidator(_tags)]
    instances: list[str] = []
    url: str = ""


_LIST = TypeAdapter(Annotated[list[_Entry], Field(min_length=1)])


def read_bot_list(path: Path) -> tuple[Crawler, ...]:
    """Return the file's crawlers, or raise `UserError` naming the entry that is wrong."""
    try:
        entries = _LIST.validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f", entry {part + 1}" if isinstance(part, int) else f", {part}" for part in first["loc"])
        raise UserError(f"{path}{where}: {first['msg'].removeprefix('Value error, ')}.") from error
    return crawlers_of(entry.model_dump() for entry in entries)
