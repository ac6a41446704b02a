"""Errors that a person can act on."""

from __future__ import annotations


class UserError(Exception):
    """One sentence that says what is wrong and what to do; the command line prints it and exits with 2."""

    exit_code = 2


class TryLaterError(UserError):
    """The same, of what may end by itself and a later try can do: a lease is held, the broker is away; exit code 3."""

    exit_code = 3


class DriftError(UserError):
    """Offsets, checkpoint and tables do not fit together; the sentence names the runbook's step."""
