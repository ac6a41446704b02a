"""In what form bronze keeps a line, and that a recompute reads the same of each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from jobs.batch.bronze import parser
from jobs.landing import landing_parser
from shoplog.errors import UserError
from shoplog.io.marks import with_fate_by_reason
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.transforms.raw_forms import encrypted, opened, truncated, without_addresses

NOW = datetime.now(UTC)
KEY = b"k" * 32
STAMP = f"[{NOW:%d/%b/%Y:%H:%M:%S} +0000]"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.77 Safari/537.36"
LINES = (
    f'203.0.113.77 - jane {STAMP} "GET /p/1?q=203.0.113.77&v=1203.0.113.77 HTTP/1.1" 200 512 "-" "{CHROME}"',
    f'2001:DB8:1:2::77 - - {STAMP} "GET / HTTP/1.1" 200 1 "-" "a"',
    "broken 203.0.113.77, ::ffff:203.0.113.78 line",
    f'host.example - - {STAMP} "GET / HTTP/1.1" 200 1 "-" "a"',
)


@pytest.mark.parametrize(
    ("address", "cut"),
    [("203.0.113.77", "203.0.113.0"), ("2001:db8:1:2::7", "2001:db8:1::"), ("::ffff:203.0.113.7", "203.0.113.0"), ("::1", "::"),
     ("host.example", "host.example"), ("-", "-")],
)  # fmt: skip
def test_an_address_keeps_its_network(address: str, cut: str) -> None:
    assert truncated(address) == cut


def test_encrypted_lines_open_with_their_key_alone() -> None:
    raw = pl.Series("raw", [b"one", b"two \xff", b""], pl.Binary)
    lines = pl.DataFrame({"raw": encrypted(raw, KEY), "line_bytes": [3, 5, 0]})
    assert not [line for line in lines["raw"] if b"one" in line or b"two" in line]
    assert opened(lines, KEY).to_list() == raw.to_list()
    assert opened(pl.concat([lines[2:], lines[:1]]), KEY).to_list() == [b"", b"one"], "in whatever order they come"
    with pytest.raises(ValueError, match="with another secrets"):
        opened(lines, b"x" * 32)
    with pytest.raises(ValueError, match="is gone"):
        opened(lines, None)


def test_a_received_line_cannot_pass_for_an_encrypted_one() -> None:
    forged = encrypted(pl.Series("raw", [b"one"], pl.Binary), KEY)
    lines = pl.DataFrame({"raw": forged, "line_bytes": [len(forged[0])]})
    assert opened(lines, KEY).to_list() == forged.to_list()


def test_every_address_leaves_a_line_that_nobody_can_read() -> None:
    line = b"x 203.0.113.77: 2001:DB8:0:1::1, [::1]:80 at 10:11:12 v1.2.3.4.5 \xff"
    assert without_addresses(pl.Series([line, None])).to_list() == [
        b"x 203.0.113.0: 2001:db8::, [::]:80 at 10:11:12 v1.2.3.4.5 \xff", None,
    ]  # fmt: skip


@pytest.fixture
def lines() -> pl.DataFrame:
    raw = [line.encode() for line in LINES]
    made = pl.DataFrame({"site": "shop", "host": "web1", "file": "a", "byte_offset": range(len(raw)), "raw": raw})
    empty = {"kafka_partition": pl.Int32, "kafka_offset": pl.Int64, "topic": pl.String, "reason": pl.String}
    return made.with_columns(
        pl.col("raw").bin.size().cast(pl.Int64).alias("line_bytes"),
        pl.lit(NOW).cast(pl.Datetime("us", "UTC")).alias("ingest_time"),
        pl.lit(NOW.date()).alias("ingest_date"), *(pl.lit(None, kind).alias(name) for name, kind in empty.items()),
    )  # fmt: skip


@pytest.mark.parametrize("policy", ["raw", "truncated", "encrypted"])
def test_a_recompute_reads_what_landing_read(settings: Settings, lines: pl.DataFrame, policy: str) -> None:
    settings = settings.model_copy(update={"bronze_addresses": policy})
    sites = load_sites(settings)
    landed = with_fate_by_reason(landing_parser(settings, sites, {}, NOW)(lines))
    again = parser(settings, sites)(landed)
    same = [name for name in again.columns if name != "raw"]
    assert landed.select(same).equals(again.select(same))
    plain = with_fate_by_reason(
        landing_parser(settings.model_copy(update={"bronze_addresses": "raw"}), sites, {}, NOW)(lines)
    )
    ids = ["address_id", "visitor_id", "visitor_id_prev", "login_id", "fate", "reason", "line_bytes", "browser"]
    assert landed.select(ids).equals(plain.select(ids)), "who it was is the same whatever is kept"
    kept = b"\n".join(landed["raw"])
    assert (b"q=203.0.113.77" in kept) == kept.startswith(b"203.0.113.77") == (policy == "raw")
    assert (b"v=1203.0.113.77" in kept) == (policy != "encrypted")
    assert (b"2001:DB8:1:2::77" in kept) == (policy == "raw")


def test_networks_that_a_cut_address_cannot_tell_are_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text("own_addresses = ['203.0.113.0/28']\n")
    settings = settings.model_copy(update={"bronze_addresses": "truncated", "sites_dir": tmp_path})
    with pytest.raises(UserError, match="/28 cannot be told in lines"):
        landing_parser(settings, load_sites(settings), {}, NOW)
