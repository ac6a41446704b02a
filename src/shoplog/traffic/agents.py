"""The user agents of the generator's visitors, each with what it is: stated here, not read from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agent:
    """One user agent as a person or a bot sends it, and who that is; people have a device, bots have a category and a name."""

    text: str
    traffic_type: str = "Regular"
    bot_category: str | None = None
    bot_name: str | None = None
    device: str | None = None
    os: str | None = None
    browser: str | None = None


_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0"
_WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{v}.1 Safari/605.1.15"
_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS {v}_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{v}.2 Mobile/15E148 Safari/604.1"  # noqa: E501
_ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36"
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0"
BROWSERS = tuple(
    Agent(text.format(v=version), device=device, os=os, browser=browser)
    for text, versions, device, os, browser in (
        (_WINDOWS, range(138, 146), "desktop", "Windows", "Chrome"),
        (_MAC, range(17, 20), "desktop", "Mac OS X", "Safari"),
        (_PHONE, range(16, 20), "mobile", "iOS", "Mobile Safari"),
        (_ANDROID, range(136, 146), "mobile", "Android", "Chrome Mobile"),
        (_FIREFOX, range(140, 146), "desktop", "Linux", "Firefox"),
        (_WINDOWS + " Edg/{v}.0.0.0", range(141, 146), "desktop", "Windows", "Edge"),
    )
    for version in versions
)
GOOD_BOTS = (
    Agent("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Bot", "search_crawler", "Googlebot"),
    Agent("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "Bot", "search_crawler", "bingbot"),
    Agent(
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "AI Agent", "ai_crawler", "GPTBot",
    ),
)  # fmt: skip
# The last one is disguised: by its agent a person.
BAD_BOTS = (
    Agent("python-requests/2.32.3", "Automation", "http_client", "python-requests"),
    Agent("curl/8.5.0", "Automation", "http_client", "curl"),
    Agent("sqlmap/1.8.4#stable (https://sqlmap.org)", "Automation", "http_client", "sqlmap"),
    BROWSERS[0],
)
# No browser writes these: programs. One has a web address, as crawlers do that do not say what for.
HOSTILE = (
    *(
        Agent(text, "Automation", "http_client", "(unnamed)")
        for text in (
            "<script>document.title='owned'</script>",
            "Mozilla/5.0 ' OR 1=1; DROP TABLE visits; --",
            "\\x22><img src=x onerror=alert(1)>",
            '\\"quoted\\" agent {{7*7}} ${jndi:ldap://127.0.0.1/a}',
            "\u202egnp.exe \u2028 agent",
        )
    ),
    Agent("=HYPERLINK(\\x22http://127.0.0.1\\x22)", "Bot", "seo_crawler", "(unnamed)"),
    # A bot's name has at most 41 characters.
    Agent("A" * 4096, "Automation", "http_client", "A" * 41),
)
# What a log without user agents says of everybody.
NO_AGENT = Agent("", "Automation", "no_user_agent", "(no user agent)")
AGENTS = (*BROWSERS, *GOOD_BOTS, *BAD_BOTS[:3], *HOSTILE, NO_AGENT)
PLACE = {agent.text: place for place, agent in enumerate(AGENTS)}
