"""Viewers of a stack's live page, in a process of their own, and what they cost the web server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import psutil

from bench.seen import Seen
from dashboard.access import Access
from shoplog.settings import Settings
from shoplog.stack import supervisor
from shoplog.stack.launch import environment


@dataclass(frozen=True, slots=True)
class Watched:
    """What they saw, in so many seconds, and CPU seconds of the web server and of the viewers since all had a first snapshot."""

    seen: Seen
    seconds: float
    web_cpu_s: float
    viewers_cpu_s: float


class Viewers:
    """So many viewers of a web server that has no others; each has a first snapshot once the block begins."""

    def __init__(self, settings: Settings, viewers: int) -> None:
        """Watch the running stack of these settings."""
        pid = supervisor.pid(settings, "web")
        assert pid is not None
        self._settings, self._viewers, self._web = settings, viewers, psutil.Process(pid)

    def __enter__(self) -> Self:
        """Connect all of them."""
        access, command = Access(self._settings), [sys.executable, "-m", "bench.viewer_process"]
        token = access.make_secret(access.user("admin"), "token", "bench viewers")
        self._process = subprocess.Popen(
            command, env=environment(self._settings), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            self._said({"port": self._settings.web_port, "token": token, "viewers": self._viewers}, "connected")
        except BaseException:
            self._end()
            raise
        self._began, self._web_cpu_s = time.monotonic(), self._cpu_s()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._end()

    def until(self, newest: int) -> Watched:
        """Return what they saw up to this version of the partials; raises `RuntimeError` where somebody missed something."""
        said = self._said(newest, "seen")
        seconds, web_cpu_s = time.monotonic() - self._began, self._cpu_s() - self._web_cpu_s
        return Watched(Seen(said["seen"], said["ended"], newest), seconds, web_cpu_s, said["cpu_s"])

    def _said(self, asked: object, word: str) -> Any:
        assert self._process.stdin and self._process.stdout
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        said, _, found = self._process.stdout.readline().partition(" ")
        if said != word:
            raise RuntimeError(f"viewers: their process ended with {self._process.wait()}: see its message above.")
        return json.loads(found)

    def _cpu_s(self) -> float:
        used = self._web.cpu_times()
        return float(used.user + used.system)

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()
