"""Seeded shop traffic, written as access logs, with its true answers beside it."""

from __future__ import annotations

from shoplog.traffic.generate import generate
from shoplog.traffic.plan import DEFECTS, TrafficPlan
from shoplog.traffic.truth import TruthReport

__all__ = ["DEFECTS", "TrafficPlan", "TruthReport", "generate"]
