"""docker-compose.yml, Dockerfile and .env.example say what they must, read without an engine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from shoplog.settings import REPOSITORY, Settings
from shoplog.stack.parts import PARTS
from tests.compose.composed import ONCE

FILE = REPOSITORY / "docker-compose.yml"
TEXT = FILE.read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
VARIABLE = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")
# Ended before anything else runs, or run by hand.
ENDING = {*ONCE, "shoplog", "erase"}


def test_the_compose_specification_allows_the_file(tmp_path: Path) -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    said = subprocess.run([*check, str(FILE)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    wrong = tmp_path / FILE.name
    wrong.write_text(TEXT.replace("mem_limit: 1g", "memory_limit: 1g"))
    assert subprocess.run([*check, str(wrong)], capture_output=True, check=False).returncode == 1


def _has_compose() -> bool:
    docker = shutil.which("docker")
    return (
        docker is not None
        and not subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    )


@pytest.mark.skipif(not _has_compose(), reason="there is no docker compose; the specification was asked above")
def test_compose_reads_the_file() -> None:
    said = subprocess.run(
        ["docker", "compose", "-f", str(FILE), "--profile", "*", "config", "-q"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_nobodys_root_and_has_limits_and_a_pinned_image(service: str) -> None:
    said = SERVICES[service]
    assert said["user"] == "10001:10001"
    assert said["cap_drop"] == ["ALL"]
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & said.keys()
    assert said.get("read_only") or service == "grafana"
    assert {"mem_limit", "pids_limit", "logging"} <= said.keys()
    assert re.fullmatch(r"[a-z/-]+:\d+\.\d+\.\d+", said["image"])
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert service == "grafana" or said["image"].endswith(f":{version}")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_stays_says_whether_it_is_healthy_and_starts_after_those_it_needs(service: str) -> None:
    said = SERVICES[service]
    if service in ENDING:
        assert said["restart"] == "no"
        assert said["healthcheck"] == {"disable": True}
    else:
        assert said["restart"] == "unless-stopped"
        assert said["healthcheck"]["test"][0] == "CMD"
    for needed, how in said.get("depends_on", {}).items():
        assert how["condition"] == ("service_completed_successfully" if needed in ENDING else "service_healthy")


def test_ports_are_published_on_loopback_alone_and_every_other_network_is_closed() -> None:
    ports = {port for said in SERVICES.values() for port in said.get("ports", ())}
    assert ports
    assert all(str(port).startswith("127.0.0.1:") for port in ports)
    networks = yaml.safe_load(TEXT)["networks"]
    assert [name for name, said in networks.items() if not said.get("internal")] == ["front"]


def test_nobody_has_the_engines_socket_and_no_secret_stands_in_the_files() -> None:
    assert ".sock" not in TEXT
    for said in SERVICES.values():
        for name, value in said.get("environment", {}).items():
            is_secret = re.search(r"PASSWORD|SECRET|TOKEN|KEY|DATABASE", name)
            assert not is_secret or str(value).startswith("/run/secrets/"), name
    assert not re.search(r"(?i)(password|secret|token)=", (REPOSITORY / ".env.example").read_text(encoding="utf-8"))


def test_every_variable_is_explained_with_the_default_that_the_file_has() -> None:
    used = dict(VARIABLE.findall(TEXT))
    assert TEXT.count("${") == len(VARIABLE.findall(TEXT))
    lines = (REPOSITORY / ".env.example").read_text(encoding="utf-8").splitlines()
    assert dict(line.split("=", 1) for line in lines if line and not line.startswith("#")) == used


def test_every_part_runs_by_the_code_that_runs_it_natively_with_settings_that_exist() -> None:
    launched = set()
    for said in SERVICES.values():
        command = said.get("command", [])
        found = re.search(r"shoplog\.stack\.(?:launch|daemon)\W+(?:')?([a-z-]+)", " ".join(command))
        launched |= {found[1]} if found else set()
        ours = {
            name.removeprefix("SHOPLOG_").lower() for name in said.get("environment", {}) if name.startswith("SHOPLOG_")
        }
        assert ours - {"run"} <= Settings.model_fields.keys()
    assert launched == PARTS.keys()
