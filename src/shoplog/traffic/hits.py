"""One request and its answer, with what the generator knows of it; and visits as lists of them."""

from __future__ import annotations

from dataclasses import dataclass, field

# Put into an order's URL in place of its number, which only the writer knows.
ORDER_MARK = "@ORDER@"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where somebody comes from who comes from another site or from nowhere."""

    channel: str
    source: str
    medium: str
    campaign: str | None = None
    search_engine: str | None = None


DIRECT = Origin("Direct", "(direct)", "(none)")


@dataclass(frozen=True, slots=True)
class Hit:
    """One request and its answer, and what it is.

    `event` is the shop event, `item_id` and `search_term` what it names, `cents` the value of the order that it confirms (0
    where the page does not say it in the shop's currency), `again` an order's page that is shown once more. `origin` is
    None for who comes from the site itself. `is_weak_spot` and `is_attack` are what scans ask for.
    """

    url: str
    status: int = 200
    bytes_sent: int = 0
    referrer: str = "-"
    method: str = "GET"
    duration_ms: int = 12
    cents: int = 0
    event: str = ""
    page_class: str = "page"
    item_id: str = ""
    search_term: str = ""
    origin: Origin | None = DIRECT
    again: bool = False
    is_weak_spot: bool = False
    is_attack: bool = False

    @property
    def path(self) -> str:
        """Return the URL without its query."""
        return self.url.partition("?")[0]


@dataclass(slots=True)
class Visit:
    """One visitor's hits with the seconds since the first of them."""

    hits: list[Hit] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
