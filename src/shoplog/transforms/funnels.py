"""What a session's events add up to, in order: orders, carts, checkout, path; and the funnel's steps per site and day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shoplog.contracts.columns import IDENTITY_NAMES
from shoplog.contracts.session_figures import FUNNEL_STEP
from shoplog.contracts.sessions import CHECKOUT_STEPS, EVENTS_OF_VALUE, FUNNEL, FUNNEL_KINDS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ORDER = "event_time, host, file, byte_offset"


def _texts(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def with_repeats(requests: DataFrame, people: DataFrame) -> DataFrame:
    """Return requests with `_again`: true where `people` were shown the order before, on the same or the previous UTC day."""
    from pyspark.sql import functions as F

    shown = people.where("event_name = 'purchase' and order_id is not null")
    before = f"lag(event_date) over (partition by site, order_id order by {_ORDER}) as _before"
    again = shown.selectExpr(*IDENTITY_NAMES, "event_date", before).where("_before >= date_sub(event_date, 1)")
    again = again.select(*IDENTITY_NAMES, F.lit(True).alias("_again"))
    return requests.join(F.broadcast(again), list(IDENTITY_NAMES), "left")


# Two steps of SQL over a visit: its events with each order once; what is folded from these.
# Without an order_id, a purchase of an item that was bought before in the session is the same order shown again.
ONCE = {
    "_events": """filter(all_events, (e, i) -> e.event_name != 'purchase' or e.order_id is not null or not exists(
        slice(all_events, 1, i), p -> p.event_name = 'purchase' and p.order_id is null and p.item_id <=> e.item_id))""",
}
# No log has a cart's id: a cart is its lines (items; '' where unknown), from the first add until they are gone.
_LINE_OUT = """coalesce(nullif(array_position(c.lines, coalesce(e.item_id, '')), 0), nullif(array_position(c.lines, ''), 0),
    size(c.lines))"""
_CARTS = f"""aggregate(_events,
    named_struct('lines', cast(array() as array<string>), 'created', 0L, 'emptied', 0L, 'transacted', 0L),
    (c, e) -> named_struct(
        'lines', case e.event_name
            when 'add_to_cart' then if(e.item_id is not null and array_contains(c.lines, e.item_id), c.lines,
                array_append(c.lines, coalesce(e.item_id, '')))
            when 'remove_from_cart' then filter(c.lines, (line, i) -> i + 1 != {_LINE_OUT})
            when 'purchase' then cast(array() as array<string>)
            else c.lines end,
        'created', c.created + if(e.event_name = 'add_to_cart' and size(c.lines) = 0, 1L, 0L),
        'emptied', c.emptied + if(e.event_name = 'remove_from_cart' and size(c.lines) = 1, 1L, 0L),
        'transacted', c.transacted + if(e.event_name = 'purchase' and size(c.lines) > 0, 1L, 0L)))"""
_STEPS = f"array({_texts(CHECKOUT_STEPS)})"
FOLDS = {
    "_carts": _CARTS,
    "_orders": "filter(_events, e -> e.event_name = 'purchase')",
    "_names": "transform(_events, e -> e.event_name)",
    "_step": f"coalesce(array_max(transform(_events, e -> array_position({_STEPS}, e.event_name))), 0L)",
    "_of_value": f"exists(_events, e -> e.event_name in ({_texts(EVENTS_OF_VALUE)}))",
}
_KNOWN = "filter(transform(_orders, o -> o.value), value -> value is not null)"
_ZERO = "cast(0 as decimal(28,2))"


def _times(name: str, *events: str) -> dict[str, str]:
    times = f"transform(filter(_events, e -> e.event_name in ({_texts(events)})), e -> e.event_time)"
    return {f"first_{name}_time": f"array_min({times})", f"last_{name}_time": f"array_max({times})"}


COLUMNS = {
    "event_path": "filter(_names, (name, i) -> not name <=> get(_names, i - 1))",
    "items_viewed": "size(array_distinct(transform(filter(_events, e -> e.event_name = 'view_item' and e.item_id is not null),"
    " e -> e.item_id)))",
    "carts_created": "_carts.created",
    "carts_emptied": "_carts.emptied",
    "carts_transacted": "_carts.transacted",
    "carts_abandoned": "_carts.created - _carts.emptied - _carts.transacted",
    "is_cart_abandoned": "if(_carts.created > 0, _carts.transacted < _carts.created, null)",
    "furthest_checkout_step": "_step",
    "furthest_checkout_step_name": f"get({_STEPS}, cast(_step as int) - 1)",
    "checkout_succeeded": "if(_step > 0, size(_orders) > 0, null)",
    "orders": "size(_orders)",
    "orders_without_value": f"size(_orders) - size({_KNOWN})",
    "revenue": f"if(size({_KNOWN}) = 0, null, aggregate({_KNOWN}, {_ZERO}, (sum, v) -> cast(sum + v as decimal(28,2))))",
    **_times("view", "view_item"),
    **_times("add", "add_to_cart"),
    **_times("checkout", *CHECKOUT_STEPS[:-1]),
    **_times("purchase", CHECKOUT_STEPS[-1]),
}


def funnels(sessions: DataFrame, steps: Sequence[str] = FUNNEL) -> DataFrame:
    """Return `FUNNEL_STEP`: sessions (site, event_date, event_path) that reached each step, of each kind; 0 where none.

    `steps` are two or more different event names.
    """
    from pyspark.sql import functions as F

    reached = sessions.selectExpr("site", "event_date", *(f"{sql} as {kind}" for kind, sql in _reached(steps).items()))
    places = range(1, len(steps) + 1)
    counts = [F.expr(f"count_if({kind} >= {step}) as {kind}_{step}") for kind in FUNNEL_KINDS for step in places]
    rows = ", ".join(
        f"'{kind}', {step}, '{steps[step - 1]}', {kind}_{step}" for kind in FUNNEL_KINDS for step in places
    )
    names = [column.name for column in FUNNEL_STEP]
    wide = reached.groupBy("site", "event_date").agg(*counts)
    return wide.selectExpr(*names[:2], f"stack({len(counts)}, {rows}) as ({', '.join(names[2:])})")


def _reached(steps: Sequence[str]) -> dict[str, str]:
    """Return SQL over `event_path` per kind: the number of steps that a session reached."""
    wanted = f"array({_texts(steps)})"
    at = f"""case when e = get({wanted}, s.at) then s.at + 1 when e = get({wanted}, s.at - 1) then s.at
        when e = '{steps[0]}' then 1 else 0 end"""
    return {
        "sequential": f"aggregate(event_path, 0, (n, e) -> if(e = get({wanted}, n), n + 1, n))",
        "strict": f"""aggregate(filter(event_path, e -> array_contains({wanted}, e)), named_struct('at', 0, 'most', 0),
            (s, e) -> named_struct('at', {at}, 'most', greatest(s.most, {at})), s -> s.most)""",
        "flexible": f"""cast(coalesce(nullif(array_position(transform({wanted}, step -> array_contains(event_path, step)),
            false), 0) - 1, {len(steps)}) as int)""",
    }
