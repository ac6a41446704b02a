"""What in a URL is nobody's business, said once: names of parameters, shapes of values, and what stands in their place."""

from __future__ import annotations

# Anywhere in a parameter's name, in any case; a name may be written with brackets, dots or dashes (`login[password]`).
SECRET_IN_NAME = (
    "token", "passwd", "password", "passphrase", "secret", "api[_.-]?key", "access[_.-]?key", "sess(?:ion)?[_.-]?id",
    "e-?mail", "signature", "authorization", "authenticat", "credential", "saml", "jwt", "card[_.-]?(?:no|num)",
)  # fmt: skip
# A name of nothing else: inside other names these words mean harmless things (`country_code`, `sort_key`).
SECRET_NAMES = (
    "auth", "code", "auth[_-]?code", "key", "login", "mail", "otp", "pass", "phone", "pin", "pwd", "pw", "session", "sid",
    "sig", "tel", "ticket", "user(?:name)?", "cvc2?", "cvv2?", "iban",
)  # fmt: skip

MASKED = "[masked]"
MAIL, TOKEN, CARD, USER = "[mail]", "[token]", "[card]", "[user]"

_AT = r"(?:@|%(?:25)*40)"
_DOT = r"(?:\.|%(?:25)*2e)"
# A digit and an x after the sign is a picture's resolution (`logo@2x.png`), a digit and a dot a version (`lib@4.17.21`).
MAIL_SHAPE = (
    rf"(?i)[a-z0-9._%+-]{{1,128}}{_AT}(?:[a-z]|[0-9]{{2}}|[0-9][a-wyz-])[a-z0-9-]{{0,62}}"
    rf"(?:{_DOT}[a-z0-9-]{{1,63}}){{0,6}}{_DOT}[a-z]{{2,24}}"
)
TOKEN_SHAPE = r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"
USER_SHAPE = r"(?i)((?:^|[a-z]:)//)[^/@?#\s]+@"
# Where a card's number may stand: no card network's begins with 0, 1, 7, 8 or 9, so most time stamps are out. Luhn decides.
_GAP = r"(?:[ +.-]|%(?:25)*2[0BDEbde])"
CARD_SHAPE = (
    rf"[2-6][0-9]{{3}}(?:{_GAP}[0-9]{{4}}){{3}}(?:{_GAP}?[0-9]{{3}})?"
    rf"|3[0-9]{{3}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{4,5}}|[2-6][0-9]{{12,18}}"
)
