"""The packets and times of messages, of many at once: to search one place takes as long as to search a hundred."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.named_tuples import maker_of
from tcptui.model.request import MessagePackets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.interface import Carried
    from tcptui.protocols.stream.reassembly import ByteStream

#: `MessagePackets` of their values.
_PACKETS: Final = maker_of(MessagePackets)
_START: Final = attrgetter("start")
_STOP: Final = attrgetter("stop")


def packets_of(messages: Sequence[Carried]) -> list[MessagePackets]:
    """The packets of each of ``messages``, in order."""
    places: dict[ByteStream, list[int]] = {}
    for at, one in enumerate(messages):
        if one.direction in places:
            places[one.direction].append(at)
        else:
            places[one.direction] = [at]
    found: dict[int, MessagePackets] = {}
    for direction, which in places.items():
        some = [messages[at] for at in which]
        starts = np.array(list(map(_START, some)), np.int64)
        stops = np.array(list(map(_STOP, some)), np.int64)
        sizes = np.maximum(stops - starts, 0).tolist()
        for place, one in enumerate(some):
            if one.spans:
                sizes[place] = one.bytes
        first_frame, first_ns = direction.firsts(starts)
        last_frame, last_ns = direction.deliveries(np.maximum(stops - 1, starts))
        columns = (first_frame, last_frame, first_ns, np.maximum(last_ns, first_ns))
        firsts, lasts, begun, ended = (column.tolist() for column in columns)
        found.update(zip(which, map(_PACKETS, zip(firsts, lasts, sizes, begun, ended, strict=True)), strict=True))
    return [found[at] for at in range(len(messages))]
