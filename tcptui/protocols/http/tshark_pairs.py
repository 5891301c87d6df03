"""Requests and responses as tshark 4.0 pairs them: by their order alone.

A request begins a new pair; a response belongs to the newest pair, or begins one where that has a response already.
So an answer to pipelined requests, or one after `100 Continue`, is another request's there: `conversation` knows
better, and the screen shows that.  This is for fields that filters name as tshark does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.http.message import HttpMessage


@dataclass(eq=False, slots=True)
class Pair:
    """One request with one response, of which one may be missing."""

    number: int
    """In the connection, from 1."""
    request: HttpMessage | None = None
    response: HttpMessage | None = None
    before: Pair | None = None
    behind: Pair | None = None


def tshark_pairs(messages: Iterable[HttpMessage]) -> dict[int, Pair]:
    """By the frame that shows a message, its pair; of a frame that shows several, the last one's."""
    found: dict[int, Pair] = {}
    last: Pair | None = None
    for message in sorted(messages, key=lambda one: (one.shown_frame, one.start)):
        is_response = message.head.is_response
        if last is None or not is_response or last.response is not None:
            before, last = last, Pair(1 if last is None else last.number + 1, before=last)
            if before is not None:
                before.behind = last
        if is_response:
            last.response = message
        else:
            last.request = message
        found[message.shown_frame] = last
    return found
