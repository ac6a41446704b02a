from __future__ import annotations

import time

import polars as pl
import pytest

from bench.bots import is_used
from shoplog.contracts.people import AGENT, BOT_CATEGORIES, DEVICES, TRAFFIC_TYPES
from shoplog.traffic.agents import HOSTILE
from shoplog.traffic.visitors import HUMAN_AGENTS
from shoplog.transforms.agents import MOST_CHARACTERS, AgentClassifier, with_agents
from shoplog.transforms.crawlers import domain_of, known_crawlers, operator_of

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
SEARCH = ("Bot", "search_crawler")
WEBKIT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; {}) Chrome/120.0.0.0 Safari/537.36"


def one(agent: str | None) -> dict[str, str | None]:
    return with_agents(pl.DataFrame({"user_agent": [agent]}, schema={"user_agent": pl.String})).to_dicts()[0]


@pytest.mark.parametrize(
    ("agent", "traffic_type", "category", "name", "operator"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", *SEARCH, "Googlebot", "Google"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", *SEARCH, "bingbot", "Microsoft"),
        (WEBKIT.format("GPTBot/1.2; +https://openai.com/gptbot"), "AI Agent", "ai_crawler", "GPTBot", "OpenAI"),
        (WEBKIT.format("OAI-SearchBot/1.0; +https://openai.com/searchbot"), "AI Agent", "ai_search", "OAI-SearchBot", "OpenAI"),
        (WEBKIT.format("ChatGPT-User/1.0; +https://openai.com/bot"), "AI Agent", "ai_assistant", "ChatGPT-User", "OpenAI"),
        (WEBKIT.format("Claude-User/1.0; +Claude-User@anthropic.com"), "AI Agent", "ai_assistant", "Claude-User", "Anthropic"),
        ("Mozilla/5.0 (Applebot/0.1)", "AI Agent", "ai_search", "Applebot", "Apple"),
        ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "Bot", "seo_crawler", "AhrefsBot", "Ahrefs"),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "Bot", "social_crawler",
         "facebookexternalhit", "Meta"),
        ("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "Bot", "monitoring",
         "UptimeRobot", "UptimeRobot"),
        ("curl/8.5.0", "Automation", "http_client", "curl", "haxx.se"),
        ("python-requests/2.32.3", "Automation", "http_client", "python-requests", "python-requests"),
        ("sqlmap/1.8.4#stable (https://sqlmap.org)", "Automation", "http_client", "sqlmap", "sqlmap.org"),
        (CHROME.replace("Chrome", "HeadlessChrome"), "Automation", "headless_browser", "HeadlessChrome", "Google"),
    ],
)  # fmt: skip
def test_known_bots_have_a_type_a_category_a_name_and_an_operator(
    agent: str, traffic_type: str, category: str, name: str, operator: str
) -> None:
    row = one(agent)
    found = (row["traffic_type"], row["bot_category"], row["bot_name"], row["bot_operator"], row["browser"])
    assert found == (traffic_type, category, name, operator, "Other")


@pytest.mark.parametrize(
    ("agent", "category", "name"),
    [
        ("Mozilla/5.0 (compatible; NewThing/1.0; +https://thing.example.org/about)", "seo_crawler", "NewThing"),
        ("SomeNewBot/2.0", "seo_crawler", "SomeNewBot"),
        ("ExampleUptime/1.0", "monitoring", "ExampleUptime"),
        ("shinyhttplib/0.3", "http_client", "shinyhttplib"),
        (CHROME + " ExamplePreview/1.0", "social_crawler", "ExamplePreview"),
        ("Mozilla/5.0", "http_client", "(unnamed)"),
    ],
)
def test_bots_that_no_list_names_are_found_by_general_rules(agent: str, category: str, name: str) -> None:
    assert (one(agent)["bot_category"], one(agent)["bot_name"]) == (category, name)


@pytest.mark.parametrize("agent", [None, "", "-", "   "])
def test_a_missing_agent_is_a_category_of_its_own(agent: str | None) -> None:
    row = one(agent)
    assert (row["traffic_type"], row["bot_category"]) == ("Automation", "no_user_agent")
    assert (row["user_agent"], row["device"], row["os"], row["browser"]) == (agent, "other", "Other", "Other")


@pytest.mark.parametrize(
    ("agent", "device", "system", "browser"),
    [
        (CHROME, "desktop", "Windows", "Chrome"),
        (CHROME + " Edg/142.0.0.0", "desktop", "Windows", "Edge"),
        ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
         "mobile", "Android", "Chrome Mobile"),
        ("Mozilla/5.0 (Linux; Android 10; SM-T510) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.1.1 Safari/537.36",
         "tablet", "Android", "Chrome"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 "
         "Mobile/15E148 Safari/604.1", "mobile", "iOS", "Mobile Safari"),
        ("Mozilla/5.0 (iPad; CPU OS 15_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.3 Mobile/15E148 "
         "Safari/604.1", "tablet", "iOS", "Mobile Safari"),
        ("Mozilla/5.0 (Linux; U; Android 4.2.2; de-de; CUBOT C7+ Build/JDQ39) AppleWebKit/534.30 (KHTML, like Gecko) "
         "Version/4.0 Mobile Safari/534.30", "mobile", "Android", "Android"),
        ("Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2)", "desktop", "Windows", "IE"),
        ("Opera/9.80 (J2ME/MIDP; Opera Mini/7.1/34.1; U; en) Presto/2.8.119 Version/11.10", "mobile", "Other", "Opera Mini"),
    ],
)  # fmt: skip
def test_people_keep_their_device_system_and_browser(agent: str, device: str, system: str, browser: str) -> None:
    row = one(agent)
    assert (row["traffic_type"], row["bot_category"], row["bot_name"], row["bot_operator"]) == (
        "Regular",
        None,
        None,
        None,
    )
    assert (row["device"], row["os"], row["browser"]) == (device, system, browser)


def test_an_in_app_browser_is_a_person_though_the_list_names_it() -> None:
    assert one(CHROME + " MetaIAB Facebook")["traffic_type"] == "Regular"


def test_all_values_are_in_the_contract_and_every_known_bot_is_found() -> None:
    agents = sorted({agent for crawler in known_crawlers() for agent in crawler.instances})
    rows = with_agents(pl.DataFrame({"user_agent": [*agents, *HUMAN_AGENTS, *(agent.text for agent in HOSTILE), None]}))
    assert rows.columns == ["user_agent", *(column.name for column in AGENT)]
    # Internal is known by the address, not by the agent.
    assert set(rows["traffic_type"]) | {"Internal"} == set(TRAFFIC_TYPES)
    assert set(rows["bot_category"].drop_nulls()) == set(BOT_CATEGORIES)
    assert set(rows["device"]) <= set(DEVICES)
    assert rows.filter(pl.col("user_agent").is_in(agents))["bot_name"].null_count() == 0
    assert set(rows.filter(pl.col("user_agent").is_in(HUMAN_AGENTS))["traffic_type"]) == {"Regular"}


def test_a_word_within_a_word_is_no_bot() -> None:
    agent = "Mozilla/5.0 (iPad; U; CPU iPhone OS 7_0 like Mac OS X; de-DE) AppleWebKit/537 WIRED/3.2.3"
    assert any(crawler.pattern.startswith("RED") for crawler in known_crawlers())
    assert one(agent)["traffic_type"] == "Regular"


@pytest.mark.parametrize("agent", ["SmartWatch(" + " " * 3500 + "z", ";A Build HuaweiA" + "4" * 3500, "A" * 1_000_000])
def test_hostile_agents_are_cut_and_cost_nothing(agent: str) -> None:
    classifier = AgentClassifier(known_crawlers()[:50])
    classifier.classify(pl.Series([CHROME]))
    began = time.process_time()
    rows = classifier.classify(pl.Series([f"{agent}{n}" for n in range(50)]))
    assert time.process_time() - began < 2  # milliseconds; without the cut and linear patterns it is minutes
    assert rows["traffic_type"].unique().to_list() == ["Automation"]
    assert max(map(len, rows["bot_name"])) <= 64


def test_what_stands_beyond_the_cut_is_not_looked_at() -> None:
    padded = CHROME + " " * MOST_CHARACTERS
    assert one(padded + "Googlebot/2.1")["traffic_type"] == one(padded)["traffic_type"] == "Regular"


def test_rows_keep_their_order_and_their_columns() -> None:
    agents = [CHROME, None, "curl/8", CHROME, "curl/8"]
    rows = with_agents(pl.DataFrame({"n": range(5), "user_agent": agents}))
    assert rows["n"].to_list() == [0, 1, 2, 3, 4]
    assert rows["user_agent"].to_list() == agents
    assert rows["bot_name"].to_list() == [None, "(no user agent)", "curl", None, "curl"]
    empty = with_agents(pl.DataFrame({"user_agent": []}, schema={"user_agent": pl.String}))
    assert (len(empty), len(empty.columns)) == (0, 1 + len(AGENT))


@pytest.mark.parametrize(
    ("text", "domain"),
    [("+http://www.google.com/bot.html", "google.com"), ("bot@a.b.example.co.uk", "example.co.uk"), ("nothing", None)],
)
def test_domains_are_registrable(text: str, domain: str | None) -> None:
    assert domain_of(text) == domain


def test_directories_of_bots_are_no_operators() -> None:
    assert operator_of("Thing", ("https://datadome.co/bots/thing/", "https://thing.example/")) == "thing.example"
    assert operator_of("Thing", ("https://github.com/someone/thing",)) is None


def test_the_split_by_operator_is_fixed_and_even() -> None:
    used = sum(map(is_used, known_crawlers()))
    assert 0.4 < used / len(known_crawlers()) < 0.6
    of_google = {is_used(crawler) for crawler in known_crawlers() if crawler.operator == "Google"}
    assert len(of_google) == 1


def test_a_first_batch_without_any_known_system_does_not_fix_the_columns_types() -> None:
    from shoplog.transforms import agents

    agents._agents.cache_clear()
    frames = [pl.DataFrame({"user_agent": ["a"]}), pl.DataFrame({"user_agent": [HUMAN_AGENTS[0]]})]
    first, second = (agents.with_agents(frame) for frame in frames)
    assert first.schema == second.schema
    assert second["os"][0] is not None
