from __future__ import annotations

from pathlib import Path

from shoplog.contracts.channels import CHANNEL, CHANNELS, CLICK_IDS
from shoplog.contracts.pages import PAGE, PAGE_CLASSES
from shoplog.contracts.people import (
    AGENT,
    BEHAVIOUR,
    BEHAVIOUR_POINTS,
    BEHAVIOUR_RULES,
    BOT_CATEGORIES,
    BOT_SHARE,
    COUNTRY,
    DEVICES,
    TRAFFIC_TYPES,
)
from shoplog.transforms.bots import _RULES
from shoplog.transforms.crawlers import known_crawlers

TEXT = (Path(__file__).parents[2] / "docs/people.md").read_text()


def test_the_page_says_what_the_contracts_say() -> None:
    rows = [
        f"| `{name}` | {meaning} |"
        for names in (TRAFFIC_TYPES, DEVICES, PAGE_CLASSES)
        for name, meaning in names.items()
    ]
    rows += [f"| {name} | {meaning} |" for name, meaning in CHANNELS.items()]
    rows += [f"| `{name}` | `{kind}` | {meaning} |" for name, (kind, meaning) in BOT_CATEGORIES.items()]
    rows += [f"| `{name}` | {points} | {meaning} |" for name, (points, meaning) in BEHAVIOUR_RULES.items()]
    rows += [f"| `{c.name}` | {c.meaning} |" for c in (*AGENT, *BEHAVIOUR, *CHANNEL, *PAGE, COUNTRY)]
    assert [row for row in rows if row not in TEXT] == []
    assert all(f"`{name}`" in TEXT for name in CLICK_IDS)
    assert f"{BEHAVIOUR_POINTS} points make it a bot" in TEXT
    assert BOT_SHARE in TEXT
    assert f"The {len(known_crawlers()):,} crawlers" in TEXT


def test_every_rule_of_the_contract_is_applied() -> None:
    assert list(_RULES) == list(BEHAVIOUR_RULES)


def test_every_category_has_a_known_type() -> None:
    assert {kind for kind, _ in BOT_CATEGORIES.values()} | {"Regular", "Internal"} == set(TRAFFIC_TYPES)
