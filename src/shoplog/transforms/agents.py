"""Who sends a request, by its user agent alone: traffic type, bot, device, OS and browser, once per distinct agent."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import polars as pl
from ua_parser import Domain
from ua_parser.loaders import load_builtins
from ua_parser.regex import Resolver

from shoplog.contracts.people import AGENT, BOT_CATEGORIES, REGULAR
from shoplog.transforms.crawlers import Crawler, CrawlerFinder, known_crawlers, operator_of
from shoplog.transforms.distinct import PerDistinct

# What is longer is cut before any pattern sees it.
MOST_CHARACTERS = 512
# General rules, Rust syntax (linear time, whatever the agent): what people's browsers do not write.
_NO_BOT = r"(?i)cubot"  # a maker of phones
_WORD = (
    r"(?i)(?:bot(?:[0-9_]|(?-u:\b))|bot[a-z]{0,2}/|robot|crawl|spider|scrap(?:e|y|ing)|fetch|slurp|archiver|uptime|preview|"
    r"monitor(?:ing)?(?-u:\b)|check(?:er|link)|scan(?:ner|(?-u:\b))|validator|headless|phantomjs|selenium|puppeteer|"
    r"playwright|webdriver|lighthouse|synthetic|wget|libwww|http_?client|python|go-http)"
)
_CONTACT = r"(?i)(?:https?:/|www\.[a-z]|[a-z0-9_.-](?:@| at |[(\[]at[)\]])[a-z0-9_-]+(?:\.| dot )[a-z]|\+[a-z][a-z0-9_-]*\.[a-z])"
# `compatible;` stands in agents of old browsers, phones, and else of bots.
_COMPATIBLE = r"(?i)compatible;"
_PHONE = (
    r"(?i)MIDP|CLDC|UP\.?(?:Browser|Link)|UP/[0-9]|Obigo|Teleca|UC ?Browser|UCWEB|QQBrowser|OneBrowser|NetFront|Novarra|Polaris|"
    r"(?-u:\b)WAP|BREW|Symbian|Series ?[4-9]0|Openwave|Maui|BlackBerry|RIM[0-9]|DoCoMo|FOMA|KDDI|J-PHONE|SoftBank|Vodafone|Nokia|"
    r"SonyEricsson|^(?:SAMSUNG|SEC-|LG|SIE-|MOT|Alcatel|HTC|HUAWEI|ZTE|Amoi|Sony|Lenovo|Sharp|Sanyo|Pantech|Palm)"
)
_BROWSER = (
    r"(?i)^(?:Mozilla/[0-9]+\.[0-9]+.*(?:Gecko|WebKit|Trident|MSIE|Opera|Presto|KHTML|Konqueror|Links|HbbTV|Safari|Goanna|LibWeb|"
    r"PlayStation|Nintendo)|Opera[/ ]|Links |ELinks|Lynx/|w3m/|AppleCoreMedia|HbbTV|\[FB|"
    r".*(?:CFNetwork|Android|Dalvik|iPhone|iPad|[ it]OS [0-9]))"
)
_OLD_BROWSER = r"(?i)MSIE|Trident|Konqueror|Opera"
# What a bot that only general rules find is for: the first kind whose words it has.
_KINDS = (
    ("headless_browser", r"(?i)headless|phantomjs|selenium|puppeteer|playwright|webdriver"),
    ("ai_assistant", r"(?i)(?:ai|gpt|llm|chat)[A-Za-z0-9_]*-user"),
    ("ai_search", r"(?i)(?-u:\b)(?:ai|gpt|llm)-?search"),
    ("ai_crawler", r"(?i)(?-u:\b)(?:gen)?(?:ai|gpt|llm)-?(?:bot|crawl|spider)"),
    ("monitoring", r"(?i)monitor|uptime|check|ping(?-u:\b)|lighthouse|synthetic|validator|health"),
    ("social_crawler", r"(?i)preview|unfurl|feed|rss|podcast|embed"),
    ("seo_crawler", r"(?i)seo|backlink|rank|ads?-?bot"),
    ("search_crawler", r"(?i)search|index|archiv|slurp"),
    ("http_client", r"(?i)wget|curl|libwww|http_?client|python|go-http|scan"),
)
_UNNAMED = "(unnamed)"
_NAMES = (
    r"(?i)([a-z][a-z0-9_.!&-]{0,40}?(?:bot|crawler|spider)[a-z_-]{0,20})",
    r"(?i)compatible; ?([a-z][A-Za-z0-9_. -]{1,40}?) ?(?:[/;)+]|$)",
    r"(?i)(headless[A-Za-z0-9_]+|[a-z][A-Za-z0-9_]{0,30}preview|wget|python-[A-Za-z0-9_]+)",
    r"^([A-Za-z][A-Za-z0-9_.-]{1,40})",
)
_DEVICES = (
    ("tv", r"(?i)smart-?tv|hbbtv|appletv|googletv|android tv|crkey|bravia|; aft[a-z]|roku|netcast|web0s|playstation|xbox|nintendo"),
    ("tablet", r"(?i)ipad|tablet|kindle|playbook|; sm-[tx][0-9]|nexus (?:7|9|10)(?-u:\b)"),
    ("mobile", r"(?i)mobile|iphone|ipod|watch|windows phone|dalvik"),
    ("tablet", r"Android [3-9]|Android 1[0-9]"),  # an Android browser that does not say Mobile
    ("mobile", _PHONE + "|Android"),
    ("desktop", r"(?i)windows|win(?:9[0-9]|16|32)|macintosh|mac os x|darwin|x11|linux|cros |bsd|sunos"),
)  # fmt: skip


class AgentClassifier:
    """Tells from a user agent who sends it, with the crawlers it is told of and the general rules."""

    def __init__(self, crawlers: Sequence[Crawler]):
        self._finder = CrawlerFinder(crawlers)

    def classify(self, agents: pl.Series) -> pl.DataFrame:
        """Return the columns of `AGENT` for each agent, in order; null and blank agents are `no_user_agent`."""
        agent = pl.col("agent")
        texts = agents.fill_null("").str.head(MOST_CHARACTERS).str.strip_chars().replace("-", "")
        found = [self._finder.find(text) for text in texts]
        read = [_browsers()(text, Domain.USER_AGENT | Domain.OS) for text in texts]
        rows = pl.DataFrame(
            {
                "agent": texts,
                "name": [crawler and crawler.name for crawler in found],
                "operator": [crawler and crawler.operator for crawler in found],
                "category": [crawler and crawler.category for crawler in found],
                "os": [result.os.family if result.os else "Other" for result in read],
                "browser": [result.user_agent.family if result.user_agent else "Other" for result in read],
            },
            schema_overrides={"name": pl.String, "operator": pl.String, "category": pl.String},
        )
        contact, word = agent.str.contains(_CONTACT), agent.str.contains(_WORD) & ~agent.str.contains(_NO_BOT)
        compatible = agent.str.contains(_COMPATIBLE) & ~agent.str.contains(_OLD_BROWSER) & ~agent.str.contains(_PHONE)
        no_browser = ~agent.str.contains(_BROWSER) & ~agent.str.contains(_PHONE)
        named = contact | word | compatible
        category = (
            pl.when(agent == "").then(pl.lit("no_user_agent"))
            .when(pl.col("category").is_not_null()).then("category")
            .when(named).then(_first(_KINDS, agent, "seo_crawler"))
            .when(no_browser).then(_first(_KINDS, agent, "http_client"))
        )  # fmt: skip
        name = pl.coalesce("name", *(agent.str.extract(pattern) for pattern in _NAMES), pl.lit(_UNNAMED))
        rows = rows.with_columns(bot_category=category, device=_first(_DEVICES, agent, "other")).with_columns(
            traffic_type=pl.col("bot_category").replace_strict(_TYPE_OF, default=REGULAR, return_dtype=pl.String),
            bot_name=pl.when(pl.col("bot_category") == "no_user_agent").then(pl.lit("(no user agent)"))
            .when(pl.col("bot_category").is_not_null()).then(name.replace("Mozilla", _UNNAMED)),
            # ua-parser reads `com/bot` out of a contact address; a bot's name stands in bot_name.
            browser=pl.when(pl.col("bot_category").is_null()).then("browser").otherwise(pl.lit("Other")),
        )  # fmt: skip
        unknown = rows["name"].is_null() & rows["bot_name"].is_not_null()
        operators = [
            operator_of(name, (agent,)) if general else operator
            for general, name, agent, operator in zip(unknown, rows["bot_name"], texts, rows["operator"], strict=True)
        ]
        return rows.with_columns(bot_operator=pl.Series(operators, dtype=pl.String)).select(
            pl.col(c.name).cast(pl.String) for c in AGENT
        )


_TYPE_OF = {name: kind for name, (kind, _) in BOT_CATEGORIES.items()}


def _first(kinds: tuple[tuple[str, str], ...], agent: pl.Expr, default: str) -> pl.Expr:
    return pl.coalesce(
        *(pl.when(agent.str.contains(pattern)).then(pl.lit(kind)) for kind, pattern in kinds), pl.lit(default)
    )


@cache
def _browsers() -> Resolver:
    browsers, systems, _ = load_builtins()
    return Resolver((browsers, systems, []))


@lru_cache(maxsize=2)
def _agents(crawlers: tuple[Crawler, ...] | None) -> PerDistinct:
    classifier = AgentClassifier(known_crawlers() if crawlers is None else crawlers)
    return PerDistinct(("_agent",), lambda keys: keys.hstack(classifier.classify(keys["_agent"])))


def with_agents(rows: pl.DataFrame, crawlers: tuple[Crawler, ...] | None = None) -> pl.DataFrame:
    """Return rows (user_agent) with the columns of `AGENT`, by the known crawlers or others.

    What is beyond 512 characters of an agent is not looked at.
    """
    capped = rows.with_columns(pl.col("user_agent").str.head(MOST_CHARACTERS).alias("_agent"))
    return _agents(crawlers).join(capped).drop("_agent")
