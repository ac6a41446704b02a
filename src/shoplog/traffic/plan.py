"""What to write: the plan, and the defects one can ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shoplog.errors import UserError

LOG_FORMATS = ("combined", "common", "nginx_json")
# Each kind of defect and the reason it must be quarantined with; None: the line is accepted.
DEFECTS: dict[str, str | None] = {
    "malformed": "unparsable",
    "not_utf8": "not_utf8",
    "control_character": "control_character",
    "torn": "unparsable",
    "truncated": "truncated",
    "bad_time": "bad_time",
    "bad_status": "bad_status",
    "future": "future",
    "late": None,
    "hostile": None,
    "repeated": None,
}

# kind -> (minutes, requests on top, meaning)
INCIDENTS = {
    "outage": (10, 0, "no line is written"),
    "flood": (10, 12_000, "one address asks for the home page"),
    "brute_force": (30, 5_000, "one address sends passwords"),
    "scanning": (20, 2_000, "one address looks for weak spots"),
}


@dataclass(frozen=True, slots=True)
class PlannedIncident:
    """An incident to plant so many minutes of event time after the plan's start."""

    kind: str
    after_minutes: int


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """One run: which shop, where, how many lines, which event times, how fast, which defects.

    With `full_truth` every figure's true answer is written beside the log folder. `catalogue` is where to write the shop's
    items; the answers then know each item's category, as the site does whose file names the catalogue. Visitors in
    `own_network` (such as 198.18.0.0/22; the site file must name it) are the shop's own people.
    """

    site: str
    log_dir: Path
    start: datetime
    end: datetime
    log_format: str = "combined"
    seed: int = 1
    lines: int = 200_000
    rate: float | None = None
    defects: Mapping[str, int] = field(default_factory=dict)
    full_truth: bool = False
    catalogue: Path | None = None
    incidents: tuple[PlannedIncident, ...] = ()
    own_network: str | None = None

    @property
    def start_s(self) -> int:
        """Return the first event second (epoch, UTC)."""
        return int(_utc(self.start).timestamp())

    @property
    def end_s(self) -> int:
        """Return the first epoch second after the event times."""
        return int(_utc(self.end).timestamp())

    @property
    def first_day_s(self) -> int:
        """Return the midnight (UTC) that begins the first event day."""
        return self.start_s // 86_400 * 86_400


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def check_plan(plan: TrafficPlan) -> None:
    """Raise `UserError` when the plan cannot be written as asked."""
    if plan.log_format not in LOG_FORMATS:
        raise UserError(f"Log format {plan.log_format!r} is unknown; use one of {', '.join(LOG_FORMATS)}.")
    if plan.lines < 1:
        raise UserError("The number of lines must be at least 1.")
    if plan.full_truth and plan.incidents:
        raise UserError("The full truth knows no incidents: leave out either --truth full or the incidents.")
    if plan.seed < 0:
        raise UserError("The seed must not be negative.")
    if plan.end_s <= plan.start_s:
        raise UserError("The end of the event times must be at least one second after their start.")
    if plan.rate is not None and plan.rate <= 0:
        raise UserError("The rate must be above 0 lines per second; leave it out to write as fast as possible.")
    _check_defects(plan)
    for incident in plan.incidents:
        _check_incident(plan, incident)


def _check_defects(plan: TrafficPlan) -> None:
    for kind, count in plan.defects.items():
        if kind not in DEFECTS:
            raise UserError(f"Defect {kind!r} is unknown; use one of {', '.join(DEFECTS)}.")
        if count < 0:
            raise UserError(f"The count of {kind} must not be negative.")
    if sum(plan.defects.values()) > plan.lines // 2:
        raise UserError(
            f"At most half of the lines can be defects: ask for more than {plan.lines} lines or fewer defects."
        )


def _check_incident(plan: TrafficPlan, incident: PlannedIncident) -> None:
    if incident.kind not in INCIDENTS:
        raise UserError(f"Incident {incident.kind!r} is unknown; use one of {', '.join(INCIDENTS)}.")
    if not 0 <= incident.after_minutes <= (plan.end_s - plan.start_s) / 60 - INCIDENTS[incident.kind][0]:
        raise UserError(
            f"A planted {incident.kind} lasts {INCIDENTS[incident.kind][0]} minutes: let it begin where it ends in time."
        )
