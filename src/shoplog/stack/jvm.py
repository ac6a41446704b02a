"""Java and the class paths of the JVM parts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from shoplog.errors import UserError
from shoplog.settings import Settings

OLDEST_JAVA = 17


@cache
def find_java() -> Path:
    """Return a Java of version 17 or later: JAVA_HOME's, the PATH's, or one of /usr/lib/jvm."""
    candidates = [Path(home) / "bin/java" for home in (os.environ.get("JAVA_HOME"),) if home]
    on_path = shutil.which("java")
    candidates += [Path(on_path)] if on_path else []
    candidates += sorted(Path("/usr/lib/jvm").glob("java-*/bin/java"))
    found = [java for java in candidates if java_version(java) >= OLDEST_JAVA]
    if not found:
        raise UserError("No Java 17 or later was found: install openjdk-17-jdk-headless or set JAVA_HOME.")
    return found[0].resolve()


def java_version(java: Path) -> int:
    """Return the major version that `java` says it has, 0 where it does not run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(\d+)', said)
    return int(match.group(1)) if match else 0


def jvm_environment() -> dict[str, str]:
    """Return the variables that make every child use the Java found here."""
    return {"JAVA_HOME": str(find_java().parents[1])}


def java_command(settings: Settings, part: str, main: str, options: list[str], arguments: list[str]) -> list[str]:
    """Return the command line of `main` from the jars of `part`, or raise `UserError` where they are missing."""
    jars = check_jars(settings, part)
    common = [f"-Dlog4j2.configurationFile={settings.log4j}", "-Duser.timezone=UTC", "-Djava.net.preferIPv4Stack=true"]
    return [str(find_java()), *options, *common, "-cp", f"{jars}/*", main, *arguments]


def check_jars(settings: Settings, part: str) -> Path:
    """Return the folder of a part's jars, or raise `UserError` where they were not resolved yet."""
    jars = settings.jars / part
    if not any(jars.glob("*.jar")):
        raise UserError(f"The {part} jars are missing: run ./shoplog setup.")
    return jars


def escape_property(value: str) -> str:
    r"""Return `value` as a Java properties file wants it: backslashes doubled, other than ASCII as \\uXXXX."""
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if 32 <= code < 127 else f"\\u{code:04x}" for code in codes)
