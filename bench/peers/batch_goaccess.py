"""GoAccess with the panels of the compared figures only: `python batch_goaccess.py /path/to/goaccess FILE ...`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

IGNORED = (
    "REQUESTS", "REQUESTS_STATIC", "NOT_FOUND", "HOSTS", "OS", "BROWSERS", "VIRTUAL_HOSTS", "REFERRERS", "REFERRING_SITES",
    "KEYPHRASES", "REMOTE_USER", "CACHE_STATUS", "GEO_LOCATION", "MIME_TYPE", "TLS_TYPE",
)  # fmt: skip

with tempfile.TemporaryDirectory() as folder:
    report = Path(folder) / "report.json"
    command = [
        sys.argv[1],
        *sys.argv[2:],
        "--log-format=COMBINED",
        "--no-global-config",
        "--no-progress",
        "-o",
        str(report),
    ]
    subprocess.run([*command, *(f"--ignore-panel={panel}" for panel in IGNORED)], check=True, stdout=subprocess.DEVNULL)
    found = json.loads(report.read_text())
hours = {row["data"]: row for row in found["visit_time"]["data"]}
statuses = [item for group in found["status_codes"]["data"] for item in group["items"]]
print(
    json.dumps(
        {
            "requests_per_hour": {hour: row["hits"]["count"] for hour, row in sorted(hours.items())},
            "bytes_per_hour": {hour: row["bytes"]["count"] for hour, row in sorted(hours.items())},
            "requests_per_status": {item["data"][:3]: item["hits"]["count"] for item in statuses},
            "refused": found["general"]["failed_requests"],
            "visitors": sum(row["visitors"]["count"] for row in found["visitors"]["data"]),
        }
    )
)
