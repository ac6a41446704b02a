"""How many bots are found and how many people are taken for bots, beside crawler-user-agents and ua-parser.

Operators are split in two by a hash of their names: our classifier and crawler-user-agents may use the patterns of one
half; the agents of the other half are found or not. ua-parser's own list is used as it is. People's agents are Playwright's
devices and, of real logs, those of visitors who behave like people.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import ua_parser

from bench.visits import SITE, agents_of_people, requests_of
from shoplog.traffic import TrafficPlan, generate
from shoplog.traffic.pool import make_pool
from shoplog.traffic.visitors import HUMAN_AGENTS
from shoplog.transforms.agents import AgentClassifier
from shoplog.transforms.crawlers import Crawler, known_crawlers

_SEED = 1
_LINES = 60_000
PEERS = ("ours", "crawler-user-agents", "ua-parser")
Row = dict[str, Any]
Share = Callable[[Sequence[str]], float]


def measure(logs: Path | None) -> list[Row]:
    """Return one row per measurement: ours, the peers' figures, the target and whether ours holds it.

    `logs` is a folder of real combined logs; `scanner-*.log` hold nothing but attacks.
    """
    files = sorted(logs.glob("*.log")) if logs else []
    scanners = [path for path in files if path.name.startswith("scanner-")]
    return [*_by_agent([path for path in files if path not in scanners]), *_in_generated(), *map(_in_scanner, scanners)]


def is_used(crawler: Crawler) -> bool:
    """Return whether the operator's patterns may be used: a bit of the hash of its name."""
    return hashlib.blake2b(crawler.operator.lower().encode(), digest_size=1).digest()[0] % 2 == 0


def _by_agent(logs: Sequence[Path]) -> list[Row]:
    used = [crawler for crawler in known_crawlers() if is_used(crawler)]
    seen = {agent for crawler in used for agent in crawler.instances}
    held_out = sorted({agent for crawler in known_crawlers() for agent in crawler.instances} - seen)
    classifier = AgentClassifier(used)
    patterns = [re.compile(crawler.pattern) for crawler in used]
    shares: dict[str, Share] = {
        "ours": lambda agents: _share(classifier.classify(pl.Series(agents))["bot_category"].is_not_null()),
        "crawler-user-agents": lambda agents: _share(any(p.search(agent) for p in patterns) for agent in agents),
        "ua-parser": lambda agents: _share(_is_spider(agent) for agent in agents),
    }
    people = sorted({*_playwright_agents(), *(a for path in logs for a in agents_of_people(requests_of([path])))})
    found = {peer: share(held_out) for peer, share in shares.items()}
    flagged = {peer: share(people) for peer, share in shares.items()}
    cost = {peer: _microseconds(share) for peer, share in shares.items()}
    return [
        _row("agents of held-out operators found", len(held_out), found, at_least=0.7),
        _row("agents of people flagged", len(people), flagged, at_most=0.01),
        # Ours also tells device, OS and browser.
        _row("microseconds per new agent of a person", 1_000, cost, at_most=cost["crawler-user-agents"]),
    ]


def _row(name: str, of: int, figures: dict[str, float], at_least: float = 0, at_most: float = float("inf")) -> Row:
    shown = {peer: round(figures[peer], 4) if peer in figures else None for peer in PEERS}
    target = f">= {at_least}" if at_least else f"<= {round(at_most, 4)}"
    holds = of > 0 and at_least <= figures["ours"] <= at_most
    return {"measure": name, "of": of, **shown, "target": target, "holds": holds}


def _share(decisions: Iterable[bool]) -> float:
    decided = list(decisions)
    return sum(decided) / len(decided) if decided else 0.0


def _is_spider(agent: str) -> bool:
    device = ua_parser.parse_device(agent)
    return device is not None and device.family == "Spider"


def _microseconds(share: Share) -> float:
    """Return CPU time per agent, of agents never seen before."""
    agents = [f"{HUMAN_AGENTS[n % len(HUMAN_AGENTS)]} {n}" for n in range(1_010)]
    share(agents[:10])
    began = time.process_time()
    share(agents[10:])
    return (time.process_time() - began) / 1_000 * 1e6


def _playwright_agents() -> list[str]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return [device["user_agent"] for device in playwright.devices.values()]


def _in_generated() -> list[Row]:
    """Return how many of the generator's scripts with a browser's agent are found, and how many of its people."""
    visitors = make_pool(_SEED, SITE).visitors
    everyone = list(zip(visitors.addresses, visitors.agents, strict=True))
    scripts = {(address, agent) for address, agent in everyone[visitors.bad_from :] if agent in HUMAN_AGENTS}
    people = set(everyone[: visitors.good_from])
    end = datetime(2026, 1, 2, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder:
        plan = TrafficPlan(SITE, Path(folder) / "logs", end - timedelta(hours=6), end, seed=_SEED, lines=_LINES)
        generate(plan)
        requests = requests_of(sorted(plan.log_dir.glob("*.log")))
    verdicts = requests.select("address", "user_agent", "flagged").unique().rows()
    found = [flagged for address, agent, flagged in verdicts if (address, agent) in scripts]
    wrong = [flagged for address, agent, flagged in verdicts if (address, agent) in people]
    return [
        _row("generated scripts with a browser's agent found", len(found), {"ours": _share(found)}, at_least=0.5),
        _row("generated people flagged by behaviour", len(wrong), {"ours": _share(wrong)}, at_most=0.01),
    ]


def _in_scanner(path: Path) -> Row:
    flagged = requests_of([path])["flagged"]
    return _row(f"requests of {path.name} found", len(flagged), {"ours": _share(flagged)}, at_least=0.5)
