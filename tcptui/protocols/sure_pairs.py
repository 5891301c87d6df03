"""Answers that may be another request's are nobody's: where bytes are missing, or packets stand in another order.

Protocols that answer in order are paired by counting, and counting fails behind what was not captured.  What each end
had received when it spoke stands in its acknowledgment numbers (RFC 9293, 3.4), in a capture as incomplete as it may
be.  An answer is kept where

- the client had not received it before it asked, and the server had received some of the request when it answered;
- no byte of the server is missing, or is nobody's, between what the client had received and the answer: it may be the
  answer; unless the server had received no other request;
- no request before it, which has no answer, was asked when no byte behind had come: it would be answered first;
- no byte of the client is missing, be it before all that was captured, between what the server had received when it
  wrote what the client had last, and the request: an earlier one may be waiting.

A message of which bytes are missing ends where the other end went on, or had received more of it, at the latest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.registry import REQUEST_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.model.packet_store import I64
    from tcptui.protocols.interface import Carried, Exchange
    from tcptui.protocols.stream.reassembly import ByteStream

_NOWHERE: Final = -1


def sure_pairs(exchanges: Iterable[Exchange], client: ByteStream, server: ByteStream) -> Iterable[Exchange]:
    """``exchanges`` of both directions, without answers, or parts of messages, that may belong to another."""
    asking, answering = client.heard(server), server.heard(client)
    if asking is None or answering is None or not len(asking) or not len(answering):
        return exchanges
    if _is_whole(client, server, asking) and _is_whole(server, client, answering):
        return exchanges
    return _Sure(_Side(client, asking), _Side(server, answering)).of(exchanges)


def _is_whole(one: ByteStream, other: ByteStream, heard: I64) -> bool:
    """Whether no byte of ``one`` is missing, and none of its segments acknowledges what only comes behind it.

    Nor anything before the first byte of ``other`` that was captured.
    """
    if not one.is_whole or not one.segments.from_start or bool((heard < 0).any()):
        return False
    at = np.searchsorted(other.segments.rows, one.segments.rows)
    seen = np.append(0, np.maximum.accumulate(other.segments.stop))
    return not bool((heard > seen[at]).any())


class _Side:
    """One direction, and what its sender had received."""

    def __init__(self, direction: ByteStream, heard: I64) -> None:
        self.direction, self._heard = direction, heard
        order = np.argsort(direction.segments.start, kind="stable")
        self._start = direction.segments.start[order]
        self._most = np.maximum.accumulate(heard[order])

    def heard_at(self, offset: int) -> int:
        """How many bytes of the other end its sender had received when it first sent the byte at ``offset``.

        Of a byte that was not captured: at most as many as with the next one.
        """
        at = self.direction.carrier(offset)
        return _NOWHERE if at < 0 else int(self._heard[at])

    def heard_before(self, offset: int) -> int:
        """How many bytes of the other end its sender had received, at least, when it sent what is before ``offset``."""
        at = int(np.searchsorted(self._start, offset)) - 1
        return max(int(self._most[at]), 0) if at >= 0 else 0

    def end_before(self, behind: int, start: int) -> int:
        """How much it had received, beyond ``start``, when it went on behind its byte ``behind``; -1: it never did."""
        first = int(np.searchsorted(self._start, behind))
        at = first + int(np.searchsorted(self._most[first:], start, side="right"))
        return int(self._most[at]) if at < len(self._most) else _NOWHERE

    def gap(self, start: int, stop: int) -> int:
        """Where the first of its bytes ``start … stop`` is missing; -1: none is."""
        gaps = self.direction.gaps
        at = int(np.searchsorted(gaps.stop, start, side="right"))
        return max(int(gaps.start[at]), start) if at < len(gaps) and int(gaps.start[at]) < stop else _NOWHERE

    def lacks(self, start: int, stop: int) -> bool:
        """Whether any of its bytes ``start … stop`` is missing."""
        return start < stop and self.gap(start, stop) >= 0


class _Sure:
    def __init__(self, client: _Side, server: _Side) -> None:
        self._client, self._server = client, server
        self._answered = 0
        """Behind the last answer that is sure."""
        self._owed = _NOWHERE
        """What the client had received when it had asked the last of what has no answer."""

    def of(self, exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
        """Each of ``exchanges``, with its answer where that is sure."""
        for one in exchanges:
            kind = REQUEST_KINDS[one.protocol]
            is_numbered = kind.is_numbered and not one.is_counted
            if not is_numbered and one.request is not None and one.response is not None:
                begins = min((one.response.start, *(each.start for each in one.interim)))
                if not self._is_sure(one.request, begins):
                    one.response, one.status, one.rows = None, "", None
                else:
                    self._end(one.request, one.response)
                    self._answered = one.response.stop
            if one.request is not None and one.response is None:
                self._owed = max(self._owed, self._client.heard_at(one.request.stop - 1))
            yield one

    def _is_sure(self, request: Carried, answered: int) -> bool:
        """Whether the answer that begins at ``answered`` is that to ``request``."""
        asked = request.start
        received, taken = self._client.heard_at(asked), self._server.heard_at(answered)
        if received < 0 or taken <= asked or answered < received or answered <= self._owed:
            return False
        is_alone = self._owed < received and taken <= request.stop and not self._client.lacks(asked, request.stop)
        follows = answered <= max(received, self._answered) and not self._server.lacks(received, answered)
        if not follows and not is_alone:
            return False
        before = self._server.heard_before(received)
        if not before and not self._client.direction.has_first_byte:
            return False
        return not self._client.lacks(before, asked)

    def _end(self, request: Carried, response: Carried) -> None:
        """Ends what lacks bytes where the other end went on."""
        gap = self._server.gap(response.start, response.stop)
        if gap >= 0:
            stop = self._client.end_before(request.stop, response.start)
            # Where nothing behind the gap was captured, others may have been asked and answered in it.
            heard = self._server.heard_at(response.stop - 1)
            if heard < 0 or heard > self._server.heard_at(response.start):
                stop = min(stop, gap) if stop >= 0 else gap
            if response.start <= stop < response.stop:
                response.stop, response.complete = stop, False
        if self._client.lacks(request.start, request.stop):
            stop = self._server.heard_at(response.start)
            if request.start < stop < request.stop:
                request.stop, request.complete = stop, False
