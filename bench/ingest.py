"""ingest: lines of a file -> records of a topic, acknowledged by the broker, by a shipper that waits for the file.

Each side has the same broker and two partitions; the time is from the file's coming until the last record is there, CPU time
and memory are the shipper's and the broker's. We send each line's identity too (site, host, file, offset, length), by which
nothing is lost or counted twice; the others send the line alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.broker import Broker, running_broker, started, wait_until
from bench.clients import librdkafka_file
from bench.log_lines import SITE, log_files
from bench.pair import Peer, Row, chosen, compare
from bench.shippers import kcat, rsyslog, stock_flume
from bench.sides import Output, Run
from bench.toolbox import peers_python
from bench.watch import Watch
from shoplog.settings import REPOSITORY, Settings
from shoplog.stack import flume

LINES = 2_000_000
_LEFT_OUT = "identity of lines, a visitor's lines in order"
_PATIENCE_S = 1800
Command = Callable[[Settings, Path], list[str]]


def measure(settings: Settings, scale: float, runs: int, only: Sequence[str] = ()) -> list[Row]:
    """Return a row a peer, or one for each of `only` these."""
    files = log_files(settings, int(LINES * scale))
    with running_broker(settings) as broker:
        source = broker.settings.home / "lines.log"
        lines = _write_whole(source, files)
        side = broker, source, lines
        peers = {
            "flume-default": lambda: Peer(Waiting("flume-default", *side, stock_flume), 5, _LEFT_OUT),
            "rsyslog": lambda: Peer(Waiting("rsyslog", *side, rsyslog), 0.8, _LEFT_OUT),
            "kcat": lambda: Peer(
                Direct("kcat", *side, kcat), None, f"{_LEFT_OUT}, waiting for lines, going on after a crash"
            ),
        }
        ours = Waiting("ours", *side, lambda settings, _: flume.prepare(settings))
        return compare("ingest", lines, ours, chosen(peers, only), runs, lambda one, other: bool(one == other))


def _write_whole(source: Path, files: Sequence[Path]) -> int:
    """Write the files' lines into `source`, and all but the first line beside it; return how many there are."""
    lines = 0
    with source.open("wb") as whole, _rest_of(source).open("wb") as rest:
        for path in files:
            content = path.read_bytes()
            whole.write(content)
            rest.write(content if lines else content[content.index(b"\n") + 1 :])
            lines += content.count(b"\n")
    return lines


def _rest_of(source: Path) -> Path:
    return source.with_name("rest.log")


class Direct:
    """A program that sends a file and ends: a run is the program."""

    def __init__(self, name: str, broker: Broker, source: Path, lines: int, command: Command) -> None:
        """Take what returns the command line for the file (of a `Waiting` one: for its folder)."""
        self.name, self._broker, self._source, self._lines, self._command = name, broker, source, lines, command
        self._settings, self._content = broker.settings, None

    def run(self) -> Run:
        """Return the run."""
        self._broker.fresh_topics()
        with (
            started(self._command(self._settings, self._source), self._settings, self.name) as process,
            Watch(lambda: [process.pid, self._broker.pid]) as watch,
        ):
            self._wait_for(self._lines)
        return Run(watch.used, self._found())

    def close(self) -> None:
        """Nothing is left running."""

    def _wait_for(self, records: int) -> None:
        log = self._settings.home / f"{self.name}.log"
        wait_until(lambda: self._broker.records() >= records, f"{self.name} sends too little, see {log}", _PATIENCE_S)

    def _found(self) -> Output:
        """Return what the topic holds; read once, counted at each run."""
        assert self._broker.records() == self._lines
        if self._content is None:
            script = str(REPOSITORY / "bench/peers/topic_content.py")
            broker = librdkafka_file(self._settings, "stream")
            command = [peers_python(), script, broker, self._settings.topic_raw]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            self._content = json.loads(said)
        return self._content


class Waiting(Direct):
    """A shipper that runs and waits for files in a folder: a run is one file's coming."""

    def run(self) -> Run:
        """Return the run."""
        settings, folder = self._settings, self._settings.home / "sites" / SITE / "logs"
        for old in (settings.home / "flume", folder):
            shutil.rmtree(old, ignore_errors=True)
        folder.mkdir(parents=True)
        self._broker.fresh_topics()
        coming = folder.with_name("coming.log")
        os.link(_rest_of(self._source), coming)
        with self._source.open("rb") as source:
            first = source.readline()
        with started(self._command(settings, folder), settings, self.name) as process:
            # A line before the others shows that it reads and sends: its own start is not the question.
            (folder / "access-0.log").write_bytes(first)
            self._wait_for(1)
            with Watch(lambda: [process.pid, self._broker.pid]) as watch:
                coming.rename(folder / "access-1.log")
                self._wait_for(self._lines)
        return Run(watch.used, self._found())
