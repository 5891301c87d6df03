"""The time budget of a connection in words: the parts of a `TimeBudget` with their shares, and its turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.timing.budget_parts import Part
from tcptui.model.units import NS_PER_S
from tcptui.words.percents import whole_percents
from tcptui.words.quantities import Count, duration, percentage

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.budget_parts import TimeBudget
    from tcptui.words.catalogue import Words

#: The parts that count as transfer: time between the first and the last byte of a message.
_TRANSFER: Final = (
    Part.RECEIVE_WINDOW, Part.FLOW_CONTROL, Part.NETWORK_LIMITED, Part.SENDER, Part.RECOVERY, Part.UNATTRIBUTED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a time budget that is not 0."""

    part: Part
    time_ns: int
    name: str
    time: str
    percent: str
    """The percentage as text: ``79 %``, ``<1 %``."""


@dataclass(frozen=True, slots=True)
class TurnLine:
    """One turn, a request and its response, with its times as text."""

    number: int
    """1-based, in the connection."""
    request_frame: int
    response_frame: int
    """0: there is no response in the capture."""
    total: str
    """Without the client's pause afterwards."""
    network: str
    server: str
    transfer: str
    asked: str
    """What the client had asked the server to wait; empty without such a wait."""
    client: str
    """The client's pause afterwards: its processing time and idle time."""

    @property
    def frames(self) -> tuple[int, ...]:
        """Frame numbers of the packets with which request and response begin."""
        return tuple(frame for frame in (self.request_frame, self.response_frame) if frame)


def shares(budget: TimeBudget, words: Words) -> tuple[Share, ...]:
    """The parts that are not 0, in the order of `Part`; empty for a stream without duration."""
    parts = [part for part in Part if budget[part]]
    percents = whole_percents([budget[part] for part in parts], budget.elapsed_ns)
    return tuple(
        Share(
            part,
            budget[part],
            words(f"budget.part.{part.label}"),
            duration(budget[part] / NS_PER_S, words),
            percent_text(percent, words),
        )
        for part, percent in zip(parts, percents, strict=True)
    )


def percent_text(percent: int, words: Words) -> str:
    """A share of time that is not 0, of which ``percent`` are whole: ``79 %``, ``<1 %``."""
    return percentage(percent, words) if percent else words("budget.little")


def sentence(budget: TimeBudget, words: Words) -> str:
    """All shares in one line, the largest first: ``server 1.83 s (79 %), network 431 ms (19 %)``."""
    ranked = sorted(shares(budget, words), key=lambda share: -share.time_ns)
    told = (words("budget.share", part=share.name, time=share.time, percent=share.percent) for share in ranked)
    return words("budget.join").join(told)


def slowest_turns(budget: TimeBudget, view: StreamView, most: int, words: Words) -> tuple[TurnLine, ...]:
    """The ``most`` longest turns, in chronological order.

    Neither the client's pause afterwards counts for that, nor a wait that it had asked for.
    """
    turns = budget.turns
    if not len(turns):
        return ()
    after = turns.parts[:, Part.CLIENT_THINK] + turns.parts[:, Part.IDLE]
    asked = turns.parts[:, Part.ASKED_TO_WAIT]
    total = turns.elapsed_ns - after
    chosen = np.sort(np.argsort(asked - total, kind="stable")[:most]).tolist()

    def told(time_ns: int) -> str:
        return duration(time_ns / NS_PER_S, words)

    return tuple(
        TurnLine(
            turn + 1,
            int(view.frame[turns.request[turn]]),
            int(view.frame[turns.response[turn]]) if turns.response[turn] >= 0 else 0,
            told(int(total[turn])),
            told(int(turns.parts[turn, Part.NETWORK])),
            told(int(turns.parts[turn, Part.SERVER_THINK])),
            told(int(turns.parts[turn, list(_TRANSFER)].sum())),
            told(int(asked[turn])) if asked[turn] else "",
            told(int(after[turn])),
        )
        for turn in chosen
    )


def turns_heading(budget: TimeBudget, shown: int, words: Words) -> str:
    """The heading of the list of turns: all of them, or the slowest ``shown``."""
    count = len(budget.turns)
    return words(
        "budget.turns.all" if shown == count else "budget.turns.slowest", count=Count(count), shown=Count(shown)
    )
