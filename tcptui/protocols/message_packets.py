"""The packets and times of messages, of many at once: to search one place takes as long as to search a hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.request import MessagePackets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.interface import Carried


def packets_of(messages: Sequence[Carried]) -> list[MessagePackets]:
    """The packets of each of ``messages``, in order."""
    places: dict[int, list[int]] = {}
    for at, one in enumerate(messages):
        known = id(one.half)
        if known in places:
            places[known].append(at)
        else:
            places[known] = [at]
    found: dict[int, MessagePackets] = {}
    for which in places.values():
        half = messages[which[0]].half
        some = [messages[at] for at in which]
        first_frame, first_ns = half.firsts(np.array([one.start for one in some], np.int64))
        last = np.array([max(one.stop - 1, one.start) for one in some], np.int64)
        last_frame, last_ns = half.deliveries(last)
        sizes = [one.bytes for one in some]
        columns = (first_frame, last_frame, first_ns, np.maximum(last_ns, first_ns))
        firsts, lasts, begun, ended = (column.tolist() for column in columns)
        found.update(zip(which, map(MessagePackets, firsts, lasts, sizes, begun, ended), strict=True))
    return [found[at] for at in range(len(messages))]
