"""A site's catalogue file -> the frame from which events take category and price."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shoplog.errors import UserError

if TYPE_CHECKING:
    import polars as pl

_COLUMNS = ("item_id", "name", "category", "price", "aliases")
_PRICE = r"^[0-9]{1,9}(?:\.[0-9]{1,2})?$"


def read_catalogue(path: Path) -> pl.DataFrame:
    """Return alias, item_id, name, category (text) and price (decimal, null where unknown), one row an alias.

    The file is CSV with a header: `item_id`, and any of `name`, `category`, `price` (such as 19.90, in the site's
    currency) and `aliases` (other names of the item in URLs, such as its slug, with spaces between). An item is an alias
    of itself. Raises `UserError` naming the file and what is wrong in it.
    """
    import polars as pl

    try:
        rows = pl.read_csv(path, infer_schema=False).with_columns(pl.all().str.strip_chars().replace("", None))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(f"{path} is not a readable CSV file: {str(error).splitlines()[0]}.") from error
    unknown = [name for name in rows.columns if name not in _COLUMNS]
    if unknown or "item_id" not in rows.columns:
        raise UserError(f"{path}: the columns must be item_id and any of {', '.join(_COLUMNS[1:])}.")
    rows = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in _COLUMNS if name not in rows.columns)
    rows = rows.with_row_index("row", 1)
    for bad, why in (
        (pl.col("item_id").is_null(), "has no item_id"),
        (~pl.col("price").str.contains(_PRICE), "has a price that is no amount such as 19.90"),
    ):
        for row in rows.filter(bad)["row"].head(1):
            raise UserError(f"{path}: item {row} {why}.")
    aliases = pl.concat_list("item_id", pl.col("aliases").fill_null("").str.split(" "))
    known = (
        rows.with_columns(aliases.list.unique().alias("alias"), pl.col("price").cast(pl.Decimal(18, 2)))
        .explode("alias")
        .filter(pl.col("alias") != "")
    )
    for alias in known.filter(pl.col("alias").is_duplicated())["alias"].head(1):
        raise UserError(f"{path}: {alias!r} names two items; an alias must name one.")
    return known.select("alias", "item_id", "name", "category", "price")


def read_catalogues(paths: Mapping[str, Path | None]) -> dict[str, pl.DataFrame]:
    """Return the catalogue of each site that has one, by the site's name."""
    return {name: read_catalogue(path) for name, path in paths.items() if path is not None}
