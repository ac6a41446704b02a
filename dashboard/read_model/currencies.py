"""The sites' currencies, which stand in their files: read again when a file has changed."""

from __future__ import annotations

from contextlib import suppress

from shoplog.errors import UserError
from shoplog.settings import Settings
from shoplog.sites import load_sites

SiteFiles = tuple[tuple[str, int], ...]


def site_files_state(settings: Settings) -> SiteFiles:
    """Return what tells the site files from what they were before."""
    return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(settings.sites_dir.glob("*.toml")))


class Currencies:
    """Knows each site's currency as of the last look."""

    def __init__(self, settings: Settings) -> None:
        """Know none yet."""
        self._settings = settings
        self._state: SiteFiles = ()
        self._known: dict[str, str] = {}

    def now(self) -> dict[str, str]:
        """Return the currency of each site; while a site file cannot be read, as it was known before.

        The stream refuses a wrong file by name. What is counted needs none, and is shown whatever it says.
        """
        with suppress(UserError, FileNotFoundError):
            if (state := site_files_state(self._settings)) != self._state:
                self._known = {name: site.currency for name, site in load_sites(self._settings).items()}
                self._state = state
        return self._known
