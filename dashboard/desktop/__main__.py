"""Opens the window: of this machine's shoplog, or of another server's with a token."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit

from dashboard.desktop.client import Client
from dashboard.desktop.window import Window
from dashboard.desktop.words import Words


def main() -> int:
    """Run until the window is closed; `URL` and, if wanted, `--wall` are the arguments, the token stands in the environment."""
    url, *rest = sys.argv[1:]
    application = QApplication([sys.argv[0]])
    words = Words(os.environ.get("LANGUAGE") or QLocale.system().name())
    client = Client(url, os.environ.get("SHOPLOG_TOKEN"))
    window = Window(client, words)

    def ask(trouble: str = "") -> None:
        window.pause()
        label = words("name", "Name")
        name, is_given = QInputDialog.getText(window, "shoplog", f"{trouble}\n{label}" if trouble else label)
        if not is_given:
            return
        password, is_given = QInputDialog.getText(
            window, "shoplog", words("password", "Password"), QLineEdit.EchoMode.Password
        )
        if is_given:
            client.log_in(name, password, lambda failed: ask(failed) if failed else window.begin())

    client.refused.connect(ask)
    window.resize(1100, 800)
    window.show()
    if "--wall" in rest:
        window.wall.setChecked(True)
    window.begin()
    return int(application.exec())


if __name__ == "__main__":
    sys.exit(main())
