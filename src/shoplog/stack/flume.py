"""The agent: its configuration from the sites, and its position file kept safe."""

from __future__ import annotations

import json
import shlex
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from shoplog.errors import UserError
from shoplog.io.kafka_users import java_options
from shoplog.io.secrets import write_private
from shoplog.io.whole_file import write_whole
from shoplog.settings import Settings
from shoplog.sites import Site, load_sites
from shoplog.stack.jvm import escape_property, java_command
from shoplog.stack.partitions import agree_on_partitions, partitions_file
from shoplog.transforms.formats import compile_format

# A batch is held as the files have it: enough lines of many MiB in one exceed any heap, and would at every start.
# So each start after an out-of-memory takes the next size; the first again once the last is FORGET_S old.
BATCH_SIZES = (2000, 20, 1)
FORGET_S = 600
_PRODUCER = "agent.channels.topic.kafka.producer"


def agent_properties(settings: Settings, sites: dict[str, Site]) -> str:
    """Return the agent's configuration: one TAILDIR source with a file group a site."""
    source = "agent.sources.logs"
    groups = [f"{source}.filegroups = {' '.join(sites)}"]
    keys = []
    for site in sites.values():
        pattern = escape_property(f"{site.log_dir}/{site.file_pattern}")
        groups.append(f"{source}.filegroups.{site.name} = {pattern}")
        groups.append(f"{source}.headers.{site.name}.site = {site.name}")
        # Group 1 is the visitor's address: it keeps one visitor's lines in one partition, in order. Behind own proxies it
        # would be a proxy's, and all lines would go to one partition: without a pattern the key is the file.
        key = compile_format(site.log_format).key_pattern if not site.own_proxies else ""
        if key:
            keys.append(f"{source}.interceptors.identity.keyPattern.{site.name} = {escape_property(key)}")
    text = (settings.repo / "flume/agent.properties.template").read_text(encoding="utf-8")
    login = java_options(settings, "collector")
    servers = login.pop("bootstrap.servers")
    values = {
        "BOOTSTRAP": servers,
        "POSITION_FILE": escape_property(str(settings.taildir_position)),
        "FILE_GROUPS": "\n".join(groups),
        "KEY_PATTERNS": "\n".join(keys),
        "BATCH_SIZE": str(_batch_size(settings)),
        "HOST": settings.host,
        "PARTITIONS_FILE": escape_property(str(partitions_file(settings))),
        "PRODUCER": "\n".join(f"{_PRODUCER}.{name} = {escape_property(value)}" for name, value in login.items()),
        "TOPIC": settings.topic_raw,
    }
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def prepare(settings: Settings) -> list[str]:
    """Return the agent's command line; writes its configuration and mends its position file."""
    sites = load_sites(settings)
    for site in sites.values():
        try:
            # TAILDIR does not start when a folder is missing.
            site.log_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"The log folder of site {site.name} cannot be made: {error}.") from error
    settings.taildir_position.parent.mkdir(parents=True, exist_ok=True)
    restore_position(settings)
    agree_on_partitions(settings, (path for site in sites.values() for path in site.log_files()))
    path = settings.run_dir / "agent.properties"
    write_private(path, agent_properties(settings, sites).encode("ascii"))
    options = [
        "-Xms64m",
        "-Xmx512m",
        f"-XX:OnOutOfMemoryError=echo >> {shlex.quote(str(_out_of_memory(settings)))}",
        "-XX:+ExitOnOutOfMemoryError",
        "-Dflume.monitoring.type=shoplog.flume.LoopbackMetrics",
        f"-Dflume.monitoring.port={settings.flume_metrics_port}",
    ]
    arguments = ["-n", "agent", "-f", str(path), "--no-reload-conf"]
    return java_command(settings, "flume", "org.apache.flume.node.Application", options, arguments)


def _out_of_memory(settings: Settings) -> Path:
    return settings.taildir_position.with_name("out_of_memory")


def _batch_size(settings: Settings) -> int:
    path = _out_of_memory(settings)
    try:
        times = path.read_bytes().count(b"\n")
        if time.time() - path.stat().st_mtime > FORGET_S:
            path.unlink()
            times = 0
    except FileNotFoundError:
        times = 0
    return BATCH_SIZES[min(times, len(BATCH_SIZES) - 1)]


def _read_positions(path: Path) -> bytes | None:
    """Return the file's bytes where they are a list of positions that is not empty."""
    try:
        content = path.read_bytes()
        positions = json.loads(content)
    except (OSError, ValueError):
        return None
    return content if isinstance(positions, list) and positions else None


def keep_position(settings: Settings) -> bool:
    """Return whether the position file was good and is kept; TAILDIR rewrites it in place, so a kill can empty it."""
    content = _read_positions(settings.taildir_position)
    if content is None:
        return False
    write_whole(settings.taildir_position_good, content)
    return True


def restore_position(settings: Settings) -> bool:
    """Return whether the last good copy replaced an empty or broken position file; without it every file is re-sent."""
    if not settings.taildir_position.exists() or _read_positions(settings.taildir_position) is not None:
        return False
    content = _read_positions(settings.taildir_position_good)
    if content is None:
        return False
    write_whole(settings.taildir_position, content)
    return True


def read_metrics(settings: Settings) -> dict[str, Any] | None:
    """Return the agent's counters by component, None where it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.flume_metrics_port}/metrics", timeout=3) as answer:
            counters: dict[str, Any] = json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return counters


def lines_taken(settings: Settings) -> int:
    """Return how many lines the agent has sent since it started; 0 where it does not answer."""
    counters = read_metrics(settings) or {}
    return int(counters.get("SOURCE.logs", {}).get("EventAcceptedCount", 0))


def is_ready(settings: Settings) -> bool:
    """Return whether the agent's source is running."""
    counters = read_metrics(settings)
    return bool(counters and "SOURCE.logs" in counters)
