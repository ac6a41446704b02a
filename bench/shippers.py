"""The shippers' configurations: Flume as its guide shows it, rsyslog with a queue on disk, kcat."""

from __future__ import annotations

from pathlib import Path

from bench.clients import librdkafka_options
from bench.toolbox import peers_jars, program
from shoplog.io.kafka_users import java_options
from shoplog.settings import Settings
from shoplog.stack.jvm import escape_property, find_java

_FLUME = """\
agent.sources = logs
agent.channels = disk
agent.sinks = topic
agent.sources.logs.type = TAILDIR
agent.sources.logs.channels = disk
agent.sources.logs.positionFile = {home}/positions.json
agent.sources.logs.filegroups = all
agent.sources.logs.filegroups.all = {folder}/access-.*\\\\.log
agent.channels.disk.type = file
agent.channels.disk.checkpointDir = {home}/checkpoint
agent.channels.disk.dataDirs = {home}/data
agent.sinks.topic.type = org.apache.flume.sink.kafka.KafkaSink
agent.sinks.topic.channel = disk
{login}
agent.sinks.topic.kafka.topic = {topic}
"""

# As the manual's example of a disk-assisted queue; acknowledged and compressed as ours.
_RSYSLOG = """\
global(workDirectory="{home}" maxMessageSize="1m")
module(load="imfile" mode="inotify")
module(load="omkafka")
template(name="line" type="string" string="%msg%")
input(type="imfile" file="{folder}/access-*.log" tag="access" ruleset="ship" persistStateInterval="10000"
  persistStateAfterSubmission="on" maxSubmitAtOnce="4096")
ruleset(name="ship" queue.type="LinkedList" queue.filename="ship" queue.size="250000" queue.maxDiskSpace="4g"
  queue.saveOnShutdown="on" queue.dequeueBatchSize="4096" queue.timeoutEnqueue="-1") {{
  action(type="omkafka" broker=["{bootstrap}"] topic="{topic}" partitions.auto="on" template="line" resubmitOnFailure="on"
    keepFailedMessages="on" failedMsgFile="{home}/failed" action.resumeRetryCount="-1"
    confParam=["compression.codec=lz4", "request.required.acks=-1", "linger.ms=5", "queue.buffering.max.messages=500000", {login}])
}}
"""


def _fresh_home(settings: Settings, name: str) -> Path:
    # Below the folder that a run removes beforehand.
    home = settings.home / "flume" / name
    home.mkdir(parents=True)
    return home


def stock_flume(settings: Settings, folder: Path) -> list[str]:
    """Return the command of Flume as released: tailing source, file channel, Kafka sink, everything at its default."""
    home = _fresh_home(settings, "stock")
    path = home / "agent.properties"
    options = java_options(settings, "collector")
    servers = options.pop("bootstrap.servers")
    lines = [f"agent.sinks.topic.kafka.bootstrap.servers = {servers}"]
    lines += [f"agent.sinks.topic.kafka.producer.{name} = {escape_property(value)}" for name, value in options.items()]
    text = _FLUME.format(home=home, folder=folder, login="\n".join(lines), topic=settings.topic_raw)
    path.write_text(text, encoding="ascii")
    options = ["-Xmx512m", "-Duser.timezone=UTC", "-cp", f"{peers_jars('flume')}/*"]
    return [str(find_java()), *options, "org.apache.flume.node.Application", "-n", "agent", "-f", str(path)]


def rsyslog(settings: Settings, folder: Path) -> list[str]:
    """Return rsyslog's command: imfile, a disk-assisted queue, omkafka."""
    home = _fresh_home(settings, "rsyslog")
    path = home / "rsyslog.conf"
    options = librdkafka_options(settings, "collector")
    servers = options.pop("bootstrap.servers")
    login = ", ".join(f'"{name}={value}"' for name, value in options.items())
    text = _RSYSLOG.format(home=home, folder=folder, bootstrap=servers, topic=settings.topic_raw, login=login)
    path.write_text(text, encoding="ascii")
    return [program("rsyslogd"), "-n", "-f", str(path), "-i", str(home / "pid")]


def kcat(settings: Settings, file: Path) -> list[str]:
    """Return kcat's command: every line of the file, acknowledged and compressed as ours."""
    login = librdkafka_options(settings, "collector")
    options = [part for name, value in login.items() for part in ("-X", f"{name}={value}")]
    options += ["-P", "-t", settings.topic_raw, "-z", "lz4", "-l", str(file)]
    return [
        program("kcat"),
        *options,
        "-X",
        "acks=all",
        "-X",
        "linger.ms=5",
        "-X",
        "queue.buffering.max.messages=500000",
    ]
