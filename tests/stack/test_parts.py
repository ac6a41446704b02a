"""The parts' configuration, checks and counting, without starting any."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from shoplog.errors import UserError
from shoplog.io.kafka_users import password_file
from shoplog.io.secrets import write_private
from shoplog.settings import Settings
from shoplog.sites import Site, load_sites
from shoplog.stack import flume, readiness, spark_cluster, supervised, supervisor
from shoplog.stack.census import Census
from shoplog.stack.daemon import socket_path
from shoplog.stack.doctor import doctor
from shoplog.stack.jvm import escape_property


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", host="web1")


@pytest.fixture
def known(settings: Settings) -> Settings:
    """A home that Kafka's broker knows."""
    write_private(password_file(settings, "collector"), b"a-password")
    return settings


def write_log(site: Site, name: str, content: bytes) -> Path:
    site.log_dir.mkdir(parents=True, exist_ok=True)
    with (site.log_dir / name).open("ab") as log:
        log.write(content)
    return site.log_dir / name


def test_each_site_has_its_file_group_and_key_pattern(known: Settings) -> None:
    text = flume.agent_properties(known, load_sites(known))
    assert "agent.sources.logs.filegroups = shop" in text
    assert r"/sites/shop/logs/access-.*\\.log" in text
    assert "agent.sources.logs.headers.shop.site = shop" in text
    assert "identity.keyPattern.shop = " in text
    assert "@" not in text.replace("# @NAMES@", "")


def test_each_start_after_an_out_of_memory_takes_smaller_batches(known: Settings) -> None:
    sizes = []
    path = known.taildir_position.with_name("out_of_memory")
    path.parent.mkdir(parents=True)
    for times in range(4):
        path.write_text("\n" * times)
        sizes.append(flume.agent_properties(known, load_sites(known)).split("batchSize = ")[1].split()[0])
    assert sizes == ["2000", "20", "1", "1"]
    os.utime(path, (0, 0))
    assert "batchSize = 2000" in flume.agent_properties(known, load_sites(known))


def test_a_property_survives_backslashes_and_other_letters() -> None:
    assert escape_property(r"a\.b/ü/😀") == r"a\\.b/\u00fc/\ud83d\ude00"


@pytest.mark.parametrize("broken", [b"", b"[", b"[]", b"{}"])
def test_a_broken_position_file_is_restored_and_a_good_one_kept(settings: Settings, broken: bytes) -> None:
    path = settings.taildir_position
    path.parent.mkdir(parents=True)
    good = json.dumps([{"inode": 1, "pos": 5, "file": "/x"}]).encode()
    path.write_bytes(good)
    assert flume.keep_position(settings)
    assert not flume.restore_position(settings)
    path.write_bytes(broken)
    assert not flume.keep_position(settings)
    assert flume.restore_position(settings)
    assert path.read_bytes() == good


def test_a_position_file_removed_on_purpose_stays_removed(settings: Settings) -> None:
    assert not flume.restore_position(settings)


def test_the_census_counts_whole_lines_as_a_file_grows_and_anew_when_it_is_replaced(settings: Settings) -> None:
    site = load_sites(settings)["shop"]
    census = Census(settings, {"shop": site})
    path = write_log(site, "access-20261122-10.log", b"one\ntwo\nthr")
    write_log(site, "error.log", b"not ours\n")
    assert [(row.file, row.size, row.lines) for row in census.rows()] == [(path.name, 8, 2)]
    write_log(site, path.name, b"ee\n\nfour")
    assert [(row.size, row.lines) for row in census.rows()] == [(15, 4)]
    fresh = path.with_suffix(".new")
    fresh.write_bytes(b"1\n")
    os.replace(fresh, path)
    assert [(row.size, row.lines) for row in census.rows()] == [(2, 1)]
    assert next(census.rows()).inode == path.stat().st_ino


def test_a_busy_port_is_named_with_its_setting(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} is busy.*SHOPLOG_WEB_PORT"):
            readiness.check_ports(settings.model_copy(update={"web_port": port}), ["web"])
        findings = {finding.name: finding for finding in doctor(settings.model_copy(update={"web_port": port}))}
    assert not findings["web_port"].ok
    assert "SHOPLOG_WEB_PORT" in findings["web_port"].mend


def test_a_home_that_is_a_file_is_refused(settings: Settings) -> None:
    settings.home.write_text("")
    with pytest.raises(UserError, match="cannot be written to"):
        supervisor.up(settings, ["kafka"])


def test_an_unknown_part_is_refused(settings: Settings) -> None:
    with pytest.raises(UserError, match="no part 'zookeeper'"):
        supervisor.up(settings, ["zookeeper"])


def test_a_socket_stays_short_enough_for_a_deep_home(settings: Settings) -> None:
    deep = settings.model_copy(update={"home": settings.home / ("d" * 120)})
    assert len(os.fsencode(socket_path(deep))) < 100


def test_all_is_stopped_where_nothing_was_started(settings: Settings) -> None:
    assert {part.state for part in supervised.status(settings)} == {"stopped"}
    supervisor.down(settings)


def test_the_start_script_and_the_doctor_agree_on_what_is_set_up(settings: Settings) -> None:
    subprocess.run([settings.repo / "shoplog", "setup"], check=True, capture_output=True)
    findings = {finding.name: finding for finding in doctor(settings)}
    assert findings["jvm parts"].ok, findings["jvm parts"].detail
    assert findings["python packages"].ok, findings["python packages"].detail


def test_a_clusters_parts_are_brought_up_by_name_only_and_need_a_clusters_address(settings: Settings) -> None:
    with pytest.raises(UserError, match=r"^There is no cluster to start: set SHOPLOG_SPARK_MASTER"):
        spark_cluster.prepare_worker(settings)
    assert not {"spark-master", "spark-worker"} & {part.name for part in supervised.status(settings)}


def test_nobody_but_us_reads_what_a_master_is_told_and_its_pages_need_a_token(settings: Settings) -> None:
    settings.run_dir.mkdir(parents=True)
    cluster = settings.model_copy(update={"spark_master": "spark://spark1:7077"})
    command = spark_cluster.prepare_master(cluster)
    assert command[-4:] == ["--host", "spark1", "--port", "7077"]
    told = Path(command[command.index("--properties-file") + 1])
    assert told.stat().st_mode & 0o777 == 0o600
    said = dict(line.split(" ", 1) for line in told.read_text().splitlines())
    assert said["spark.ui.filters"] == "org.apache.spark.ui.JWSFilter"
    assert said["spark.master.rest.enabled"] == "false"
