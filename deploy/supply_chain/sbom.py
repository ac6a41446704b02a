"""`make sbom`: dist/sbom.json, the CycloneDX bill of everything that is shipped."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from deploy.supply_chain.components import Component, shipped
from shoplog.backup.manifest import shoplog_version
from shoplog.settings import REPOSITORY, Settings


def bill(components: Iterable[Component]) -> dict[str, Any]:
    """Return a CycloneDX 1.6 document; a library in several files is one component."""
    by_purl: dict[str, list[Component]] = {}
    for component in components:
        by_purl.setdefault(component.purl, []).append(component)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "shoplog", "version": shoplog_version()}},
        "components": [_component(purl, found) for purl, found in sorted(by_purl.items())],
    }


def _component(purl: str, found: list[Component]) -> dict[str, Any]:
    path, version = purl.rsplit("@", 1)
    *group, name = path.split("/")[1:]
    return {
        "type": "library",
        "bom-ref": purl,
        **({"group": group[0]} if group else {}),
        "name": unquote(name),
        "version": version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": sha} for sha in sorted({sha for one in found for sha in one.sha256})],
        "properties": [{"name": "shoplog:found_in", "value": file} for file in sorted({one.found_in for one in found})],
    }


def main() -> None:
    """Write it."""
    path = REPOSITORY / "dist/sbom.json"
    path.parent.mkdir(exist_ok=True)
    made = bill(shipped(Settings.load()))
    path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(f"{path.relative_to(REPOSITORY)}: {len(made['components'])} components")


if __name__ == "__main__":
    main()
