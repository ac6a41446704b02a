"""Who comes: addresses (documentation and test ranges only) with their user agents."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from shoplog.traffic.agents import BAD_BOTS, BROWSERS, GOOD_BOTS

HUMANS = 60_000
# People's agents as texts.
HUMAN_AGENTS = tuple(agent.text for agent in BROWSERS)


@dataclass(frozen=True, slots=True)
class Visitors:
    """Visitors as parallel lists, each (address, agent) pair once: people, good bots, bad ones, then those of incidents."""

    addresses: list[str]
    agents: list[str]
    good_from: int
    bad_from: int
    bad_to: int


def make_visitors(rng: Random) -> Visitors:
    """Return the visitors: 198.18.0.0/15 and 2001:db8::/32 for people, 203.0.113.0/24 and 192.0.2.0/24 for bots."""
    addresses: list[str] = []
    agents: list[str] = []
    for n, host in enumerate(rng.sample(range(1, 131_071), HUMANS)):
        agent = rng.choice(HUMAN_AGENTS)
        if n % 33 == 1 and agent != agents[-1]:
            addresses.append(addresses[-1])  # two people behind one address
        elif n % 17 == 0:
            addresses.append(f"2001:db8:{host >> 12:x}::{host & 4095:x}")
        else:
            addresses.append(f"198.{18 + (host >> 16)}.{host >> 8 & 255}.{host & 255}")
        agents.append(agent)
    for n in range(45):
        addresses.append(f"203.0.113.{n + 1}")
        agents.append(GOOD_BOTS[n % 3].text)
    for n in range(40):
        addresses.append(f"192.0.2.{n + 1}")
        agents.append(BAD_BOTS[n % 4].text)
    return Visitors(addresses, agents, HUMANS, HUMANS + 45, len(addresses))
