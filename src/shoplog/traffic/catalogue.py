"""What the shop sells: categories, items with prices, search words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random

CATEGORIES = (
    "shoes",
    "shirts",
    "trousers",
    "jackets",
    "bags",
    "watches",
    "books",
    "toys",
    "kitchen",
    "garden",
    "phones",
    "audio",
)
# As a URL writes them, and what they stand for.
SEARCHES = (
    ("red+shoes", "red shoes"),
    ("rain+jacket", "rain jacket"),
    ("gift", "gift"),
    ("headphones", "headphones"),
    ("size+42", "size 42"),
    ("garden+chair", "garden chair"),
    ("caf%C3%A9+set", "café set"),
    ("kids+toys", "kids toys"),
    ("sale", "sale"),
    ("wi-fi", "wi-fi"),
)
ITEMS = 600


@dataclass(frozen=True, slots=True)
class Item:
    """One thing for sale."""

    item_id: int
    category: str
    cents: int

    @property
    def path(self) -> str:
        """Return the item's page."""
        return f"/item/{self.item_id}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All items, with how often each is looked at (a few are very popular)."""

    items: tuple[Item, ...]
    weights: tuple[float, ...]

    def pick(self, rng: Random) -> Item:
        """Return one item, popular ones more often."""
        return rng.choices(self.items, cum_weights=self.weights)[0]


def make_catalogue(rng: Random) -> Catalogue:
    """Return a catalogue with Zipf-like popularity."""
    items = tuple(
        Item(1000 + n, rng.choice(CATEGORIES), rng.randrange(5, 250) * 100 - rng.choice((1, 5, 10)))
        for n in range(ITEMS)
    )
    return Catalogue(items, tuple(accumulate(1 / (rank + 3) for rank in range(ITEMS))))


def write_catalogue(catalogue: Catalogue, path: Path) -> None:
    """Write the items as the CSV file that a site file may name as its `catalogue`."""
    rows = [f"{item.item_id},{item.category},{item.cents // 100}.{item.cents % 100:02d}\n" for item in catalogue.items]
    path.write_text("item_id,category,price\n" + "".join(rows), encoding="utf-8")
