"""The sides of a benchmark: programs that do the same work and say what they found."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bench.watch import Used, Watch
from shoplog.settings import REPOSITORY

Output = Any


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one side: what it used and what it found."""

    used: Used
    output: Output


class Side(Protocol):
    """One side; `name` is a peer's name, or `ours`."""

    @property
    def name(self) -> str:
        """Its name in the results."""

    def run(self) -> Run:
        """Do the work once."""

    def close(self) -> None:
        """End what it left running."""


class Once:
    """A program that is started for each run and prints what it found as one JSON value; its start is part of its time."""

    def __init__(self, name: str, command: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
        """Take the command line and what its environment has besides ours."""
        self.name, self._command = name, list(command)
        self._environment = _environment(variables)

    def run(self) -> Run:
        """Return the run; raises `RuntimeError` where the program fails."""
        before = _cpu_of_ended_s()
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                self._command, env=self._environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )
            with Watch(lambda: [process.pid]) as watch:
                said, _ = process.communicate()
            if process.returncode:
                errors.seek(0)
                raise RuntimeError(f"{self.name} ended with {process.returncode}: {errors.read()[-2000:]}")
        return Run(replace(watch.used, cpu_s=_cpu_of_ended_s() - before), json.loads(said.splitlines()[-1]))

    def close(self) -> None:
        """Nothing is left running."""


class Kept:
    """A program that stays: it does the work each time it reads a line, says `done`, then `found` and JSON."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        variables: Mapping[str, str] | None = None,
        with_pids: Sequence[int] = (),
    ) -> None:
        """Start it; its first run is the cold one. What the processes `with_pids` use is counted with it."""
        self.name, self._with_pids = name, with_pids
        self._process = subprocess.Popen(
            list(command), env=_environment(variables), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self) -> Run:
        """Return the run; raises `RuntimeError` where the program has ended."""
        assert self._process.stdin and self._process.stdout
        with Watch(lambda: [self._process.pid, *self._with_pids]) as watch:
            print("run", file=self._process.stdin, flush=True)
            self._line("done")
        return Run(watch.used, json.loads(self._line("found")))

    def _line(self, word: str) -> str:
        """Return what stands behind the word in the next line that begins with it; a JVM may say other things between."""
        assert self._process.stdout
        for line in self._process.stdout:
            if line.split(" ", 1)[0].strip() == word:
                return line.removeprefix(word)
        raise RuntimeError(f"{self.name} ended with {self._process.wait()}: see its message above.")

    def close(self) -> None:
        """Let it end."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


def answer_runs(work: Callable[[], Callable[[], Output]]) -> None:
    """Be a `Kept` program: do the work at each line read; what it returns then says what was found."""
    for _ in sys.stdin:
        found = work()
        print("done", flush=True)
        print("found", json.dumps(found()), flush=True)


def _environment(variables: Mapping[str, str] | None) -> dict[str, str]:
    path = f"{REPOSITORY / 'src'}{os.pathsep}{REPOSITORY}"
    return {**os.environ, "PYTHONPATH": path, "TZ": "UTC", **(variables or {})}


def _cpu_of_ended_s() -> float:
    """Return the CPU seconds of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
