"""What the broker's admin does: the topics, the users and what each of them may do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    NewTopic,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialUpsertion,
)
from kafka.errors import TopicAlreadyExistsError

from shoplog.errors import UserError
from shoplog.io.kafka_users import MECHANISM, User, made_password, transport_options
from shoplog.settings import Settings
from shoplog.stack.kafka import ADMIN, DAY_MS, MAX_MESSAGE_BYTES, admin_password_file


@contextmanager
def admin(settings: Settings, request_timeout_ms: int = 30_000) -> Iterator[KafkaAdminClient]:
    """Yield the client that may do everything, on the machine and for the life of the running broker; closed at the end."""
    client = KafkaAdminClient(**admin_options(settings), request_timeout_ms=request_timeout_ms)
    try:
        yield client
    finally:
        client.close()


def admin_options(settings: Settings) -> dict[str, Any]:
    """Return kafka-python's options for who may do everything; raises `UserError` on another machine than the broker's."""
    try:
        password = admin_password_file(settings).read_text(encoding="ascii")
    except FileNotFoundError:
        raise UserError("The broker was never started from this SHOPLOG_HOME: run 'shoplog up kafka'.") from None
    login = {"sasl_mechanism": "PLAIN", "sasl_plain_username": ADMIN, "sasl_plain_password": password}
    return transport_options(settings) | login


def open_broker(settings: Settings) -> bool:
    """Make the topics, the users' passwords and their rights on a broker that is up; what is as it should be stays.

    Return whether the topic of log lines got more partitions. Raises `UserError` where it has more than the setting says.
    """
    with admin(settings) as client:
        made = _create_topics(client, settings)
        _set_passwords(client, settings)
        _set_rights(client, settings)
        return settings.topic_raw not in made and _add_partitions(client, settings)


def _create_topics(client: KafkaAdminClient, settings: Settings) -> list[str]:
    """Return the names of those that were not there."""
    limits = {
        "retention.ms": str(settings.kafka_retention_days * DAY_MS),
        "retention.bytes": "-1",
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        "message.timestamp.type": "LogAppendTime",
    }
    made = []
    for name, partitions in {settings.topic_raw: settings.kafka_partitions, settings.topic_census: 1}.items():
        try:
            client.create_topics([NewTopic(name, partitions, 1, topic_configs=limits)])
            made.append(name)
        except TopicAlreadyExistsError:
            continue
    return made


def _add_partitions(client: KafkaAdminClient, settings: Settings) -> bool:
    (topic,) = client.describe_topics([settings.topic_raw])
    now, wanted = len(topic["partitions"]), settings.kafka_partitions
    if now > wanted:
        raise UserError(
            f"{settings.topic_raw} has {now} partitions and Kafka takes none away: set SHOPLOG_KAFKA_PARTITIONS={now} or more."
        )
    if now < wanted:
        client.create_partitions({settings.topic_raw: wanted})
    return now < wanted


def _rights(settings: Settings) -> dict[User, list[tuple[str, ACLOperation]]]:
    raw, census = settings.topic_raw, settings.topic_census
    return {
        "collector": [(raw, ACLOperation.WRITE)],
        "census": [(census, ACLOperation.WRITE)],
        "stream": [(raw, ACLOperation.READ), (census, ACLOperation.READ)],
        "monitor": [(raw, ACLOperation.DESCRIBE), (census, ACLOperation.DESCRIBE)],
    }


def _set_passwords(client: KafkaAdminClient, settings: Settings) -> None:
    """Give the broker the passwords that are in the files; a file that is missing gets a new one."""
    wanted = []
    for user in _rights(settings):
        wanted.append(UserScramCredentialUpsertion(user, MECHANISM, made_password(settings, user).encode()))
    refused = {user: why for user, why in client.alter_user_scram_credentials(wanted).items() if why}
    if refused:
        raise UserError(f"Kafka does not take the passwords of its users: {refused}.")


def _set_rights(client: KafkaAdminClient, settings: Settings) -> None:
    """Make our users' rights those above, no more; other users' are left alone."""
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    for user, rights in _rights(settings).items():
        who = f"User:{user}"
        has, _ = client.describe_acls(ACLFilter(who, None, ACLOperation.ANY, ACLPermissionType.ANY, anything))
        wanted = {
            ACL(who, "*", operation, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, topic))
            for topic, operation in rights
        }
        refused = client.create_acls(sorted(wanted - set(has), key=str))["failed"] if wanted - set(has) else []
        if refused:
            raise UserError(f"Kafka does not take the rights of its user {user}: {refused}.")
        if set(has) - wanted:
            client.delete_acls(sorted(set(has) - wanted, key=str))
