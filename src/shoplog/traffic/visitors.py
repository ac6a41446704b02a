"""Who comes: addresses (documentation and test ranges only) with their user agents."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

HUMANS = 60_000
_WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36"
)
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{v}.1 Safari/605.1.15"
_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS {v}_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{v}.2 Mobile/15E148 Safari/604.1"  # noqa: E501
_ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Mobile Safari/537.36"
)
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0"
_EDGE = _WINDOWS + " Edg/{v}.0.0.0"
HUMAN_AGENTS = tuple(
    agent.format(v=version)
    for agent, versions in (
        (_WINDOWS, range(138, 146)),
        (_MAC, range(17, 20)),
        (_PHONE, range(16, 20)),
        (_ANDROID, range(136, 146)),
        (_FIREFOX, range(140, 146)),
        (_EDGE, range(141, 146)),
    )
    for version in versions
)
GOOD_BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
)
BAD_BOTS = ("python-requests/2.32.3", "curl/8.5.0", "sqlmap/1.8.4#stable (https://sqlmap.org)", HUMAN_AGENTS[0])


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
            addresses.append(f"2001:db8:{host % 4096:x}::{host:x}")
        else:
            addresses.append(f"198.{18 + (host >> 16)}.{host >> 8 & 255}.{host & 255}")
        agents.append(agent)
    for n in range(45):
        addresses.append(f"203.0.113.{n + 1}")
        agents.append(GOOD_BOTS[n % 3])
    for n in range(40):
        addresses.append(f"192.0.2.{n + 1}")
        agents.append(BAD_BOTS[n % 4])
    return Visitors(addresses, agents, HUMANS, HUMANS + 45, len(addresses))
