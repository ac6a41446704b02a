"""Where visits come from: referrers and campaigns, each with what it is."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from shoplog.traffic.hits import DIRECT, Origin

# Referrer of the first page -> what that is.
ENTRIES = {
    "-": DIRECT,
    "https://www.google.com/": Origin("Organic Search", "google", "organic", search_engine="Google"),
    "https://www.bing.com/": Origin("Organic Search", "bing", "organic", search_engine="Bing"),
    "https://duckduckgo.com/": Origin("Organic Search", "duckduckgo", "organic", search_engine="DuckDuckGo"),
    "https://m.facebook.com/": Origin("Organic Social", "m.facebook.com", "referral"),
    "https://chatgpt.com/": Origin("AI Assistants", "chatgpt.com", "ai-assistant"),
    "https://www.youtube.com/watch?v=unboxing": Origin("Organic Video", "youtube.com", "referral"),
    "https://blog.example.org/best-shops": Origin("Referral", "blog.example.org", "referral"),
}
# Tags in the first page's URL -> what they make of it, whatever the referrer.
CAMPAIGNS = {
    "utm_source=newsletter&utm_medium=email&utm_campaign=autumn": Origin("Email", "newsletter", "email", "autumn"),
    "utm_source=google&utm_medium=cpc&utm_campaign=brand": Origin("Paid Search", "google", "cpc", "brand"),
    "utm_source=partner&utm_medium=affiliate&utm_campaign=10%25+off": Origin("Affiliates", "partner", "affiliate", "10% off"),
    "gclid=EAIaIQobChMI": Origin("Paid Search", "google", "cpc"),
}  # fmt: skip
_ENTRIES, _CAMPAIGNS = tuple(ENTRIES), tuple(CAMPAIGNS)
_CAMPAIGN_SHARE = 0.15


def enter(rng: Random) -> tuple[str, str]:
    """Return referrer and tags (may be empty) of a visit's first page."""
    return rng.choice(_ENTRIES), rng.choice(_CAMPAIGNS) if rng.random() < _CAMPAIGN_SHARE else ""


def origin_of(referrer: str, tags: str) -> Origin:
    """Return what a first page with this referrer and these tags comes from; an engine that referred stays known."""
    entry = ENTRIES[referrer]
    return replace(CAMPAIGNS[tags], search_engine=entry.search_engine) if tags else entry
