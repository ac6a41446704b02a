"""The stream's desired state with an epoch, and what the stream says of itself: two small files, written atomically."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from shoplog.errors import UserError
from shoplog.io.whole_file import write_whole
from shoplog.settings import Settings


@dataclass(frozen=True, slots=True)
class Orders:
    """What the stream shall do; a new epoch ends a driver of an older one."""

    desired: str = "stopped"  # running | stopped | drained
    epoch: int = 0
    from_bronze: bool = False
    reset_offsets: bool = False
    upkeep: str = ""  # id of the last request for upkeep of the live tables


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """What the driver last said."""

    state: str = "stopped"  # waiting | starting | running | stopped | refused | failed
    epoch: int = 0
    pid: int = 0
    batch_id: int = -1
    committed: dict[str, int] = field(default_factory=dict)
    detail: str = ""
    updated_at: float = 0.0
    upkeep: str = ""  # id of the last request that was begun; each is begun once
    upkeep_outcome: str = ""  # begun | done: ... | failed: ...


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(content).encode())


def read_orders(settings: Settings) -> Orders:
    """Return the present orders; stopped where none were ever given."""
    try:
        return Orders(**json.loads((settings.stream_dir / "control.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Orders()


def was_ordered(settings: Settings) -> bool:
    """Return whether the stream ever got orders."""
    return (settings.stream_dir / "control.json").exists()


def change_orders(settings: Settings, change: Callable[[Orders], Orders]) -> Orders:
    """Write what `change` makes of the present orders and return it; no other process changes them meanwhile."""
    settings.stream_dir.mkdir(parents=True, exist_ok=True)
    with (settings.stream_dir / "control.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        now = read_orders(settings)
        wanted = change(now)
        if wanted != now:
            _write(settings.stream_dir / "control.json", asdict(wanted))
        return wanted


def give_orders(
    settings: Settings, desired: str, from_bronze: bool = False, reset_offsets: bool = False, again: bool = False
) -> Orders:
    """Write the desired state and return it; the epoch rises when something changes, or `again` asks for a restart."""

    def change(now: Orders) -> Orders:
        wanted = replace(now, desired=desired, from_bronze=from_bronze, reset_offsets=reset_offsets)
        said = read_status(settings)
        is_stuck = (said.state, said.epoch) == ("refused", now.epoch)
        return replace(wanted, epoch=now.epoch + 1) if again or is_stuck or wanted != now else now

    return change_orders(settings, change)


def write_status(settings: Settings, status: StreamStatus) -> None:
    """Write what the driver says of itself; the outcome of upkeep stays until it says another."""
    if not status.upkeep:
        said = read_status(settings)
        status = replace(status, upkeep=said.upkeep, upkeep_outcome=said.upkeep_outcome)
    _write(settings.stream_dir / "status.json", asdict(replace(status, pid=os.getpid(), updated_at=time.time())))


def read_status(settings: Settings) -> StreamStatus:
    """Return what the driver last said."""
    try:
        return StreamStatus(**json.loads((settings.stream_dir / "status.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return StreamStatus()


# How old the driver's word may be in each state; one that waits says so once, and a start has much to read.
_WORD_HOLDS_S = {"running": 60.0, "starting": 300.0, "stopped": 60.0, "waiting": float("inf")}


def is_alive(settings: Settings) -> bool:
    """Return whether the driver does what it shall, or is about to, by its own word; not where it refused or failed."""
    said = read_status(settings)
    return time.time() - said.updated_at < _WORD_HOLDS_S.get(said.state, 0.0)


def wait_for_stream(settings: Settings, timeout_s: float) -> StreamStatus:
    """Return the status once it is what the orders want; raises `UserError` after `timeout_s` or at a refusal."""
    orders = read_orders(settings)
    want = "running" if orders.desired == "running" else "stopped"
    deadline = time.monotonic() + timeout_s
    while True:
        status = read_status(settings)
        if status.epoch >= orders.epoch and status.state in (want, "waiting" if want == "stopped" else want):
            return status
        if status.epoch >= orders.epoch and status.state == "refused":
            raise UserError(status.detail)
        if time.monotonic() > deadline:
            raise UserError(
                f"The stream is {status.state} after {timeout_s:.0f} s, not {want}: see {settings.log_dir / 'stream.log'}."
            )
        time.sleep(0.2)


def settle_orders(settings: Settings, epoch: int) -> None:
    """Clear one-time wishes that have been carried out, so that a later restart follows the ordinary rules."""
    change_orders(
        settings, lambda now: now if now.epoch != epoch else replace(now, from_bronze=False, reset_offsets=False)
    )
