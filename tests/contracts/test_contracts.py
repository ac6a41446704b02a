from __future__ import annotations

import ast
from pathlib import Path

import pytest

from shoplog.contracts.families import FAMILIES, METRICS
from shoplog.contracts.tables import GOLD, GOLD_PARTIAL_LIVE, TABLES

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "src/shoplog/contracts": {"contracts"},
    "src/shoplog/transforms": {"contracts", "transforms"},
    "src/shoplog/io": {"contracts", "settings", "errors", "io", "sites"},
    "src/shoplog/ledger": {"contracts", "transforms", "settings", "errors", "io", "ledger", "sites"},
    "src/shoplog/report": {"contracts", "errors", "report"},
    "expectations": {"contracts", "settings", "errors"},
    "dags": {"contracts", "settings"},
}


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_point_one_way(room: str) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                if name.startswith("shoplog."):
                    assert name.split(".")[1] in ALLOWED[room], f"{path} imports {name}"
                if room.endswith("contracts"):
                    assert name.split(".")[0] not in ("pyspark", "polars", "duckdb"), f"{path} imports {name}"


def test_every_column_is_said_once_with_one_type() -> None:
    types: dict[str, str] = {}
    for table in TABLES.values():
        assert len(set(table.column_names)) == len(table.columns), table.name
        for column in table.columns:
            assert types.setdefault(column.name, column.type) == column.type, f"{table.name}.{column.name}"
            assert column.meaning


def test_raw_addresses_stand_in_bronzes_lines_alone() -> None:
    for table in TABLES.values():
        assert not {"address", "remote_addr", "remote_user"} & set(table.column_names), table.name
        assert "raw" not in table.column_names or table.name.startswith(("bronze", "quarantine")), table.name


def test_partials_hold_every_metric_and_gold_every_figure() -> None:
    for metric in METRICS:
        assert metric.name in GOLD_PARTIAL_LIVE.column_names
    for family in FAMILIES:
        for metric in family.metrics:
            assert (metric.figure_name or metric.name) in GOLD[family.name].column_names


def test_aggregates_stand_in_the_rooms_that_define_them() -> None:
    for folder in ("src/shoplog/io", "src/shoplog/commands", "jobs", "dags"):
        for path in (ROOT / folder).rglob("*.py"):
            assert ".groupBy(" not in path.read_text().replace('.groupBy("site").count()', "").replace(
                '.groupBy("reason").count()', ""
            ).replace('.groupBy("status").count()', ""), path
