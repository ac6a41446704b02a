"""Where visits come from, said once: GA4's default channel groups, AI assistants, and the sites behind them.

GA4's definitions are public, its lists of sites are longer; these are the large ones. A key with a dot is a domain (with
its subdomains), one without is the name before any top-level domain (`google` is google.de) and also fits `utm_source`.
"""

from __future__ import annotations

from shoplog.contracts.model import Column

AI_ASSISTANTS = "AI Assistants"
# In GA4's order: the first that fits wins.
CHANNELS = {
    "Direct": "no referrer and no campaign",
    "Cross-network": "campaign name contains cross-network",
    "Paid Shopping": "shopping site, or a campaign named shop or shopping, with a paid medium",
    "Paid Search": "search engine with a paid medium",
    "Paid Social": "social network with a paid medium",
    "Paid Video": "video site with a paid medium",
    "Display": "medium display, banner, expandable, interstitial or cpm",
    "Paid Other": "a paid medium (cpc and the like, ppc, retargeting, paid...) from anywhere else",
    AI_ASSISTANTS: "an AI assistant's site, or medium ai-assistant",
    "Organic Shopping": "shopping site, or a campaign named shop or shopping",
    "Organic Social": "social network, or medium social, social-network, social-media, sm",
    "Organic Video": "video site, or a medium with video",
    "Organic Search": "search engine, or medium organic",
    "Email": "source or medium email, e-mail, e_mail, or a web mail site",
    "Affiliates": "medium affiliate",
    "Referral": "another site: medium referral, app or link",
    "Audio": "medium audio",
    "SMS": "source or medium sms",
    "Mobile Push Notifications": "medium ends in push or has mobile or notification; source firebase",
    "Unassigned": "a campaign that fits none of these",
}
PAID_MEDIUM = r"^(.*cp.*|ppc|retargeting|paid.*)$"
SHOPPING_CAMPAIGN = r"^(.*(([^a-df-z]|^)shop|shopping).*)$"
DISPLAY_MEDIA = ("display", "banner", "expandable", "interstitial", "cpm")
SOCIAL_MEDIA = ("social", "social-network", "social-media", "sm", "social network", "social media")
EMAIL = ("email", "e-mail", "e_mail", "e mail")
REFERRAL_MEDIA = ("referral", "app", "link")

# kind of site -> its keys
SOURCES = {
    "ai": (
        "chatgpt.com", "chat.openai.com", "openai.com", "chatgpt", "openai", "claude.ai", "claude", "anthropic",
        "gemini.google.com",
        "bard.google.com", "gemini", "copilot.microsoft.com", "copilot.cloud.microsoft", "copilot", "perplexity", "perplexity.ai",
        "deepseek", "chat.mistral.ai", "mistral.ai", "grok.com", "grok", "x.ai", "meta.ai", "poe.com", "you.com", "phind.com",
        "kimi.com", "kimi.moonshot.cn", "chat.qwen.ai", "doubao.com", "duck.ai", "pi.ai", "character.ai", "iask.ai",
        "notebooklm.google.com", "lechat.mistral.ai", "manus.im", "genspark.ai", "felo.ai",
    ),
    "email": (
        "mail.google.com", "com.google.android.gm", "mail.yahoo.com", "outlook.live.com", "outlook.office.com",
        "outlook.office365.com", "mail.yandex.ru", "e.mail.ru", "mail.aol.com", "mail.qq.com", "mail.163.com", "mail.proton.me",
        "webmail", "mail.zoho.com", "com.yahoo.mobile.client.android.mail", "com.microsoft.office.outlook",
    ),
    "shopping": (
        "amazon", "ebay", "etsy", "aliexpress", "alibaba", "walmart", "shopping.google.com", "shopping free listings", "shopzilla",
        "idealo", "pricespy", "prisjakt", "kelkoo", "billiger.de", "geizhals", "skroutz", "pricerunner", "rakuten", "mercadolibre",
        "mercadolivre", "flipkart", "wish.com", "temu", "shein", "zalando", "otto.de", "allegro.pl", "bol.com", "cdiscount",
        "heureka", "ceneo", "torob.com", "emalls.ir", "shop.app", "target.com", "bestbuy.com", "taobao", "tmall", "jd.com",
        "ozon.ru",
    ),
    "video": (
        "youtube", "youtu.be", "com.google.android.youtube", "vimeo", "dailymotion", "twitch", "netflix", "bilibili", "rutube",
        "aparat.com", "wistia", "hulu.com", "iq.com", "youku", "niconico", "crackle", "ted.com",
    ),
    "social": (
        "facebook", "fb", "fb.com", "fb.me", "facebook.com", "com.facebook.katana", "instagram", "ig", "com.instagram.android",
        "messenger.com", "threads.net", "threads.com", "threads", "twitter", "t.co", "x.com", "linkedin", "lnkd.in",
        "com.linkedin.android", "pinterest", "pin.it", "com.pinterest", "reddit", "redd.it", "com.reddit.frontpage", "tiktok",
        "snapchat", "tumblr", "quora", "vk.com", "vk", "vkontakte", "ok.ru", "odnoklassniki", "weibo", "wechat", "whatsapp",
        "wa.me",
        "telegram", "t.me", "org.telegram.messenger", "discord", "mastodon", "mastodon.social", "bsky.app", "bluesky", "xing.com",
        "line.me", "kakao", "naver.me", "douban", "zhihu", "flipboard", "medium.com", "livejournal", "nextdoor", "meetup",
        "news.ycombinator.com", "stackoverflow.com", "stackexchange.com", "github.com", "disqus", "goodreads", "yelp",
        "tripadvisor",
    ),
    "search": (
        "google", "com.google.android.googlequicksearchbox", "bing", "duckduckgo", "com.duckduckgo.mobile.android", "yahoo",
        "yandex", "ya.ru",
        "baidu", "ecosia", "qwant", "startpage", "search.brave.com", "brave", "ask.com", "aol", "naver", "daum", "sogou",
        "so.com", "360.cn", "seznam", "coccoc", "swisscows", "mojeek", "metager", "kagi.com", "lycos", "dogpile", "webcrawler",
        "msn", "search.lilo.org", "exalead", "rambler", "go.mail.ru", "presearch", "gibiru", "search.avg.com", "virgilio", "nigma",
        "onet", "parsijoo", "petalsearch", "ekoru", "goo.ne.jp", "biglobe", "t-online.de", "web.de", "search.gmx.net", "info.com",
    ),
}  # fmt: skip
# How an engine is called where its key says little.
SEARCH_ENGINES = {
    "google": "Google", "com.google.android.googlequicksearchbox": "Google", "bing": "Bing", "duckduckgo": "DuckDuckGo",
    "com.duckduckgo.mobile.android": "DuckDuckGo", "yahoo": "Yahoo", "yandex": "Yandex", "ya.ru": "Yandex", "baidu": "Baidu",
    "search.brave.com": "Brave", "ask.com": "Ask", "aol": "AOL", "so.com": "360", "360.cn": "360", "msn": "MSN", "kagi.com": "Kagi",
    "go.mail.ru": "Mail.ru", "search.lilo.org": "Lilo", "goo.ne.jp": "goo", "search.avg.com": "AVG", "web.de": "WEB.DE",
    "search.gmx.net": "GMX", "t-online.de": "T-Online", "info.com": "Info.com",
}  # fmt: skip
# What a click id in a URL says where no utm_ does: id -> (source, medium). The id itself is not kept.
CLICK_IDS = {
    "gclid": ("google", "cpc"), "gbraid": ("google", "cpc"), "wbraid": ("google", "cpc"), "gad_source": ("google", "cpc"),
    "dclid": ("google", "display"), "srsltid": ("shopping free listings", "organic"), "msclkid": ("bing", "cpc"),
    "yclid": ("yandex", "cpc"), "ttclid": ("tiktok", "cpc"), "twclid": ("twitter", "cpc"), "li_fat_id": ("linkedin", "cpc"),
    "rdt_cid": ("reddit", "cpc"), "sccid": ("snapchat", "cpc"), "epik": ("pinterest", "social"), "fbclid": ("facebook", "social"),
    "igshid": ("instagram", "social"), "mc_eid": ("mailchimp", "email"), "_kx": ("klaviyo", "email"),
    "irclickid": ("impact", "affiliate"),
    "awc": ("awin", "affiliate"), "cjevent": ("cj", "affiliate"),
}  # fmt: skip

CHANNEL = (
    Column("channel", "string", "GA4's channel group of this request's origin; null where the visitor comes from the site itself",
           allowed=tuple(CHANNELS)),
    Column("source", "string", "utm_source, else what the click id says, else the engine or the referring host; (direct)"),
    Column("medium", "string", "utm_medium, else cpc, organic, social, referral, ai-assistant...; (none)"),
    Column("campaign", "string", "utm_campaign"),
    Column("search_engine", "string", "name of the search engine that referred"),
    Column("click_id", "string", "kind of click id in the URL", allowed=tuple(CLICK_IDS)),
)  # fmt: skip
# Where somebody comes from: channel, source, medium, campaign.
ORIGIN_COLUMNS = CHANNEL[:4]
