"""An empty SHOPLOG_HOME becomes what a backup holds; the stream and Flume go on from there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from shoplog.backup.copied import copy_folder
from shoplog.backup.manifest import NAME, Manifest
from shoplog.backup.positions import write_positions
from shoplog.errors import UserError
from shoplog.io.housekeeping import broken_versions, opened
from shoplog.settings import Settings
from shoplog.stack import control


@dataclass(frozen=True, slots=True)
class Restored:
    """When the backup was made, what it held, and how many log files Flume goes on in instead of reading them anew."""

    made_at: str
    files: int
    tables: int
    has_secrets: bool
    files_continued: int


def restore(settings: Settings, folder: Path) -> Restored:
    """Copy the backup into the home and say what was restored; nothing is written where anything does not fit.

    Raises `UserError` for a home that is not empty, another host or number of partitions, and a backup that is not whole.
    """
    folder = folder.expanduser().resolve()
    manifest = Manifest.read(folder)
    _check(settings, folder, manifest)
    partial = settings.home / ".restoring"
    partial.mkdir(parents=True)
    for path in manifest.files:
        copy_folder((folder / path).parent, (partial / path).parent)
        shutil.copy2(folder / path, partial / path)
    for part in partial.iterdir():
        part.rename(settings.home / part.name)
    partial.rmdir()
    # The broker begins anew; what it sends again is known by its identity.
    control.change_orders(settings, lambda _: control.Orders("stopped", 1, reset_offsets=True))
    continued = write_positions(settings)
    has_secrets = settings.secrets_dir.is_dir()
    return Restored(manifest.made_at, len(manifest.files), len(manifest.tables), has_secrets, continued)


def _check(settings: Settings, folder: Path, manifest: Manifest) -> None:
    if settings.home.exists() and any(settings.home.iterdir()):
        raise UserError(f"SHOPLOG_HOME {settings.home} is not empty: move it away or set SHOPLOG_HOME to a new folder.")
    if manifest.host != settings.host:
        raise UserError(
            f"The backup is of host {manifest.host}, which is part of each line's identity: set SHOPLOG_HOST={manifest.host}."
        )
    if manifest.kafka_partitions not in (0, settings.kafka_partitions):
        raise UserError(
            f"The tables know {manifest.kafka_partitions} Kafka partitions: set SHOPLOG_KAFKA_PARTITIONS to that number."
        )
    if wrong := manifest.first_wrong(folder):
        raise UserError(f"{folder / wrong} is not what {NAME} says was copied: restore another backup.")
    for name, version in manifest.tables.items():
        table = folder / "warehouse" / name
        if opened(table).version() != version or broken_versions(table, {version}):
            raise UserError(f"{name} of the backup cannot be read at version {version}: restore another backup.")
