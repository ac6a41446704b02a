from __future__ import annotations

import polars as pl
import pytest

from shoplog.contracts.channels import CHANNEL, CHANNELS, CLICK_IDS, SEARCH_ENGINES, SOURCES
from shoplog.transforms.referrers import channel_of, with_channel

OWN = {"shop": ("www.shop.example",), "other": ("other.example",)}


def origin(referrer: str | None, url: str | None = "/", site: str = "shop") -> dict[str, str | None]:
    schema = {"site": pl.String, "referrer": pl.String, "url": pl.String}
    found = with_channel(pl.DataFrame({"site": [site], "referrer": [referrer], "url": [url]}, schema=schema), OWN)
    assert found.columns == ["site", "referrer", "url", *(column.name for column in CHANNEL)]
    return found.to_dicts()[0]


@pytest.mark.parametrize(
    ("referrer", "url", "channel", "source", "medium"),
    [
        (None, "/", "Direct", "(direct)", "(none)"),
        ("garbage", "/", "Direct", "(direct)", "(none)"),
        ("https://www.google.co.uk/", "/", "Organic Search", "google", "organic"),
        ("android-app://com.google.android.googlequicksearchbox/", "/", "Organic Search", "google", "organic"),
        ("https://uk.search.yahoo.com", "/", "Organic Search", "yahoo", "organic"),
        ("https://user:pw@www.BING.com./q", "/", "Organic Search", "bing", "organic"),
        ("https://www.google.com/", "/?gclid=abc", "Paid Search", "google", "cpc"),
        (None, "/?a=1&msclkid=abc", "Paid Search", "bing", "cpc"),
        (None, "/?utm_source=google&utm_medium=CPC&utm_campaign=brand", "Paid Search", "google", "cpc"),
        (None, "/?utm_source=FB&utm_medium=Paid_Social", "Paid Social", "fb", "paid_social"),
        (None, "/?utm_source=a&utm_medium=video-story", "Organic Video", "a", "video-story"),
        (None, "/?utm_source=youtube&utm_medium=cpv", "Paid Video", "youtube", "cpv"),
        (None, "/?utm_source=google&utm_medium=cpc&utm_campaign=Summer+shopping", "Paid Shopping", "google", "cpc"),
        (None, "/?utm_source=x&utm_medium=cpm", "Display", "x", "cpm"),
        (None, "/?utm_source=x&utm_medium=cpa-cpx", "Paid Other", "x", "cpa-cpx"),
        (None, "/?utm_source=google&utm_medium=cpc&utm_campaign=cross-network", "Cross-network", "google", "cpc"),
        ("https://chatgpt.com/", "/", "AI Assistants", "chatgpt.com", "ai-assistant"),
        (None, "/?utm_source=chatgpt.com", "AI Assistants", "chatgpt.com", "(not set)"),
        ("https://gemini.google.com/app", "/", "AI Assistants", "gemini.google.com", "ai-assistant"),
        ("https://copilot.microsoft.com", "/", "AI Assistants", "copilot.microsoft.com", "ai-assistant"),
        ("https://www.perplexity.ai/search", "/", "AI Assistants", "perplexity.ai", "ai-assistant"),
        ("https://www.amazon.de/", "/", "Organic Shopping", "amazon.de", "referral"),
        (None, "/?srsltid=x", "Organic Shopping", "shopping free listings", "organic"),
        ("https://m.facebook.com/", "/", "Organic Social", "m.facebook.com", "referral"),
        ("https://t.co/abc", "/?fbclid=x", "Organic Social", "facebook", "social"),
        ("https://www.youtube.com/", "/", "Organic Video", "youtube.com", "referral"),
        ("https://mail.google.com/", "/", "Email", "mail.google.com", "email"),
        ("https://duckduckgo.com/", "/?utm_source=newsletter&utm_medium=email", "Email", "newsletter", "email"),
        (None, "/?utm_medium=affiliate", "Affiliates", "(not set)", "affiliate"),
        ("https://blog.example.org/best", "/", "Referral", "blog.example.org", "referral"),
        ("https://google.evil.example/", "/", "Referral", "google.evil.example", "referral"),
        ("https://shop.example.evil.org/", "/", "Referral", "shop.example.evil.org", "referral"),
        (None, "/?utm_source=a&utm_medium=audio", "Audio", "a", "audio"),
        (None, "/?utm_source=sms&utm_medium=x", "SMS", "sms", "x"),
        (None, "/?utm_source=a&utm_medium=web-push", "Mobile Push Notifications", "a", "web-push"),
        (None, "/?utm_source=a&utm_medium=strange", "Unassigned", "a", "strange"),
    ],
)  # fmt: skip
def test_referrer_and_url_give_ga4s_channel(
    referrer: str | None, url: str, channel: str, source: str, medium: str
) -> None:
    row = origin(referrer, url)
    assert (row["channel"], row["source"], row["medium"]) == (channel, source, medium)


@pytest.mark.parametrize("url", ["/", "/?utm_source=x&utm_medium=cpc", "/?gclid=1"])
@pytest.mark.parametrize("host", ["www.shop.example", "shop.example", "img.shop.example", "SHOP.example:8443"])
def test_the_site_itself_is_no_channel(host: str, url: str) -> None:
    row = origin(f"https://{host}/a", url)
    assert {row[column.name] for column in CHANNEL} == {None}


def test_own_hosts_are_each_sites_own() -> None:
    assert origin("https://www.shop.example/", site="other")["channel"] == "Referral"
    assert origin("https://other.example/", site="other")["channel"] is None
    assert origin("https://other.example/", site="unknown")["channel"] == "Referral"


def test_engine_campaign_and_click_id_are_kept_apart() -> None:
    row = origin("https://www.google.de/", "/x?a=b&utm_campaign=Herbst+%26+Co&GCLID=secret#f")
    assert (row["search_engine"], row["campaign"], row["click_id"]) == ("Google", "Herbst & Co", "gclid")
    assert "secret" not in str({column.name: row[column.name] for column in CHANNEL})


def test_hostile_tags_are_cleaned_and_cut() -> None:
    row = origin(None, "/?utm_source=x%00y%0a%E2%80%AEz&utm_medium=" + "m" * 100_000 + "&utm_campaign=%FF%FE")
    assert row["source"] == "xyz"
    assert len(str(row["medium"])) <= 100
    assert origin("https://" + "a." * 50_000 + "example/")["channel"] in CHANNELS


def test_every_channel_can_be_reached_and_every_key_is_said_once() -> None:
    keys = [key for keys in SOURCES.values() for key in keys]
    assert len(keys) == len(set(keys))
    assert all(key == key.lower() for key in keys)
    assert set(SEARCH_ENGINES) <= set(SOURCES["search"])
    sources = ("(direct)", "google", "amazon", "facebook", "youtube", "chatgpt.com", "mail.google.com", "x", "sms")
    media = ("(none)", "cpc", "cpm", "referral", "affiliate", "audio", "push", "strange")
    reached = {channel_of(s, m, c) for s in sources for m in media for c in ("", "cross-network")}
    assert reached == set(CHANNELS)
    assert all(channel_of(*pair, "") in CHANNELS for pair in CLICK_IDS.values())


def test_rows_keep_their_order() -> None:
    referrers = [None, "https://t.co/", None, "https://www.shop.example/"]
    rows = with_channel(
        pl.DataFrame({"site": ["shop"] * 4, "referrer": referrers, "url": [None, "/", "/?gclid=1", "/"]}), OWN
    )
    assert rows["referrer"].to_list() == referrers
    assert rows["channel"].to_list() == ["Direct", "Organic Social", "Paid Search", None]
