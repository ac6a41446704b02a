"""The one streaming query: Kafka -> bronze -> partials. Waits for orders, runs, and ends when the orders change."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import structlog

from jobs.streaming.batch import LiveTables
from jobs.streaming.crash import crash_point
from jobs.streaming.on_request import carry_out
from jobs.streaming.prepare import open_tables, start_query
from jobs.streaming.rehearsal import rehearse
from jobs.streaming.upkeep import Upkeep
from shoplog.contracts.proof import LEDGER_CENSUS_LIVE
from shoplog.contracts.tables import BRONZE_ACCESS_LOG, GOLD_ANOMALY_LIVE, GOLD_PARTIAL_LIVE
from shoplog.errors import TryLaterError, UserError
from shoplog.io.kafka import topic_offsets
from shoplog.io.leases import table_leases
from shoplog.io.offsets import same
from shoplog.logs import configure_logs
from shoplog.settings import Settings
from shoplog.spark import build_session
from shoplog.stack.control import Orders, StreamStatus, read_orders, read_status, settle_orders, write_status

LOG = structlog.get_logger("live")
WRITES = (BRONZE_ACCESS_LOG.name, GOLD_PARTIAL_LIVE.name, LEDGER_CENSUS_LIVE.name, GOLD_ANOMALY_LIVE.name)


def wait_for_orders(settings: Settings) -> Orders:
    """Return the orders once they want a running stream that has not already refused them."""
    while True:
        orders, status = read_orders(settings), read_status(settings)
        refused = status.state == "refused" and status.epoch == orders.epoch
        if orders.desired == "running" and not refused:
            return orders
        if not refused and (status.state != "waiting" or status.epoch != orders.epoch):
            write_status(settings, StreamStatus("waiting", orders.epoch, detail=f"desired state is {orders.desired}"))
        time.sleep(0.3)


def run(settings: Settings, orders: Orders) -> None:
    """Run the query until the orders change or it fails."""
    write_status(settings, StreamStatus("starting", orders.epoch))
    session = build_session(settings, "live")
    with table_leases(settings, WRITES, "the stream", session._jvm):
        tables = open_tables(session, settings, orders)
        # Lines that wait are the better rehearsal.
        if same(tables.measured, topic_offsets(settings, settings.topic_raw)[1]):
            rehearse(session, settings)
        query = start_query(tables)
        # Carried out: the next start follows the ordinary rules again.
        settle_orders(settings, orders.epoch)
        upkeep = Upkeep(tables)
        try:
            watch(settings, orders, tables, upkeep, lambda: query.isActive)
        finally:
            upkeep.finish()
            with tables.lock:  # no batch is half-written now
                error = query.exception()
                query.stop()
    session.stop()
    if error is not None:
        raise RuntimeError(str(error))


def watch(
    settings: Settings, orders: Orders, tables: LiveTables, upkeep: Upkeep, is_active: Callable[[], bool]
) -> None:
    """Return when the query ended or the orders changed and are carried out."""
    seen_batch = -1
    while is_active():
        now = read_orders(settings)
        drained = now.desired == "drained" and same(tables.measured, topic_offsets(settings, settings.topic_raw)[1])
        if now.desired == "stopped" or drained or (now.desired == "running" and now.epoch != orders.epoch):
            return
        if tables.batch_id != seen_batch:
            seen_batch = tables.batch_id
            crash_point("before_offset_log")
        committed = {str(partition): offset for partition, offset in tables.measured.items()}
        write_status(settings, StreamStatus("running", now.epoch, 0, tables.batch_id, committed))
        if upkeep.tick():
            carry_out(tables, now.upkeep)
        time.sleep(0.1)


def main() -> int:
    """Return 0 after an ordered stop, 2 after a refusal, 3 where a later try can do, 1 after a failure.

    The supervisor starts it again.
    """
    settings = Settings.load()
    configure_logs()
    orders = wait_for_orders(settings)
    structlog.contextvars.bind_contextvars(epoch=orders.epoch)
    try:
        run(settings, orders)
    except TryLaterError as now_not:
        # The JVM of a killed driver may hold the leases for a while yet, the broker may be starting: no refusal, which
        # would stand until somebody gives new orders.
        _say(settings, "failed", str(now_not))
        LOG.warning("not now", detail=str(now_not))
        return now_not.exit_code
    except UserError as refusal:
        _say(settings, "refused", str(refusal))
        LOG.error("refused", detail=str(refusal))
        return 2
    except RuntimeError as failure:
        drift = "DriftError: " in str(failure)
        detail = str(failure).split("DriftError: ", 1)[1].splitlines()[0] if drift else str(failure).splitlines()[0]
        _say(settings, "refused" if drift else "failed", detail)
        LOG.error("failed", detail=str(failure))
        return 2 if drift else 1
    _say(settings, "stopped")
    return 0


def _say(settings: Settings, state: str, detail: str = "") -> None:
    """Write how the driver ended, under the orders of now."""
    write_status(settings, StreamStatus(state, read_orders(settings).epoch, detail=detail))


if __name__ == "__main__":
    sys.exit(main())
