"""Brings the native parts up and down: a supervisord of our own, asked over its socket below SHOPLOG_HOME."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psutil

from shoplog.errors import UserError
from shoplog.io.new_columns import renew_tables
from shoplog.io.salts import remove_dead_salts
from shoplog.settings import Settings
from shoplog.stack import control
from shoplog.stack.daemon import connect, connected, socket_path, start_supervisor
from shoplog.stack.launch import set_once
from shoplog.stack.leftovers import end_leftovers
from shoplog.stack.parts import PARTS
from shoplog.stack.readiness import await_health, check_before, check_ports
from shoplog.stack.supervised import PartStatus, check_names, one, start_part, states, status, stop_part

_DOWN = ("stopped", "exited", "fatal", "backoff")


def up(settings: Settings, parts: list[str] | None = None, timeout_s: float = 240.0) -> list[PartStatus]:
    """Return the parts' status once all asked for (all by default) are healthy; those already up stay untouched."""
    names = [name for name, part in PARTS.items() if (part.by_default if parts is None else name in parts)]
    check_names(parts or ())
    check_before(settings)
    # A machine that was off over the end of their life still has them.
    remove_dead_salts(settings.secrets_dir / "salts", datetime.now(UTC))
    deadline = time.monotonic() + timeout_s
    with _one_at_a_time(settings):
        if connect(settings) is None:
            # A killed supervisor leaves its parts behind, and they hold the ports.
            end_leftovers(settings)
        renew_tables(settings)
        down_now = {part.name for part in status(settings) if part.state in _DOWN}
        check_ports(settings, [name for name in names if name in down_now])
        start_supervisor(settings)
        if "kafka" in names:
            from shoplog.stack.kafka_access import open_broker

            start_part(settings, "kafka")
            await_health(settings, ["kafka"], deadline, states)
            if open_broker(settings) and "flume" not in down_now:
                # Started again below: from then on it goes by the new number of partitions.
                stop_part(connected(settings), "flume")
                names.append("flume")
        if any(name.startswith("airflow-") for name in names):
            from shoplog.stack.airflow import prepare_airflow

            prepare_airflow(settings)
        if "stream" in names:
            # Ordered before the others are healthy: the stream gets ready meanwhile.
            pending = control.read_orders(settings)
            control.give_orders(settings, "running", pending.from_bronze, pending.reset_offsets)
        for name in names:
            start_part(settings, name)
        await_health(settings, names, deadline, states)
    return status(settings)


def down(settings: Settings, timeout_s: float = 120.0) -> None:
    """Return once every part and the supervisor have ended, including what an earlier crash left behind."""
    if not settings.run_dir.is_dir():
        return
    with _one_at_a_time(settings):
        proxy = connect(settings)
        if proxy is not None:
            process = _process(int(proxy.getPID()))
            proxy.shutdown()
            if process is not None:
                try:
                    process.wait(timeout_s)
                except psutil.TimeoutExpired as error:
                    raise UserError(
                        f"The supervisor (process {process.pid}) did not end in {timeout_s:.0f} s."
                    ) from error
        end_leftovers(settings)
        socket_path(settings).unlink(missing_ok=True)


def restart(settings: Settings, name: str, timeout_s: float = 120.0, once: dict[str, str] | None = None) -> PartStatus:
    """Return the part's status after a clean stop and a healthy start; `once` is set for this start alone."""
    proxy = connected(settings)
    one(settings, name)
    stop_part(proxy, name)
    if once:
        set_once(settings, name, once)
    start_part(settings, name)
    await_health(settings, [name], time.monotonic() + timeout_s, states)
    return one(settings, name)


def stop(settings: Settings, name: str) -> PartStatus:
    """Return the part's status after a clean stop of it alone."""
    stop_part(connected(settings), name)
    return one(settings, name)


def pid(settings: Settings, name: str) -> int | None:
    """Return a running part's process id."""
    return one(settings, name).pid


def wait_healthy(settings: Settings, names: list[str], timeout_s: float = 120.0) -> None:
    """Return once the parts named are healthy, or raise `UserError` saying which is not and where its log is."""
    await_health(settings, names, time.monotonic() + timeout_s, states)


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    with (settings.run_dir / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError("Another shoplog up or down is at work on this SHOPLOG_HOME: wait for it.") from error
        yield


def _process(number: int) -> psutil.Process | None:
    try:
        return psutil.Process(number)
    except psutil.NoSuchProcess:
        return None
