"""The packet that a kernel event is about, by direction, what the packet is, and time.  Unknown beats wrong.

The kernel's events name no sequence number.  What ties one to a packet is that, within a window around its time,
nothing else could be meant.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How far an event may be from the packet that was sent because of it, in nanoseconds: a queue holds it back.
SENT_WINDOW_NS: Final = 1_000_000
#: How far it is where nothing is queued, in nanoseconds.
AT_ONCE_NS: Final = 100_000
#: An event whose time is known no better than this is tied to nothing, in nanoseconds.
LARGEST_SLACK_NS: Final = 200_000
#: Events so near to ones that were lost are tied to nothing, in nanoseconds.
LOST_WINDOW_NS: Final = 2_000_000
#: How long a packet that came in may be on its way through the kernel before that throws it away, in nanoseconds.
TAKEN_WINDOW_NS: Final = 300_000


class Untied(Enum):
    """Why an event is not tied to a packet."""

    NO_PACKET = "no-packet"
    """No packet of the capture at that moment is of its kind."""
    SEVERAL = "several"
    """Several packets, or events, could be meant."""
    TWO_SOCKETS = "two-sockets"
    """Two sockets have these addresses and ports, as in two network namespaces."""
    LOST = "lost"
    """Other events were lost at that moment."""
    CLOCK = "clock"
    """A clock was set at that moment, or could not be read closely enough."""
    LATER = "later"
    """The kernel looked at the packet later than when it came: the socket was in use."""


def tie_sent(
    events: Sequence[tuple[int, int]], packets: Sequence[int], may: Sequence[bool]
) -> list[tuple[int, ...] | Untied]:
    """For each of ``events`` (time, slack; ascending), each about a packet that was sent, the packets it is about.

    ``packets`` are the times of all packets of that direction, ascending; ``may``: which of them it could be about.
    Events and such packets that follow each other within `SENT_WINDOW_NS` make a group, which is answered as a whole:

    - Where nothing is queued, a packet passes the interface while its socket is locked, and the event follows at once
      (`AT_ONCE_NS`): what was sent between the event before and this one is what it is about, one packet or, where one
      event is about several segments, all.
    - Else, where a group has as many packets as events, they belong together in their order.
    """
    times = [(time, 0, index) for index, (time, _slack) in enumerate(events)]
    merged = sorted(times + [(time, 1, index) for index, time in enumerate(packets) if may[index]])
    reach = SENT_WINDOW_NS + max((slack for _time, slack in events), default=0)
    answers: list[tuple[int, ...] | Untied] = [Untied.NO_PACKET] * len(events)
    start = 0
    for stop in range(1, len(merged) + 1):
        if stop < len(merged) and merged[stop][0] - merged[stop - 1][0] <= reach:
            continue
        group, start = merged[start:stop], stop
        mine = [index for _time, kind, index in group if kind == 0]
        theirs = [index for _time, kind, index in group if kind == 1]
        if not mine or not theirs:
            continue
        found: list[tuple[int, ...]] = [_just_before(events, event, packets, may) for event in mine]
        if not all(found):
            in_order = zip(mine, theirs, strict=False)
            fits = len(mine) == len(theirs) and all(abs(events[e][0] - packets[p]) <= reach for e, p in in_order)
            found = [(packet,) for packet in theirs] if fits else []
        for place, event in enumerate(mine):
            answers[event] = found[place] if found else Untied.SEVERAL
    return answers


def _just_before(
    events: Sequence[tuple[int, int]], event: int, packets: Sequence[int], may: Sequence[bool]
) -> tuple[int, ...]:
    """The packets that were sent at most `AT_ONCE_NS` before ``event``, with nothing else in between.

    None are where the clocks do not tell whether a packet came before or after this event, or the one before.
    """
    time, slack = events[event]
    since = time - AT_ONCE_NS - slack
    if event:
        since = max(since, events[event - 1][0] - slack)
    last = bisect_right(packets, time + slack) - 1
    first = last
    while first >= 0 and may[first] and packets[first] >= since:
        first -= 1
    found = range(first + 1, last + 1)
    borders = [each[0] for each in events[max(event - 1, 0) : event + 1]]
    if any(abs(packets[index] - border) <= slack for index in found for border in borders):
        return ()
    return tuple(found)


def tie_taken(event: tuple[int, int], packets: Sequence[int]) -> tuple[int, ...] | Untied:
    """The only one of ``packets`` (times, ascending) that came within `TAKEN_WINDOW_NS` before ``event``."""
    time, slack = event
    first = bisect_left(packets, time - TAKEN_WINDOW_NS - slack)
    stop = bisect_right(packets, time + slack)
    if stop - first == 1:
        return (first,)
    return Untied.SEVERAL if stop > first else Untied.NO_PACKET
