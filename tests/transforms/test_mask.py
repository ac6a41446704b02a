"""What in a URL is masked, what is left alone, and that no figure changes by it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import polars as pl
import pytest

from shoplog.contracts.families import LIVE_FAMILIES
from shoplog.io.marks import with_fate_by_reason
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.transforms import landing
from shoplog.transforms.landing import line_parser
from shoplog.transforms.mask import masked_lines, masked_urls
from shoplog.transforms.measure import measured

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def masked(url: str, *names: str) -> str:
    return str(masked_urls(pl.Series([url]), names)[0])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/a?token=CANARY&x=1", "/a?token=[masked]&x=1"),
        ("/a?x=1&accessToken=CANARY#part", "/a?x=1&accessToken=[masked]#part"),
        ("/a?user%5Bpassword%5D=CAN%26ARY&z=1", "/a?user%5Bpassword%5D=[masked]&z=1"),
        ("/a?login[password]=CANARY", "/a?login[password]=[masked]"),
        ("/a?API-KEY=CANARY&amp;code=CANARY", "/a?API-KEY=[masked]&amp;code=[masked]"),
        ("/a;jsessionid=CANARY?x=1", "/a;jsessionid=[masked]?x=1"),
        ("/r?next=/reset?token=CANARY&c=d", "/r?next=/reset?token=[masked]&c=d"),
        (
            "/r?next=%2Freset%3Ftoken%3DCANARY%26a%3Db&c=d",
            "/r?next=%2Freset%3Ftoken%3D[masked]%26a%3Db&c=d",
        ),
        ("/u/jane.doe@mail.example/orders", "/u/[mail]/orders"),
        ("/u?q=jane.doe%40mail.example", "/u?q=[mail]"),
        ("/u/jane%2540163.com", "/u/[mail]"),
        ("/x/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def-ghi", "/x/[token]"),
        ("https://jane:CANARY@shop.example/x", "https://[user]@shop.example/x"),
        ("/pay/4111111111111111/ok", "/pay/[card]/ok"),
        ("/pay?a=4111-1111-1111-1111&b=4111%201111+1111.1111", "/pay?a=[card]&b=[card]"),
        ("/pay?amex=3782%20822463%2010005&also=378282246310005", "/pay?amex=[card]&also=[card]"),
    ],
)
def test_secrets_are_masked_and_the_rest_stays(url: str, expected: str) -> None:
    assert masked(url) == expected
    assert masked(expected) == expected, "what is masked stays as it is"


@pytest.mark.parametrize(
    "url",
    [
        "/p/logo@2x.png", "/npm/vue@3.2.1/dist/vue.js", "/@jane/posts", "/p?country_code=DE&sort_key=1&color=red",
        "/pay/4111111111111112", "/t?_=1700000000004", "/order/411111111111111111111", "/a?tokens", "/a?q=100%&page=2",
        "-", "*", "",
    ],
)  # fmt: skip
def test_what_is_no_secret_is_left_alone(url: str) -> None:
    assert masked(url) == url


def test_a_site_masks_further_parameters() -> None:
    assert masked("/a?customer.no=7&x=1", "customer.no") == "/a?customer.no=[masked]&x=1"
    assert masked("/a?customerXno=7", "customer.no") == "/a?customerXno=7"


def test_lines_that_no_format_reads_are_masked_byte_by_byte() -> None:
    lines = pl.Series(
        [b"\xff GET /x?token=CANARY HTTP jane@mail.example\x00", b'"GET /?sid=CANARY" 200', b"plain", None]
    )
    assert masked_lines(lines).to_list() == [
        b"\xff GET /x?token=[masked] HTTP [mail]\x00", b'"GET /?sid=[masked]" 200', b"plain", None,
    ]  # fmt: skip


def test_hostile_texts_cost_no_more_than_their_length() -> None:
    evil = [
        "/?" + "token" * 50_000,
        "/?" + "a" * 250_000 + "=",
        "a@" * 125_000,
        "4111" * 60_000,
        "/?u=" + "%26token" * 30_000,
    ]
    began = time.process_time()
    masked_urls(pl.Series(evil))
    assert time.process_time() - began < 2


def parsed(settings: Settings, *lines: str) -> pl.DataFrame:
    raw = [line.encode() for line in lines]
    rows = pl.DataFrame(
        {"site": "shop", "host": "web1", "file": "a", "byte_offset": range(len(raw)), "raw": raw, "kafka_partition": 0},
        schema_overrides={"kafka_partition": pl.Int32},
    ).with_columns(
        pl.col("raw").bin.size().cast(pl.Int64).alias("line_bytes"), pl.lit(None, pl.String).alias("reason"),
        pl.lit(NOW).cast(pl.Datetime("us", "UTC")).alias("ingest_time"),
    )  # fmt: skip
    made = line_parser(load_sites(settings), {}, {NOW.date(): b"salt"}, b"key")(rows)
    return with_fate_by_reason(made)


def line(url: str, referrer: str = "-") -> str:
    return f'203.0.113.9 - - [20/Nov/2026:11:59:58 +0000] "GET {url} HTTP/1.1" 200 512 "{referrer}" "Agent/1"'


LINES = (
    line("/search?q=jane%40mail.example&utm_source=CANARY%40mail.example&utm_campaign=4111111111111111"),
    line("/reset/eyJhbGciOiJIUzI1NiJ9.eyJDQU5BUlkiOiIxMjM0In0.CANARY?token=CANARY", "https://x.example/?sid=CANARY"),
    line("/pay/4111111111111111"),
    line("/pay/4111111111111112"),
)


def test_nothing_readable_of_a_landed_line_holds_a_secret(settings: Settings) -> None:
    rows = parsed(settings, *LINES)
    assert rows["reason"].null_count() == len(LINES)
    kept = str(rows.drop("raw").to_dicts())
    assert not [secret for secret in ("CANARY", "jane", "mail.example", "4111111111111111") if secret in kept]
    assert "[card]" in kept
    assert b"CANARY" in rows["raw"][0], "as received"


def test_masks_change_no_figure_but_what_differs_in_a_secret_alone_is_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, other = "4111111111111111", "5555555555554444"
    lines = [
        line(f"/pay/{secret}?x=1"),
        line(f"/pay/{other}"),
        line("/pay/7"),
        line("/r/1?token=1"),
        line("/r/1?token=2"),
    ]

    def figures() -> dict[str, dict[str, int]]:
        made = measured(parsed(settings, *lines), LIVE_FAMILIES)
        pages = made.filter(pl.col("family") == "pages")
        totals = made.group_by("family").agg(pl.col("requests").sum())
        return {"pages": dict(pages.select("path", "requests").iter_rows()), "totals": dict(totals.iter_rows())}

    now = figures()
    assert now["pages"] == {"/pay/[card]": 2, "/pay/7": 1, "/r/1": 2}
    monkeypatch.setattr(landing, "with_masked_urls", lambda rows, _names: rows)
    plain = figures()
    assert plain["pages"] == {f"/pay/{secret}": 1, f"/pay/{other}": 1, "/pay/7": 1, "/r/1": 2}
    assert now["totals"] == plain["totals"]
