"""At any moment of a file's way, lines and bytes add up; and one line taken away never goes unseen."""

from __future__ import annotations

from random import Random

import pytest

from tests.ledger.home import FILE, Home, Line, content_lines


def content(rng: Random) -> bytes:
    ends = [b"\n", b"\r\n"] if rng.random() < 0.5 else [b"\n"]
    return b"".join(b"x" * rng.choice([0, 1, 5, 40, 40, 40]) + rng.choice(ends) for _ in range(rng.randint(1, 80)))


def sent_records(rng: Random, lines: list[Line], until: int) -> list[Line]:
    """Everything before the position, some of it again after a kill, and stray lines of a batch that was cut short."""
    again = rng.randint(0, until)
    stray = [line for line in lines[until : until + 10] if rng.random() < 0.3]
    return lines[:until] + lines[again:until] + stray


@pytest.mark.parametrize("seed", range(16))
def test_lines_and_bytes_add_up(home: Home, seed: int) -> None:
    rng = Random(seed)
    text = content(rng)
    lines = content_lines(text)
    until = rng.randint(0, len(lines))
    records = sent_records(rng, lines, until)
    landed = rng.randint(0, len(records))
    known: set[int] = set()
    for offset, body in records[:landed]:
        home.land([(offset, body)], "duplicate" if offset in known else rng.choice(["accepted", "quarantined"]))
        known.add(offset)
    home.send(records[landed:])
    # Positions and censuses lag behind.
    position = lines[until][0] if until < len(lines) else len(text)
    home.write(text, rng.choice([position, lines[rng.randint(0, max(until - 1, 0))][0]]))
    home.count(text[: rng.choice([len(text), lines[rng.randint(0, len(lines) - 1)][0]])], landed=rng.random() < 0.5)
    (row,) = home.account()
    assert (row.residue, row.missing_bytes, row.doubled_bytes, row.torn) == (0, 0, 0, 0), row
    assert row.accepted + row.quarantined == len(known)
    assert row.bronze == landed
    assert row.kafka == len(records)
    assert row.written == row.accepted + row.quarantined + row.in_flight
    home.count(text)
    assert home.account()[0].in_flight == len(lines) - len(known)


@pytest.mark.parametrize("seed", range(8))
def test_one_line_taken_away_is_seen(home: Home, seed: int) -> None:
    rng = Random(seed)
    text = content(rng)
    lines = content_lines(text)
    lost = rng.randrange(len(lines))
    home.write(text, len(text))
    home.count(text)
    home.land([line for line in lines if line != lines[lost]] or [(0, b"")], "accepted", FILE)
    (row,) = home.account()
    assert row.is_wrong
