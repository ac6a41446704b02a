"""The bill names what is shipped, and no shipped library is older than the fix of what is known of it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

from deploy.supply_chain.components import jar_components, jar_folders, shipped
from deploy.supply_chain.sbom import bill
from shoplog.errors import UserError
from shoplog.settings import REPOSITORY, Settings

LOCK = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
# The first version without what is known: CVE-2026-34477 and others, CVE-2022-42889, CVE-2025-27817, CVE-2023-43642,
# CVE-2022-42003, CVE-2023-2976, CVE-2024-47561, CVE-2024-47554, CVE-2025-48734, CVE-2025-48924.
FLOORS = {
    "org.apache.logging.log4j/log4j-core": "2.25.4",
    "org.apache.commons/commons-text": "1.10.0",
    "org.apache.kafka/kafka-clients": "3.9.1",
    "org.xerial.snappy/snappy-java": "1.1.10.4",
    "com.fasterxml.jackson.core/jackson-databind": "2.13.4.2",
    "com.google.guava/guava": "32.0.1",
    "org.apache.avro/avro": "1.11.4",
    "commons-io/commons-io": "2.14.0",
    "commons-beanutils/commons-beanutils": "1.11.0",
    "org.apache.commons/commons-lang3": "3.18.0",
}


@pytest.fixture(scope="module")
def components() -> list[tuple[str, str]]:
    """Package URL and the file it was found in."""
    return [(one.purl, one.found_in) for one in shipped(Settings())]


def test_each_locked_package_and_each_jar_is_in_the_bill(components: list[tuple[str, str]]) -> None:
    purls, files = {purl for purl, _ in components}, {file for _, file in components}
    locked = re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK, re.MULTILINE)
    assert len(locked) > 200
    assert not {f"pkg:pypi/{re.sub('[._]', '-', name)}@{version}" for name, version in locked} - purls
    jars = {jar.name for folder in jar_folders(Settings()) for jar in folder.glob("*.jar")}
    assert jars - files == {"shoplog-spark.jar"}
    assert {one["purl"] for one in bill(shipped(Settings()))["components"]} == purls


@pytest.mark.parametrize("library", FLOORS)
def test_no_shipped_jar_is_older_than_the_fix(components: list[tuple[str, str]], library: str) -> None:
    found = {purl.rsplit("@")[1] for purl, _ in components if purl.startswith(f"pkg:maven/{library}@")}
    assert found
    assert not [
        version for version in found if Version(re.sub("-(jre|android)$", "", version)) < Version(FLOORS[library])
    ]


def test_flume_brings_none_of_its_old_libraries(components: list[tuple[str, str]]) -> None:
    flume = {jar.name for jar in jar_folders(Settings())[1].glob("*.jar")}
    assert flume
    assert not [
        jar for jar in flume if re.match("netty|jetty|zookeeper|protobuf|hadoop|libthrift|log4j-1|httpclient", jar)
    ]


def test_a_jar_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    stranger = tmp_path / "stranger-1.0.jar"
    with zipfile.ZipFile(stranger, "w") as packed:
        packed.writestr("A.class", b"")
    with pytest.raises(UserError, match=re.escape("groups.toml")):
        list(jar_components(stranger))
