"""How the peers log in to the broker: as users of the stack's own, in the words of their client."""

from __future__ import annotations

import json
from pathlib import Path

from shoplog.io.kafka_users import User, java_options, python_options
from shoplog.settings import Settings


def librdkafka_options(settings: Settings, user: User) -> dict[str, str]:
    """Return the options of kcat, rsyslog and confluent-kafka."""
    names = {
        "bootstrap_servers": "bootstrap.servers",
        "security_protocol": "security.protocol",
        "sasl_mechanism": "sasl.mechanism",
        "sasl_plain_username": "sasl.username",
        "sasl_plain_password": "sasl.password",
        "ssl_cafile": "ssl.ca.location",
    }
    return {names[name]: value for name, value in python_options(settings, user).items()}


def librdkafka_file(settings: Settings, user: User) -> str:
    """Return a file of these options as JSON."""
    return _written(settings, f"librdkafka-{user}.json", librdkafka_options(settings, user))


def java_file(settings: Settings, user: User) -> str:
    """Return a file of a Java client's options as JSON."""
    return _written(settings, f"java-{user}.json", java_options(settings, user))


def _written(settings: Settings, name: str, options: dict[str, str]) -> str:
    path: Path = settings.run_dir / name
    path.write_text(json.dumps(options), encoding="ascii")
    return str(path)
