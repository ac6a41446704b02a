"""Where a session comes from, and which touch its orders are credited to, within a UTC day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoplog.contracts.session_figures import ATTRIBUTION
from shoplog.contracts.sessions import ATTRIBUTION_MODELS, DIRECT, ORIGIN

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# A payment page sends its visitors back: after the checkout began, another site is no origin.
ONCE = {
    "_touches": "filter(all_touches, t -> not coalesce(t.medium = 'referral' and t.event_time >= checkout_time, false))"
}
FOLDS = {"_first": "least(get(_touches, 0), direct)", "_last": "get(_touches, size(_touches) - 1)"}
COLUMNS = {
    **{name: f"_first.{name}" for name in ORIGIN},
    **{f"last_{name}": f"_last.{name}" for name in ORIGIN},
    "touches": f"transform(_touches, t -> struct(t.event_time as touch_time, {', '.join(f't.{name}' for name in ORIGIN)}))",
}


def attribution(sessions: DataFrame) -> DataFrame:
    """Return `ATTRIBUTION`: orders and revenue of the sessions per model and origin.

    Touches are those of the visitor's sessions that start on the same UTC day: ids change every day, so nothing earlier
    can be known without a login. Without a touch the orders are direct.
    """
    from pyspark.sql import functions as F

    so_far = """flatten(collect_list(touches) over (partition by site, visitor_id, event_date
        order by session_start, session_id rows between unbounded preceding and current row))"""
    ordered = sessions.selectExpr("*", f"{so_far} as _so_far").where("orders > 0")
    ordered = ordered.selectExpr("*", "filter(_so_far, t -> t.touch_time <= first_purchase_time) as _before")
    direct = f"named_struct('channel', '{DIRECT}', 'source', '(direct)', 'medium', '(none)', 'campaign', string(null))"
    credited = {"first": "get(_before, 0)", "last": "get(_before, size(_before) - 1)"}
    models = ", ".join(
        f"struct('{model}' as model, coalesce({_origin(credited[model])}, {direct}) as touch)"
        for model in ATTRIBUTION_MODELS
    )
    rows = ordered.selectExpr("*", f"explode(array({models})) as credit").selectExpr(
        "site", "event_date", "credit.model", "credit.touch.*", "orders", "orders_without_value", "revenue"
    )
    sums = [f"cast(sum({c.name}) as {c.type}) as {c.name}" for c in ATTRIBUTION[-3:]]
    return rows.groupBy("site", "event_date", "model", *ORIGIN).agg(*(F.expr(sql) for sql in sums))


def _origin(touch: str) -> str:
    """Return SQL for a touch without its time; null where there is none."""
    fields = ", ".join(f"'{name}', {touch}.{name}" for name in ORIGIN)
    return f"if({touch} is null, null, named_struct({fields}))"
