"""The broker's certificate is made, kept, made anew in time, and the operator's own is looked at before the broker starts."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from shoplog.errors import UserError
from shoplog.io.kafka_users import ca_file
from shoplog.settings import Settings
from shoplog.stack import tls
from shoplog.stack.tls import authority_file, broker_certificate


@pytest.fixture
def remote(settings: Settings) -> Settings:
    return settings.model_copy(update={"kafka_host": "kafka.example.net", "kafka_listen": "0.0.0.0"})


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_a_certificate_is_made_once_for_the_name_by_which_clients_reach_the_broker(remote: Settings) -> None:
    path = broker_certificate(remote)
    ssl.create_default_context(cafile=str(ca_file(remote)))
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    certificate(path).verify_directly_issued_by(certificate(ca_file(remote)))
    names = certificate(path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["kafka.example.net"]
    before = path.read_bytes()
    assert broker_certificate(remote).read_bytes() == before
    assert {one.stat().st_mode & 0o777 for one in (path, authority_file(remote))} == {0o600}


def test_another_name_and_its_last_month_bring_a_new_one_that_clients_know(
    remote: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, authority = broker_certificate(remote).read_bytes(), ca_file(remote).read_bytes()
    moved = broker_certificate(remote.model_copy(update={"kafka_host": "192.0.2.1"})).read_bytes()
    assert moved != before

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(days=340)

    monkeypatch.setattr(tls, "datetime", Later)
    at_192 = remote.model_copy(update={"kafka_host": "192.0.2.1"})
    renewed = certificate(broker_certificate(at_192))
    assert renewed.not_valid_after_utc > datetime.now(UTC) + timedelta(days=600)
    assert ca_file(remote).read_bytes() == authority
    renewed.verify_directly_issued_by(certificate(ca_file(remote)))


def test_the_operators_own_is_used_as_it_is_or_refused_in_a_sentence(remote: Settings) -> None:
    path = broker_certificate(remote)
    authority_file(remote).unlink()
    own = path.read_bytes()
    assert broker_certificate(remote).read_bytes() == own
    with pytest.raises(UserError, match=r"is not a certificate for another\.example\.net, or it has ended: replace it"):
        broker_certificate(remote.model_copy(update={"kafka_host": "another.example.net"}))
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match="is not a certificate for"):
        broker_certificate(remote)
    os.unlink(path)
    with pytest.raises(UserError, match=r"^Put both kafka_server\.pem and kafka_ca\.pem into "):
        broker_certificate(remote)


@pytest.mark.parametrize(
    ("changed", "encrypted"),
    [
        ({}, False),
        ({"kafka_tls": True}, True),
        ({"kafka_listen": "0.0.0.0"}, True),
        ({"kafka_host": "kafka"}, True),
        ({"kafka_host": "localhost", "kafka_listen": "127.0.0.2"}, False),
    ],
)
def test_what_may_leave_the_machine_is_encrypted(
    settings: Settings, changed: dict[str, object], encrypted: bool
) -> None:
    assert settings.model_copy(update=changed).kafka_is_encrypted is encrypted
