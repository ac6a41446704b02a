"""The command that fills the holes of one file."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from shoplog.ledger.coverage import missing_in
from shoplog.ledger.file_account import FileRow
from shoplog.settings import Settings
from shoplog.sites import Site


def fill_command(row: FileRow, settings: Settings, sites: Mapping[str, Site]) -> str:
    """Return the command that imports what is missing of a file; empty where nothing is.

    It names the file where its agent reads it; of another host's file only the name, for the reader to put a path before.
    Where more is missing than the row tells, the whole file: identity keeps the other lines single.
    """
    holes = missing_in(row.broken_ranges)
    if not holes:
        return ""
    here = row.host == settings.host and row.site in sites
    path = str(sites[row.site].log_dir / row.file) if here else row.file
    is_all = sum(end - start for start, end in holes) == row.missing_bytes
    ranges = [word for start, end in holes for word in ("--range", f"{path}:{start}-{end}")] if is_all else [path]
    return shlex.join(["shoplog", "import", *ranges, "--site", row.site, "--host", row.host])
