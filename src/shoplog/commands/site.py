"""site new|check|try: write a shop's file, check it, see which rule answers a URL."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from shoplog.commands.printing import Json
from shoplog.contracts.events import Rule
from shoplog.errors import UserError
from shoplog.rules import read_catalogue, ready_names
from shoplog.rules.explain import explained, place
from shoplog.settings import Settings
from shoplog.sites import LOG_FORMATS, SITE_NAME, Site, check_log_format, load_sites, named_site, read_site

app = typer.Typer(help="Shops: one TOML file each; docs/sites.md explains every field.", no_args_is_help=True)
TEMPLATE = Path(__file__).parents[1] / "rules/site.template"


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The shop's name: lower-case letters, digits, - and _.")],
    rules: Annotated[str, typer.Option(help="The ready rule set its URLs follow.")] = "woocommerce",
    log_dir: Annotated[Path | None, typer.Option("--log-dir", help="Where its log files are.")] = None,
    log_format: Annotated[str, typer.Option("--format", help="How its lines read.")] = "combined",
) -> None:
    """Write a commented site file and print its path; an existing one is never touched."""
    settings = Settings.load()
    if not re.fullmatch(SITE_NAME, name):
        raise UserError(f"{name!r} is no site name: use lower-case letters, digits, - and _.")
    if rules not in ready_names():
        raise UserError(f"Rules {rules!r} are unknown: use one of {', '.join(ready_names())}.")
    check_log_format(log_format)
    path = settings.sites_dir / f"{name}.toml"
    folder = (log_dir or settings.home / "sites" / name / "logs").expanduser().absolute()
    text = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        name=name, formats=", ".join(LOG_FORMATS), log_format=log_format, log_dir=json.dumps(str(folder)),
        rules=", ".join(ready_names()), rule_set=rules,
    )  # fmt: skip
    settings.sites_dir.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UserError(f"{path} is there already: edit it, or choose another name.") from error
    print(path)


@app.command()
def check(
    name: Annotated[str | None, typer.Argument(help="One shop; all of them by default.")] = None, as_json: Json = False
) -> None:
    """Check the site files (exit code 2 names what is wrong) and show their rules in the order in which they are tried."""
    for site in [_site(name)] if name else load_sites(Settings.load()).values():
        items = read_catalogue(site.catalogue)["item_id"].n_unique() if site.catalogue else 0
        if not as_json:
            print(f"{site.name}: rules {site.rules.name}, version {site.rules_version}, {items} items in the catalogue")
        for rule in site.rules.rules:
            print(json.dumps({"site": site.name, "place": place(rule), **asdict(rule)}) if as_json else _shown(rule))


@app.command("try")
def try_urls(
    name: Annotated[str, typer.Argument(help="The shop.")],
    url: Annotated[
        list[str] | None, typer.Option(help="A URL, or METHOD URL, or METHOD URL STATUS; may be given often.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say which rule answers each URL and what it reads; URLs come from --url or standard input, one a line.

    GET and 200 where they are not given. Exit code 1 when no rule answers any.
    """
    site = _site(name)
    requests = [_request(line) for line in (url or sys.stdin.read().splitlines()) if line.strip()]
    answers = explained(requests, site.rules, read_catalogue(site.catalogue) if site.catalogue else None)
    for (method, status, asked), answer in zip(requests, answers, strict=True):
        if as_json:
            print(json.dumps({"method": method, "status": status, "url": asked, **answer}, default=str))
            continue
        told = [answer["event"] or "no event", answer["rule"], *(f"{k}={v}" for k, v in answer["fields"].items())]
        print(f"{method} {asked} {status}\n    " + " ".join(filter(None, (*told, answer["note"]))))
    if not any(answer["event"] for answer in answers):
        raise typer.Exit(1)


def _shown(rule: Rule) -> str:
    line = f"  {place(rule):<20} {rule.event:<18} {', '.join((*rule.methods, *rule.statuses))}  {rule.path}"
    more = [f"where {name} = {pattern}" for name, pattern in rule.where]
    more += [f"{field} = parameter {name}" for field, name in rule.query]
    more += [f"quantity = {rule.quantity} where the URL has none"] if rule.quantity else []
    return "\n".join((line, *(f"  {'':<39} {text}" for text in more)))


def _request(line: str) -> tuple[str, int, str]:
    words = line.split()
    if len(words) == 1:
        return "GET", 200, words[0]
    if len(words) > 3 or (len(words) == 3 and not re.fullmatch("[1-5][0-9][0-9]", words[2])):
        raise UserError(f"{line!r} is no request: write URL, METHOD URL or METHOD URL STATUS.")
    return words[0], int(words[2]) if len(words) == 3 else 200, words[1]


def _site(name: str) -> Site:
    """Return one site; it is found though another file is wrong."""
    settings = Settings.load()
    path = settings.sites_dir / f"{name}.toml"
    if re.fullmatch(SITE_NAME, name) and path.is_file() and (site := read_site(path, settings)).name == name:
        return site
    return named_site(load_sites(settings), name)
