"""Sentences about one packet at two capture points: when each saw it, what became of it, what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.points.fates import Fate
from tcptui.points.ladder import ABSENT
from tcptui.words.merged_findings import finding_lines
from tcptui.words.merged_text import change_text, duration_ns
from tcptui.words.quantities import clock_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.points.joined import JoinedFinding
    from tcptui.points.ladder import Ladder, Ladders
    from tcptui.points.merge import Hop
    from tcptui.words.catalogue import Words


def fate_word(ladder: Ladder, row: int) -> str:
    """The last part of the keys of what is said of a row: *seen*, *outside*, or the word of its `Fate`."""
    return "outside" if ladder.is_outside[row] else Fate(int(ladder.fate[row])).word


def packet_lines(
    hop: Hop, ladders: Ladders, ladder: Ladder, row: int, joined: Sequence[JoinedFinding], words: Words
) -> Iterator[str]:
    """What there is to say of ``row``, a sentence each; ``joined``: the findings of its connection."""
    in_a, in_b = int(ladder.in_a[row]), int(ladder.in_b[row])
    fate = fate_word(ladder, row)
    here, there = "AB" if in_a != ABSENT else "BA"
    yield words(f"merged.packet.{fate}", here=here, there=there)
    way = "AB" if ladder.travels_ab[row] else "BA"
    if not ladder.is_whole[row]:
        yield words("merged.packet.piece")
    if ladder.is_late[row]:
        yield words("merged.packet.late", here=way[0], there=way[1])
    delay = float(ladder.delay_ns[row])
    if np.isfinite(delay):
        key = "merged.packet.delay.symmetric" if hop.is_symmetric else "merged.packet.delay"
        yield words(key, here=way[0], there=way[1], delay=duration_ns(delay, words))
    if not ladder.is_placed:
        yield words("merged.packet.unplaced")
    if in_a != ABSENT and in_b != ABSENT:
        changes = ladders.changes_of(in_a, in_b)
        if changes:
            yield words("merged.changed", listed=words("merged.join").join(change_text(one, words) for one in changes))
    yield from _times(hop, in_a, in_b, words)
    frames = [
        ABSENT if index == ABSENT else side.cell("frame", index)
        for side, index in zip(hop.sides, (in_a, in_b), strict=True)
    ]
    about = [
        one for one in joined
        if any(
            frame in (*each, *at) for frame, each, at in zip(frames, one.packets, one.observed.at, strict=True)
        )
    ]  # fmt: skip
    yield from (text for depth, text in finding_lines(about, words) if depth)


def _times(hop: Hop, in_a: int, in_b: int, words: Words) -> Iterator[str]:
    if in_a != ABSENT:
        side = hop.sides[0]
        yield words("merged.packet.at-a", frame=side.cell("frame", in_a), time=clock_time(int(side.time_ns[in_a])))
    if in_b != ABSENT:
        side, clocks = hop.sides[1], hop.clocks
        time_ns = side.time_ns[in_b : in_b + 1]
        facts = {"frame": side.cell("frame", in_b), "time": clock_time(int(time_ns[0]))}
        if clocks is None:
            yield words("merged.packet.at-b.own", **facts)
            return
        moved = clocks.on_a(time_ns)
        low, high = clocks.bounds(moved)
        width = float(high[0] - low[0])
        key = "merged.packet.at-b" if np.isfinite(width) else "merged.packet.at-b.one-sided"
        facts["moved"] = clock_time(int(moved[0]))
        yield words(key, **facts, half=duration_ns(width / 2, words) if np.isfinite(width) else "")
