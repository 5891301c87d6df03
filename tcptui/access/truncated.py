"""Which answer over UDP made a client ask again over TCP: one that did not fit (TC; RFC 7766, 5)."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Final

from tcptui.access.open_capture import dns_rows

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.protocols.dns.answer import TruncatedAnswer

#: So long before the question over TCP the answer came, at most.
WITHIN_NS: Final = 10_000_000_000
#: Answers that are kept, the first.
_MAX_STORED: Final = 65_536


class _Truncated:
    """The answers of a capture that did not fit; each frame is read once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next_row = 0
        self._found: list[TruncatedAnswer] = []
        self._answers: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        """Time and frame, by server, client and operation."""

    def find(self, capture: OpenCapture, key: tuple[str, str, str], time_ns: int) -> int | None:
        """The frame of the last answer to ``key`` before ``time_ns``."""
        with self._lock:
            self._grow(capture)
            answers = self._answers.get(key, [])
            at = bisect_left(answers, (time_ns, 0)) - 1
            return answers[at][1] if at >= 0 and time_ns - answers[at][0] <= WITHIN_NS else None

    def all(self, capture: OpenCapture) -> tuple[TruncatedAnswer, ...]:
        """The answers that are cached, in capture order."""
        with self._lock:
            self._grow(capture)
            return tuple(self._found)

    def _grow(self, capture: OpenCapture) -> None:
        rows = dns_rows(capture)
        new = rows[int(rows.searchsorted(self._next_row)) :].tolist()
        if not new:
            return
        from tcptui.protocols.dns.answer import read_truncated  # few captures have any

        for row in new:
            self._next_row = row + 1
            if len(self._found) >= _MAX_STORED:
                return
            with suppress(OSError):
                found = read_truncated(capture.reader.packet(row))
                if found is not None:
                    key = found.server, found.client, found.question.lower()
                    self._answers.setdefault(key, []).append((found.time_ns, found.frame))
                    self._found.append(found)


def truncated_before(capture: OpenCapture, stream: int, operation: str, time_ns: int) -> int | None:
    """The frame of the answer over UDP that was cut: to ``operation``, from the server of ``stream`` to its client.

    None: none came in the `WITHIN_NS` before ``time_ns``.
    """
    if not len(dns_rows(capture)):
        return None
    server, client = (end.host for end in (capture.streams.server(stream), capture.streams.client(stream)))
    return capture.indexes.of(_Truncated, _Truncated).find(capture, (server, client, operation.lower()), time_ns)


def truncated_answers(capture: OpenCapture) -> tuple[TruncatedAnswer, ...]:
    """The answers over UDP that did not fit, in capture order: the first `_MAX_STORED` of them."""
    return capture.indexes.of(_Truncated, _Truncated).all(capture)
