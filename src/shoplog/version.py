"""Which code this is: the project's version and, in a checkout, its commit."""

from __future__ import annotations

import subprocess
import tomllib

from shoplog.settings import REPOSITORY


def code_version() -> str:
    """Return the version, with `+COMMIT` where git knows one."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    try:
        asked = ["git", "-C", str(REPOSITORY), "rev-parse", "--short", "HEAD"]
        commit = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return str(project["version"])
    return f"{project['version']}+{commit}"
