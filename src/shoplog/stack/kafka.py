"""The broker: one KRaft node on the loopback address, and its two topics."""

from __future__ import annotations

import base64
import socket
import subprocess
import uuid
from pathlib import Path

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.stack.jvm import escape_property, java_command

DAY_MS = 86_400_000
# An oversize record would stop the agent for ever; lines are cut to 1 MiB long before this.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024

_PROPERTIES = """\
# Generated at each start.
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={logs}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
# A typing error must not become a topic.
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=4
log.segment.bytes=268435456
# By time only: a topic that drops lines by size loses them unseen.
log.retention.ms={retention_ms}
log.retention.bytes=-1
# What was deleted leaves the disk at once, not within minutes.
log.retention.check.interval.ms=10000
log.segment.delete.delay.ms=1000
log.cleaner.dedupe.buffer.size=16777216
message.max.bytes={max_message}
replica.fetch.max.bytes={max_message}
# After kill -9 the broker waits until its dead predecessor's lease ends (9 s by default).
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""


def prepare(settings: Settings) -> list[str]:
    """Return the broker's command line; writes its configuration and formats its storage on first start."""
    logs = settings.home / "kafka"
    if "," in str(logs):
        raise UserError(f"SHOPLOG_HOME must not contain a comma, Kafka splits its folders there: {settings.home}.")
    path = settings.run_dir / "server.properties"
    path.write_text(
        _PROPERTIES.format(
            broker=settings.kafka_port,
            controller=settings.kafka_controller_port,
            logs=escape_property(str(logs)),
            retention_ms=settings.kafka_retention_days * DAY_MS,
            max_message=MAX_MESSAGE_BYTES,
        ),
        encoding="ascii",
    )
    if not (logs / "meta.properties").exists():
        _format(settings, path)
    heap = ["-Xms256m", "-Xmx512m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError"]
    return java_command(settings, "kafka", "kafka.Kafka", heap, [str(path)])


def _format(settings: Settings, properties: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # A leading dash would read as an option.
    cluster = f"A{cluster[1:]}" if cluster.startswith("-") else cluster
    arguments = ["format", "--standalone", "--ignore-formatted", "-t", cluster, "-c", str(properties)]
    command = java_command(settings, "kafka", "kafka.tools.StorageTool", ["-Xmx128m"], arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise UserError(f"Kafka's storage could not be formatted in {settings.home / 'kafka'}: {' '.join(said)}")


def is_ready(settings: Settings) -> bool:
    """Return whether the broker answers."""
    # Late: every command reads this module, few need the client.
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    try:
        # The client waits ever longer between its tries; a closed port is known at once.
        socket.create_connection(("127.0.0.1", settings.kafka_port), timeout=1).close()
        client = KafkaAdminClient(bootstrap_servers=settings.bootstrap, request_timeout_ms=3000)
        try:
            client.list_topics()
        finally:
            client.close()
    except (KafkaError, OSError, ValueError):
        return False
    return True


def create_topics(settings: Settings) -> list[str]:
    """Return the names of the topics created now; those that exist stay as they are."""
    from kafka.admin import KafkaAdminClient, NewTopic
    from kafka.errors import TopicAlreadyExistsError

    limits = {
        "retention.ms": str(settings.kafka_retention_days * DAY_MS),
        "retention.bytes": "-1",
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        "message.timestamp.type": "LogAppendTime",
    }
    wanted = {settings.topic_raw: settings.kafka_partitions, settings.topic_census: 1}
    created = []
    client = KafkaAdminClient(bootstrap_servers=settings.bootstrap)
    try:
        for name, partitions in wanted.items():
            try:
                client.create_topics([NewTopic(name, partitions, 1, topic_configs=limits)])
                created.append(name)
            except TopicAlreadyExistsError:
                continue
    finally:
        client.close()
    return created
