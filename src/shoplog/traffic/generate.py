"""Writes a plan's lines into time-named files and the truth beside them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import cache
from itertools import groupby

from shoplog.traffic.answers import answers, write_answers
from shoplog.traffic.catalogue import write_catalogue
from shoplog.traffic.incidents import Planter, incident_truth
from shoplog.traffic.line_maker import LineMaker
from shoplog.traffic.plan import TrafficPlan, check_plan
from shoplog.traffic.pool import make_pool
from shoplog.traffic.schedule import blocks
from shoplog.traffic.truth import TruthReport
from shoplog.traffic.truth_lines import TruthLines, lines_file
from shoplog.traffic.write import PacedWriter


@cache
def _file_name(hour: int) -> str:
    return datetime.fromtimestamp(hour * 3600, UTC).strftime("access-%Y%m%d-%H.log")


def generate(plan: TrafficPlan, progress: Callable[[int], None] | None = None) -> TruthReport:
    """Write the plan's lines at its rate and the truth beside the log folder; return the truth.

    `progress` is told the lines written so far. Raises `UserError` where the plan cannot be written.
    """
    check_plan(plan)
    pool = make_pool(plan.seed, plan.site)
    planter = Planter(plan, pool)
    truth = TruthReport(plan.seed, plan.start.isoformat(), plan.end.isoformat())
    truth.incidents = [incident_truth(plan, one) for one in plan.incidents]
    lines = LineMaker(plan, pool, truth)
    if plan.catalogue is not None:
        write_catalogue(pool.catalogue, plan.catalogue)
    with PacedWriter(plan.log_dir, plan.rate) as writer, _truth_lines(plan, lines.agents) as rows:
        step = writer.chunk_lines
        for block in planter.plant(blocks(plan, pool)):
            events, visitors, hits = block.event_s.tolist(), block.visitor.tolist(), block.hit.tolist()
            numbers = block.number.tolist()
            for hour, group in groupby(range(len(events)), key=block.hour.tolist().__getitem__):
                places = list(group)
                for first in range(0, len(places), step):
                    chunk = [
                        lines.make(numbers[i], events[i], visitors[i], hits[i]) for i in places[first : first + step]
                    ]
                    truth.wrote(_file_name(hour), len(chunk), writer.write(_file_name(hour), chunk))
                    if progress is not None:
                        progress(truth.lines_written)
            if rows is not None:
                rows.add(block, lines.changed)
            lines.changed.clear()
    truth.write(plan.log_dir.parent / "truth.json")
    if plan.full_truth:
        write_answers(answers(plan), plan.log_dir.parent / "truth")
    return truth


def _truth_lines(plan: TrafficPlan, agents: list[int]) -> AbstractContextManager[TruthLines | None]:
    return TruthLines(lines_file(plan.log_dir), agents) if plan.full_truth else nullcontext()
