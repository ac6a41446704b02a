"""Requests -> shop events: the first rule of the site that matches names the event and its fields."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from shoplog.contracts.events import EVENT_COLUMNS, FIELDS, NO_EVENT, PRICED, RuleSet
from shoplog.transforms.event_rules import asked_for, may_match, parameter, whole
from shoplog.transforms.percent import decoded

MONEY = pl.Decimal(18, 2)
_TYPES = {"string": pl.String(), "int": pl.Int32(), "decimal(18,2)": MONEY}
EVENT_SCHEMA: dict[str, pl.DataType] = {column.name: _TYPES[column.type] for column in EVENT_COLUMNS}
_REQUEST = ("method", "status", "url")
# At most two decimals, or four of which the last two are 0 (as Magento writes): three could be thousands.
_AMOUNT = r"^[0-9]{1,12}(?:[.,][0-9](?:[0-9](?:00)?)?)?$"
_COUNT = r"^[0-9]{1,6}$"
_NO_CATALOGUE = pl.DataFrame(schema={"alias": pl.String, "item_id": pl.String, "category": pl.String, "price": MONEY})


def with_events(
    rows: pl.DataFrame, rule_sets: Mapping[str, RuleSet], catalogues: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Return `rows` (site, method, url, path, status, ...) with the columns of `EVENT_SCHEMA` behind; order stays.

    `rule_sets` and `catalogues` (see `shoplog.rules.read_catalogue`) are by site; a site may be in neither. Work is done
    once per distinct (site, method, status, url). No URL makes it fail.
    """
    keyed = rows.select("site", *_REQUEST, "path").with_row_index("_row")
    parts = []
    for site, rule_set in rule_sets.items():
        asked = keyed.filter((pl.col("site") == site) & may_match(rule_set))
        if asked.is_empty():
            continue
        found = first_matches(asked.select(*_REQUEST, "path").unique(), rule_set)
        events = _typed(found, rule_set, catalogues.get(site, _NO_CATALOGUE))
        parts.append(asked.select("_row", *_REQUEST).join(events, on=list(_REQUEST), how="inner").drop(_REQUEST))
    if not parts:
        return rows.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in EVENT_SCHEMA.items())
    events = keyed.select("_row").join(pl.concat(parts), on="_row", how="left", maintain_order="left")
    return rows.hstack(events.drop("_row"))


def first_matches(requests: pl.DataFrame, rule_set: RuleSet) -> pl.DataFrame:
    """Return the `requests` (method, status, url, path) that a rule matches, with `_rule` (its place) and fields as text."""
    left = requests.with_columns(pl.col("url").str.extract(r"^[^?#]*\?([^#]*)").alias("_query"))
    names = {name for rule in rule_set.rules for name, _ in rule.where}
    left = left.hstack(decoded(left.select(parameter(name).fill_null("").alias(f"?{name}") for name in names)))
    # Everything but the paths in one pass; then each path is tried only against rules whose other conditions it meets.
    asked = left.select(asked_for(rule).fill_null(False).alias(str(place)) for place, rule in enumerate(rule_set.rules))
    paths, free = left["path"], pl.repeat(True, len(left), eager=True)
    parts = [_nothing_found(requests)]
    for place, rule in enumerate(rule_set.rules):
        may = asked[str(place)] & free
        if not may.any():
            continue
        at = may.arg_true().filter(paths.filter(may).str.contains(whole(rule.path)))
        if at.is_empty():
            continue
        free = free.scatter(at, False)
        hits = left[at]
        groups = hits["path"].str.extract_groups(whole(rule.path)).struct
        taken = [groups.field(name) for name in groups.fields]
        taken += hits.select(parameter(name).alias(field) for field, name in rule.query).get_columns()
        parts.append(hits.select(*_REQUEST, pl.lit(place, pl.Int32).alias("_rule"), *taken))
    found = pl.concat(parts, how="diagonal")
    texts = decoded(found.select(FIELDS.keys()))
    return found.with_columns(texts[name].str.head(most).replace("", None) for name, most in FIELDS.items())


def _nothing_found(requests: pl.DataFrame) -> pl.DataFrame:
    fields = (pl.lit(None, pl.String).alias(name) for name in FIELDS)
    return requests.clear().select(*_REQUEST, pl.lit(None, pl.Int32).alias("_rule"), *fields)


def _typed(found: pl.DataFrame, rule_set: RuleSet, catalogue: pl.DataFrame) -> pl.DataFrame:
    """Return matches with the columns of `EVENT_SCHEMA` in place of texts, and what the catalogue knows."""
    places = range(len(rule_set.rules))
    names = [rule.event if rule.event != NO_EVENT else None for rule in rule_set.rules]
    rows = found.with_columns(
        pl.col("_rule").replace_strict(places, names, return_dtype=pl.String).alias("event_name"),
        pl.col("_rule")
        .replace_strict(places, [rule.quantity for rule in rule_set.rules], return_dtype=pl.Int32)
        .alias("_pieces"),
    ).filter(pl.col("event_name").is_not_null())
    known = catalogue.select("alias", pl.col("item_id").alias("_item"), pl.col("category").alias("_category"), "price")
    rows = rows.join(known, left_on="item_id", right_on="alias", how="left")
    amount = pl.when(pl.col("value").str.contains(_AMOUNT)).then(pl.col("value").str.replace(",", ".", literal=True))
    count = pl.when(pl.col("quantity").str.contains(_COUNT)).then("quantity").cast(pl.Int32)
    rows = rows.with_columns(
        amount.cast(MONEY).alias("value"),
        pl.when(pl.col("quantity").is_null()).then("_pieces").otherwise(count).alias("quantity"),
    )
    priced = pl.when(pl.col("event_name").is_in(PRICED)).then(pl.col("price") * pl.col("quantity")).cast(MONEY)
    ours = pl.col("currency").is_null() | (pl.col("currency").str.to_uppercase() == rule_set.currency)
    return rows.with_columns(
        pl.coalesce("_item", "item_id").alias("item_id"),
        pl.when(ours).then(pl.coalesce("value", priced)).alias("value"),
        pl.coalesce("_category", "category").alias("item_category"),
    ).select(*_REQUEST, *EVENT_SCHEMA)
