"""Seeded shop traffic, written as access logs, with its true answers beside it."""

from __future__ import annotations

from shoplog.traffic.generate import generate
from shoplog.traffic.plan import DEFECTS, INCIDENTS, PlannedIncident, TrafficPlan
from shoplog.traffic.truth import TruthReport

__all__ = ["DEFECTS", "INCIDENTS", "PlannedIncident", "TrafficPlan", "TruthReport", "generate"]
