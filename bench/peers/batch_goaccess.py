"""GoAccess with the panels of the compared figures only: `python batch_goaccess.py /path/to/goaccess FILE ...`.

It reads compressed files through zcat.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.peers.combined import as_json

IGNORED = (
    "REQUESTS", "REQUESTS_STATIC", "NOT_FOUND", "HOSTS", "OS", "BROWSERS", "VIRTUAL_HOSTS", "REFERRERS", "REFERRING_SITES",
    "KEYPHRASES", "REMOTE_USER", "CACHE_STATUS", "GEO_LOCATION", "MIME_TYPE", "TLS_TYPE",
)  # fmt: skip

goaccess, *files = sys.argv[1:]
packed = files[0].endswith(".gz")
with tempfile.TemporaryDirectory() as folder:
    report = Path(folder) / "report.json"
    command = [
        goaccess,
        *(["-"] if packed else files),
        "--log-format=COMBINED",
        "--no-global-config",
        "--no-progress",
        "-o",
        str(report),
    ]
    command += [f"--ignore-panel={panel}" for panel in IGNORED]
    if packed:
        with subprocess.Popen(["zcat", *files], stdout=subprocess.PIPE) as lines:
            subprocess.run(command, check=True, stdin=lines.stdout, stdout=subprocess.DEVNULL)
        if lines.returncode:
            sys.exit(f"zcat ended with {lines.returncode}")
    else:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    found = json.loads(report.read_text())
hours = [(int(row["data"]), row["hits"]["count"], row["bytes"]["count"]) for row in found["visit_time"]["data"]]
groups = found["status_codes"]["data"]
statuses = [(item["data"][:3], item["hits"]["count"]) for group in groups for item in group["items"]]
visitors = sum(row["visitors"]["count"] for row in found["visitors"]["data"])
print(as_json(hours, statuses, found["general"]["failed_requests"], visitors))
