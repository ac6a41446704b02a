"""Who gets into the broker, and what each user may do there: the real broker, on a home that one without logins has made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
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
)  # fmt: skip
from kafka.errors import KafkaError

from bench.broker import own_home, running_broker, started, wait_until
from shoplog.errors import TryLaterError
from shoplog.io.kafka import records, topic_offsets
from shoplog.io.kafka_users import User, ca_file, java_options, password_file, python_options
from shoplog.settings import Settings
from shoplog.stack import flume, kafka
from shoplog.stack.kafka_access import admin, open_broker
from shoplog.stack.tls import broker_certificate

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

USERS: tuple[User, ...] = ("collector", "census", "stream", "monitor")
QUICK = {"request_timeout_ms": 5000, "bootstrap_timeout_ms": 5000}
LINE = b"v1\tshop\tweb1\taccess.log\t0\t1\tx"


@contextmanager
def broker_of_before(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield a client's options for a broker on this home as it was started before there were logins."""
    command = kafka.prepare(settings)
    path = Path(command[-1])
    kept = [
        line
        for line in path.read_text().splitlines()
        if not re.search("sasl|authorizer|super.users|allow.everyone|^#", line)
    ]
    path.write_text("\n".join(kept).replace("SASL_PLAINTEXT", "PLAINTEXT").replace("CLIENTS", "PLAINTEXT"))
    with started(command, settings, "before"):
        yield {"bootstrap_servers": settings.bootstrap}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with own_home(Settings(home=tmp_path_factory.mktemp("access"), host="web1")) as own:
        with broker_of_before(own) as anonymous:
            wait_until(lambda: _topic_of_before(own, anonymous), "the broker of before does not answer")
            producer = KafkaProducer(**anonymous, acks="all")
            producer.send(own.topic_raw, LINE, partition=0).get(30)
            producer.close()
        with started(kafka.prepare(own), own, "kafka"):
            wait_until(lambda: kafka.is_ready(own), "the broker does not answer")
            open_broker(own)
            yield own


def _topic_of_before(settings: Settings, anonymous: dict[str, Any]) -> bool:
    try:
        client = KafkaAdminClient(**anonymous, **QUICK)
    except KafkaError:
        return False
    client.create_topics([NewTopic(settings.topic_raw, settings.kafka_partitions, 1)])
    client.close()
    return True


def test_a_home_of_before_there_were_logins_keeps_its_lines(settings: Settings) -> None:
    beginning, end = topic_offsets(settings, settings.topic_raw)
    assert next(value for _, _, value in records(settings, settings.topic_raw, beginning, end)) == LINE


def works(act: Callable[[], object]) -> bool:
    try:
        act()
    except (KafkaError, AssertionError):
        return False
    return True


def _no_error(said: dict[str, str | None]) -> None:
    assert not any(said.values())


def deeds(settings: Settings, options: dict[str, Any]) -> set[str]:
    """Return what a client of these options gets done, of all that can be tried."""
    done: dict[str, Callable[[], object]] = {}
    client = KafkaAdminClient(**options, **QUICK)
    producer = KafkaProducer(**options, acks="all", max_block_ms=3000, retries=0, **QUICK)
    consumer = KafkaConsumer(**options, enable_auto_commit=False, group_id=None, **QUICK)
    grouped = KafkaConsumer(**options, enable_auto_commit=False, group_id="spies", **QUICK)
    for name, topic in (("raw", settings.topic_raw), ("census", settings.topic_census)):
        place = TopicPartition(topic, 0)

        def write(topic: str = topic) -> None:
            producer.send(topic, LINE, partition=0).get(5)

        def read(place: TopicPartition = place) -> None:
            consumer.assign([place])
            consumer.seek(place, 0)
            assert consumer.poll(timeout_ms=1000)

        def offsets(place: TopicPartition = place) -> None:
            assert place in consumer.end_offsets([place])

        done |= {f"write {name}": write, f"read {name}": read, f"see {name}": offsets}
        done[f"delete {name}"] = lambda topic=topic: client.delete_topics([topic])  # type: ignore[misc]
        done[f"cut {name}"] = lambda place=place: client.delete_records({place: 0})  # type: ignore[misc]
    spy = UserScramCredentialUpsertion("spy", "SCRAM-SHA-256", "password")
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    rules = ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
    done |= {
        "create": lambda: client.create_topics([NewTopic("another", 1, 1)]),
        "see rules": lambda: client.describe_acls(rules),
        "make users": lambda: _no_error(client.alter_user_scram_credentials([spy])),
        "commit": lambda: grouped.committed(TopicPartition(settings.topic_raw, 0), timeout_ms=3000),
    }
    try:
        return {name for name, act in done.items() if works(act)}
    finally:
        for one in (client, consumer, grouped):
            one.close()
        producer.close(timeout=1)


def test_each_user_does_its_own_work_and_nothing_else(settings: Settings) -> None:
    with admin(settings) as client:
        client.create_topics([NewTopic("spare", 1, 1)])
    told = KafkaProducer(**python_options(settings, "census"), acks="all")
    told.send(settings.topic_census, b"{}", partition=0).get(10)
    told.close()
    assert {user: deeds(settings, python_options(settings, user)) for user in USERS} == {
        "collector": {"write raw", "see raw"},
        "census": {"write census", "see census"},
        "stream": {"read raw", "see raw", "read census", "see census"},
        "monitor": {"see raw", "see census"},
    }
    with admin(settings) as client:
        assert {"spare", settings.topic_raw, settings.topic_census} <= set(client.list_topics())
        assert "another" not in client.list_topics()


@pytest.mark.parametrize(
    ("mechanism", "name", "password"),
    [
        (None, None, None),
        ("SCRAM-SHA-256", "stream", "a guess"),
        ("SCRAM-SHA-256", "monitor", "{stream}"),
        ("SCRAM-SHA-256", "admin", "{admin}"),
        ("PLAIN", "stream", "{stream}"),
        ("PLAIN", "admin", "admin"),
    ],
)
def test_nobody_gets_in_with_another_login(
    settings: Settings, mechanism: str | None, name: str | None, password: str | None
) -> None:
    held = {
        "{stream}": password_file(settings, "stream").read_text(),
        "{admin}": kafka.admin_password_file(settings).read_text(),
    }
    options = {
        "security_protocol": "SASL_PLAINTEXT" if mechanism else "PLAINTEXT",
        "sasl_mechanism": mechanism,
        "sasl_plain_username": name,
        "sasl_plain_password": held.get(password or "", password),
    }
    for port in (settings.kafka_port, settings.kafka_controller_port):
        with pytest.raises(KafkaError):
            KafkaConsumer(bootstrap_servers=f"127.0.0.1:{port}", **options, bootstrap_timeout_ms=1000)


def test_a_password_is_changed_by_removing_its_file(settings: Settings) -> None:
    old = python_options(settings, "monitor")
    password_file(settings, "monitor").unlink()
    with pytest.raises(TryLaterError, match="kafka_monitor is missing"):
        topic_offsets(settings, settings.topic_raw)
    open_broker(settings)
    assert topic_offsets(settings, settings.topic_raw)[1]
    with pytest.raises(KafkaError):
        KafkaConsumer(**old, bootstrap_timeout_ms=1000)
    password_file(settings, "monitor").write_text("another password")
    with pytest.raises(TryLaterError, match=r"No Kafka broker answers at .* with the password in .*kafka_monitor"):
        topic_offsets(settings, settings.topic_raw, 1000)


def test_rights_that_are_not_ours_are_taken_back_from_our_users(settings: Settings) -> None:
    topic = ResourcePattern(ResourceType.TOPIC, settings.topic_raw)
    wide, theirs = (
        ACL(f"User:{who}", "*", ACLOperation.READ, ACLPermissionType.ALLOW, topic) for who in ("collector", "a-team")
    )
    with admin(settings) as client:
        client.create_acls([wide, theirs])
        open_broker(settings)
        anybody = ACLFilter(None, None, ACLOperation.READ, ACLPermissionType.ANY, topic)
        found, _ = client.describe_acls(anybody)
    assert {one.principal for one in found} == {"User:stream", "User:a-team"}


def test_the_broker_says_no_password(settings: Settings) -> None:
    said = (settings.home / "kafka.log").read_text()
    held = (settings.run_dir / "server.properties").read_text()
    for path in (kafka.admin_password_file(settings), *settings.secrets_dir.glob("kafka_*")):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text() not in said
    assert kafka.admin_password_file(settings).read_text() in held
    assert (settings.run_dir / "server.properties").stat().st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    home = Settings(home=tmp_path_factory.mktemp("encrypted"), host="web1", kafka_tls=True)
    with running_broker(home) as broker:
        yield broker.settings


def test_with_tls_the_agent_and_spark_do_their_work(encrypted: Settings, spark: Any) -> None:
    log = encrypted.home / "sites/shop/logs/access-20261122-10.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "a"\n')
    with started(flume.prepare(encrypted), encrypted, "flume"):
        wait_until(lambda: sum(topic_offsets(encrypted, encrypted.topic_raw)[1].values()) == 1, "the line did not come")
    options = {f"kafka.{name}": value for name, value in java_options(encrypted, "stream").items()}
    (row,) = spark.read.format("kafka").options(**options, subscribe=encrypted.topic_raw).load().collect()
    assert row.value.endswith(b'"GET / HTTP/1.1" 200 1 "-" "a"')
    assert password_file(encrypted, "collector").read_text() not in (encrypted.home / "flume.log").read_text()


def test_with_tls_nobody_is_spoken_to_in_the_clear_and_no_other_broker_is_believed(
    encrypted: Settings, tmp_path: Path
) -> None:
    good = python_options(encrypted, "monitor")
    KafkaConsumer(**good).close()
    other = encrypted.model_copy(update={"home": tmp_path})
    broker_certificate(other)
    for wrong in (
        {"ssl_cafile": str(ca_file(other))},
        {"security_protocol": "SASL_PLAINTEXT"},
        {"bootstrap_servers": f"localhost:{encrypted.kafka_port}"},
    ):
        with pytest.raises(KafkaError):
            KafkaConsumer(**good | wrong, bootstrap_timeout_ms=2000)
