"""The messages of the text protocol that one side sends, one after the other.

Lines and values: a line says how long the value behind it is.  Where a length is missing, or the capture began later, a
message begins for certain only at a segment from which known lines follow each other up to a segment's end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.http.read_window import Window
from tcptui.protocols.memcached.codes import ERRORS
from tcptui.protocols.memcached.message import WORDS_KEPT, Message
from tcptui.protocols.memcached.text import CRLF, LINE_MOST, SHORT_LINE, command_of, reply_of
from tcptui.protocols.stream.sound_reader import SoundReader

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.unread import Unread

_FIRST_READ: Final = 512
#: Answers whose words say more.
_TOLD: Final = ERRORS | {"VERSION"}


class Line(NamedTuple):
    """A line, and where the next begins."""

    data: bytes
    """Without its end."""
    stop: int


class TextReader(SoundReader[Message, Window]):
    """Reads one direction, that of the client or the server."""

    def __init__(self, direction: ByteStream, *, is_client: bool) -> None:
        self._is_client = is_client
        super().__init__(direction, Window(direction))

    def _read(self, start: int) -> Message | Unread | None:
        line = self._line(start, LINE_MOST)
        if line is None:
            if start + len(self._window.read(start, LINE_MOST)) < self.direction.length:
                return self._skip(start)
            self._ended = True  # of its line not all has passed
            return None
        found = self._command(start, line) if self._is_client else self._reply(start, line)
        return self._skip(start) if found is None else found

    def _line(self, start: int, most: int) -> Line | None:
        """The line at ``start``; None where its end is not there, within ``most`` bytes."""
        for size in (_FIRST_READ, most):
            data = self._window.read(start, size)
            end = data.find(b"\n")
            if end >= 0:
                return Line(data[:end].removesuffix(b"\r"), start + end + 1)
            if len(data) < size:
                return None
        return None

    def _command(self, start: int, line: Line) -> Message | None:
        said = command_of(line.data)
        if said is None:
            return None
        stop = line.stop if said.size < 0 else line.stop + said.size + len(CRLF)
        known, complete, after_unread = self._pass(start, stop)
        return Message(
            self.direction, start, known, line.stop, complete, after_unread, said.name, said.key, said.keys,
            said.is_quiet, said.may_be_quiet, value_bytes=max(said.size, 0),
        )  # fmt: skip

    def _reply(self, start: int, line: Line) -> Message | None:
        first = said = reply_of(line.data)
        if first is None or said is None:
            return None
        at, values, size, ended = line.stop, 0, 0, False
        while True:
            if said.size >= 0:
                values, size = values + 1, size + said.size
                at += said.size + len(CRLF)
                end = self._window.read(at - len(CRLF), len(CRLF))
                if len(end) == len(CRLF) and end != CRLF:
                    return None
            if not said.goes_on:
                ended = True
                break
            following = self._line(at, LINE_MOST) if at < self.direction.length else None
            said = None if following is None else reply_of(following.data)
            if following is None or said is None or not said.ends:
                break
            at = following.stop
        known, complete, after_unread = self._pass(start, at)
        _, _, words = line.data.partition(b" ")
        return Message(
            self.direction, start, known, line.stop, complete and ended, after_unread, first.name,
            words.partition(b" ")[0] if first.name == "VALUE" else b"", values, is_answer=True,
            value_bytes=size, words=words[:WORDS_KEPT] if first.name in _TOLD else b"", values=values,
        )  # fmt: skip

    # -- where a beginning is not known --------------------------------------------------------
    def _sound_until(self, start: int) -> int:
        """Where a known line, with the value behind it, ends that begins at ``start``; -1: there is none."""
        line = self._line(start, SHORT_LINE)
        if line is None:
            return -1
        if self._is_client:
            command = command_of(line.data)
            if command is None or not command.is_known:
                return -1
            size = command.size
        else:
            reply = reply_of(line.data)
            if reply is None or not reply.name:  # a number may be all of a value
                return -1
            size = reply.size
        return line.stop if size < 0 else self._behind(line.stop + size)

    def _behind(self, end: int) -> int:
        """Where what follows a value begins that ends at ``end``; -1: no value ends there."""
        found = self._window.read(end, len(CRLF))
        return -1 if len(found) == len(CRLF) and found != CRLF else end + len(CRLF)
