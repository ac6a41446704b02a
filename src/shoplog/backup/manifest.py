"""What a backup says of itself: of which home and versions it is, and the sum of each of its files."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from shoplog.backup.copied import CopiedFile, sum_of
from shoplog.errors import UserError
from shoplog.settings import REPOSITORY

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`tables` are the versions that were copied, `files` what was copied, by its path below the backup's folder."""

    shoplog: str
    made_at: str
    host: str
    kafka_partitions: int  # that the tables know; 0 before the first line
    tables: dict[str, int]
    files: dict[str, CopiedFile]

    def write(self, folder: Path) -> None:
        """Write it into the backup's folder."""
        (folder / NAME).write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Return the manifest of a backup; raises `UserError` where there is none or it is of a later shoplog."""
        try:
            said = json.loads((folder / NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(
                f"{folder} is no whole backup, its {NAME} is missing or damaged: name a folder that shoplog backup made."
            ) from error
        if _numbers(said["shoplog"]) > _numbers(shoplog_version()):
            raise UserError(
                f"The backup is of shoplog {said['shoplog']} and this is {shoplog_version()}: upgrade, then restore."
            )
        # The secrets may be kept elsewhere; without them the home makes new ones.
        here = (folder / "secrets").is_dir()
        files = {p: CopiedFile(**file) for p, file in said["files"].items() if here or not p.startswith("secrets/")}
        return cls(**{**said, "files": files})

    def first_wrong(self, folder: Path) -> str | None:
        """Return the path of the first file that is gone or holds something else; None where all is whole."""
        for path, file in self.files.items():
            try:
                if sum_of(folder / path) != file.sha256:
                    return path
            except FileNotFoundError:
                return path
        return None


def shoplog_version() -> str:
    """Return the version of this checkout."""
    return str(tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
