"""sql-server: the tables for BI tools and for Spark sessions elsewhere."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from shoplog.commands.printing import Json, show_one
from shoplog.errors import UserError
from shoplog.settings import Settings


def sql_server(as_json: Json = False) -> None:
    """Answer SQL of JDBC tools and of Spark Connect until Ctrl-C: every table and view, nothing can be changed. See docs/bi.md."""
    settings = Settings.load()
    for name in ("jdbc_port", "connect_port"):
        _check_free(settings.sql_host, getattr(settings, name), f"SHOPLOG_{name.upper()}")
    from shoplog.stack.sql_server import JDBC_USER, serve

    doors = {
        "jdbc": f"jdbc:hive2://{settings.sql_host}:{settings.jdbc_port}/default",
        "user": JDBC_USER,
        "password_file": str(settings.secrets_dir / "jdbc_password"),
        "spark_connect": f"sc://{settings.sql_host.replace('127.0.0.1', 'localhost')}:{settings.connect_port}",
        "token_file": str(settings.secrets_dir / "connect_token"),
    }
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def say_ready() -> None:
        show_one("sql-server", doors, as_json)
        sys.stdout.flush()

    with suppress(KeyboardInterrupt):
        serve(settings, say_ready)


def _check_free(host: str, port: int, setting: str) -> None:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError as error:
            raise UserError(
                f"Port {port} of {host} cannot be had ({error.strerror}): free it, or set {setting}."
            ) from error


COMMANDS: tuple[Callable[..., Any], ...] = (sql_server,)
