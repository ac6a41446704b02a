"""How a client reaches the broker: as which user, with which password, encrypted or not."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Literal

from shoplog.errors import TryLaterError
from shoplog.io.secrets import secret
from shoplog.settings import Settings

User = Literal["collector", "census", "stream", "monitor"]
"""`collector` and `census` write one topic each, `stream` reads both, `monitor` asks how far they go."""
MECHANISM = "SCRAM-SHA-256"

# It warns of a password in the clear: SCRAM never sends one, and the one that PLAIN sends on loopback dies with its broker.
logging.getLogger("kafka.net.sasl").setLevel(logging.ERROR)


def password_file(settings: Settings, user: User) -> Path:
    """Return where the user's password is: made on the broker's machine, copied to machines that have agents alone."""
    return settings.secrets_dir / f"kafka_{user}"


def made_password(settings: Settings, user: User) -> str:
    """Return the user's password, which is made where there is none: only the broker's machine asks for it so."""
    return secret(settings, password_file(settings, user).name).strip()


def ca_file(settings: Settings) -> Path:
    """Return where the certificate is by which clients know the broker."""
    return settings.secrets_dir / "kafka_ca.pem"


def python_options(settings: Settings, user: User) -> dict[str, Any]:
    """Return kafka-python's options for this user; raises `TryLaterError` where its password is not here yet."""
    return transport_options(settings) | {
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": user,
        "sasl_plain_password": _read(password_file(settings, user)),
    }


def transport_options(settings: Settings) -> dict[str, Any]:
    """Return kafka-python's options but for the login."""
    options = {"bootstrap_servers": settings.bootstrap, "security_protocol": settings.kafka_protocol}
    return options | ({"ssl_cafile": str(ca_file(settings))} if settings.kafka_is_encrypted else {})


def java_options(settings: Settings, user: User) -> dict[str, str]:
    """Return a Java client's options for this user, with nothing in them that is a file of this machine.

    Raises `TryLaterError` where its password is not here yet.
    """
    password = _read(password_file(settings, user))
    login = "org.apache.kafka.common.security.scram.ScramLoginModule"
    options = {
        "bootstrap.servers": settings.bootstrap,
        "security.protocol": settings.kafka_protocol,
        "sasl.mechanism": MECHANISM,
        "sasl.jaas.config": f'{login} required username="{user}" password="{password}";',
    }
    if settings.kafka_is_encrypted:
        options |= {"ssl.truststore.type": "PEM", "ssl.truststore.certificates": _read(ca_file(settings))}
    return options


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise TryLaterError(
            f"{path} is missing, and Kafka lets nobody in without it: run 'shoplog up kafka', or copy it from the broker's machine."
        ) from None
