"""HLL sketches of distinct values, in the form and with the hash that Spark's sketch functions use."""

from __future__ import annotations

from collections.abc import Iterable

from datasketches import hll_sketch, hll_union, tgt_hll_type

from shoplog.contracts.metrics import SKETCH_LG_K


def filled(values: Iterable[str]) -> bytes:
    """Return the sketch of the values."""
    sketch = hll_sketch(SKETCH_LG_K, tgt_hll_type.HLL_8)
    for value in values:
        sketch.update(value)
    made: bytes = sketch.serialize_updatable()
    return made


def united(sketches: Iterable[bytes]) -> bytes | None:
    """Return the union of sketches; None of none, and one as it is."""
    some = list(sketches)
    if len(some) < 2:
        return some[0] if some else None
    union = hll_union(SKETCH_LG_K)
    for sketch in some:
        union.update(hll_sketch.deserialize(sketch))
    made: bytes = union.get_result(tgt_hll_type.HLL_8).serialize_updatable()
    return made


def estimated(sketch: bytes | None) -> int | None:
    """Return how many distinct values a sketch has seen, about; None of none.

    As the metric's figure says it, in union with itself: a sketch filled directly and one that was united estimate differently.
    """
    if sketch is None:
        return None
    union, own = hll_union(SKETCH_LG_K), hll_sketch.deserialize(sketch)
    union.update(own)
    union.update(own)
    return round(float(union.get_estimate()))
