"""What an agent remembers of the topic's partitions, over its starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from shoplog.errors import TryLaterError
from shoplog.settings import Settings
from shoplog.stack import partitions
from shoplog.stack.partitions import agree_on_partitions, partitions_file


class Agent:
    """Starts of an agent; the topic has `count` partitions, None while no broker answers."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings, self.logs, self.count = Settings(home=home), home / "logs", 4
        for folder in (self.logs, partitions_file(self.settings).parent):
            folder.mkdir(parents=True)
        monkeypatch.setattr(partitions, "partition_count", self._answer)

    def _answer(self, *_: object) -> int:
        if not self.count:
            raise TryLaterError("No Kafka broker answers.")
        return self.count

    def starts(self, count: int) -> list[str]:
        """Return what is remembered, with the file's name alone, after a start while the topic has so many."""
        self.count = count
        agree_on_partitions(self.settings, self.logs.iterdir())
        return partitions_file(self.settings).read_text().replace(f"{self.logs}/", "").splitlines()


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agent:
    return Agent(tmp_path, monkeypatch)


def test_what_a_file_has_when_partitions_come_goes_by_the_old_number_for_ever(agent: Agent) -> None:
    (agent.logs / "a.log").write_bytes(b"x" * 100)
    assert agent.starts(4) == ["4"]
    assert agent.starts(8) == ["4\t100\ta.log", "8"]
    (agent.logs / "a.log").write_bytes(b"x" * 150)
    (agent.logs / "b.log").write_bytes(b"x" * 10)
    assert agent.starts(8) == ["4\t100\ta.log", "8"]
    assert agent.starts(16) == ["4\t100\ta.log", "8\t150\ta.log", "8\t10\tb.log", "16"]
    (agent.logs / "a.log").unlink()
    assert agent.starts(16) == ["8\t10\tb.log", "16"]


def test_a_broker_that_is_away_changes_nothing_but_the_first_start_needs_it(agent: Agent) -> None:
    with pytest.raises(TryLaterError):
        agent.starts(0)
    assert agent.starts(4) == ["4"]
    assert agent.starts(0) == ["4"]


def test_fewer_partitions_are_those_of_a_topic_that_was_made_anew(agent: Agent) -> None:
    (agent.logs / "a.log").write_bytes(b"x" * 100)
    agent.starts(2)
    assert agent.starts(8) == ["2\t100\ta.log", "8"]
    assert agent.starts(4) == ["4"]
