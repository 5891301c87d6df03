"""Formats the bytes of a connection for standard output, incrementally: at most an unfinished line is buffered."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tcptui.model.safe_text import safe_text
from tcptui.words.follow_text import gap_words, head_words

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import Gap
    from tcptui.words.catalogue import Words

#: Bytes per line of a hex dump.
HEX_BYTES: Final = 16
_HEX_CELLS: Final = 3 * HEX_BYTES - 1
_TAB: Final = 8
#: Translation table of bytes for a hex dump: printable ASCII as itself, anything else as a dot.
VISIBLE: Final = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))


@dataclass(frozen=True, slots=True)
class Marks:
    """The prefixes of each side's lines (the server's also indented), and the rule around a heading."""

    client: str = "▶ "
    server: str = "    ◀ "
    rule: str = "──"

    def of(self, side: int) -> str:
        """The prefix of a line of ``side`` (0 client, 1 server)."""
        return self.server if side else self.client


UNICODE_MARKS: Final = Marks()
ASCII_MARKS: Final = Marks("> ", "    < ", "--")
#: For a single side: no prefixes and no headings.
NO_MARKS: Final = Marks("", "", "")


class FollowWriter(Protocol):
    """Formats the bytes of a connection; every method returns what can be written by now."""

    def head(self, side: int, end: str, frame: int, since_ns: int, what: str = "") -> bytes:
        """A heading: ``side`` (of address ``end``) begins to send, in packet ``frame`` (0: not captured).

        ``since_ns`` is the time since the stream's first packet, ``what`` describes the message, where known.
        """
        ...

    def data(self, side: int, offset: int, data: bytes) -> bytes:
        """``side`` sends ``data``, at ``offset`` in its byte stream."""
        ...

    def gap(self, side: int, gap: Gap) -> bytes:
        """Bytes of ``side`` are missing."""
        ...

    def finish(self) -> bytes:
        """The end of a stretch: returns what was still buffered."""
        ...


class _Marked:
    """Headings and gaps, shared by the forms for people."""

    def __init__(self, words: Words, marks: Marks) -> None:
        self._words = words
        self._marks = marks

    def head(self, side: int, end: str, frame: int, since_ns: int, what: str = "") -> bytes:
        """A heading line with the sender and its packet; nothing for a single side."""
        marks = self._marks
        if not marks.rule:
            return self.finish()
        text = head_words(self._words, side, end, frame, since_ns) + (f"  {what}" if what else "")
        sign = marks.of(side).strip()
        return self.finish() + f"{marks.rule} {sign} {text} {marks.rule}\n".encode()

    def gap(self, side: int, gap: Gap) -> bytes:
        """A line that says how much is missing and why."""
        return self.finish() + f"{self._marks.of(side)}[{gap_words(gap, self._words)}]\n".encode()

    def finish(self) -> bytes:
        """What was still buffered: nothing here."""
        return b""


class TextWriter(_Marked):
    """Formats lines of UTF-8 text, with control characters made visible."""

    def __init__(self, words: Words, marks: Marks) -> None:
        super().__init__(words, marks)
        # Each byte that is not UTF-8 becomes a surrogate, which `safe_text` replaces by U+FFFD.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._at_start = True
        self._column = 0
        """Characters of the line so far: a tab goes on from there."""
        self._held = ""
        self._side = 0

    def data(self, side: int, offset: int, data: bytes) -> bytes:  # noqa: ARG002 - the form does not show it
        """All whole lines, and the beginning of the next."""
        text = self._held + self._decoder.decode(data)
        # A CR at the end may be the first half of a CRLF.
        self._held = "\r" if text.endswith("\r") else ""
        self._side = side
        return self._made(side, (text[:-1] if self._held else text).replace("\r\n", "\n"))

    def _made(self, side: int, text: str) -> bytes:
        if not text:
            return b""
        mark = self._marks.of(side)
        *whole, rest = text.split("\n")
        made: list[str] = []
        for line in whole:
            made += (mark if self._at_start else "", self._safe(line), "\n")
            self._at_start, self._column = True, 0
        if rest:
            made += (mark if self._at_start else "", self._safe(rest))
            self._at_start = False
        return "".join(made).encode("utf-8", "replace")

    def _safe(self, piece: str) -> str:
        """The next piece of a line, its tabs expanded."""
        if "\t" in piece:
            before = self._column % _TAB
            piece = (" " * before + piece).expandtabs(_TAB)[before:]
        carriage_return = piece.rfind("\r")  # columns are counted anew behind it, as `str.expandtabs` does
        self._column = self._column + len(piece) if carriage_return < 0 else len(piece) - carriage_return - 1
        return safe_text(piece, len(piece))

    def finish(self) -> bytes:
        """The rest and the end of an unfinished line."""
        text = self._held + self._decoder.decode(b"", final=True)
        self._held = ""
        made = self._made(self._side, text) if text else b""
        if not self._at_start:
            made += b"\n"
            self._at_start, self._column = True, 0
        return made


class HexWriter(_Marked):
    """Formats a hex dump: offset, hexadecimal digits and characters, sixteen bytes per line."""

    def __init__(self, words: Words, marks: Marks) -> None:
        super().__init__(words, marks)
        self._held = b""
        self._side = 0
        self._offset = 0

    def data(self, side: int, offset: int, data: bytes) -> bytes:
        """All whole lines."""
        if not self._held:
            self._side, self._offset = side, offset
        data = self._held + data
        whole = len(data) - len(data) % HEX_BYTES
        self._held = data[whole:]
        lines = [self._line(data[at : at + HEX_BYTES], self._offset + at) for at in range(0, whole, HEX_BYTES)]
        self._offset += whole
        return "".join(lines).encode()

    def _line(self, data: bytes, offset: int) -> str:
        characters = data.translate(VISIBLE).decode("ascii")
        return f"{self._marks.of(self._side)}{offset:08x}  {data.hex(' '):{_HEX_CELLS}}  {characters}\n"

    def finish(self) -> bytes:
        """The last, shorter line."""
        held, self._held = self._held, b""
        return self._line(held, self._offset).encode() if held else b""


class RawWriter:
    """Returns the bytes unchanged; gaps are left out, and counted."""

    def __init__(self) -> None:
        self.gaps = 0
        self.missing = 0

    def head(self, side: int, end: str, frame: int, since_ns: int, what: str = "") -> bytes:  # noqa: ARG002 - nothing but bytes
        """Nothing."""
        return b""

    def data(self, side: int, offset: int, data: bytes) -> bytes:  # noqa: ARG002 - nothing but bytes
        """The bytes."""
        return data

    def gap(self, side: int, gap: Gap) -> bytes:  # noqa: ARG002 - nothing but bytes
        """Nothing; counts the gap."""
        self.gaps += 1
        self.missing += gap.length
        return b""

    def finish(self) -> bytes:
        """Nothing."""
        return b""
