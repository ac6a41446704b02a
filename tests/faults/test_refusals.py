"""What does not fit is refused, and the runbook's way out is tried: each ends with every line counted once."""

from __future__ import annotations

import shutil

import pytest

from shoplog.stack.kafka_access import admin
from tests.faults.conftest import Chain

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


def _refused(chain: Chain, way_out: str) -> None:
    before = chain.shoplog.rows("select count(*) n from bronze_access_log")
    refused = chain.shoplog.run("stream", "start")
    assert (refused.returncode, way_out in refused.stderr) == (2, True), refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert chain.shoplog.rows("select count(*) n from bronze_access_log") == before


@pytest.mark.parametrize("restored", [("bronze_access_log",), ("bronze_access_log", "gold_partial_live")])
def test_an_older_table_was_restored(chain: Chain, restored: tuple[str, ...]) -> None:
    warehouse, kept = chain.shoplog.home / "warehouse", chain.shoplog.home / "kept"
    chain.shoplog.good("stream", "stop")
    for table in restored:
        shutil.copytree(warehouse / table, kept / table)
    chain.shoplog.good("stream", "start")
    chain.write(1500)
    chain.duplicates()
    chain.shoplog.good("stream", "stop")
    for table in restored:
        shutil.rmtree(warehouse / table)
        shutil.move(kept / table, warehouse / table)
    _refused(chain, "--from-bronze")
    chain.shoplog.good("stream", "start", "--from-bronze")
    chain.write(500)
    chain.duplicates()


def test_the_checkpoint_is_gone(chain: Chain) -> None:
    chain.shoplog.good("stream", "stop")
    (chain.shoplog.home / "checkpoints/live/v1").rename(chain.shoplog.home / "gone")
    _refused(chain, "--from-bronze")
    chain.shoplog.good("stream", "start", "--from-bronze")
    chain.write(500)
    chain.duplicates()


def test_the_topic_was_made_anew(chain: Chain) -> None:
    """Lines that landed before are not lost with the topic; lines after it are counted on top."""
    chain.shoplog.good("stream", "stop")
    settings = chain.shoplog.settings
    with admin(settings) as client:
        client.delete_topics([settings.topic_raw])
    chain.shoplog.good("up", "kafka")
    _refused(chain, "--reset-offsets")
    chain.shoplog.good("stream", "start", "--reset-offsets")
    chain.write(500)
    chain.duplicates()
