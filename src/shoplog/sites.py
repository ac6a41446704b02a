"""Shops: one TOML file each, checked when read."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.transforms.formats import NAMED, FormatError, compile_format

LOG_FORMATS = tuple(NAMED)
_KNOWN = {"name", "hosts", "time_zone", "currency", "log_format", "log_dir", "file_pattern", "rules_version"}


@dataclass(frozen=True, slots=True)
class Site:
    """One shop: where its logs are and how they read."""

    name: str
    hosts: tuple[str, ...]
    time_zone: str
    currency: str
    log_format: str
    log_dir: Path
    file_pattern: str
    rules_version: int


def check_log_format(log_format: str, own_proxies: int = 0) -> None:
    """Raise `UserError` where the text is no format that makes hits, or cannot say what own proxies have forwarded."""
    try:
        compiled = compile_format(log_format)
    except FormatError as error:
        raise UserError(str(error)) from error
    if own_proxies and "forwarded" not in compiled.fields:
        raise UserError(
            f"Format {log_format!r} has no X-Forwarded-For: behind own proxies it cannot tell visitors apart."
        )


def load_sites(settings: Settings) -> dict[str, Site]:
    """Return the sites by name, or raise `UserError` naming the file and what is wrong in it."""
    paths = sorted(settings.sites_dir.glob("*.toml"))
    if not paths:
        raise UserError(
            f"No site file in {settings.sites_dir}: write one or point SHOPLOG_SITES_DIR at a folder with one."
        )
    sites = [read_site(path, settings) for path in paths]
    names = [site.name for site in sites]
    if len(set(names)) != len(names):
        raise UserError(f"Two site files in {settings.sites_dir} have the same name: rename one.")
    return {site.name: site for site in sites}


def read_site(path: Path, settings: Settings) -> Site:
    """Return one site read from `path`."""
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid TOML: {error}.") from error
    unknown = sorted(set(fields) - _KNOWN)
    if unknown:
        raise UserError(f"{path}: unknown field {unknown[0]!r}; known are {', '.join(sorted(_KNOWN))}.")
    name = fields.get("name", path.stem)
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", name):
        raise UserError(f"{path}: name must be lower-case letters, digits, - and _.")
    log_format = fields.get("log_format", "combined")
    try:
        check_log_format(log_format)
    except UserError as error:
        raise UserError(f"{path}: log_format: {error}") from error
    pattern = fields.get("file_pattern", r"access-.*\.log")
    try:
        re.compile(pattern)
    except re.error as error:
        raise UserError(f"{path}: file_pattern is not a regular expression: {error}.") from error
    return Site(
        name=name,
        hosts=tuple(fields.get("hosts", ())),
        time_zone=fields.get("time_zone", "UTC"),
        currency=fields.get("currency", "EUR"),
        log_format=log_format,
        log_dir=Path(fields.get("log_dir") or settings.home / "sites" / name / "logs").expanduser(),
        file_pattern=pattern,
        rules_version=int(fields.get("rules_version", 1)),
    )
