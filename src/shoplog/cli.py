"""The command line: thin; every command has help, --json where it prints figures, and an exit code that means something.

0 = done and right; 1 = done, and something is wrong (residue, differences, a failed check); 2 = the user must do something;
3 = it broke or another process was in the way: a second try can end otherwise.
"""

from __future__ import annotations

import sys
import traceback

import typer

from shoplog.commands import (
    analyst,
    annotate,
    anomalies,
    backup,
    batch,
    bench,
    classify,
    container,
    demo,
    erase,
    ledger,
    maintain,
    nightly,
    page,
    published,
    quality,
    rehearse,
    report,
    screens,
    site,
    sql_server,
    stack,
    stream,
    traffic,
    user,
)
from shoplog.errors import UserError

app = typer.Typer(
    help="Know, live and provably, what happens on a web shop, from its access logs alone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
rooms = (
    demo, stack, backup, batch, nightly, ledger, quality, page, published, maintain, erase, report, rehearse, analyst,
    sql_server, traffic,
    classify, anomalies, screens, annotate, bench,
)  # fmt: skip
for room in rooms:
    for command in room.COMMANDS:
        app.command(getattr(command, "command_name", command.__name__.replace("_", "-")))(command)
app.add_typer(stream.app, name="stream")
app.add_typer(site.app, name="site")
app.add_typer(user.app, name="user")
app.add_typer(container.app, name="container")
app.add_typer(user.tokens, name="token")


def main() -> None:
    """Run a command; a `UserError` becomes one sentence on standard error, anything else that breaks is exit code 3."""
    try:
        app()
    except UserError as error:
        print(f"shoplog: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception:
        traceback.print_exc()
        sys.exit(3)


if __name__ == "__main__":
    main()
