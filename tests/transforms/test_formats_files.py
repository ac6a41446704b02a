"""Files of any format: compressed or not, damaged or not; what `shoplog parse` says of them."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard
from typer.testing import CliRunner, Result

from shoplog.cli import app
from shoplog.errors import UserError
from shoplog.io.logfile import read_lines
from shoplog.settings import Settings
from shoplog.sites import read_site

LINE = '198.51.100.7 - - [20/Nov/2025:08:29:58 +0000] "GET /item/7 HTTP/1.1" 200 512 "-" "Agent/1"'
IIS = """#Software: Microsoft Internet Information Services 10.0
#Fields: date time c-ip cs-method cs-uri-stem sc-status time-taken cs(User-Agent)
2025-11-20 08:29:58 198.51.100.7 GET /item/7 200 15 Agent/1
#Fields: date time c-ip cs-method cs-uri-stem sc-status time-taken cs(User-Agent)
2025-11-20 08:29:59 198.51.100.8 GET /item/8 404 16 Agent/2
"""
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zstandard.ZstdCompressor().compress
}  # fmt: skip


def lines_of(path: Path, **more: Any) -> list[tuple[int, int, bytes]]:
    frames = read_lines(path, "shop", "web1", datetime.now(UTC), **more)
    return [row for lines in frames for row in lines.select("byte_offset", "line_bytes", "raw").iter_rows()]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["parse", *arguments], catch_exceptions=False)


@pytest.fixture
def combined(tmp_path: Path) -> str:
    path = tmp_path / "access.log"
    path.write_text(f"{LINE}\n" * 3 + "no line\n")
    return str(path)


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("pieces", [1, 3])
def test_a_compressed_file_gives_the_lines_and_offsets_of_the_plain_one(
    tmp_path: Path, suffix: str, pieces: int
) -> None:
    content = b"".join(f"{LINE} {n}\r\n".encode() for n in range(3_000)) + b"the last one has no end"
    size = len(content) // pieces + 1
    path = tmp_path / f"access.log{suffix}"
    # A log that is appended to after it was compressed is several members in one file.
    path.write_bytes(b"".join(COMPRESS[suffix](content[at : at + size]) for at in range(0, len(content), size)))
    found = lines_of(path)
    assert [raw for _, _, raw in found] == [line.removesuffix(b"\r") for line in content.split(b"\n")]
    assert all(content[offset : offset + length] == raw for offset, length, raw in found)
    assert lines_of(path, start=found[1][0], end=found[3][0]) == found[1:3]


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".zst"])
def test_a_compressed_file_that_ends_too_early_is_an_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"access.log{suffix}"
    content = COMPRESS[suffix](b"".join(f"{LINE} {n * 7919}\n".encode() for n in range(9_000)))
    path.write_bytes(content[:-100])
    with pytest.raises(UserError, match="cannot be read beyond byte"):
        lines_of(path)
    path.write_bytes(b"this is not compressed")
    with pytest.raises(UserError, match="cannot be read"):
        lines_of(path)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("length", [1_048_575, 1_048_576, 1_048_577, 1_048_578, 2_097_155, 2_097_156, 3_000_000])
def test_of_a_long_line_the_first_mebibyte_is_held(tmp_path: Path, length: int, end: bytes) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"a\n" + b"x" * length + end + (b"b\n" if end else b""))
    found = [(offset, size, len(raw)) for offset, size, raw in lines_of(path)]
    assert found[:2] == [(0, 1, 1), (2, length, min(length, 1_048_576))]
    assert found[2:] == ([(2 + length + len(end), 1, 1)] if end else [])


def test_frames_hold_a_stated_number_of_lines_and_of_bytes(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"a\n" * 25)
    assert [len(lines) for lines in read_lines(path, "a", "b", datetime.now(UTC), lines_a_frame=10)] == [10, 10, 5]
    path.write_bytes((b"x" * 1_000_000 + b"\n") * 150)
    # 64 MB, and what is read at once.
    assert [len(lines) for lines in read_lines(path, "a", "b", datetime.now(UTC))] == [71, 71, 8]


def test_parse_detects_the_format_and_says_so(combined: str) -> None:
    result = run(combined)
    assert result.exit_code == 0
    assert "format: combined (3 of the first 4 lines read)" in result.stderr
    assert "unparsable" in result.stdout and "parsed" in result.stdout


def test_parse_prints_one_object_a_line(combined: str) -> None:
    rows = [json.loads(line) for line in run(combined, "--format", "combined", "--json").stdout.splitlines()]
    assert [set(row) for row in rows] == [{"ok", "reason", "fields"}] * 4
    assert [(row["ok"], row["reason"]) for row in rows] == [(True, None)] * 3 + [(False, "unparsable")]
    assert rows[0]["fields"]["event_time"] == "2025-11-20T08:29:58+00:00"
    assert rows[0]["fields"] == {**rows[0]["fields"], "address": "198.51.100.7", "path": "/item/7", "status": 200}
    assert set(rows[3]["fields"].values()) == {None}


def test_parse_takes_a_format_string_and_own_proxies(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text('192.0.2.1 [20/Nov/2025:08:29:58 +0000] "GET / HTTP/1.1" 200 "203.0.113.1, 198.51.100.7" 1500\n')
    text = '%h %t "%r" %>s "%{X-Forwarded-For}i" %D'
    (row,) = map(json.loads, run(str(path), "--format", text, "--own-proxies", "1", "--json").stdout.splitlines())
    assert (row["ok"], row["fields"]["address"], row["fields"]["duration_ms"]) == (True, "198.51.100.7", 1.5)


def test_explain_shows_the_best_format_first(combined: str) -> None:
    rows = [json.loads(line) for line in run(combined, "--explain", "--json").stdout.splitlines()]
    assert (rows[0]["format"], rows[0]["lines"], rows[0]["parsed"]) == ("combined", 4, 3)
    assert rows[-1]["parsed"] == 0 and "unparsable 4" in rows[-1]["refused"]
    assert "combined" in run(combined, "--explain").stdout
    own = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'
    assert own in [
        json.loads(line)["format"] for line in run(combined, "--explain", "--json", "--format", own).stdout.splitlines()
    ]


@pytest.mark.parametrize("arguments", [[], ["--format", "w3c"]])
def test_a_file_with_a_header_is_read_as_it_says(tmp_path: Path, arguments: list[str]) -> None:
    path = tmp_path / "u_ex251120.log"
    path.write_text(IIS)
    rows = [json.loads(line) for line in run(str(path), *arguments, "--json").stdout.splitlines()]
    assert [row["reason"] for row in rows] == ["header", "header", None, "header", None]
    assert [row["fields"]["duration_ms"] for row in rows if row["ok"]] == [15.0, 16.0]


def test_a_header_that_makes_no_hits_is_reported_and_the_lines_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.log"
    path.write_text("#Fields: date-local time-local c-ip sc-status\n2025-11-20 08:29:58 198.51.100.7 200\n")
    result = run(str(path))
    assert (result.exit_code, "has no time" in result.stderr) == (0, True)
    assert "unparsable" in result.stdout


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (f"{LINE}\n", ["--format", "nosuch"], "Format 'nosuch' is unknown"),
        (f"{LINE}\n", ["--format", "w3c"], "has no #Fields: line"),
        (f"{LINE}\n", ["--format", "%h %t"], "has no status"),
        (f"{LINE}\n", ["--format", "combined", "--own-proxies", "1"], "has no X-Forwarded-For"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, content: str, arguments: list[str], words: str) -> None:
    path = tmp_path / "access.log"
    path.write_text(content)
    with pytest.raises(UserError, match=words):
        run(str(path), *arguments)


@pytest.mark.parametrize("arguments", [[], ["--format", "combined"], ["--explain"]])
def test_an_empty_file_has_no_lines(tmp_path: Path, arguments: list[str]) -> None:
    path = tmp_path / "access.log"
    path.touch()
    result = run(str(path), *arguments, "--json")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_site_states_a_name_or_a_string(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    settings = Settings.load()
    path.write_text("log_format = 'w3c: date time c-ip cs-method cs-uri-stem sc-status'")
    assert read_site(path, settings).log_format.startswith("w3c: date")
    path.write_text("log_format = 'nosuch'")
    with pytest.raises(UserError, match=r"shop\.toml: log_format: Format 'nosuch' is unknown"):
        read_site(path, settings)
