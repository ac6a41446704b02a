"""Rule sets and catalogues, read from files and checked."""

from __future__ import annotations

from shoplog.rules.catalogue import read_catalogue, read_catalogues
from shoplog.rules.read import ready_names, site_rules

__all__ = ["read_catalogue", "read_catalogues", "ready_names", "site_rules"]
