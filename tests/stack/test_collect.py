"""Lines from files to topic through the real agent and the real broker."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from kafka import KafkaConsumer, TopicPartition

from bench.ports import free_ports
from shoplog.errors import UserError
from shoplog.io.kafka import records as kafka_records
from shoplog.io.kafka import topic_offsets
from shoplog.io.kafka_users import python_options
from shoplog.settings import Settings
from shoplog.stack import flume, supervised, supervisor
from shoplog.stack.flume_kill import kill_between_notes
from shoplog.stack.launch import pid_file

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PARTS = ["kafka", "flume", "census"]
LINE = '10.0.{}.{} - - [22/Nov/2026:10:00:00 +0000] "GET /p/{} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n'


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("collect")
    ports = free_ports(("kafka_port", "kafka_controller_port", "flume_metrics_port"))
    settings = Settings(home=home, host="web1", census_interval_s=0.5, **ports)
    try:
        supervisor.up(settings, PARTS)
        yield settings
    finally:
        supervisor.down(settings)


def records(settings: Settings, topic: str, enough: int, timeout_s: float = 60) -> list[tuple[str, bytes]]:
    """Return (key, value) of all records of the topic, once there are enough and no more come."""
    consumer = KafkaConsumer(**python_options(settings, "stream"), enable_auto_commit=False)
    parts = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    found: list[tuple[str, bytes]] = []
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        polled = [record for batch in consumer.poll(timeout_ms=1000).values() for record in batch]
        found += [(record.key.decode(), record.value) for record in polled]
        if not polled and len(found) >= enough:
            break
    consumer.close()
    return found


def identities(values: list[tuple[str, bytes]], file: str) -> Counter[tuple[bytes, ...]]:
    """Return how often each (version, site, host, file, offset, length, body) came for one file."""
    split = (tuple(value.split(b"\t", 6)) for _, value in values)
    return Counter(parts for parts in split if parts[3] == file.encode())


def expected(content: bytes) -> set[tuple[bytes, bytes, bytes]]:
    """Return (offset, length, body) of each line."""
    found, offset = set(), 0
    for line in content.splitlines(keepends=True):
        body = line.rstrip(b"\n")
        found.add((str(offset).encode(), str(len(body)).encode(), body))
        offset += len(line)
    return found


def logs(settings: Settings) -> Path:
    return settings.home / "sites/shop/logs"


def test_lines_arrive_with_identity_and_key(settings: Settings) -> None:
    content = "".join(LINE.format(n % 7, n % 11, n) for n in range(3000)).encode()
    content += b"\nnot a line\n\xff\xfe\x00 broken\n" + "::1 - - übung\n".encode()
    name = "access-20261122-10.log"
    (logs(settings) / name).write_bytes(content)
    found = records(settings, settings.topic_raw, 3004)
    seen = identities(found, name)
    assert {parts[4:] for parts in seen} == expected(content)
    assert {parts[:4] for parts in seen} == {(b"v1", b"shop", b"web1", name.encode())}
    assert sum(seen.values()) == 3004
    keys = {value.split(b"\t", 6)[6]: key for key, value in found}
    assert keys[LINE.format(1, 1, 1).strip().encode()] == "10.0.1.1"
    assert keys["::1 - - übung".encode()] == "::1"
    # What stands where an address should is the key as it is; only a line with nothing there is keyed by its file.
    assert keys[b""] == name
    assert keys[b"\xff\xfe\x00 broken"].startswith("\xff\xfe")


def test_the_census_counts_what_wc_counts(settings: Settings) -> None:
    name = "access-20261122-11.log"
    path = logs(settings) / name
    path.write_text("".join(LINE.format(1, 2, n) for n in range(500)) + "an unfinished l", encoding="utf-8")
    whole = len("".join(LINE.format(1, 2, n) for n in range(500)))
    deadline = time.monotonic() + 20
    row: dict[str, object] = {}
    while row.get("lines") != 500 and time.monotonic() < deadline:
        rows = [json.loads(value) for key, value in records(settings, settings.topic_census, 1) if key == name]
        row = rows[-1] if rows else {}
    lines = int(subprocess.run(["wc", "-l", path], capture_output=True, check=True).stdout.split()[0])
    assert (row["lines"], row["size"], row["inode"]) == (lines, whole, path.stat().st_ino)
    assert (row["site"], row["host"]) == ("shop", "web1")


def test_a_line_of_10_mb_is_cut_and_the_rest_flows(settings: Settings) -> None:
    name = "access-20261122-12.log"
    long = b"10.9.9.9 " + b"x" * (10 * 1024 * 1024)
    (logs(settings) / name).write_bytes(long + b"\n10.9.9.8 - after\n")
    deadline = time.monotonic() + 60
    bodies: dict[bytes, tuple[bytes, bytes]] = {}
    while len(bodies) < 2 and time.monotonic() < deadline:
        seen = identities(records(settings, settings.topic_raw, 1), name)
        bodies = {parts[4]: (parts[5], parts[6]) for parts in seen}
    assert bodies[b"0"] == (str(len(long)).encode(), long[: 1024 * 1024])
    assert bodies[str(len(long) + 1).encode()] == (b"16", b"10.9.9.8 - after")


def test_a_kill_sends_lines_again_with_the_same_identity_and_loses_none(settings: Settings) -> None:
    name = "access-20261122-13.log"
    content = b""
    killing = ThreadPoolExecutor(1)
    with killing, (logs(settings) / name).open("ab", buffering=0) as log:
        for n in range(200):
            batch = "".join(LINE.format(n, m, n * 100 + m) for m in range(100)).encode()
            log.write(batch)
            content += batch
            time.sleep(0.1)
            if n == 70:
                killed = killing.submit(kill_between_notes, settings)
    lines = len(content.splitlines())
    supervisor.wait_healthy(settings, ["flume"], 60)
    assert supervisor.pid(settings, "flume") != killed.result()
    deadline = time.monotonic() + 60
    seen: Counter[tuple[bytes, ...]] = Counter()
    while len(seen) < lines and time.monotonic() < deadline:
        seen = identities(records(settings, settings.topic_raw, lines), name)
    assert {parts[4:] for parts in seen} == expected(content)
    assert sum(seen.values()) > lines, "the kill did not bite: nothing was sent twice"


def test_an_emptied_position_file_is_restored_from_the_good_copy(settings: Settings) -> None:
    deadline = time.monotonic() + 30
    good = settings.taildir_position.with_suffix(".good.json")
    while not good.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    name = "access-20261122-13.log"
    while "13.log" not in good.read_text() and time.monotonic() < deadline:
        time.sleep(0.2)
    before = sum(identities(records(settings, settings.topic_raw, 1), name).values())
    supervisor.stop(settings, "flume")
    time.sleep(1.5)
    settings.taildir_position.write_bytes(b"")
    supervisor.restart(settings, "flume")
    assert flume.read_metrics(settings) is not None
    after = sum(identities(records(settings, settings.topic_raw, before), name).values())
    assert after == before


def test_lines_that_wait_for_the_broker_go_in_their_order(settings: Settings) -> None:
    """A line that stands behind a later one of its file is one that was sent again, to the stream."""
    name = "access-20261122-16.log"
    supervisor.stop(settings, "kafka")
    # The producer forgets what it knew of the topic; from now on a line has to wait before it is even in its buffer.
    time.sleep(10)
    content = "".join(LINE.format(3, 3, n) for n in range(60)).encode()
    (logs(settings) / name).write_bytes(content)
    time.sleep(15)
    supervisor.up(settings, ["kafka"])
    offsets: list[int] = []
    deadline = time.monotonic() + 120
    while len(offsets) < 60:
        assert time.monotonic() < deadline, f"{len(offsets)} of 60 lines came"
        # In the order in which each came first; all have one key, so one partition.
        offsets = [int(parts[4]) for parts in identities(records(settings, settings.topic_raw, 60), name)]
    assert offsets == sorted(offsets)


def places(settings: Settings) -> dict[tuple[bytes, bytes], list[int]]:
    """Return the partitions of each line's copies, by file and offset."""
    _, end = topic_offsets(settings, settings.topic_raw)
    found: dict[tuple[bytes, bytes], list[int]] = {}
    for partition, _, value in kafka_records(settings, settings.topic_raw, dict.fromkeys(end, 0), end):
        file, offset = value.split(b"\t", 6)[3:5]
        found.setdefault((file, offset), []).append(partition)
    return found


def wait_for_lines(settings: Settings, name: str, lines: int, copies: int) -> dict[tuple[bytes, bytes], list[int]]:
    """Return where the copies of the file's lines are, once each is there so often."""
    deadline = time.monotonic() + 60
    while True:
        found = {place: where for place, where in places(settings).items() if place[0] == name.encode()}
        if len(found) == lines and all(len(where) >= copies for where in found.values()):
            return found
        assert time.monotonic() < deadline, f"{len(found)} of {lines} lines came"
        time.sleep(0.5)


def test_a_line_goes_again_to_the_partition_it_went_to_before_the_topic_got_more(settings: Settings) -> None:
    name, per_part = "access-20261122-17.log", 300
    path = logs(settings) / name

    def write(first: int) -> None:
        with path.open("a") as log:
            log.writelines(LINE.format(n % 50, 1, n) for n in range(first, first + per_part))

    write(0)
    before = wait_for_lines(settings, name, per_part, 1)
    assert {partition for where in before.values() for partition in where} == {0, 1}
    five = settings.model_copy(update={"kafka_partitions": 5})
    agent = supervisor.pid(settings, "flume")
    supervisor.up(five, ["kafka"])
    assert supervisor.pid(settings, "flume") != agent, "the agent still goes by the old number"
    with pytest.raises(UserError, match=r"^access-log.raw.v1 has 5 partitions and .* set SHOPLOG_KAFKA_PARTITIONS=5"):
        supervisor.up(settings, ["kafka"])
    write(per_part)
    after = wait_for_lines(settings, name, 2 * per_part, 1)
    assert {after[place][0] for place in after.keys() - before.keys()} == {0, 1, 2, 3, 4}
    supervisor.stop(settings, "flume")
    for position in (settings.taildir_position, settings.taildir_position_good):
        position.unlink()
    supervisor.restart(settings, "flume")
    again = wait_for_lines(settings, name, 2 * per_part, 2)
    assert {len(set(where)) for where in again.values()} == {1}
    assert {place: where[0] for place, where in again.items()} == {place: where[0] for place, where in after.items()}


def test_going_down_leaves_no_process(settings: Settings) -> None:
    pids = [json.loads(pid_file(settings, name).read_text())["pid"] for name in PARTS]
    assert all(psutil.pid_exists(pid) for pid in pids)
    supervisor.down(settings)
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert {part.state for part in supervised.status(settings)} == {"stopped"}
    home = str(settings.home)
    left = [process.info for process in psutil.process_iter(["cmdline"]) if home in str(process.info["cmdline"])]
    assert left == []
