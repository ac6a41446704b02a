"""viewers: many watch the live page while lines come: what they see how late, and what it costs the stream; no peer."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.batch_times import BatchTimes
from bench.chain import CHAIN, WARM_S, marks, running_chain, send
from bench.log_lines import lines_of_now
from bench.pair import Row
from bench.watching import Viewers, Watched
from shoplog.contracts.tables import GOLD_PARTIAL_LIVE
from shoplog.io.commits import latest_version, written_at
from shoplog.ledger.freshness import commits_of_lines, freshness_ms, percentile
from shoplog.settings import Settings

_VIEWERS, _RATE, _SECONDS = 500, 5_000, 90.0
_UPDATE_P95_MS, _RATIO = 2_000, 1.2


@dataclass(slots=True)
class _Measured:
    """All runs of one form: milliseconds of batches, from a commit to each viewer, from a line's writing to the last viewer."""

    lines: int = 0
    batch_ms: list[float] = field(default_factory=list)
    update_ms: list[float] = field(default_factory=list)
    line_ms: list[float] = field(default_factory=list)
    watched: list[Watched] = field(default_factory=list)


def measure(settings: Settings, scale: float, runs: int) -> list[Row]:
    """Return one row: the chain with the web server runs without viewers and with them, by turns.

    Raises `RuntimeError` where an update did not arrive at each viewer: what that means stands in `Seen`.
    """
    viewers, seconds = max(10, int(_VIEWERS * scale)), max(10.0, _SECONDS * scale)
    forms = {0: _Measured(), viewers: _Measured()}
    for turn in range(min(runs, 3)):
        for count in forms if turn % 2 == 0 else reversed(forms):
            _run(settings, count, seconds, forms[count])
    return [_row(viewers, *forms.values())]


def _run(settings: Settings, viewers: int, seconds: float, found: _Measured) -> None:
    warm_s = min(WARM_S, seconds)
    with running_chain(settings, [*CHAIN, "web"]) as own:
        lines = lines_of_now(own, _RATE, warm_s + seconds)
        with BatchTimes(own.checkpoint) as batches:
            if not viewers:
                sent = send(own, lines, _RATE, warm_s)
            else:
                with Viewers(own, viewers) as watching:
                    sent = send(own, lines, _RATE, warm_s)
                    newest = latest_version(own.warehouse / GOLD_PARTIAL_LIVE.name)
                    assert newest is not None
                    found.watched.append(watching.until(newest))
                _add_delays(own, sent.since, found)
        found.batch_ms += batches.took_ms(sent.since, sent.until)
        found.lines += sent.lines


def _add_delays(settings: Settings, since: float, found: _Measured) -> None:
    """Add how late what was written since then came to the viewers of the last run."""
    table, seen = settings.warehouse / GOLD_PARTIAL_LIVE.name, found.watched[-1].seen
    for commit in commits_of_lines(table):
        on_disk = written_at(table, commit.version)
        if on_disk >= since:
            found.update_ms += [(at - on_disk) * 1e3 for at in seen.had_at(commit.version)]
    found.line_ms += freshness_ms(settings, marks(settings), since, lambda version: max(seen.had_at(version)))


def _row(viewers: int, alone: _Measured, watched: _Measured) -> Row:
    update_p95_ms, ratio = _at(0.95, watched.update_ms), _at(0.95, watched.batch_ms) / _at(0.95, alone.batch_ms)
    deliveries = sum(one.seen.deliveries for one in watched.watched)
    web_cpu_s = sum(one.web_cpu_s for one in watched.watched)
    return {
        "name": "viewers", "viewers": viewers, "lines": watched.lines, "rate_per_s": _RATE, "snapshots_delivered": deliveries,
        "update_p50_ms": round(_at(0.5, watched.update_ms)), "update_p95_ms": round(update_p95_ms),
        "line_p50_ms": round(_at(0.5, watched.line_ms)), "line_p95_ms": round(_at(0.95, watched.line_ms)),
        "batch_p50_ms": round(_at(0.5, watched.batch_ms)), "batch_p95_ms": round(_at(0.95, watched.batch_ms)),
        "alone_p50_ms": round(_at(0.5, alone.batch_ms)), "alone_p95_ms": round(_at(0.95, alone.batch_ms)),
        "ratio": round(ratio, 2), "web_cores": round(web_cpu_s / sum(one.seconds for one in watched.watched), 2),
        "web_cpu_us_per_snapshot": round(web_cpu_s / deliveries * 1e6),
        "viewer_cpu_us_per_snapshot": round(sum(one.viewers_cpu_s for one in watched.watched) / deliveries * 1e6),
        "to_reach": f"update p95 {_UPDATE_P95_MS} ms, {_RATIO} of batch p95 alone at most",
        "holds": update_p95_ms <= _UPDATE_P95_MS and ratio <= _RATIO,
    }  # fmt: skip


def _at(share: float, values: list[float]) -> float:
    found = percentile(sorted(values), share)
    assert found is not None, "nothing was measured in the counted time"
    return found
