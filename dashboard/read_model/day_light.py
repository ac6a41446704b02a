"""The traffic light of one site and day: green only where everything is there and right, and in words why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard.read_model.plain import as_document, plain_text
from dashboard.read_model.quality_facts import Facts
from dashboard.read_model.reasons import CHECKS, DAMAGED, LEDGER, NIGHTLY, Reason
from shoplog.contracts.proof import VERDICTS

LIGHTS = ("red", "amber", "green")
_ABSENT = "–"
_WRONG = ("residue", "missing_bytes", "doubled_bytes")


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
        open_day = Reason("amber", "reason_day_open", NIGHTLY, f"shoplog nightly --date {facts.day}")
        found = [reason for reason in found if reason.light == "red"] + [open_day]
    return sorted(found, key=lambda reason: LIGHTS.index(reason.light))


def _unreadable(facts: Facts) -> Iterator[Reason]:
    for table, why in facts.unreadable.items():
        command = f'shoplog sql "select * from {table}"'
        yield Reason("red", "reason_unreadable", DAMAGED, command, {"table": table, "why": why})


def _of_certificate(facts: Facts) -> Iterator[Reason]:
    again, made = f"shoplog certificate --date {facts.day}", facts.certificate
    if made is None:
        yield Reason("amber", "reason_no_certificate", NIGHTLY, again)
        return
    verdict, late = made["verdict"], made["late_requests"]
    counts = [made[name] for name in ("unexplained_figures", "ledger_residue", "ledger_bytes")]
    if verdict not in VERDICTS:
        yield Reason("red", "reason_no_verdict", NIGHTLY, again)
    elif verdict != "equal":
        why = _why(made)
        values = {"unexplained": _number(made["unexplained_figures"]), "figures": _number(made["figures"])}
        key = f"reason_{verdict}" + ("_why" if why else "")
        yield Reason("red", key, NIGHTLY, again, values | ({"why": why} if why else {}))
    elif any(value != 0 for value in counts) or not made["figures"] or not _is_count(late):
        yield Reason("red", "reason_contradiction", NIGHTLY, again)
    if _is_count(late) and late:
        yield _counted("amber", "reason_late", late, f"shoplog nightly --date {facts.day}")


def _of_ledger(facts: Facts) -> Iterator[Reason]:
    again, files, minutes = f"shoplog ledger --close --date {facts.day}", facts.ledger, facts.minutes
    if files is None:
        yield Reason("amber", "reason_no_ledger", NIGHTLY, again)
    elif files["broken"]:
        wrong = any(files[name] for name in _WRONG)
        values = {name: _number(files[name]) for name in ("broken", "files", *(_WRONG if wrong else ()))}
        yield Reason("red", "reason_ledger" if wrong else "reason_ledger_absent", LEDGER, again, values)
    if files is not None and files["in_flight"]:
        yield _counted("amber", "reason_in_flight", files["in_flight"], again)
    if minutes is not None and minutes["broken"]:
        values = {name: _number(minutes[name]) for name in ("broken", "minutes")}
        yield Reason("red", "reason_minutes", NIGHTLY, again, values)
    if minutes is None and facts.live_requests:
        yield Reason("amber", "reason_no_minutes", NIGHTLY, again)


def _of_checks(facts: Facts) -> Iterator[Reason]:
    again, checks = f"shoplog quality --date {facts.day}", facts.checks
    if checks is None:
        yield Reason("amber", "reason_no_checks", CHECKS, again)
        return
    for severity, light in (("critical", "red"), ("warning", "amber")):
        if checks[severity]:
            values = {"failed": _number(checks[severity]), "checks": _number(checks["checks"])}
            yield Reason(light, f"reason_checks_{severity}", CHECKS, again, values)


def _of_publication(facts: Facts) -> Iterator[Reason]:
    again, published = f"shoplog nightly --date {facts.day}", facts.published
    if published is None:
        yield Reason("amber", "reason_provisional", NIGHTLY, again)
        return
    if facts.waiting:
        at = published["published_at"]
        when = f"{at:%Y-%m-%d %H:%M} UTC" if isinstance(at, datetime) else _ABSENT
        yield _counted("amber", "reason_final_dirty", facts.waiting, again, at=when)
    if despite := published.get("despite"):
        yield Reason("amber", "reason_despite", NIGHTLY, again, {"despite": plain_text(despite)})
    made = facts.certificate
    if made is not None and made["bronze_version"] != published["bronze_version"]:
        versions = {"published": _number(published["bronze_version"]), "certified": _number(made["bronze_version"])}
        yield Reason("amber", "reason_other_version", NIGHTLY, again, versions)


def _why(made: Mapping[str, Any]) -> str:
    """Return in the certificate's own words why it is not equal; nothing where its document has none."""
    document = as_document(made["document"])
    sites = document.get("sites") if isinstance(document, dict) else None
    told = [one.get("why") for one in sites if isinstance(one, dict)] if isinstance(sites, list) else []
    return plain_text("; ".join(str(word) for why in told if isinstance(why, list) for word in why))


def _is_count(value: int | None) -> bool:
    return value is not None and value >= 0


def _number(value: int | None) -> str:
    return _ABSENT if value is None else f"{value:,}"


def _counted(light: str, key: str, count: int, command: str, **values: str) -> Reason:
    """Return the reason that counts lines: of one there is another sentence."""
    return Reason(light, key if count != 1 else f"{key}_one", NIGHTLY, command, {"count": _number(count), **values})
