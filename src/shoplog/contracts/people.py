"""Who a request is from, said once: traffic types, bot categories, devices, the rules that tell disguised bots, columns.

The types and categories are PostHog's. The share of bots has one denominator: accepted requests (`requests`).
"""

from __future__ import annotations

from shoplog.contracts.model import Column

REGULAR = "Regular"
INTERNAL = "Internal"
TRAFFIC_TYPES = {
    REGULAR: "a person with a browser or an app",
    INTERNAL: "a person or app at one of the site's own_addresses: in `requests`, in no figure of people or bots",
    "AI Agent": "crawlers, searches and assistants of AI services",
    "Bot": "crawlers and checks that say who they are: search, SEO, previews, monitoring",
    "Automation": "programs, automated browsers and requests without a user agent",
}
# category -> (traffic type, meaning)
BOT_CATEGORIES = {
    "ai_crawler": ("AI Agent", "collects pages to train or feed AI models"),
    "ai_search": ("AI Agent", "indexes pages for answers of AI search"),
    "ai_assistant": ("AI Agent", "fetches a page because a person asked an assistant"),
    "search_crawler": ("Bot", "indexes pages for search engines, archives and research"),
    "seo_crawler": ("Bot", "SEO, advertising and market tools, and crawlers that do not say what for"),
    "social_crawler": ("Bot", "fetches a page to show it elsewhere: link previews, feed readers"),
    "monitoring": ("Bot", "checks whether and how a site answers"),
    "http_client": ("Automation", "programs and scripts: HTTP libraries, download tools, vulnerability scanners"),
    "headless_browser": ("Automation", "a browser that a program drives"),
    "no_user_agent": ("Automation", "no user agent or a blank one"),
}
DEVICES = {
    "desktop": "a computer with Windows, macOS, Linux, Chrome OS or BSD",
    "mobile": "a phone or a watch",
    "tablet": "a tablet or an e-book reader",
    "tv": "a television, a set-top box or a game console",
    "other": "nothing known: most bots",
}
# The one share of bots: their requests / accepted requests (the metric `requests`) of the same site and window.
BOT_SHARE = "requests of bots / requests"

# What a visitor's requests show, whatever its user agent says. name -> (points, meaning); 4 points make it a bot.
BEHAVIOUR_POINTS = 4
BEHAVIOUR_RULES = {
    "weak_spots": (
        4,
        "3 or more requests for known weak spots (/wp-login.php, /.env, /.git, ...) answered with 4xx or 5xx",
    ),
    "attacks": (4, "3 or more URLs with path traversal or SQL, script, template or command injection"),
    "robots_txt": (3, "asked for /robots.txt"),
    "rate": (3, "more than 40 requests within one minute of the clock"),
    "errors": (2, "10 or more requests, half of them or more answered with 4xx or 5xx"),
    "no_assets": (
        2,
        "10 or more requests and not one static file, on a site where a tenth of all requests are for some",
    ),
    "no_referrer": (2, "10 or more requests, none with a referrer, on a site where a tenth of all requests have one"),
    "path_entropy": (1, "40 or more requests whose paths have above 5 bits of entropy (a crawl) or below 0.5 (a poll)"),
}
# What the rules measure of a visitor; requests for static files are counted apart, as `assets`, and nowhere else.
BEHAVIOUR = (
    Column("requests", "bigint", "requests other than for static files"),
    Column("assets", "bigint", "requests for static files"),
    Column("robots_requests", "bigint", "requests for /robots.txt"),
    Column("weak_spot_requests", "bigint", "refused requests for known weak spots"),
    Column("attack_requests", "bigint", "URLs with an attack in them, static or not"),
    Column("error_requests", "bigint", "answers with 4xx or 5xx, other than 499 (the visitor went away)"),
    Column("referred_requests", "bigint", "requests with a referrer"),
    Column("most_per_minute", "bigint", "requests in the busiest minute of the clock"),
    Column("path_entropy_bits", "double", "Shannon entropy of the paths"),
    Column("score", "int", "sum of the points of the rules that hold"),
    Column("rules", "array<string>", "the rules that hold", allowed=tuple(BEHAVIOUR_RULES)),
)

AGENT = (
    Column("traffic_type", "string", "kind of sender by its user agent", allowed=tuple(TRAFFIC_TYPES)),
    Column("bot_category", "string", "what kind of bot; null for people", allowed=tuple(BOT_CATEGORIES)),
    Column("bot_name", "string", "the bot's name; null for people"),
    Column(
        "bot_operator",
        "string",
        "who runs the bot: by name, else its site's domain, else the bot's name; null where unknown",
    ),
    Column("device", "string", "class of the device that the agent names", allowed=tuple(DEVICES)),
    Column("os", "string", "operating system by ua-parser; Other where it finds none"),
    Column("browser", "string", "browser by ua-parser; Other where it finds none, and for bots"),
)
COUNTRY = Column(
    "country", "string", "ISO 3166 code of the address's registration (RIR data); null for private, unknown"
)
