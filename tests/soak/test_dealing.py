from __future__ import annotations

from itertools import islice

from tests.soak.batches import fifths
from tests.soak.faults import FAULTS, dealt


def test_a_seed_deals_the_same_faults_and_each_kind_before_any_comes_again() -> None:
    some = list(islice(dealt(7), 200))
    assert some == list(islice(dealt(7), 200))
    assert some != list(islice(dealt(8), 200))
    flat = [fault for together in some for fault in together]
    # One that cannot go with the other of a pair waits for the next turn.
    assert set(flat[: len(FAULTS) + 1]) == set(FAULTS)
    assert all(abs(flat.count(fault) - len(flat) / len(FAULTS)) < 2 for fault in FAULTS)


def test_two_at_once_are_two_parts() -> None:
    pairs = [together for together in islice(dealt(7), 200) if len(together) > 1]
    assert pairs
    assert all(first.part != second.part for first, second in pairs)


def test_drift_is_the_first_fifth_beside_the_last() -> None:
    assert fifths([1.0, 2.0, 30.0, *[5.0] * 10, 7.0, 8.0]) == (2.0, 7.0)
