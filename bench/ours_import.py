"""Our side of `import`: the command's job over files of a day, into a home without tables; the day is published."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from bench.gold_figures import gold_figures
from bench.log_lines import SITE
from bench.sides import Output, answer_runs
from jobs.batch.import_logs import import_logs
from shoplog.settings import Settings
from shoplog.sites import load_sites
from shoplog.spark import build_session


def main() -> None:
    """Import the files named by the arguments behind their day at each run."""
    day, *files = sys.argv[1:]
    settings = Settings.load()
    session = build_session(settings, "bench-import")
    site, paths = load_sites(settings)[SITE], [Path(file) for file in files]

    def work() -> Callable[[], Output]:
        shutil.rmtree(settings.warehouse, ignore_errors=True)
        done = import_logs(session, settings, site, "bench", paths)
        assert done["days_published"] == [day], done
        refused = sum(done["quarantined"].values())  # type: ignore[attr-defined]
        return lambda: {**gold_figures(settings), "refused": refused}

    answer_runs(work)
    session.stop()


if __name__ == "__main__":
    main()
