"""`make audit`: what is known of weaknesses in what is shipped, less the written exceptions.

Exit code 0: nothing is known but what is excepted; 1: a weakness, or an exception that ran out or that nothing needs any
more; 3: the service did not answer, so nothing is known.
"""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

from deploy.supply_chain.components import shipped
from shoplog.settings import REPOSITORY, Settings

SERVICE = "https://api.osv.dev/v1"
EXCEPTIONS = REPOSITORY / "docs/security-exceptions.toml"
_QUESTIONS = 500  # in one request; the service takes 1000


@dataclass(frozen=True, slots=True)
class Weakness:
    """A known weakness of one library: its id, the other ids it has, and a line about it."""

    purl: str
    id: str
    aliases: tuple[str, ...]
    summary: str


def known_weaknesses(client: httpx.Client, purls: list[str]) -> list[Weakness]:
    """Return what the service knows of the libraries; raises `httpx.HTTPError` where it does not answer."""
    found: list[Weakness] = []
    details: dict[str, dict[str, Any]] = {}
    for first in range(0, len(purls), _QUESTIONS):
        asked = purls[first : first + _QUESTIONS]
        questions = {"queries": [{"package": {"purl": purl}} for purl in asked]}
        results = client.post("querybatch", json=questions).raise_for_status().json()["results"]
        for purl, result in zip(asked, results, strict=True):
            for vulnerability in result.get("vulns", ()):
                name = vulnerability["id"]
                details[name] = details.get(name) or client.get(f"vulns/{name}").raise_for_status().json()
                aliases = tuple(details[name].get("aliases", ()))
                found.append(Weakness(purl, name, aliases, details[name].get("summary", "")))
    return found


def verdict(found: list[Weakness], exceptions: list[dict[str, Any]], today: date) -> list[str]:
    """Return what is wrong, a line each; nothing where each weakness has an exception that holds and each exception a use."""
    wrong = []
    used: set[str] = set()
    for weakness in found:
        excepted = next((e for e in exceptions if e["id"] in (weakness.id, *weakness.aliases)), None)
        if excepted is None:
            wrong.append(f"{weakness.purl}: {weakness.id} {' '.join(weakness.aliases)} {weakness.summary}".strip())
        elif excepted["until"] < today:
            wrong.append(f"{weakness.purl}: the exception for {excepted['id']} ran out on {excepted['until']}")
        used |= {excepted["id"]} if excepted else set()
    return wrong + [f"{e['id']}: an exception that nothing needs any more" for e in exceptions if e["id"] not in used]


def written_exceptions(path: Path = EXCEPTIONS) -> list[dict[str, Any]]:
    """Return the exceptions, each with id, package, reason, written and until."""
    return list(tomllib.loads(path.read_text(encoding="utf-8"))["exception"])


def main() -> int:
    """Ask, print what is wrong, and return the exit code."""
    purls = sorted({component.purl for component in shipped(Settings.load())})
    service = os.environ.get("OSV_URL", SERVICE)
    try:
        with httpx.Client(base_url=service, timeout=60) as client:
            found = known_weaknesses(client, purls)
    except httpx.HTTPError as error:
        print(
            f"audit: {service} did not answer ({error}): nothing is known of {len(purls)} libraries.", file=sys.stderr
        )
        return 3
    wrong = verdict(found, written_exceptions(), datetime.now(UTC).date())
    print("\n".join([*wrong, f"{len(purls)} libraries, {len(found)} known weaknesses, {len(wrong)} lines to act on"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
