"""Shops: one TOML file each, checked when read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shoplog.contracts.events import RuleSet
from shoplog.errors import UserError
from shoplog.rules import read_toml, site_rules
from shoplog.rules.written import checked, group_names
from shoplog.settings import Settings
from shoplog.transforms.formats import NAMED, FormatError, compile_format

LOG_FORMATS = tuple(NAMED)

SITE_NAME = r"[a-z0-9][a-z0-9_-]{0,62}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


@dataclass(frozen=True, slots=True)
class Site:
    """One shop: where its logs are, how they read and what its URLs mean. Networks are texts such as 192.0.2.0/24."""

    name: str
    hosts: tuple[str, ...]
    time_zone: str
    currency: str
    log_format: str
    log_dir: Path
    file_pattern: str
    own_proxies: int
    trusted_proxies: tuple[str, ...]
    own_addresses: tuple[str, ...]
    masked_parameters: tuple[str, ...]
    rules: RuleSet
    catalogue: Path | None

    @property
    def rules_version(self) -> int:
        """Version of the rules, stored with each row: own x 1000 + the ready set's; 0 without rules."""
        return self.rules.version

    def log_files(self) -> list[Path]:
        """Return the log files that are there now, by name; raises `OSError` where the folder cannot be read."""
        pattern = re.compile(self.file_pattern)
        return sorted(path for path in self.log_dir.iterdir() if pattern.fullmatch(path.name))


def _must(be: Callable[[str], object], what: str) -> AfterValidator:
    """Return the check that `be` neither fails nor returns None."""

    def check(value: str) -> str:
        try:
            fits = be(value) is not None
        except (ValueError, KeyError, OSError, re.error):  # a time zone that is not there is a KeyError
            fits = False
        if not fits:
            raise ValueError(f"{value!r} is no {what}")
        return value

    return AfterValidator(check)


def _without_groups(pattern: str) -> bool | None:
    return None if group_names(pattern) else True


_Network = Annotated[str, _must(ip_network, "network such as 192.0.2.0/24")]


class _SiteFields(BaseModel):
    """A site file as written."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, _must(re.compile(SITE_NAME).fullmatch, "name of lower-case letters, digits, - and _")]
    hosts: list[Annotated[str, _must(re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::[0-9]+)?").fullmatch, "host name")]] = []
    time_zone: Annotated[str, _must(ZoneInfo, "time zone such as Europe/Berlin")] = "UTC"
    currency: Annotated[str, _must(re.compile("[A-Z]{3}").fullmatch, "ISO 4217 code such as EUR")] = "EUR"
    log_format: str = "combined"
    log_dir: str | None = None
    file_pattern: Annotated[str, _must(re.compile, "regular expression")] = r"access-.*\.log"
    own_proxies: int = Field(0, ge=0, le=32)
    trusted_proxies: list[_Network] = []
    own_addresses: list[_Network] = []
    masked_parameters: list[
        Annotated[str, _must(re.compile(r"[^=&?#;/\s]+").fullmatch, "name of a query parameter")]
    ] = []
    rules: str | None = None
    path_prefix: Annotated[str, _must(_without_groups, "pattern without groups but (?:...)")] | None = None
    rules_version: int | None = Field(None, ge=1, le=9999)
    rule: list[dict[str, Any]] = []
    catalogue: str | None = None


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
    sites = [read_site(path, settings) for path in site_files(settings)]
    names = [site.name for site in sites]
    if len(set(names)) != len(names):
        raise UserError(f"Two site files in {settings.sites_dir} have the same name: rename one.")
    return {site.name: site for site in sites}


def named_site(sites: Mapping[str, Site], name: str) -> Site:
    """Return the site of that name; raises `UserError` where there is none."""
    if name not in sites:
        raise UserError(f"There is no site {name!r}: use one of {', '.join(sites)} or write sites/{name}.toml.")
    return sites[name]


def site_files(settings: Settings) -> list[Path]:
    """Return the site files, or raise `UserError` where there is none."""
    paths = sorted(settings.sites_dir.glob("*.toml"))
    if not paths:
        raise UserError(
            f"No site file in {settings.sites_dir}: write one or point SHOPLOG_SITES_DIR at a folder with one."
        )
    return paths


def read_site(path: Path, settings: Settings, other_set: Path | None = None) -> Site:
    """Return one site read from `path`, with the rule set of another file in place of its ready one where that is given."""
    text, fields = read_toml(path)
    site = checked(_SiteFields, {"name": path.stem, **fields}, str(path))
    try:
        check_log_format(site.log_format, site.own_proxies)
    except UserError as error:
        raise UserError(f"{path}: log_format: {error}") from error
    if site.rules_version is not None and not site.rule:
        raise UserError(f"{path}: rules_version counts the site's own rules, and there are none: leave it out.")
    if site.path_prefix is not None and site.rules is None:
        raise UserError(f"{path}: path_prefix stands before the paths of a ready rule set: name one in rules.")
    catalogue = None if site.catalogue is None else path.parent / Path(site.catalogue).expanduser()
    if catalogue is not None and not catalogue.is_file():
        raise UserError(f"{path}: catalogue {catalogue} is not a file.")
    return Site(
        name=site.name,
        hosts=tuple(site.hosts),
        time_zone=site.time_zone,
        currency=site.currency,
        log_format=site.log_format,
        log_dir=Path(site.log_dir or settings.home / "sites" / site.name / "logs").expanduser(),
        file_pattern=site.file_pattern,
        own_proxies=site.own_proxies,
        trusted_proxies=tuple(str(ip_network(network)) for network in site.trusted_proxies),
        own_addresses=tuple(str(ip_network(network)) for network in site.own_addresses),
        masked_parameters=tuple(site.masked_parameters),
        rules=site_rules(
            path, text, site.rule, site.rules_version or 1, site.rules, site.path_prefix, site.currency, other_set
        ),
        catalogue=catalogue,
    )
