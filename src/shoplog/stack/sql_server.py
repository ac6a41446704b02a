"""The SQL server: every table and view for JDBC and Spark Connect, which ask and never change anything."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from shoplog.io.secrets import secret
from shoplog.io.spark_views import SparkViews
from shoplog.settings import Settings
from shoplog.spark import DELTA_EXTENSION, build_session

JDBC_USER = "analyst"
_REFRESH_S = 2.0


def jdbc_password(settings: Settings) -> str:
    """Return the password of `JDBC_USER`, made once, in `secrets/jdbc_password`."""
    return secret(settings, "jdbc_password", 18)


def connect_token(settings: Settings) -> str:
    """Return the token of Spark Connect, made once, in `secrets/connect_token`."""
    return secret(settings, "connect_token")


def serve(settings: Settings, say_ready: Callable[[], None]) -> None:
    """Answer until the process is interrupted; days that are published meanwhile are seen within seconds.

    Both doors open after all names are there, and only for those who know the secret.
    """
    # Not as a setting of Spark: those stand on the JVM's command line, which everybody on the machine may read.
    os.environ["SPARK_CONNECT_AUTHENTICATE_TOKEN"] = connect_token(settings)
    session = build_session(settings, "sql-server", more=_configuration(settings))
    jvm = session._jvm
    assert jvm is not None
    # Whatever reads a file is refused elsewhere; the refresh below is this thread's, which alone may name things.
    jvm.shoplog.spark.AskOnly.readable([f"{settings.warehouse}/", f"{settings.home}/spark/"])
    jvm.shoplog.spark.AskOnly.own()
    jvm.shoplog.spark.OnePassword.set(JDBC_USER, jdbc_password(settings))
    try:
        views = SparkViews(session, settings)
        for name, value in _hive_configuration(settings).items():
            # Hive reads a configuration anew here and there; what the JVM is told stands in each.
            jvm.java.lang.System.setProperty(name, value)
        # Hive makes a catalogue that nobody uses, in memory, which Derby refuses where it has a home.
        jvm.java.lang.System.clearProperty("derby.system.home")
        jvm.org.apache.spark.sql.hive.thriftserver.HiveThriftServer2.startWithSparkSession(
            session._jsparkSession, False
        )
        jvm.org.apache.spark.sql.connect.service.SparkConnectService.start(session.sparkContext._jsc.sc())
        say_ready()
        while True:
            time.sleep(_REFRESH_S)
            views.refresh()
    finally:
        session.stop()


def _configuration(settings: Settings) -> dict[str, str]:
    return {
        "spark.sql.extensions": f"{DELTA_EXTENSION},shoplog.spark.AskOnly",
        "spark.connect.grpc.binding.address": settings.sql_host,
        "spark.connect.grpc.binding.port": str(settings.connect_port),
    }


def _hive_configuration(settings: Settings) -> dict[str, str]:
    return {
        "hive.server2.thrift.bind.host": settings.sql_host,
        "hive.server2.thrift.port": str(settings.jdbc_port),
        "hive.server2.authentication": "CUSTOM",
        "hive.server2.custom.authentication.class": "shoplog.spark.OnePassword",
        "hive.server2.enable.doAs": "false",
        "derby.stream.error.field": "java.lang.System.err",
    }
