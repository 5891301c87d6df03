"""The server's replies, read one at a time, because the bytes after STARTTLS are no replies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.smtp.lines import Line, LineReader
from tcptui.protocols.smtp.message import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: RFC 5321, 4.2: three digits, then a space, a hyphen where more lines follow, or nothing.
REPLY: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
#: Most lines kept of one reply.
MAX_STORED_LINES: Final = 200
#: Stop reading after this many bytes that are no reply.
_GARBAGE: Final = 1 << 16


class ReplyReader:
    """The replies of one server, in order, with one reply of lookahead."""

    def __init__(self, direction: ByteStream) -> None:
        self._replies = _replies(direction)
        self._next: Reply | None = None
        self._over = False

    def peek(self) -> Reply | None:
        """The next reply, without consuming it; None at the end."""
        if self._next is None and not self._over:
            self._next = next(self._replies, None)
            self._over = self._next is None
        return self._next

    def take(self) -> Reply | None:
        """The next reply, consumed; None at the end."""
        reply, self._next = self.peek(), None
        return reply


def _replies(direction: ByteStream) -> Iterator[Reply]:
    reader = LineReader(direction)
    held: list[tuple[Line, bytes]] = []
    code, garbage = 0, 0
    while (line := reader.next_line()) is not None and garbage < _GARBAGE:
        match = REPLY.fullmatch(line.text)
        if held and (match is None or line.after_gap or int(match[1]) != code):
            yield _reply(direction, code, held, complete=False)
            held = []
        if match is None:
            garbage += line.stop - line.start
            continue
        code = int(match[1])
        held.append((line, match[3] or b""))
        if match[2] != b"-" or not line.ended:
            yield _reply(direction, code, held, complete=line.ended)
            held = []
    if held:
        yield _reply(direction, code, held, complete=False)


def _reply(direction: ByteStream, code: int, held: list[tuple[Line, bytes]], *, complete: bool) -> Reply:
    kept = held[:MAX_STORED_LINES]
    return Reply(
        direction, held[0][0].start, held[-1][0].stop, code,
        tuple(text.decode("utf-8", "replace") for _, text in kept), tuple(line.start for line, _ in kept),
        complete, held[0][0].after_gap,
    )  # fmt: skip
