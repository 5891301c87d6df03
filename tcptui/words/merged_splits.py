"""Sentences about the slowest answers that two capture points split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.safe_text import safe_text
from tcptui.protocols.application import requests_of
from tcptui.words.merged_text import duration_ns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.packet_store import I64
    from tcptui.points.merge import Hop
    from tcptui.points.splits import Splits
    from tcptui.words.catalogue import Words

#: Responses that are told, and openings of connections.
_LISTED: Final = 5
_OPENINGS: Final = 2
#: Characters of what was requested.
_OPERATION: Final = 80


def slowest_lines(hop: Hop, splits: Splits, words: Words, pair: int | None = None) -> Iterator[str]:
    """A heading, then a line for each of the slowest answers; nothing where no answer was seen at both points.

    Of one ``pair`` they are told without what was requested, which takes a reading of its data.
    """
    for number, row in enumerate(_slowest(splits, pair).tolist()):
        if not number:
            yield words("merged.split.heading")
        yield words("narrative.space").join(_sentences(hop, splits, row, words, named=pair is None))


def _slowest(splits: Splits, pair: int | None) -> I64:
    order = np.argsort(-splits.total_ns, kind="stable")
    if pair is not None:
        order = order[splits.pair[order] == pair]
    opens = splits.is_opening[order]
    return np.concatenate((order[~opens][:_LISTED], order[opens][:_OPENINGS]))


def _sentences(hop: Hop, splits: Splits, row: int, words: Words, *, named: bool) -> Iterator[str]:
    here = int(splits.near[row])
    near, far = "AB"[here], "BA"[here]
    frame = hop.sides[here].column("frame")
    asked, answered = (
        int(frame[column[row]])
        for column in ((splits.asked_a, splits.answered_a), (splits.asked_b, splits.answered_b))[here]
    )
    facts = {
        "a": int(hop.pairs.a[splits.pair[row]]), "near": near, "far": far, "asked": asked, "answered": answered,
        "total": duration_ns(int(splits.total_ns[row]), words),
        "beyond": duration_ns(float(splits.beyond_ns[row]), words),
        "ways": duration_ns(float(splits.ways_ns[row]), words),
    }  # fmt: skip
    if splits.is_opening[row]:
        yield words("merged.split.opening", **facts)
    else:
        operation = _operation(hop, here, int(splits.pair[row]), (asked, answered)) if named else ""
        key = "merged.split.request" if operation else "merged.split.data"
        yield words(key, operation=operation, **facts)
    bounds = {
        name: duration_ns(float(column[row]), words)
        for name, column in (
            ("there_low", splits.there_low_ns), ("there_high", splits.there_high_ns),
            ("back_low", splits.back_low_ns), ("back_high", splits.back_high_ns),
        )
    }  # fmt: skip
    yield words(f"merged.split.{'symmetric' if hop.is_symmetric else 'range'}", near=near, far=far, **bounds)
    if splits.is_resent[row]:
        yield words("merged.split.resent", near=near, far=far)


def _operation(hop: Hop, here: int, pair: int, frames: tuple[int, int]) -> str:
    """What was requested in the first of ``frames`` and answered from the second on; empty: no protocol tells."""
    capture, streams = ((hop.a, hop.pairs.a), (hop.b, hop.pairs.b))[here]
    for one in requests_of(*capture.directions(int(streams[pair]))) or ():
        request, response = one.request, one.response
        if request is None or response is None or response.first_frame < frames[1]:
            continue
        if (request.last_frame, response.first_frame) == frames:
            return safe_text(one.operation, _OPERATION)
        break
    return ""
