"""The server's side: replies, read one at a time, for what follows STARTTLS is none of them."""

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
#: Lines kept of one reply.
LINES_KEPT: Final = 200
#: Bytes that are no reply, after which no more is looked for.
_GARBAGE: Final = 1 << 16


class ReplyReader:
    """The replies of one server, in order; `peek` looks at the next one."""

    def __init__(self, half: ByteStream) -> None:
        self._replies = _replies(half)
        self._next: Reply | None = None
        self._over = False

    def peek(self) -> Reply | None:
        """The next reply, which stays the next one; None at the end."""
        if self._next is None and not self._over:
            self._next = next(self._replies, None)
            self._over = self._next is None
        return self._next

    def take(self) -> Reply | None:
        """The next reply."""
        reply, self._next = self.peek(), None
        return reply


def _replies(half: ByteStream) -> Iterator[Reply]:
    reader = LineReader(half)
    held: list[tuple[Line, bytes]] = []
    code, garbage = 0, 0
    while (line := reader.next_line()) is not None and garbage < _GARBAGE:
        match = REPLY.fullmatch(line.text)
        if held and (match is None or line.after_gap or int(match[1]) != code):
            yield _reply(half, code, held, complete=False)
            held = []
        if match is None:
            garbage += line.stop - line.start
            continue
        code = int(match[1])
        held.append((line, match[3] or b""))
        if match[2] != b"-" or not line.ended:
            yield _reply(half, code, held, complete=line.ended)
            held = []
    if held:
        yield _reply(half, code, held, complete=False)


def _reply(half: ByteStream, code: int, held: list[tuple[Line, bytes]], *, complete: bool) -> Reply:
    kept = held[:LINES_KEPT]
    return Reply(
        half, held[0][0].start, held[-1][0].stop, code,
        tuple(text.decode("utf-8", "replace") for _, text in kept), tuple(line.start for line, _ in kept),
        complete, held[0][0].after_gap,
    )  # fmt: skip
