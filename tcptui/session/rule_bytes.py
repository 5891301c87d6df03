"""The byte streams of a connection, for the rules that judge application protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from tcptui.findings.stream_findings import cells
from tcptui.model.batched import nothing_but_of_one
from tcptui.protocols.application import asked_to_wait, begins_what_is_judged, may_ask_to_wait, waits_inside

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.access.packet_reader import PacketReader
    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.budget_parts import ProtocolWait
    from tcptui.protocols.prefilter import Prefilter
    from tcptui.protocols.stream.reassembly import ByteStream

_T = TypeVar("_T")

#: Segments of the client by which one tells whether its protocol knows of waits.
_FIRST_ASKING: Final = 2
#: How many segments with payload are checked for the beginning of a message, if the prefilter found none.
_FIRST_SEGMENTS: Final = 4


def _first_asking_rows(view: StreamView) -> list[int]:
    """Rows of the first segments with payload that the client sends, of each stream of ``view``."""
    first = np.flatnonzero((view.length > 0) & ~view.from_server)[:_FIRST_ASKING]
    rows: list[int] = view.rows_by_stream[:, first].ravel().tolist()
    return rows


class StreamBytes:
    """Reassembles streams of application protocols that have rules; reads only a few segments of the others."""

    def __init__(self, access: PacketReader, screening: Prefilter, growing: Callable[[], bool]) -> None:
        self._access = access
        self._screening = screening
        self._growing = growing

    def directions(self, view: StreamView) -> tuple[ByteStream, ByteStream] | None:
        """The byte streams of client and server of ``view``; None if no rule judges them or the spool is gone."""
        try:
            if not self._screening.speaks(view.stream) and not self._asks(view):
                return None
        except OSError:
            return None
        return self.any_directions(view)

    def any_directions(self, view: StreamView) -> tuple[ByteStream, ByteStream]:
        """The byte streams of client and server of ``view``, whatever they speak."""
        from tcptui.protocols.stream.reassembly import reassemble

        held = self._access.held(view.rows)
        growing = self._growing()
        access = self._access
        client, server = (
            reassemble(
                view,
                side,
                access.payload,
                growing,
                held,
                access.payloads,
                access.keys,
                access.segments,
                access.decoding,
            )
            for side in (0, 1)
        )
        return client, server

    def waits_inside(self, view: StreamView, ways_ns: tuple[int, ...]) -> list[ProtocolWait]:
        """See `StreamView.waits_inside`; empty where the spool is gone."""
        if not any(map(self._screening.may_share, view.streams)):
            return []
        return nothing_but_of_one(list(map(self._waits_inside, view.each(), cells(ways_ns, len(view.streams)))))

    def _waits_inside(self, view: StreamView, ways_ns: tuple[int, ...]) -> list[ProtocolWait]:
        directions = self.directions(view)
        try:
            return [] if directions is None else waits_inside(*directions, ways_ns)
        except OSError:
            return []

    def asked_to_wait(self, view: StreamView) -> list[tuple[int, int]]:
        """See `StreamView.asked_to_wait`; empty where the spool is gone."""
        try:
            if not any(map(self._may_ask_to_wait, _first_asking_rows(view))):
                return []
        except OSError:
            return []
        return nothing_but_of_one(list(map(self._asked_to_wait, view.each())))

    def _asked_to_wait(self, view: StreamView) -> list[tuple[int, int]]:
        directions = self.directions(view)
        try:
            return [] if directions is None else asked_to_wait(*directions)
        except OSError:
            return []

    def _may_ask_to_wait(self, row: int) -> bool:
        return may_ask_to_wait(self._access.payload(row), is_opened=self._access.keys is not None)

    def error_rows(self, stream: int) -> list[tuple[int, int]]:
        """Rows of ``stream`` in which an error response begins, each with its status code."""
        return self._screening.error_rows(stream)

    def _asks(self, view: StreamView) -> bool:
        first = np.flatnonzero(view.length > 0)[:_FIRST_SEGMENTS]
        return any(begins_what_is_judged(self._access.payload(int(view.rows[at]))) for at in first.tolist())
