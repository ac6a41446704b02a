"""The traffic light of one site and day: green only where everything is there and right, and in words why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard.read_model.plain import as_document, plain_text
from dashboard.read_model.quality_facts import CHECKS, DAMAGED, LEDGER, NIGHTLY, Facts, Reason
from shoplog.contracts.proof import VERDICTS

LIGHTS = ("red", "amber", "green")
ALL_RIGHT = "Published; live and batch are equal, every line is accounted for and every check holds."


def worst(lights: Sequence[str]) -> str:
    """Return the worst of some lights; of none it is amber: nothing is there yet."""
    return min(lights, key=LIGHTS.index, default="amber")


def reasons(facts: Facts) -> list[Reason]:
    """Return why the light is not green, red first; none where it is."""
    found = [
        *_unreadable(facts),
        *_of_certificate(facts),
        *_of_ledger(facts),
        *_of_checks(facts),
        *_of_publication(facts),
    ]
    if not facts.is_over:
        # What a night makes cannot be there yet; what is wrong already is.
        open_day = Reason("amber", "The day is not over in UTC: the night after it counts, compares and publishes it.",
                          NIGHTLY, f"shoplog nightly --date {facts.day}")  # fmt: skip
        found = [reason for reason in found if reason.light == "red"] + [open_day]
    return sorted(found, key=lambda reason: LIGHTS.index(reason.light))


def _unreadable(facts: Facts) -> Iterator[Reason]:
    for table, why in facts.unreadable.items():
        yield Reason("red", f"The table {table} cannot be read: {why}", DAMAGED, f'shoplog sql "select * from {table}"')


def _of_certificate(facts: Facts) -> Iterator[Reason]:
    again, made = f"shoplog certificate --date {facts.day}", facts.certificate
    if made is None:
        yield Reason("amber", "The certificate was not made yet.", NIGHTLY, again)
        return
    verdict, counts = (
        made["verdict"],
        {name: made[name] for name in ("unexplained_figures", "ledger_residue", "ledger_bytes")},
    )
    if verdict not in VERDICTS:
        yield Reason(
            "red", "The certificate has no known verdict: it was edited by hand or is damaged.", NIGHTLY, again
        )
    elif verdict != "equal":
        told = _why(made) or (
            "a side is missing" if verdict == "incomplete" else "live and batch, or the ledger, differ"
        )
        figures = f"{_number(made['unexplained_figures'])} of {_number(made['figures'])} figures unexplained"
        yield Reason("red", f"The certificate's verdict is {verdict}: {told} ({figures}).", NIGHTLY, again)
    elif any(value != 0 for value in counts.values()) or not made["figures"] or not _is_count(made["late_requests"]):
        yield Reason("red", "The certificate says equal, and its own figures say otherwise.", NIGHTLY, again)
    if _is_count(made["late_requests"]) and made["late_requests"]:
        late = f"{_counted(made['late_requests'], 'accepted line')} came after the version that was compared"
        yield Reason("amber", f"{late}: the next nightly counts them.", NIGHTLY, f"shoplog nightly --date {facts.day}")


def _of_ledger(facts: Facts) -> Iterator[Reason]:
    again, files, minutes = f"shoplog ledger --close --date {facts.day}", facts.ledger, facts.minutes
    if files is None:
        yield Reason("amber", "The ledger was not closed yet for this site and day.", NIGHTLY, again)
    elif files["broken"]:
        told = ", ".join(f"{_number(files[n])} {words}" for n, words in (
            ("residue", "lines unaccounted for"), ("missing_bytes", "bytes missing"), ("doubled_bytes", "bytes doubled"),
        ) if files[n])  # fmt: skip
        yield Reason("red", f"The ledger is broken in {files['broken']} of {files['files']} files: {told or 'counts are absent'}.",
                     LEDGER, again)  # fmt: skip
    if files is not None and files["in_flight"]:
        words = f"{_counted(files['in_flight'], 'line')} in flight when the ledger was closed."
        yield Reason("amber", words, NIGHTLY, again)
    if minutes is not None and minutes["broken"]:
        words = f"{minutes['broken']} of {minutes['minutes']} minutes have other accepted lines in bronze than in gold."
        yield Reason("red", words, NIGHTLY, again)
    if minutes is None and facts.live_requests:
        yield Reason("amber", "The ledger of the day's minutes was not closed yet.", NIGHTLY, again)


def _of_checks(facts: Facts) -> Iterator[Reason]:
    again, checks = f"shoplog quality --date {facts.day}", facts.checks
    if checks is None:
        yield Reason("amber", "The quality checks of the day were not run yet.", CHECKS, again)
        return
    for severity, light in (("critical", "red"), ("warning", "amber")):
        if checks[severity]:
            yield Reason(
                light, f"{checks[severity]} of {checks['checks']} quality checks failed ({severity}).", CHECKS, again
            )


def _of_publication(facts: Facts) -> Iterator[Reason]:
    again, published = f"shoplog nightly --date {facts.day}", facts.published
    if published is None:
        yield Reason("amber", "Provisional: the day is not published yet.", NIGHTLY, again)
    elif (waiting := (facts.live_requests or 0) - (published["live_requests"] or 0)) > 0:
        at = published["published_at"]
        since = f" at {at:%Y-%m-%d %H:%M} UTC" if isinstance(at, datetime) else ""
        words = f"final_dirty: {_counted(waiting, 'accepted line')} came after the day was published{since}."
        yield Reason("amber", words, NIGHTLY, again)
    if published is not None:
        yield from _of_switch(facts, published, again)


def _of_switch(facts: Facts, published: Mapping[str, Any], again: str) -> Iterator[Reason]:
    if despite := published.get("despite"):
        yield Reason("amber", f"Published without an equal certificate: {plain_text(despite)}.", NIGHTLY, again)
    made = facts.certificate
    if made is not None and made["bronze_version"] != published["bronze_version"]:
        versions = (
            f"bronze version {_number(published['bronze_version'])}, the certificate {_number(made['bronze_version'])}"
        )
        yield Reason("amber", f"What is published is not what was certified: it has {versions}.", NIGHTLY, again)


def _why(made: Mapping[str, Any]) -> str:
    """Return in the certificate's own words why it is not equal; nothing where its document has none."""
    document = as_document(made["document"])
    sites = document.get("sites") if isinstance(document, dict) else None
    told = [one.get("why") for one in sites if isinstance(one, dict)] if isinstance(sites, list) else []
    return plain_text("; ".join(str(word) for why in told if isinstance(why, list) for word in why))


def _is_count(value: int | None) -> bool:
    return value is not None and value >= 0


def _number(value: int | None) -> str:
    return "an unknown number" if value is None else f"{value:,}"


def _counted(value: int, what: str) -> str:
    return f"{value:,} {what}{'' if value == 1 else 's'}"
