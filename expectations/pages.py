"""Data Docs that read offline: no script, no picture, nothing from another host, failed days first.

Great Expectations' own pages take their styles and scripts from seven hosts and ask for a logo with the project's id.
Its extension points are used: a view of our own for each page. Its index is drawn by a script, so ours takes its place.
"""

# Imports Great Expectations (ten CPU seconds): only for those who build pages.
from __future__ import annotations

import shutil
from html import escape
from pathlib import Path
from typing import Any

from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, pass_context

from expectations.outcomes import outcome

SITE = "local_site"
_HERE = Path(__file__).parent
_STYLES = "data_docs.css"
_DOCS = "uncommitted/data_docs/local_site"


class PageView(DefaultJinjaPageView):  # type: ignore[misc]
    """Renders what Great Expectations says in our frame; its templates remain for what stands inside."""

    def __init__(self, **directories: Any) -> None:
        """Look for a template here first."""
        super().__init__(**directories)
        self.env.loader = ChoiceLoader([FileSystemLoader(_HERE / "templates"), self.env.loader])

    @pass_context
    def render_content_block(self, context: Any, block: Any, *rest: Any, **more: Any) -> Any:
        """Return a block's HTML; what is no block is data and may come from a log line, so it is escaped."""
        if isinstance(block, list):
            block = [part if _is_block(part) else escape(str(part)) for part in block]
        elif not _is_block(block):
            return "" if block is None else escape(str(block))
        return super().render_content_block(context, block, *rest, **more)


def _is_block(part: Any) -> bool:
    return hasattr(part, "content_block_type") or (isinstance(part, dict) and "content_block_type" in part)


def build_pages(context: Any) -> Path:
    """Build the page of every suite and result that is kept, and the index; return the index. The same again twice."""
    view = {"module_name": __name__, "class_name": PageView.__name__}
    context.update_data_docs_site(
        SITE,
        {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": f"{_DOCS}/"},
            "site_section_builders": {
                "expectations": {"view": view},
                "validations": {"view": view},
                "profiling": "none",
            },
        },
    )
    context.build_data_docs(site_names=[SITE], build_index=False)
    docs = Path(context.root_directory) / _DOCS
    # Fonts, logos and animated pictures of Great Expectations: no page of ours shows them.
    shutil.rmtree(docs / "static")
    shutil.copyfile(_HERE / _STYLES, docs / _STYLES)
    environment = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True)
    index = docs / "index.html"
    index.write_text(environment.get_template("index.html.j2").render(_runs(context, docs)), encoding="utf-8")
    return index


def _runs(context: Any, docs: Path) -> dict[str, Any]:
    """Return the kept runs, newest first, the newest of each day that fails, and every suite's name."""
    runs: dict[Any, dict[str, Any]] = {}
    store = context.validation_results_store
    keys = sorted(store.list_keys(), key=lambda key: str(key.expectation_suite_identifier.name))
    for key in sorted(keys, key=lambda key: key.run_id.run_time, reverse=True):
        suite, at = key.expectation_suite_identifier.name, key.run_id.run_time
        page = f"{Path('validations', *key.to_tuple()).as_posix()}.html"
        if not (docs / page).is_file():
            # Great Expectations only logs what stops it.
            raise RuntimeError(f"Data Docs have no page {page}: see the log above.")
        run = runs.setdefault(at, {"day": key.run_id.run_name, "at": at, "suites": {}})
        outcomes = [outcome(result) for result in store.get(key).results]
        failed = sorted((o for o in outcomes if not o["success"]), key=lambda o: str(o["severity"]))
        run["suites"][suite] = {"page": page, "checks": len(outcomes), "failed": failed}
    for run in runs.values():
        run["failed"] = sorted({o["severity"] for suite in run["suites"].values() for o in suite["failed"]})
    newest = {run["day"]: run for run in reversed(runs.values())}
    failing = [run for run in runs.values() if run["failed"] and newest[run["day"]] is run]
    return {
        "runs": list(runs.values()),
        "failing": failing,
        "names": list(dict.fromkeys(name for run in runs.values() for name in run["suites"])),
    }
