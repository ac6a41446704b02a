"""docs/soak.md: what was broken, how often, how it was seen to bite, and that every line was counted once."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psutil

from tests.soak.batches import fifths
from tests.soak.faults import FAULTS, Fault
from tests.soak.traffic import Traffic

_TEXT = """# The soak

<!-- Written by `make soak`. -->

The real chain (files, Flume, Kafka, one Spark query, Delta) under mixed traffic while its processes are killed, ended and halted at
random. In the end every line written is counted once: **lost {lost}, doubled {doubled}.**

| | |
| --- | --- |
| run | {began:%Y-%m-%d}, {minutes:g} minutes of faults, {whole:.0f} minutes with the drain and the nights |
| machine | {cores} cores, {memory:.0f} GB, {system}, Python {python} |
| seed | {seed} (`SOAK_SEED={seed} make soak MINUTES={minutes:g}` deals the same faults in the same order) |
| lines | {lines:,} in {rounds} rounds, of them {late:,} late and {repeated:,} written twice on purpose |

## What was broken

{count} faults, {pairs} times two parts at once. Each is counted once its effect was seen: a part that was killed runs again as
another process; one that was halted was seen halted, and went on.

| fault | times | the last one seen as |
| --- | --- | --- |
{faults}

Flume's kills made it send {duplicates:,} lines again; each is a `duplicate` in bronze and in no figure.

## The equations

| | |
| --- | --- |
| written = accepted + quarantined + in flight + residue | {written:,} = {accepted:,} + {quarantined:,} + {in_flight} + {residue} |
| accepted: the ledger's = the truth's | {accepted:,} = {true_accepted:,} |
| quarantined: the ledger's = the truth's | {quarantined:,} = {true_quarantined:,} |
| records in Kafka = accepted + quarantined + duplicates | {kafka:,} = {accepted:,} + {quarantined:,} + {duplicates:,} |
| bytes missing, bytes doubled | {missing}, {twice} |
| lines of each of {statuses} statuses, of each of {reasons} reasons | equal to the truth |
| figures compared between live and the nightly, unexplained | {figures:,}, {unexplained} ({nights} days) |

## Drift

{batches} batches. The median of the first fifth took {first:.2f} s, of the last fifth {last:.2f} s.
"""


def write_report(
    began: datetime, minutes: float, seed: int, traffic: Traffic, evidence: Mapping[Fault, Sequence[str]], pairs: int,
    files: Sequence[Mapping[str, Any]], batches_s: list[float], nights: Mapping[str, Mapping[str, Any]],
) -> str:  # fmt: skip
    """Return the page."""

    def total(name: str) -> int:
        return sum(int(file[name]) for file in files)

    first, last = fifths(batches_s)
    landed = total("accepted") + total("quarantined")
    return _TEXT.format(
        lost=max(0, traffic.lines - landed), doubled=max(0, landed - traffic.lines), began=began, minutes=minutes, seed=seed,
        whole=(datetime.now(UTC) - began).total_seconds() / 60, cores=os.cpu_count(),
        memory=psutil.virtual_memory().total / 2**30, system=platform.system(), python=platform.python_version(),
        lines=traffic.lines, rounds=traffic.rounds, late=traffic.late, repeated=traffic.repeated,
        count=sum(map(len, evidence.values())), pairs=pairs,
        faults="\n".join(f"| {fault} | {len(evidence[fault])} | {evidence[fault][-1]} |" for fault in FAULTS),
        duplicates=total("duplicates"), written=total("written"), accepted=total("accepted"), kafka=total("kafka"),
        quarantined=total("quarantined"), in_flight=total("in_flight"), residue=total("residue"),
        missing=total("missing_bytes"), twice=total("doubled_bytes"), true_accepted=traffic.accepted,
        true_quarantined=traffic.quarantined.total(), statuses=len(traffic.by_status), reasons=len(traffic.quarantined),
        figures=sum(int(night["figures"]) for night in nights.values()), nights=len(nights),
        unexplained=sum(int(night["unexplained"]) for night in nights.values()),
        batches=len(batches_s), first=first, last=last,
    )  # fmt: skip
