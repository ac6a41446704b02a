"""Rule sets and catalogues, read from files and checked."""

from __future__ import annotations

from shoplog.rules.catalogue import read_catalogue, read_catalogues
from shoplog.rules.read import is_rule_set, read_toml, ready_names, site_rules

__all__ = ["is_rule_set", "read_catalogue", "read_catalogues", "read_toml", "ready_names", "site_rules"]
