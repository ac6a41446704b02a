"""What may end by itself is no refusal: the driver tries again without new orders."""

from __future__ import annotations

import socket

import pytest
from kafka import KafkaConsumer
from kafka.errors import MetadataEmptyBrokerList

from jobs.streaming import live
from shoplog.errors import TryLaterError
from shoplog.io import kafka
from shoplog.io.kafka import topic_offsets
from shoplog.io.kafka_users import password_file
from shoplog.io.secrets import write_private
from shoplog.settings import Settings
from shoplog.stack.control import Orders, give_orders, read_status


def test_a_broker_that_is_away_is_worth_another_try(settings: Settings) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = settings.model_copy(update={"kafka_port": nobody.getsockname()[1]})
        write_private(password_file(away, "monitor"), b"a-password")
        with pytest.raises(
            TryLaterError, match=r"^No Kafka broker answers at 127\.0\.0\.1:\d+ .*: run 'shoplog up'\.$"
        ):
            topic_offsets(away, settings.topic_raw, within_ms=2000)


def test_a_broker_that_does_not_know_itself_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """Met on a machine so busy that the controller did not hear of the broker for seconds."""

    def fenced(self: object, topic: str) -> set[int]:
        raise MetadataEmptyBrokerList

    monkeypatch.setattr(KafkaConsumer, "partitions_for_topic", fenced)
    with pytest.raises(
        TryLaterError, match=r"^Kafka does not say what t has \(MetadataEmptyBrokerList\): try again\.$"
    ):
        kafka._partitions(object.__new__(KafkaConsumer), "t")


def test_a_home_without_its_password_says_where_to_get_it(settings: Settings) -> None:
    with pytest.raises(TryLaterError, match=r"kafka_monitor is missing.*run 'shoplog up kafka', or copy it"):
        topic_offsets(settings, settings.topic_raw)


def test_the_driver_starts_again_after_it_under_the_same_orders(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLOG_HOME", str(settings.home))
    orders = give_orders(settings, "running")

    def fails(settings: Settings, orders: Orders) -> None:
        raise TryLaterError("No Kafka broker answers.")

    monkeypatch.setattr(live, "run", fails)
    assert live.main() == 3
    assert (read_status(settings).state, read_status(settings).detail) == ("failed", "No Kafka broker answers.")
    assert live.wait_for_orders(settings) == orders
