"""The report's sections and ratios fit the families they are of."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from shoplog.contracts.duckdb_sql import merge_sql
from shoplog.contracts.families import FAMILIES, TRAFFIC
from shoplog.contracts.figures import figures_of
from shoplog.contracts.ratios import COUNTED, RATIOS
from shoplog.contracts.sections import SECTIONS, Section, sections_of
from shoplog.contracts.stored import STORED_FAMILIES
from shoplog.contracts.tables import TABLES


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_shows_what_its_family_has(section: Section) -> None:
    assert set(section.by) <= set(section.family.dimensions)
    assert set(section.figures) <= set(figures_of(section.family))
    assert len(set(section.figures)) == len(section.figures)


def test_every_family_has_a_section_and_every_section_its_own_name() -> None:
    assert {section.family for section in SECTIONS} == {*FAMILIES, *STORED_FAMILIES}
    assert len({section.name for section in SECTIONS}) == len(SECTIONS)


def test_a_new_family_gets_a_section_with_all_its_figures() -> None:
    new = replace(TRAFFIC, name="new", dimensions=("country",), meaning="requests by country")
    (section,) = sections_of((new,))
    assert (section.name, section.title, section.by) == ("new", "requests by country", ("country",))
    assert section.figures == tuple(figures_of(new))
    assert {"requests", "visitors"} <= set(section.figures)


def test_ratios_are_made_of_their_familys_figures() -> None:
    known_functions = {
        "nullif",
        "coalesce",
        "list_sum",
        "percentile_ms",
        "bigint",
        "max",
        "over",
        "partition",
        "by",
        "site",
    }
    assert {*RATIOS, *COUNTED} <= {family.name for family in (*FAMILIES, *STORED_FAMILIES)}
    for family in (*FAMILIES, *STORED_FAMILIES):
        names = {metric.name for metric in family.metrics} | set(COUNTED.get(family.name, {}))
        for name, (sql, _, _) in RATIOS.get(family.name, {}).items():
            assert set(re.findall(r"[a-z][a-z_0-9]*", sql)) <= names | known_functions, name


def test_duckdb_adds_up_every_figure_of_every_family() -> None:
    for family in FAMILIES:
        for metric in family.metrics:
            assert metric.name in merge_sql(metric)


def test_stored_families_are_of_their_tables_columns() -> None:
    for family in STORED_FAMILIES:
        assert {"site", "event_date", *family.dimensions} <= set(TABLES[family.table].column_names)
        assert family.metrics
