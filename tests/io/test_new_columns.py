"""A home of an older version: its tables get the columns that were added since, and keep their rows and offsets."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from shoplog.contracts.model import Column
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, TABLES
from shoplog.errors import TryLaterError, UserError
from shoplog.io.commits import latest_version
from shoplog.io.leases import table_leases
from shoplog.io.new_columns import renew_tables
from shoplog.io.offsets import committed_offsets
from shoplog.io.sinks import create_table
from shoplog.settings import Settings
from tests.ledger.home import Home, content_lines

NAME = BRONZE_ACCESS_LOG.name
NEW = Column("colour", "string", "what a later version found out", nullable=False)


@pytest.fixture
def home(settings: Settings) -> Home:
    create_table(settings, NAME)
    made = Home(settings)
    made.land(content_lines(b"a\nb\n"))
    return made


def contract(monkeypatch: pytest.MonkeyPatch, *columns: Column) -> None:
    monkeypatch.setitem(TABLES, NAME, replace(BRONZE_ACCESS_LOG, columns=columns))


def test_a_new_column_is_null_in_rows_that_are_there(
    home: Home, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract(monkeypatch, *BRONZE_ACCESS_LOG.columns, NEW)
    before = committed_offsets(settings.warehouse / NAME)
    assert renew_tables(settings) == {NAME: ["colour"]}
    rows = pl.read_delta(str(settings.warehouse / NAME))
    assert rows["colour"].to_list() == [None, None]
    assert committed_offsets(settings.warehouse / NAME) == before == {0: 2}
    assert renew_tables(settings) == {}


def test_tables_as_they_are_get_no_commit(home: Home, settings: Settings) -> None:
    before = latest_version(settings.warehouse / NAME)
    assert renew_tables(settings) == {}
    assert latest_version(settings.warehouse / NAME) == before


def test_another_type_is_refused(home: Home, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    others: list[Any] = [replace(c, type="string") if c.name == "byte_offset" else c for c in BRONZE_ACCESS_LOG.columns]
    contract(monkeypatch, *others, NEW)
    with pytest.raises(UserError, match='byte_offset is "long" and this version wants "string"'):
        renew_tables(settings)
    assert "colour" not in json.dumps(pl.read_delta(str(settings.warehouse / NAME)).columns)


def test_who_writes_the_table_is_waited_for(home: Home, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    contract(monkeypatch, *BRONZE_ACCESS_LOG.columns, NEW)
    with table_leases(settings, (NAME,), "the stream"), pytest.raises(TryLaterError, match="the stream"):
        renew_tables(settings)
