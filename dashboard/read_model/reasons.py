"""Why a light is not green: the key of a sentence and the values in it, so that a page can say it in its reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Headings of docs/runbook.md.
NIGHTLY, CHECKS, LEDGER, DAMAGED = (
    "A nightly is red", "A quality check is red", "The ledger names bytes", "A table cannot be read",
)  # fmt: skip

# Chinese stands in dashboard/web/static/words.zh.json.
SENTENCES = {
    "all_right": "Published; live and batch are equal, every line is accounted for and every check holds.",
    "reason_unreadable": "The table {table} cannot be read: {why}",
    "reason_day_open": "The day is not over in UTC: the night after it counts, compares and publishes it.",
    "reason_no_certificate": "The certificate was not made yet.",
    "reason_no_verdict": "The certificate has no known verdict: it was edited by hand or is damaged.",
    "reason_different": "The certificate's verdict is different: live and batch, or the ledger, differ "
    "({unexplained} of {figures} figures unexplained).",
    "reason_incomplete": "The certificate's verdict is incomplete: a side is missing "
    "({unexplained} of {figures} figures unexplained).",
    "reason_different_why": "The certificate's verdict is different: {why} ({unexplained} of {figures} figures unexplained).",
    "reason_incomplete_why": "The certificate's verdict is incomplete: {why} ({unexplained} of {figures} figures unexplained).",
    "reason_contradiction": "The certificate says equal, and its own figures say otherwise.",
    "reason_late": "{count} accepted lines came after the version that was compared: the next nightly counts them.",
    "reason_late_one": "{count} accepted line came after the version that was compared: the next nightly counts it.",
    "reason_no_ledger": "The ledger was not closed yet for this site and day.",
    "reason_ledger": "The ledger is broken in {broken} of {files} files: {residue} lines unaccounted for, "
    "{missing_bytes} bytes missing, {doubled_bytes} bytes doubled.",
    "reason_ledger_absent": "The ledger is broken in {broken} of {files} files: counts are absent.",
    "reason_in_flight": "{count} lines in flight when the ledger was closed.",
    "reason_in_flight_one": "{count} line in flight when the ledger was closed.",
    "reason_minutes": "{broken} of {minutes} minutes have other accepted lines in bronze than in gold.",
    "reason_no_minutes": "The ledger of the day's minutes was not closed yet.",
    "reason_no_checks": "The quality checks of the day were not run yet.",
    "reason_checks_critical": "{failed} of {checks} quality checks failed (critical).",
    "reason_checks_warning": "{failed} of {checks} quality checks failed (warning).",
    "reason_provisional": "Provisional: the day is not published yet.",
    "reason_final_dirty": "final_dirty: {count} accepted lines came after the day was published at {at}.",
    "reason_final_dirty_one": "final_dirty: {count} accepted line came after the day was published at {at}.",
    "reason_despite": "Published without an equal certificate: {despite}.",
    "reason_other_version": "What is published is not what was certified: it has bronze version {published}, "
    "the certificate {certified}.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A light, the key of its sentence, the runbook's heading, the command to run (again) and the sentence's values."""

    light: str
    key: str
    runbook: str
    command: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The sentence in English."""
        return SENTENCES[self.key].format(**self.values)

    def as_object(self) -> dict[str, Any]:
        """Return the reason in plain values."""
        return {
            "light": self.light, "words": self.words, "runbook": self.runbook, "command": self.command,
            "key": self.key, "values": dict(self.values),
        }  # fmt: skip
