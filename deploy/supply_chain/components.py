"""Every library that is shipped: the lock's packages, and what each jar says it is made of."""

from __future__ import annotations

import hashlib
import re
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyspark

from shoplog.errors import UserError
from shoplog.settings import REPOSITORY, Settings

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)")
_SHA256 = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_SAID = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.properties")
_NAMED = re.compile(r"(.+?)-(\d[\w.-]*)\.jar")
# Made by the set-up from this repository.
_OURS = ("shoplog-",)


@dataclass(frozen=True, slots=True)
class Component:
    """One library: its package URL (purl), where it was found, and SHA-256 sums of what may be installed of it."""

    purl: str
    found_in: str
    sha256: tuple[str, ...] = ()


def locked_packages(lock: Path) -> Iterator[Component]:
    """Yield what a lock of requirements pins."""
    for entry in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8")):
        if pinned := _PINNED.match(entry):
            name = re.sub(r"[-_.]+", "-", pinned[1]).lower()
            yield Component(f"pkg:pypi/{name}@{pinned[2]}", lock.name, tuple(_SHA256.findall(entry)))


def jar_folders(settings: Settings) -> list[Path]:
    """Return the folders of jars that a stack runs with: those that the set-up resolved, and Spark's own."""
    return [*(settings.jars / part for part in ("kafka", "flume", "spark")), Path(pyspark.__file__).parent / "jars"]


def jar_components(jar: Path) -> Iterator[Component]:
    """Yield the libraries in a jar, also those packed into it; raises `UserError` for one that nobody knows."""
    sha256 = hashlib.sha256(jar.read_bytes()).hexdigest()
    with zipfile.ZipFile(jar) as packed:
        said = [packed.read(name).decode("utf-8") for name in packed.namelist() if _SAID.fullmatch(name)]
    named = _NAMED.fullmatch(jar.name)
    for text in said:
        of = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
        group, artifact, version = (of[key].strip() for key in ("groupId", "artifactId", "version"))
        yield Component(f"pkg:maven/{group}/{artifact}@{version}", jar.name, (sha256,))
    if not said and not jar.name.startswith(_OURS):
        groups = tomllib.loads((Path(__file__).parent / "groups.toml").read_text(encoding="utf-8"))
        begin = max((begin for begin in groups if jar.name.startswith(begin)), key=len, default="")
        if named is None or not begin:
            raise UserError(
                f"{jar.name} does not say what it is: write its group into deploy/supply_chain/groups.toml."
            )
        yield Component(f"pkg:maven/{groups[begin]}/{named[1]}@{named[2]}", jar.name, (sha256,))


def shipped(settings: Settings) -> list[Component]:
    """Return all of it, in order; raises `UserError` where the jars were not resolved yet."""
    found = list(locked_packages(REPOSITORY / "requirements.lock"))
    for folder in jar_folders(settings):
        jars = sorted(folder.glob("*.jar"))
        if not jars:
            raise UserError(f"{folder} has no jars: run ./shoplog setup.")
        found += [component for jar in jars for component in jar_components(jar)]
    return found
