from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest

from shoplog.transforms.anomalies.detector import Detector
from shoplog.transforms.anomalies.score import Score

STEP_S = 300
DAY = 86_400 // STEP_S


def noisy(count: int, level: float = 100.0, deviation: float = 5.0, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [level + rng.gauss(0, deviation) for _ in range(count)]


def daily(days: int, seed: int = 1) -> list[float]:
    """Return values that follow the hour of the day: 100 at night, 300 at its height."""
    rng = random.Random(seed)
    return [200 + 100 * math.sin(2 * math.pi * n / DAY) + rng.gauss(0, 5) for n in range(days * DAY)]


def scores(values: Iterable[float | None], detector: Detector | None = None, first: int = 0) -> list[Score]:
    detector = detector or Detector()
    return [detector.update((first + n) * STEP_S, value) for n, value in enumerate(values)]


def alarms(found: Sequence[Score]) -> list[int]:
    return [n for n, score in enumerate(found) if score.is_anomaly]


@pytest.mark.parametrize("seed", range(5))
def test_a_cold_start_is_quiet(seed: int) -> None:
    assert alarms(scores(noisy(3 * DAY, seed=seed))) == []
    assert alarms(scores(daily(4, seed))) == []


@pytest.mark.parametrize("values", [[0.0] * DAY, [7.0] * 3 * DAY, [0.0, 1.0] * DAY])
def test_a_series_without_any_surprise_has_no_anomaly(values: list[float]) -> None:
    assert alarms(scores(values)) == []


@pytest.mark.parametrize(("value", "kind"), [(300.0, "up"), (0.0, "down")])
def test_a_spike_and_a_drop_are_found_at_once_and_told_once(value: float, kind: str) -> None:
    values = noisy(4 * DAY)
    values[900:906] = [value] * 6
    found = scores(values)
    assert alarms(found) == [900]
    assert found[900].kind.endswith(kind)
    assert found[901].surprise > found[899].surprise
    assert found[901].score < 0.5


def test_the_band_holds_what_is_usual_and_not_what_is_an_anomaly() -> None:
    values = noisy(4 * DAY)
    values[900] = 300.0
    found = scores(values)
    settled = [(s.lower, v, s.upper) for s, v in zip(found[200:900], values[200:900], strict=True)]
    inside = sum(low <= v <= high for low, v, high in settled if low is not None and high is not None)
    assert inside > 0.98 * len(settled)
    band = found[900]
    assert band.lower is not None
    assert band.expected is not None
    assert band.upper is not None
    assert 40 < band.lower < band.expected < band.upper < 160


def test_a_series_that_stops_moving_is_stuck() -> None:
    found = scores([*noisy(3 * DAY), *[100.0] * 60])
    first, *more = alarms(found)
    assert found[first].kind == "stuck"
    assert 3 * DAY + 5 <= first <= 3 * DAY + 40
    # Told again only once it has lasted much longer.
    assert all((later - 3 * DAY) >= 1.3 * (before - 3 * DAY) for before, later in pairwise([first, *more]))


def test_silence_is_found_as_a_drop() -> None:
    found = scores([*noisy(3 * DAY), *[0.0] * DAY])
    first, *more = alarms(found)
    assert (first, found[first].kind.split()[1]) == (3 * DAY, "down")
    assert {found[n].kind for n in more} <= {"stuck"}
    assert len(more) < 10


def test_a_new_level_is_told_once_and_becomes_normal() -> None:
    found = scores([*noisy(3 * DAY), *noisy(4 * DAY, level=160, seed=2)])
    (first,) = alarms(found)
    assert first == 3 * DAY
    band = found[-1]
    assert band.lower is not None
    assert band.upper is not None
    assert band.lower < 160 < band.upper


def test_the_hour_of_the_day_is_learned() -> None:
    values = daily(10)
    night = 9 * DAY + 3 * DAY // 4  # 100 is usual then, 300 is not
    assert alarms(scores(values)) == []
    values[night] = 300.0
    assert alarms(scores(values)) == [night]


def test_what_comes_at_the_same_time_every_day_is_no_anomaly() -> None:
    values = noisy(8 * DAY)
    for day in range(8):
        values[day * DAY + 30] = 300.0
    assert all(n < 3 * DAY for n in alarms(scores(values)))


def test_a_state_kept_as_json_goes_on_as_if_nothing_was() -> None:
    values = daily(3)
    values[2 * DAY + 50] = 900.0
    whole = scores(values)
    for cut in (1, 30, DAY, 2 * DAY + 51):
        detector = Detector()
        scores(values[:cut], detector)
        kept = Detector.from_state(json.loads(json.dumps(detector.state())))
        assert scores(values[cut:], kept, cut) == whole[cut:]


@pytest.mark.parametrize("cut", [10, 500, 701])
def test_a_score_uses_nothing_after_its_row(cut: int) -> None:
    values = noisy(4 * DAY)
    values[700] = 500.0
    assert scores(values[:cut]) == scores(values)[:cut]


@pytest.mark.parametrize("hostile", [math.nan, math.inf, -math.inf, 1e308, -1e308, None])
def test_what_is_no_measurement_is_neither_judged_nor_learned(hostile: float | None) -> None:
    values: list[float | None] = [*noisy(2 * DAY)]
    detector, other = Detector(), Detector()
    scores(values, detector)
    scores(values, other)
    assert detector.update(3e6, hostile) == Score()
    assert detector.update(3e6, 100.0) == other.update(3e6, 100.0)


def test_extreme_values_and_times_do_no_harm() -> None:
    rng = random.Random(5)
    extremes = [0.0, -0.0, 1e149, -1e149, 5e-324, 1e-300, 1.0, -1.0]
    detector = Detector()
    for n in range(3000):
        found = detector.update(rng.choice([n * 60.0, 0.0, -1e9, 4e9]), rng.choice(extremes))
        assert 0 <= found.score < 1
        assert found.lower is not None
        assert found.upper is not None
        assert found.lower <= found.upper


def test_a_greater_surprise_has_a_higher_score() -> None:
    found = []
    for value in (125.0, 140.0, 200.0, 1000.0):
        detector = Detector()
        scores(noisy(3 * DAY), detector)
        found.append(detector.update(3 * DAY * STEP_S, value).score)
    assert all(low < high for low, high in pairwise(found))


def test_noise_that_a_value_has_by_its_nature_is_no_surprise() -> None:
    strict, lenient = Detector(), Detector()
    for n, value in enumerate(noisy(3 * DAY, deviation=0.01)):
        strict.update(n * STEP_S, value)
        lenient.update(n * STEP_S, value, noise=1.0)
    assert strict.update(3 * DAY * STEP_S, 100.2).is_anomaly
    assert lenient.update(3 * DAY * STEP_S, 100.2, noise=1.0).surprise < 4
