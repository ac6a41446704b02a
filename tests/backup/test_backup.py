"""A backup of a home that goes on, and an empty home that is made of it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dashboard.access.store import Access, User
from shoplog.backup.make import LEFT_OUT, make_backup
from shoplog.backup.manifest import Manifest
from shoplog.backup.moment import moment_of
from shoplog.backup.restore import restore
from shoplog.errors import TryLaterError, UserError
from shoplog.io.commits import latest_version, written_at
from shoplog.io.offsets import committed_offsets
from shoplog.io.salts import living_salts, login_key
from shoplog.io.secrets import secret
from shoplog.settings import Settings
from shoplog.stack.control import read_orders
from tests.ledger.home import FILE, NOON, Home, content_lines

BRONZE, GOLD = "bronze_access_log", "gold_partial_live"
CONTENT = b"".join(b"line %d\n" % number for number in range(9))
LINES = content_lines(CONTENT)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "sites").mkdir()
    site = 'hosts = ["shop.example"]\ntime_zone = "UTC"\ncurrency = "EUR"\nlog_format = "combined"\n'
    site += f"file_pattern = 'access-.*\\.log'\nlog_dir = '{tmp_path / 'logs'}'\n"
    (tmp_path / "sites/shop.toml").write_text(site)
    return Settings(home=tmp_path / "home", host="web1", sites_dir=tmp_path / "sites", kafka_partitions=1)


@pytest.fixture
def home(settings: Settings) -> Home:
    made = Home(settings)
    made.land(LINES[:4])
    made.measure(4)
    return made


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def anew(settings: Settings) -> Settings:
    """The same machine, after its home was lost."""
    shutil.rmtree(settings.home)
    return settings


def bronze_lines(settings: Settings) -> int:
    return int(pl.scan_delta(str(settings.warehouse / BRONZE)).select(pl.len()).collect().item())


def test_a_restored_home_has_the_tables_as_they_were(home: Home, settings: Settings, where: Path) -> None:
    moment = written_at(settings.warehouse / BRONZE, 0)
    made = make_backup(settings, where)
    home.land(LINES[4:])
    found = restore(anew(settings), Path(made.folder))
    assert bronze_lines(settings) == 4
    assert (found.files, found.tables) == (made.files, 2)
    # What was readable at a moment is told by when the log's entries were written.
    assert written_at(settings.warehouse / BRONZE, 0) == moment


def test_bronze_is_taken_where_its_partials_stand(home: Home, settings: Settings, where: Path) -> None:
    home.land(LINES[4:])
    assert moment_of(settings).versions == {GOLD: 0, BRONZE: 0}
    folder = Path(make_backup(settings, where).folder)
    restore(anew(settings), folder)
    assert (bronze_lines(settings), latest_version(settings.warehouse / BRONZE)) == (4, 0)
    assert committed_offsets(settings.warehouse / BRONZE) == committed_offsets(settings.warehouse / GOLD) == {0: 4}


def test_a_restored_stream_begins_the_topic_anew_once(home: Home, settings: Settings, where: Path) -> None:
    folder = Path(make_backup(settings, where).folder)
    restore(anew(settings), folder)
    assert read_orders(settings).reset_offsets
    assert read_orders(settings).desired == "stopped"


def test_flume_goes_on_after_the_last_line_without_a_hole_before_it(
    home: Home, settings: Settings, where: Path
) -> None:
    other = FILE.replace("-11", "-12")
    home.land([LINES[4], LINES[6]])  # line 5 was on its way when the home was lost
    home.land(LINES[1:3], file=other)  # its beginning, too
    home.measure(4)
    home.write(CONTENT, 0)
    home.write(CONTENT, 0, other)
    folder = Path(make_backup(settings, where).folder)
    assert restore(anew(settings), folder).files_continued == 1
    (position,) = json.loads(settings.taildir_position.read_text())
    log = settings.home.parent / "logs" / FILE
    assert position == {"inode": log.stat().st_ino, "pos": LINES[5][0], "file": str(log)}


def test_a_piece_of_a_line_is_followed_by_the_rest_of_it(home: Home, settings: Settings, where: Path) -> None:
    home.land([(LINES[4][0], LINES[4][1][:3])])
    home.measure(4)
    home.write(CONTENT, 0)
    folder = Path(make_backup(settings, where).folder)
    restore(anew(settings), folder)
    (position,) = json.loads(settings.taildir_position.read_text())
    assert position["pos"] == LINES[4][0] + 3


def test_a_shorter_file_of_the_name_is_read_from_its_beginning(home: Home, settings: Settings, where: Path) -> None:
    home.write(CONTENT[:10], 0)
    folder = Path(make_backup(settings, where).folder)
    assert restore(anew(settings), folder).files_continued == 0


def test_users_secrets_and_databases_come_along_and_stay_private(home: Home, settings: Settings, where: Path) -> None:
    key = secret(settings, "airflow_api_key")
    Access(settings).put(User("ann", "viewer"), "a long password")
    folder = Path(make_backup(settings, where).folder)
    assert restore(anew(settings), folder).has_secrets
    assert [user.name for user in Access(settings).users()] == ["ann"]
    assert secret(settings, "airflow_api_key") == key
    for root in (folder, settings.home):
        assert (root / "secrets").stat().st_mode & 0o777 == 0o700
        assert (root / "secrets/airflow_api_key").stat().st_mode & 0o777 == 0o600
    assert where.stat().st_mode & 0o777 == 0o700


def test_without_the_secrets_a_backup_is_restored_with_new_ones(home: Home, settings: Settings, where: Path) -> None:
    secret(settings, "airflow_api_key")
    folder = Path(make_backup(settings, where).folder)
    shutil.rmtree(folder / "secrets")
    assert not restore(anew(settings), folder).has_secrets
    assert bronze_lines(settings) == 4


def test_a_database_is_copied_between_two_transactions(home: Home, settings: Settings, where: Path) -> None:
    with closing(sqlite3.connect(settings.home / "annotations.sqlite3", isolation_level=None)) as file:
        file.execute("pragma journal_mode = wal")
        file.execute("create table t (n)")
        file.execute("insert into t values (1)")
        file.execute("begin immediate")
        file.execute("insert into t values (2)")
        folder = Path(make_backup(settings, where).folder)
        file.execute("commit")
    with closing(sqlite3.connect(folder / "annotations.sqlite3")) as copy:
        assert copy.execute("select n from t").fetchall() == [(1,)]


def test_salts_and_what_is_made_anew_stay_out(home: Home, settings: Settings, where: Path) -> None:
    living_salts(settings.secrets_dir / "salts", NOON)
    key = login_key(settings.secrets_dir / "salts")
    for path in LEFT_OUT:
        left_out = settings.home / path / "left-out" if "." not in path else settings.home / path
        left_out.parent.mkdir(parents=True, exist_ok=True)
        left_out.touch()
    # Which lines went by how many partitions, no table tells.
    (settings.home / "flume/partitions").write_text("2\n")
    made = Path(make_backup(settings, where).folder)
    copied = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
    kept = {"manifest.json", "flume/partitions", "secrets/salts/login.key"}
    assert {path for path in copied if not path.startswith("warehouse")} == kept
    # Without it nobody's logins could be counted on.
    assert (made / "secrets/salts/login.key").read_bytes() == key


def test_a_second_backup_shares_the_files_of_tables_and_survives_the_first(
    home: Home, settings: Settings, where: Path
) -> None:
    first = Path(make_backup(settings, where).folder)
    renamed = first.rename(where / "20200101T000000Z")
    home.land(LINES[4:])
    home.measure(9)
    second = make_backup(settings, where, keep=1)
    assert 0 < second.shared_bytes < second.bytes
    assert second.removed == (str(renamed),)
    assert not renamed.exists()
    restore(anew(settings), Path(second.folder))
    assert bronze_lines(settings) == 9


@pytest.mark.parametrize("spoil", ["change", "remove"])
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_written(
    home: Home, settings: Settings, where: Path, spoil: str
) -> None:
    folder = Path(make_backup(settings, where).folder)
    victim = next((folder / "warehouse" / BRONZE).rglob("*.parquet"))
    if spoil == "remove":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    with pytest.raises(UserError, match="restore another backup"):
        restore(anew(settings), folder)
    assert not settings.home.exists()


def test_what_does_not_fit_is_refused(home: Home, settings: Settings, where: Path) -> None:
    folder = Path(make_backup(settings, where).folder)
    with pytest.raises(UserError, match="is not empty"):
        restore(settings, folder)
    gone = anew(settings)
    with pytest.raises(UserError, match="SHOPLOG_HOST=web1"):
        restore(gone.model_copy(update={"host": "web2"}), folder)
    with pytest.raises(UserError, match="SHOPLOG_KAFKA_PARTITIONS"):
        restore(gone.model_copy(update={"kafka_partitions": 3}), folder)
    with pytest.raises(UserError, match="no whole backup"):
        restore(gone, where)
    replace(Manifest.read(folder), shoplog="99.0.0").write(folder)
    with pytest.raises(UserError, match="upgrade"):
        restore(gone, folder)
    assert not settings.home.exists()


def test_a_place_for_backups_is_outside_the_home(home: Home, settings: Settings, where: Path) -> None:
    with pytest.raises(UserError, match="inside SHOPLOG_HOME"):
        make_backup(settings, settings.home / "backups")
    with pytest.raises(UserError, match="holds no tables"):
        make_backup(settings.model_copy(update={"home": where / "nowhere"}), where)


def test_a_file_that_goes_meanwhile_is_noticed(home: Home, settings: Settings, where: Path) -> None:
    os.remove(next((settings.warehouse / BRONZE).rglob("*.parquet")))
    with pytest.raises(TryLaterError, match="run shoplog backup again"):
        make_backup(settings, where)
    assert not list(where.glob("*Z"))
