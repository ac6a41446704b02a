"""rehearse: what a day would be by other rules, bots or another session gap, before anything is published."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shoplog.commands.batch import Day, parse_day, spark_session
from shoplog.commands.printing import Json
from shoplog.contracts.sessions import GAP_MINUTES
from shoplog.errors import UserError
from shoplog.rules import is_rule_set, read_toml
from shoplog.settings import Settings
from shoplog.sites import Site, load_sites, named_site, read_site, site_files

if TYPE_CHECKING:
    from jobs.batch.rehearse import Rehearsal

_RULES_HELP = "A site file, or a rule set's file to read in place of the site's ready set."
_MOST_GAP = 720


def rehearse(
    rules: Annotated[Path | None, typer.Option(help=_RULES_HELP)] = None,
    day: Day = None,
    session_gap_min: Annotated[
        int | None,
        typer.Option(min=1, max=_MOST_GAP, help=f"Minutes after which a session ends, in place of {GAP_MINUTES}."),
    ] = None,
    bots: Annotated[
        Path | None,
        typer.Option(help="A list of bots, as crawler-user-agents.json, to know them by in place of the present one."),
    ] = None,
    site: Annotated[
        str | None, typer.Option(help="The shop; the site file's own, or the only one, by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read a UTC day's lines by other rules, bots or gap and show what would change. No table is written. See docs/rehearsal.md."""
    from jobs.batch.rehearse import rehearse as job
    from shoplog.rules.bot_list import read_bot_list

    settings, of = Settings.load(), parse_day(day)
    if rules is None and session_gap_min is None and bots is None:
        raise UserError("There is nothing to rehearse: give --rules FILE, --bots FILE or --session-gap-min N.")
    crawlers = None if bots is None else read_bot_list(bots)
    now = load_sites(settings)
    if site is not None:
        named_site(now, site)
    if rules is None:
        now = {name: known for name, known in now.items() if site in (None, name)}
        new = now
    else:
        chosen = _new_site(settings, now, rules, site)
        now, new = {chosen.name: now[chosen.name]}, {chosen.name: chosen}
    gap = session_gap_min or GAP_MINUTES
    with spark_session(settings, "rehearse") as session:
        made = job(session, settings, of, now, new, gap, crawlers)
    print(_as_json(made, now, new, gap) if as_json else _as_text(made, of, now, new, gap))


def _new_site(settings: Settings, known: dict[str, Site], path: Path, name: str | None) -> Site:
    """Return the site as the file says it is; raises `UserError` naming what is wrong in it and where."""
    if not is_rule_set(read_toml(path)[1]):
        new = read_site(path, settings)
        new = new if name is None else replace(new, name=name)
        if new.name not in known:
            raise UserError(
                f"{path} is of site {new.name!r}, which is unknown: name one of {', '.join(known)} with --site."
            )
        return new
    if name is None and len(known) > 1:
        raise UserError(f"{path} is a rule set: say with --site whose lines to read by it, one of {', '.join(known)}.")
    name = name or next(iter(known))
    (own,) = (file for file in site_files(settings) if read_site(file, settings).name == name)
    return read_site(own, settings, path)


def _as_json(made: Rehearsal, now: dict[str, Site], new: dict[str, Site], gap: int) -> str:
    from shoplog.report.as_json import as_object

    told = {
        "lines": made.lines,
        "changed_lines": made.changed_lines,
        "session_gap_min": {"now": GAP_MINUTES, "new": gap},
        "rules_versions": {name: {"now": now[name].rules_version, "new": new[name].rules_version} for name in now},
        "bronze_versions": dict(made.bronze_versions),
        "changes": made.changes,
        "examples": made.examples,
        "equal": made.equal,
        "report": as_object(made.report),
    }
    return json.dumps(told, ensure_ascii=False)


def _as_text(made: Rehearsal, day: date, now: dict[str, Site], new: dict[str, Site], gap: int) -> str:
    from shoplog.report.as_text import sections_text
    from shoplog.report.words import dimension_text
    from shoplog.transforms.rule_changes import SAID

    texts = [f"shoplog rehearse: {day} (UTC), {made.lines:,} lines read twice; nothing was written"]
    for name, present in now.items():
        versions = f"rules {present.rules_version} now, {new[name].rules_version} new"
        texts.append(f"{name}: {versions}; session gap {GAP_MINUTES} minutes now, {gap} new")
        if present.rules != new[name].rules and present.rules_version == new[name].rules_version:
            texts.append(f"{name}: the rules differ but their version does not: raise it before they count")
    texts.append(f"\n{made.changed_lines:,} lines are understood differently")
    for row in made.changes:
        texts.append(f"  {row['site']} {row['what']}: {row['now']} -> {row['new']}: {row['lines']:,} lines")
    if made.examples:
        texts.append("\nPaths with most of them")
    for row in made.examples:
        said = ", ".join(
            f"{row[f'{what}_now']} -> {row[f'{what}_new']}" for what in SAID if row[f"{what}_now"] != row[f"{what}_new"]
        )
        texts.append(f"  {row['site']} {dimension_text(row['path'])}: {said} ({row['lines']:,} lines)")
    for site in made.report.sites:
        texts.append(f"\n== {site.site} ==")
        texts.append(sections_text(made.report, site) if site.sections else "no figure changes")
    if len(made.equal):
        texts.append(f"\nWithout a change: {', '.join(made.equal)}")
    return "\n".join(texts)


COMMANDS: tuple[Callable[..., Any], ...] = (rehearse,)
