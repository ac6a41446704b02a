"""Names that the DAGs and the stack that prepares Airflow share."""

from __future__ import annotations

# One slot: tasks that write batch tables run one after the other, so that none is refused by another's lease.
WAREHOUSE_POOL = "shoplog_warehouse"
