"""Which answer over UDP made a client ask again over TCP: one that did not fit (TC; RFC 7766, 5)."""

from __future__ import annotations

from bisect import bisect_left
from threading import Lock
from typing import TYPE_CHECKING, Final

from tcptui.access.outside_tcp import BATCH, messages_in
from tcptui.protocols.outside.messages import DnsMessage

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture

#: So long before the question over TCP the answer came, at most.
WITHIN_NS: Final = 10_000_000_000
#: Answers that are kept, the first.
_MAX_STORED: Final = 65_536


class _Truncated:
    """The answers of a capture that did not fit; each frame is read once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next_row = 0
        self._found: list[DnsMessage] = []
        self._answers: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        """Time and frame, by server, client and operation."""

    def find(self, capture: OpenCapture, key: tuple[str, str, str], time_ns: int) -> int | None:
        """The frame of the last answer to ``key`` before ``time_ns``."""
        with self._lock:
            self._grow(capture)
            answers = self._answers.get(key, [])
            at = bisect_left(answers, (time_ns, 0)) - 1
            return answers[at][1] if at >= 0 and time_ns - answers[at][0] <= WITHIN_NS else None

    def all(self, capture: OpenCapture) -> tuple[DnsMessage, ...]:
        """The answers that are cached, in capture order."""
        with self._lock:
            self._grow(capture)
            return tuple(self._found)

    def _grow(self, capture: OpenCapture) -> None:
        rows = capture.noted.outside.dns_answers
        new = rows[int(rows.searchsorted(self._next_row)) :].astype("int64")
        for begin in range(0, len(new), BATCH):
            some = new[begin : begin + BATCH]
            self._next_row = int(some[-1]) + 1
            for one in messages_in(capture, some):
                if isinstance(one, DnsMessage) and one.did_not_fit and len(self._found) < _MAX_STORED:
                    key = one.server, one.client, one.operation.lower()
                    self._answers.setdefault(key, []).append((one.time_ns, one.frame))
                    self._found.append(one)


def truncated_before(capture: OpenCapture, stream: int, operation: str, time_ns: int) -> int | None:
    """The frame of the answer over UDP that was cut: to ``operation``, from the server of ``stream`` to its client.

    None: none came in the `WITHIN_NS` before ``time_ns``.
    """
    if not len(capture.noted.outside.dns_answers):
        return None
    server, client = (end.host for end in (capture.streams.server(stream), capture.streams.client(stream)))
    return capture.indexes.of(_Truncated, _Truncated).find(capture, (server, client, operation.lower()), time_ns)


def truncated_answers(capture: OpenCapture) -> tuple[DnsMessage, ...]:
    """The answers over UDP that did not fit, in capture order: the first `_MAX_STORED` of them."""
    return capture.indexes.of(_Truncated, _Truncated).all(capture)
