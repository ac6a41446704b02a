"""The broker: one KRaft node that lets nobody in without a login."""

from __future__ import annotations

import base64
import secrets
import socket
import subprocess
import uuid
from pathlib import Path

from shoplog.errors import TryLaterError, UserError
from shoplog.io.kafka_users import MECHANISM, ca_file
from shoplog.io.secrets import write_private
from shoplog.settings import Settings
from shoplog.stack.jvm import escape_property, java_command

DAY_MS = 86_400_000
# An oversize record would stop the agent for ever; lines are cut to 1 MiB long before this.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024

ADMIN = "admin"

_PROPERTIES = """\
# Generated at each start.
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=CLIENTS://{listen}:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENTS://{bootstrap},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=CLIENTS:{protocol},CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=CLIENTS
controller.listener.names=CONTROLLER
# Users log in by SCRAM. The broker itself and the admin do by a password of this start: it makes the users, in old homes too.
listener.name.clients.sasl.enabled.mechanisms={mechanism},PLAIN
listener.name.clients.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.clients.plain.sasl.jaas.config={admin}
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config={admin}
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
{tls}
# What no rule allows is refused.
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:{admin_name}
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

_LOGIN = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required "
    'username="{name}" password="{password}" user_{name}="{password}";'
)


def prepare(settings: Settings) -> list[str]:
    """Return the broker's command line; writes its configuration and formats its storage on first start."""
    logs = settings.home / "kafka"
    if "," in str(logs):
        raise UserError(f"SHOPLOG_HOME must not contain a comma, Kafka splits its folders there: {settings.home}.")
    path = settings.run_dir / "server.properties"
    # A new one for each start: who took the port before the broker could and was told the last one has nothing.
    password = secrets.token_urlsafe(32)
    write_private(admin_password_file(settings), password.encode())
    write_private(
        path,
        _PROPERTIES.format(
            protocol=settings.kafka_protocol,
            mechanism=MECHANISM,
            admin=_LOGIN.format(name=ADMIN, password=password),
            admin_name=ADMIN,
            tls=_tls(settings),
            listen=settings.kafka_listen,
            bootstrap=settings.bootstrap,
            broker=settings.kafka_port,
            controller=settings.kafka_controller_port,
            logs=escape_property(str(logs)),
            retention_ms=settings.kafka_retention_days * DAY_MS,
            max_message=MAX_MESSAGE_BYTES,
        ).encode("ascii"),
    )
    if not (logs / "meta.properties").exists():
        _format(settings, path)
    heap = ["-Xms256m", "-Xmx512m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError"]
    return java_command(settings, "kafka", "kafka.Kafka", heap, [str(path)])


def admin_password_file(settings: Settings) -> Path:
    """Return where the password of the running broker's `ADMIN` is."""
    return settings.run_dir / "kafka_admin"


def _tls(settings: Settings) -> str:
    if not settings.kafka_is_encrypted:
        return ""
    from shoplog.stack.tls import broker_certificate

    files = {"keystore": broker_certificate(settings), "truststore": ca_file(settings)}
    lines = (f"ssl.{store}.type=PEM\nssl.{store}.location={escape_property(str(p))}" for store, p in files.items())
    return "\n".join(lines)


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
    from kafka.errors import KafkaError

    from shoplog.stack.kafka_access import admin

    try:
        # The client waits ever longer between its tries; a closed port is known at once.
        socket.create_connection((settings.kafka_host, settings.kafka_port), timeout=1).close()
        with admin(settings, request_timeout_ms=3000) as client:
            client.list_topics()
    except (KafkaError, OSError, ValueError):
        return False
    return True


def answers(settings: Settings) -> bool:
    """Return whether the broker answers those who may only ask how far its topics go."""
    from shoplog.io.kafka import topic_offsets

    try:
        topic_offsets(settings, settings.topic_raw, within_ms=3000)
    except TryLaterError:
        return False
    return True
