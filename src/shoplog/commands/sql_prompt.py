"""A prompt for questions in SQL: a question ends with a semicolon, on as many lines as you like."""

from __future__ import annotations

import cmd

from shoplog.contracts.tables import TABLES
from shoplog.errors import UserError
from shoplog.settings import Settings


class SqlPrompt(cmd.Cmd):
    """Asks each question of the tables as they are at that moment."""

    intro = "DuckDB SQL over the tables and views. A question ends with ; -- .tables names them, .quit ends."
    prompt = "shoplog> "

    def __init__(self, settings: Settings, form: str) -> None:
        """Print answers in this form."""
        super().__init__()
        self._settings, self._form, self._lines = settings, form, list[str]()

    def onecmd(self, line: str) -> bool:
        """Take a line; return whether it was the last."""
        word = line.strip()
        if word == "EOF" or (not self._lines and word in (".quit", ".exit")):
            return True
        if not self._lines and word == ".tables":
            print("\n".join(TABLES))
        elif word:
            self._lines.append(line)
        if word.endswith(";"):
            self._answer("\n".join(self._lines))
            self._lines = []
        self.prompt = "    ...> " if self._lines else "shoplog> "
        return False

    def completenames(self, text: str, *ignored: object) -> list[str]:
        """Complete a table's name."""
        return [name for name in TABLES if name.startswith(text)]

    completedefault = completenames

    def _answer(self, query: str) -> None:
        from shoplog.io.query import format_rows, run_sql

        try:
            print(format_rows(*run_sql(self._settings, query.rstrip().rstrip(";")), self._form), end="")
        except UserError as error:
            print(error)
