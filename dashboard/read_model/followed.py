"""A table whose newest version is looked for again and again: of its log only new entries are read."""

from __future__ import annotations

from pathlib import Path

from deltalake import DeltaTable

from shoplog.io.commits import State, entry_identity, latest_state


class FollowedTable:
    """Knows the state that its owner came to, `state`, and notices a table that was made anew or restored since."""

    def __init__(self, path: Path) -> None:
        """Know nothing of the table yet."""
        self.state: State = (None, None)
        self._path = path
        self._handle: DeltaTable | None = None

    def newest(self) -> State:
        """Return the table's newest state."""
        return latest_state(self._path, self.state[0])

    def opened(self, version: int) -> DeltaTable:
        """Return the table at this version or a later one."""
        known, identity = self.state
        is_other = known is None or entry_identity(self._path, known) != identity
        if self._handle is None or is_other or self._handle.version() > version:
            self._handle = DeltaTable(str(self._path))
        self._handle.update_incremental()
        return self._handle
