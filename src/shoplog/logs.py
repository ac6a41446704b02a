"""Our own parts' logs: JSON lines with the run and the part that wrote them; see docs/operations.md, 'Logs'."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from secrets import token_hex

import structlog

RUN = "SHOPLOG_RUN"
PART = "SHOPLOG_PART"


def new_run() -> str:
    """Return the run that the environment names, else a new one: the moment and four characters."""
    return os.environ.get(RUN) or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{token_hex(2)}"


def run_and_part() -> dict[str, str]:
    """Return what every log line of this process begins with, `-` outside of the stack."""
    return {"run": os.environ.get(RUN, "-"), "part": os.environ.get(PART, "-")}


def configure_logs() -> None:
    """Let structlog and the standard library write JSON lines on standard error; line breaks in a text are escaped."""
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")
    known: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        stamp,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*known, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                lambda _logger, _method, event: {**run_and_part(), **event},
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=known,
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("httpx", "kafka", "py4j", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.get_logger("shoplog").info("started", pid=os.getpid())
