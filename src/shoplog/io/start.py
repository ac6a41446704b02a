"""The start rules: from which offsets the stream may begin, or why it must not."""

from __future__ import annotations

from pathlib import Path

from shoplog.errors import DriftError
from shoplog.io.offsets import Offsets, last_commit_entry, last_offset_entry, read_offset_log, read_start, same


def starting_offsets(
    checkpoint: Path,
    topic: str,
    bronze: Offsets | None,
    gold: Offsets | None,
    beginning: Offsets,
    end: Offsets,
    from_bronze: bool = False,
) -> Offsets:
    """Return the offsets a fresh query would start from; raises `DriftError` with the way out.

    Args:
        checkpoint: The query's checkpoint folder; may not exist.
        topic: The topic's name in the offset log.
        bronze: Offsets bronze has committed; None where it holds nothing.
        gold: Offsets the partials have committed; None where they hold nothing.
        beginning: First offset Kafka still has, per partition.
        end: Next offset Kafka will give, per partition.
        from_bronze: An operator has said that bronze is right and the checkpoint is not.
    """
    newest = last_offset_entry(checkpoint)
    if bronze is None:
        done, first = last_commit_entry(checkpoint), read_start(checkpoint)
        # Spark also finishes batches that cover nothing, such as the first one of an empty topic.
        covered = done is not None and not same(read_offset_log(checkpoint, done, topic), first or {})
        if covered:
            raise DriftError(
                f"The checkpoint {checkpoint} has finished batches but bronze_access_log holds none: the table was lost "
                "or replaced; follow docs/runbook.md, 'The table is older than the checkpoint'."
            )
        return first if newest is not None and first is not None else beginning
    _check_topic(bronze, beginning, end)
    ahead = gold is not None and any(offset > bronze.get(partition, 0) for partition, offset in gold.items())
    if ahead and not from_bronze:
        raise DriftError(
            "gold_partial_live is ahead of bronze_access_log: an older bronze was restored; run "
            "'shoplog stream start --from-bronze' (docs/runbook.md, 'The table is older than the checkpoint')."
        )
    if from_bronze:
        # A query must be told where each partition begins; bronze does not know those without a line yet.
        return {partition: bronze.get(partition, at) for partition, at in beginning.items()}
    if newest is None:
        raise DriftError(
            f"The checkpoint {checkpoint} is gone but bronze_access_log holds lines: run "
            "'shoplog stream start --from-bronze' (docs/runbook.md, 'The checkpoint is gone')."
        )
    _check_checkpoint(checkpoint, newest, topic, bronze)
    return bronze


def _check_topic(bronze: Offsets, beginning: Offsets, end: Offsets) -> None:
    """Refuse a topic that no longer holds what comes after bronze."""
    for partition, committed in bronze.items():
        if committed > end.get(partition, 0):
            raise DriftError(
                f"Kafka partition {partition} ends at {end.get(partition, 0)} but bronze_access_log is at {committed}: the "
                "topic was emptied or made anew; run 'shoplog stream start --reset-offsets' (docs/runbook.md, 'The topic shrank')."
            )
        if committed < beginning.get(partition, 0):
            raise DriftError(
                f"Kafka partition {partition} begins at {beginning[partition]} but bronze_access_log is at {committed}: "
                f"{beginning[partition] - committed} records expired unread; run 'shoplog stream start --reset-offsets' and fill "
                "the holes with 'shoplog import' (docs/runbook.md, 'The topic shrank')."
            )


def _check_checkpoint(checkpoint: Path, newest: int, topic: str, bronze: Offsets) -> None:
    """Refuse a checkpoint at which bronze stands neither before nor after its last batch."""
    after = read_offset_log(checkpoint, newest, topic)
    if same(bronze, after):
        return
    done = last_commit_entry(checkpoint)
    if newest == 0 or (
        done is not None and done < newest and same(bronze, read_offset_log(checkpoint, newest - 1, topic))
    ):
        return
    raise DriftError(
        f"The checkpoint stands at {after} but bronze_access_log at {bronze}: a table or the checkpoint was restored; run "
        "'shoplog stream start --from-bronze' (docs/runbook.md, 'The table is older than the checkpoint')."
    )
