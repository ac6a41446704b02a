"""What is written of the measures: the page, the Grafana dashboard and Prometheus' alerts; `shoplog docs` writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dashboard.monitoring.measures import MEASURES
from shoplog.contracts.documents import markdown_table

# Title, unit as Grafana names it, and queries with their legend.
_PANELS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("Parts that run", "none", (("shoplog_part_up", "{{part}}"),)),
    ("Lag by partition", "short", (("shoplog_stream_lag_lines", "partition {{partition}}"),)),
    ("Lines a second: Kafka in, gold", "cps", (
        ("sum(rate(shoplog_kafka_end_offset_total[1m]))", "into Kafka"),
        ("sum(rate(shoplog_stream_committed_offset_total[1m]))", "into gold"),
        ("rate(shoplog_flume_events_total{step='accepted'}[1m])", "from files"),
    )),
    ("Batch by stage", "s", (("shoplog_stream_batch_seconds", "{{stage}}"),)),
    ("How old gold is", "s", (("shoplog_commit_age_seconds", "commit"), ("shoplog_event_age_seconds", "event"))),
    ("Requests, visitors, sessions", "short", (
        ("shoplog_requests_per_second", "requests/s"), ("shoplog_visitors", "visitors, 5 min"),
        ("shoplog_open_sessions", "open sessions"),
    )),
    ("Errors", "percentunit", (("shoplog_error_ratio", "4xx and 5xx"),)),
    ("Quarantined lines a second", "cps", (("rate(shoplog_quarantined_lines_total[5m])", "{{reason}}"),)),
    ("Duplicates a second", "cps", (("rate(shoplog_lines_total{fate='duplicates'}[5m])", "duplicates"),)),
    ("Files of live tables", "short", (("shoplog_table_files", "{{table}}"),)),
    ("Memory", "bytes", (("shoplog_part_memory_bytes", "{{part}}"),)),
    ("Disk free", "percentunit", (("shoplog_disk_free_bytes / shoplog_disk_bytes", "free"),)),
    ("Days by light", "none", (("shoplog_days", "{{light}}"),)),
    ("Since a certificate said equal", "s", (("time() - shoplog_certificate_equal_timestamp_seconds", "{{site}}"),)),
    ("Lines unaccounted for", "short", (("shoplog_ledger_residue_lines", "{{site}}"),)),
    ("Epochs, sources that failed", "none", (
        ("shoplog_stream_epoch", "epoch of {{of}}"), ("shoplog_source_failed", "{{source}} failed"),
    )),
)  # fmt: skip
# Name, condition, for how long, severity, what to do.
_ALERTS: tuple[tuple[str, str, str, str, str], ...] = (
    ("PartDown", "shoplog_part_up == 0", "2m", "critical", "A part does not run: shoplog status says why."),
    ("StreamNotFollowing", "shoplog_stream_desired_running == 1 and shoplog_stream_running == 0", "5m", "critical",
     "The stream shall run and does not: shoplog stream status, then docs/runbook.md."),
    ("StreamBehind", "shoplog_commit_age_seconds > 60 and on() sum(shoplog_stream_lag_lines) > 0", "5m", "critical",
     "Lines wait in Kafka and gold does not grow: see stream.log."),
    ("LagGrows", "sum(deriv(shoplog_stream_lag_lines[10m])) > 0 and sum(shoplog_stream_lag_lines) > 1e6", "10m", "warning",
     "More comes in than is processed: docs/scaling.md, more executors or partitions."),
    ("QuarantineGrows", "sum(rate(shoplog_quarantined_lines_total[10m])) > 0.01 * sum(rate(shoplog_lines_total[10m]))", "10m",
     "warning", "More than 1 % of lines are refused: quarantine_access_log_live has each with its reason."),
    ("NoCertificate", "time() - shoplog_certificate_equal_timestamp_seconds > 36 * 3600", "1h", "critical",
     "No day was proved equal for 36 hours: see the quality page."),
    ("LinesUnaccountedFor", "shoplog_ledger_residue_lines != 0", "1m", "critical", "The ledger has a residue: docs/runbook.md."),
    ("DiskFull", "shoplog_disk_free_bytes / shoplog_disk_bytes < 0.1", "10m", "critical", "Less than 10 % of the disk is free."),
    ("ManyFiles", "shoplog_table_files > 5000", "30m", "warning", "Upkeep does not keep up: see stream.log for upkeep."),
    ("MeasuresFail", "shoplog_source_failed == 1", "10m", "warning", "Some measures cannot be read: see web.log."),
)  # fmt: skip
_INTRO = """# Monitoring

<!-- Written by `shoplog docs` from dashboard/monitoring/; a test fails when it is stale. -->

The web part answers Prometheus on `/metrics`, to whoever has a token of a user who may see all sites:
`shoplog user add prometheus`, `shoplog token add prometheus scrape`.

```yaml
scrape_configs:
  - job_name: shoplog
    scrape_interval: 15s
    authorization: { credentials_file: /etc/prometheus/shoplog.token }
    static_configs: [{ targets: ["127.0.0.1:18800"] }]
rule_files: [/etc/prometheus/shoplog-alerts.json]
```

`docs/monitoring/grafana.json` is a dashboard to import, `docs/monitoring/alerts.json` are the rules (JSON is YAML).
Everything is read anew at each scrape. A source that cannot be read leaves its measures out and says so in
`shoplog_source_failed`: what is not there is not 0. `/healthz` says without a login that the web part lives.
"""


def page() -> str:
    """Return docs/monitoring.md."""
    measures = [(f"`{exported(m.name)}`", ", ".join(m.labels) or "-", m.kind, m.meaning) for m in MEASURES.values()]
    alerts = [(name, f"`{when}` for {hold}", severity, text) for name, when, hold, severity, text in _ALERTS]
    parts = [
        _INTRO.rstrip(),
        "## Measures",
        markdown_table(("measure", "labels", "kind", "meaning"), measures),
        "## Alerts",
        markdown_table(("alert", "when", "severity", "what to do"), alerts),
    ]
    return "\n\n".join(parts) + "\n"


def exported(name: str) -> str:
    """Return the name under which Prometheus has the measure: counters end in _total."""
    return f"{name}_total" if MEASURES[name].kind == "counter" else name


def grafana() -> str:
    """Return the dashboard as Grafana imports it; its data source is chosen at the import."""
    source = {"type": "prometheus", "uid": "${datasource}"}
    panels = [
        {
            "id": at + 1, "title": title, "type": "timeseries", "datasource": source,
            "gridPos": {"h": 8, "w": 8, "x": at % 3 * 8, "y": at // 3 * 8},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
            "targets": [
                {"refId": chr(65 + n), "expr": query, "legendFormat": legend, "datasource": source}
                for n, (query, legend) in enumerate(queries)
            ],
        }
        for at, (title, unit, queries) in enumerate(_PANELS)
    ]  # fmt: skip
    return _json(
        {
            "title": "shoplog", "uid": "shoplog", "schemaVersion": 39, "refresh": "15s", "timezone": "utc",
            "time": {"from": "now-3h", "to": "now"}, "panels": panels,
            "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        }
    )  # fmt: skip


def alerts() -> str:
    """Return Prometheus' rules."""
    rules = [
        {
            "alert": f"Shoplog{name}",
            "expr": when,
            "for": hold,
            "labels": {"severity": severity},
            "annotations": {"summary": text},
        }
        for name, when, hold, severity, text in _ALERTS
    ]
    return _json({"groups": [{"name": "shoplog", "rules": rules}]})


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "monitoring.md": page, "monitoring/grafana.json": grafana, "monitoring/alerts.json": alerts,
}  # fmt: skip
