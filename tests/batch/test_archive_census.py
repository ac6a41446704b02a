from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
import zstandard

from shoplog.io.archive_census import ArchiveCensus, count_archive

CONTENT = b"a\nbb\r\n\n" + b"x" * (5 << 20) + b"\n"
PACK = {"log": bytes, "gz": gzip.compress, "bz2": bz2.compress, "zst": zstandard.compress}


@pytest.mark.parametrize("suffix", PACK)
def test_whole_lines_are_counted_uncompressed(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    # Two parts one after the other are one file, as of a log that was packed twice a day.
    path.write_bytes(PACK[suffix](CONTENT) + PACK[suffix](b"c\nunfinished"))
    assert count_archive(path) == ArchiveCensus(len(CONTENT) + 2, 5, True)


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"")
    assert count_archive(tmp_path / "a.log") == ArchiveCensus(0, 0, False)
