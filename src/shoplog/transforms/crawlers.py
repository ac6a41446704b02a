"""Bots that say who they are: the known ones by name, the rest by what no browser writes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]
from ua_parser_rs import UserAgentExtractor

# crawler-user-agents' tags -> our categories, the first that fits.
CATEGORY_OF_TAG = {
    "ai-crawler": "ai_crawler",
    "browser-automation": "headless_browser",
    "http-library": "http_client",
    "scanner": "http_client",
    "monitoring": "monitoring",
    "social-preview": "social_crawler",
    "feed-reader": "social_crawler",
    "search-engine": "search_crawler",
    "archiver": "search_crawler",
    "academic": "search_crawler",
    "advertising": "seo_crawler",
    "seo": "seo_crawler",
}
_ASSISTANT = re.compile(r"(?i)(-|perplexity)user$|assist|notebooklm|gemini-cli")
_AI_SEARCH = re.compile(r"(?i)search|applebot|phind")
# In-app browsers that the list counts as crawlers: a person reads there.
_PEOPLE = {"MetaIAB Facebook"}
# Sites that describe other people's bots.
_DIRECTORIES = {
    "datadome.co", "knownagents.com", "github.com", "stackoverflow.com", "useragentstring.com", "udger.com", "example.com",
}  # fmt: skip
_OPERATORS = {
    "google": "Google", "mediapartners": "Google", "bing": "Microsoft", "msnbot": "Microsoft", "adidxbot": "Microsoft",
    "azureai": "Microsoft", "skype": "Microsoft", "openai": "OpenAI", "gptbot": "OpenAI", "chatgpt": "OpenAI",
    "oai-": "OpenAI", "claude": "Anthropic", "anthropic": "Anthropic", "perplexity": "Perplexity", "facebook": "Meta",
    "meta-external": "Meta", "whatsapp": "Meta", "applebot": "Apple", "amazon": "Amazon", "amzn": "Amazon",
    "yandex": "Yandex", "baidu": "Baidu", "yahoo": "Yahoo", "slurp": "Yahoo", "bytespider": "ByteDance",
    "tiktok": "ByteDance", "duckduck": "DuckDuckGo", "duckassist": "DuckDuckGo", "twitter": "X", "linkedin": "LinkedIn",
    "slack": "Slack", "telegram": "Telegram", "discord": "Discord", "pinterest": "Pinterest", "petalbot": "Huawei",
    "ahrefs": "Ahrefs", "semrush": "Semrush", "mj12bot": "Majestic", "pingdom": "Pingdom", "uptimerobot": "UptimeRobot",
    "datadog": "Datadog", "newrelic": "New Relic", "archive.org": "Internet Archive", "mistral": "Mistral AI",
}  # fmt: skip
_SECOND_LEVEL = {"co", "com", "ac", "org", "net", "gov", "edu", "go", "or", "ne"}
_HOST = re.compile(r"(?i)(?:https?://|www\.|@)(?:www\.)?([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.[a-z]{2,12})")


@dataclass(frozen=True, slots=True)
class Crawler:
    """A bot with a name of its own; `pattern` finds it in a user agent, `instances` are agents it was seen with."""

    pattern: str
    name: str
    operator: str
    category: str
    instances: tuple[str, ...]


def domain_of(text: str) -> str | None:
    """Return the registrable domain of the first address in a text: two labels, or three as in co.uk."""
    found = _HOST.search(text)
    if found is None:
        return None
    labels = found[1].lower().split(".")
    wide = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if wide else -2 :])


def operator_of(name: str, addresses: Iterable[str] = ()) -> str | None:
    """Return who runs a bot: by its name, else the first of its addresses that is its own; null where none is."""
    domains = [domain for address in addresses if (domain := domain_of(address)) and domain not in _DIRECTORIES]
    said = " ".join((name, *domains[:1])).lower()
    return next((who for word, who in _OPERATORS.items() if word in said), domains[0] if domains else None)


@cache
def known_crawlers() -> tuple[Crawler, ...]:
    """Return the crawlers of crawler-user-agents (MIT) with our names and categories."""
    return crawlers_of(CRAWLER_USER_AGENTS_DATA)


def crawlers_of(entries: Iterable[Mapping[str, Any]]) -> tuple[Crawler, ...]:
    """Return the crawlers of a list in crawler-user-agents' form: `pattern`, `tags`, `instances` and perhaps `url`."""
    return tuple(_crawler(entry) for entry in entries if entry["pattern"] not in _PEOPLE)


def _crawler(entry: Mapping[str, Any]) -> Crawler:
    pattern, instances = entry["pattern"], tuple(entry["instances"])
    found = next((match[0] for text in instances if (match := re.search(pattern, text))), None)
    name = (found or re.sub(r"\[(\w)\w*\]", r"\1", pattern).replace("\\", "")).strip(" ^$;/()+*")
    url = entry.get("url", "")
    seen = Counter(domain for text in instances if (domain := domain_of(text))).most_common(1)
    addresses = (url, *(f"@{domain}" for domain, _ in seen))
    return Crawler(pattern, name, operator_of(name, addresses) or name, _category(name, entry["tags"]), instances)


def _category(name: str, tags: Sequence[str]) -> str:
    if _ASSISTANT.search(name):
        return "ai_assistant"
    if "Applebot" in name or ("ai-crawler" in tags and ("search-engine" in tags or _AI_SEARCH.search(name))):
        return "ai_search"
    return next(category for tag, category in CATEGORY_OF_TAG.items() if tag in tags)


class CrawlerFinder:
    """Finds the crawler that an agent names: all patterns in one pass (a filtered regex set), the longest first."""

    def __init__(self, crawlers: Sequence[Crawler]):
        self._crawlers = sorted(crawlers, key=lambda crawler: -len(crawler.pattern))
        self._patterns = UserAgentExtractor(
            [(_whole_word(crawler), str(n), None, None, None, None) for n, crawler in enumerate(self._crawlers)]
        )

    def find(self, agent: str) -> Crawler | None:
        """Return the crawler, or null."""
        found = self._patterns.extract(agent)
        return None if found is None else self._crawlers[int(found.family)]


def _whole_word(crawler: Crawler) -> str:
    """Return the pattern, bound to the start of a word where all known agents have it there (`RED/`, not `WIRED/`)."""
    bound = rf"(?:^|[^A-Za-z0-9_])(?:{crawler.pattern})"
    words = crawler.pattern[0].isalnum() and all(re.search(bound, text) for text in crawler.instances)
    return bound if words else crawler.pattern
