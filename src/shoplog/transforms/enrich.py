"""Country, page class and path template of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
from iptocc import country_code

from shoplog.contracts.people import INTERNAL, REGULAR
from shoplog.contracts.secrets import TOKEN_SHAPE
from shoplog.transforms.distinct import PerDistinct, looked_up
from shoplog.transforms.networks import MOST_ADDRESS_CHARACTERS, inside

# What is longer is cut before any pattern sees it.
MOST_PATH_CHARACTERS = 1024
_OTHER = (
    r"(?i)^[^/]|^$|^/(?:robots\.txt|(?:ads|app-ads|security|humans|llms(?:-full)?)\.txt|sitemap[^/]*\.(?:xml|gz|txt)|\.well-known/"
    r"|browserconfig\.xml|(?:health|healthz|ready|readyz|livez|ping|metrics|server-status|nginx_status)/?$)"
    r"|/(?:feed|rss|atom)(?:/?$|\.xml$)"
)
_EXTENSION = (
    r"(?i)\.(css|m?js|map|png|jpe?g|gif|webp|avif|svg|ico|bmp|tiff?|woff2?|ttf|otf|eot|mp4|webm|m4v|mov|mp3|ogg|wav|pdf|zip|gz|"
    r"tar|rar|7z|exe|dmg|apk|docx?|xlsx?|pptx?|csv|txt|swf|wasm|webmanifest)$"
)
_STATIC = _EXTENSION + r"|^/(?:static|assets|images?|img|fonts?|css|js|thumbs?|_next/static)/"
_API = r"(?i)^/(?:v[0-9]{1,2}|rest|rpc|ws|wp-json|json)/|/(?:api|graphql|ajax)(?:/|$)|\.(?:json|xml|ashx|asmx)$"
# From a path to its template, in order; Rust's regex syntax.
_TEMPLATE = (
    (r"/{2,}", "/"),
    (TOKEN_SHAPE, "{text}"),  # its dots would part it
    (r"/[^/]*[^/A-Za-z0-9_.-][^/]*", "/{text}"),  # encoded, foreign or hostile
    (r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", "{uuid}"),
    (r"(?-u:\b)[0-9a-fA-F]{16,}(?-u:\b)", "{hash}"),
    (
        r"(?-u:\b)(?:[0-9]+[A-Za-z]+[0-9]+[A-Za-z]+|[A-Za-z]+[0-9]+[A-Za-z]+[0-9]+)[A-Za-z0-9]*",
        "{id}",
    ),  # letters and digits in turn
    (r"[0-9]{2,}", "{id}"),
    *((r"([/_.-])[0-9]([/_.-]|$)", "${1}{id}${2}"),) * 2,  # twice: neighbours share a stroke
    (r"/(?:[^/-]*-){4,}[^/]*", "/{text}"),  # five words and more: a title
    (r"/[^/]{33,}", "/{text}"),
    (r"^((?:/[^/]*){6})/.+$", "${1}/*"),
    (r"(.)/$", "${1}"),
)


def with_country(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows (address) with `country`: ISO 3166 code where the address is registered; null if private, unknown."""
    distinct = rows.select("address").unique()
    texts = distinct["address"].fill_null("").str.head(MOST_ADDRESS_CHARACTERS)
    known = distinct.with_columns(pl.Series("country", country_code(texts.to_list()), pl.String))
    return looked_up(rows, known, ["address"])


def with_own_traffic(rows: pl.DataFrame, own: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Return rows (site, address, traffic_type) in which requests from a site's `own` networks are Internal, not people's."""
    is_own = pl.Series("own", [False] * len(rows), dtype=pl.Boolean)
    for site, networks in own.items():
        is_own = is_own | ((rows["site"] == site) & inside(rows["address"], networks))
    internal = is_own & (rows["traffic_type"] == REGULAR)
    return rows.with_columns(pl.when(internal).then(pl.lit(INTERNAL)).otherwise("traffic_type").alias("traffic_type"))


def with_page_class(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows (path, status) with the columns of `PAGE`.

    A template has at most 6 parts of at most 32 characters, none of them an id. What the site answers with 404 or 410
    is `(missing)`, so strangers cannot make up new templates of pages that do not exist.
    """
    keyed = rows.with_columns(pl.col("path").str.head(MOST_PATH_CHARACTERS).alias("_path"))
    missing = pl.col("status").is_in([404, 410]) & pl.col("path").is_not_null()
    template = pl.when(missing).then(pl.lit("(missing)")).otherwise("path_template")
    return _PATHS.join(keyed).drop("_path").with_columns(template.alias("path_template"))


def _read_paths(keys: pl.DataFrame) -> pl.DataFrame:
    """Return distinct paths with their class and template."""
    path = pl.col("_path")
    extension = pl.when(~path.str.contains(_OTHER)).then(path.str.extract(_EXTENSION).str.to_lowercase())
    named = pl.when(extension.is_not_null()).then(path.str.replace(r"/[^/]*$", "")).otherwise(path)
    for pattern, text in _TEMPLATE:
        named = named.str.replace_all(pattern, text)
    template = pl.when(extension.is_not_null()).then(named + "/*." + extension).otherwise(named)
    return keys.with_columns(
        pl.when(path.is_null()).then(None)
        .when(path.str.contains(_OTHER)).then(pl.lit("other"))
        .when(path.str.contains(_STATIC)).then(pl.lit("static"))
        .when(path.str.contains(_API)).then(pl.lit("api"))
        .otherwise(pl.lit("page")).alias("page_class"),
        pl.when(path.str.starts_with("/")).then(template)
        .when(path.is_not_null()).then(pl.lit("(no path)")).alias("path_template"),
    )  # fmt: skip


_PATHS = PerDistinct(("_path",), _read_paths)
