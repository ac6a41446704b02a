"""What viewers saw, and how long batches took: that nothing is missed in silence."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from bench.batch_times import BatchTimes
from bench.seen import Seen, Snapshot
from bench.viewer_process import Viewer

# Three snapshots of the versions 4, 6 and 6; the second viewer came after the first snapshot, and has all 10 ms later.
FIRST: list[Snapshot] = [(1, 4, 100.0), (2, 6, 101.0), (3, 6, 106.0)]
SECOND: list[Snapshot] = [(number, version, at + 0.01) for number, version, at in FIRST[1:]]


def test_each_viewer_has_a_commit_with_the_first_snapshot_that_is_as_new() -> None:
    seen = Seen([FIRST, SECOND], ["", ""], 6)
    assert seen.deliveries == 5
    assert seen.had_at(5) == seen.had_at(6) == [101.0, 101.01]
    assert seen.had_at(4) == [100.0, 101.01]


@pytest.mark.parametrize(
    ("second", "ended", "why"),
    [
        ([SECOND[0], (5, 6, 111.0)], "", r"viewer 1 of 2 missed the snapshots \[3, 4\] of 2 to 5"),
        ([(1, 4, 100.0)], "", "viewer 1 of 2 has version 4, not 6"),
        ([SECOND[0], (3, 7, 106.0)], "", "viewer 1 of 2 got a snapshot that others got as another version"),
        (SECOND, "the server ended its stream", "viewer 1 of 2 lost its stream.*the server ended"),
        ([], "", "viewer 1 of 2 lost its stream.*no snapshot came"),
    ],
)
def test_whoever_missed_something_is_named(second: list[Snapshot], ended: str, why: str) -> None:
    with pytest.raises(RuntimeError, match=why):
        Seen([FIRST, second], ["", ended], 6)


def test_a_viewer_reads_events_however_they_are_cut_and_says_how_its_stream_ended() -> None:
    stream = b'id: 7\ndata: {"version": null}\n\nid: 8\ndata: {"version": 3, "path": "/\\"version\\": 9"}\n\n'
    pieces = stream[:20], stream[20:40], stream[40:]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if b"Authorization: Bearer secret\r\n" not in asked:
            writer.write(b"HTTP/1.1 401 Unauthorized\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for piece in (*pieces, b""):
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        writer.close()

    async def watch() -> tuple[Viewer, Viewer]:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            viewer, stranger = Viewer(), Viewer()
            await asyncio.gather(viewer.watch(port, "secret"), stranger.watch(port, "guess"))
            return viewer, stranger

    viewer, stranger = asyncio.run(watch())
    assert [one[:2] for one in viewer.seen] == [(7, -1), (8, 3)]
    assert viewer.ended == "the server ended its stream"
    assert (stranger.seen, stranger.ended) == ([], "ValueError: HTTP/1.1 401 Unauthorized")


def test_a_batch_takes_from_its_first_entry_to_its_second(tmp_path: Path) -> None:
    def entry(log: str, batch: int, at: float) -> None:
        (tmp_path / log / str(batch)).touch()
        os.utime(tmp_path / log / str(batch), (at, at))

    for log in ("offsets", "commits"):
        (tmp_path / log).mkdir()
        (tmp_path / log / ".7.tmp").touch()
    with BatchTimes(tmp_path) as times:
        for batch, (began, ended) in {1: (9, 12), 2: (12, 14), 3: (14, 14.5)}.items():
            entry("offsets", batch, began)
            entry("commits", batch, ended)
        entry("offsets", 4, 16)
    assert times.took_ms(13, 15) == [500, 2000]
    assert times.took_ms(10, 13) == [2000, 3000]
    for since, until in ((10, 17), (20, 30), (5, 8)):
        with pytest.raises(RuntimeError, match="not all of them were seen to begin and to end"):
            times.took_ms(since, until)
