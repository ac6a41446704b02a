"""What attacks look like in a request, once: patterns for Rust's regex, and their names in figures' SQL."""

from __future__ import annotations

from dataclasses import dataclass

# Paths of weak spots that scanners try; asking for one is no attack where the site has it: the answer decides.
WEAK_SPOT = (
    r"(?i)^/+(?:wp-|wordpress|xmlrpc\.php|phpmyadmin|pma/|adminer|cgi-bin/|vendor/|phpunit|actuator|server-status|solr/|jenkins|"
    r"manager/html|boaform|hnap1|owa/|autodiscover|ecp/|geoserver|_ignition|telescope|invoker|struts|console/?$|phpinfo|"
    r"admin(?:istrator)?/[A-Za-z0-9_/]*\.(?:php|asp)|backups?(?:/|\.|$)|dump\.|config\.(?:php|json|ya?ml)|web-inf|shell[A-Za-z0-9_]*\.php)"
    r"|/\.(?:env|git|svn|hg|aws|ssh|ht|vscode|idea|ds_store|docker)|\.(?:sql|bak|old|swp|mdb|php~|inc)(?:\.gz|\.zip)?$"
)
_SPACE = r"(?:[ \t]|\+|%20|%09|%0a|/\*.{0,20}?\*/)"
# URLs with path traversal or SQL, script, template or command injection.
ATTACK = (
    r"(?i)\.\.(?:/|\\|%2f|%5c)|%2e%2e|/etc/(?:passwd|shadow|hosts)|win\.ini|boot\.ini|"
    rf"union{_SPACE}+(?:all{_SPACE}+)?select|(?:'|%27|%22|\)){_SPACE}*(?:or|and){_SPACE}+['(0-9%]|"
    rf"(?:or|and){_SPACE}+[0-9]+(?:=|%3d|<|%3c)|"
    rf"select{_SPACE}.{{0,200}}(?:{_SPACE}from{_SPACE}|sleep|\()|(?:sleep|benchmark|extractvalue|updatexml|xp_cmdshell)(?:\(|%28)|"
    rf"waitfor{_SPACE}+delay|information_schema|order{_SPACE}+by{_SPACE}+[0-9]|(?:<|%3c)/?(?:script|img|svg|iframe|body)|javascript:|"
    r"on(?:error|load|mouseover)(?:=|%3d)|(?:alert|prompt|confirm)(?:\(|%28)|(?:\$|%24)(?:\{|%7b)|(?:\{|%7b){2}|"
    r"(?:php|file|data|expect|gopher|dict|phar)(?::|%3a)(?://|%2f%2f)|"
    r"[;|`](?:%20|\+)*(?:cat|wget|curl|id|ls|ping|nslookup|sh)(?:[^A-Za-z0-9_]|$)|"
    r"/bin/(?:ba)?sh|cmd\.exe|phpinfo(?:\(|%28)|eval(?:\(|%28)|base64_decode|%00|%0d%0a|(?:'|%27)(?:\"|%22)"
)
# Where passwords are sent; a shop's own rules may name others as `login`.
LOGIN = r"(?i)/(?:wp-login\.php|xmlrpc\.php|[a-z_-]*log[-_]?[io]n[a-z]*|sign[-_]?in|authenticate|sessions?)(?:[/.]|$)"
# A longer text is judged by its beginning.
MOST_URL_CHARACTERS = 2048


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether the beginning of a column's text has a pattern in it; null where there is no text."""

    of: str
    pattern: str


# Conditions that figures' SQL calls by name as if they were columns.
CONDITIONS = {
    "is_attack": Condition("url", ATTACK),
    "is_weak_spot": Condition("path", WEAK_SPOT),
    "is_login": Condition("path", LOGIN),
}
