"""A conversation as text for standard output, piece by piece: nothing is held but an unfinished line."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tcptui.model.safe_text import safe_text
from tcptui.words.follow_text import gap_words, head_words

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import Gap
    from tcptui.words.catalogue import Words

#: Bytes of a hex line.
HEX_BYTES: Final = 16
_HEX_CELLS: Final = 3 * HEX_BYTES - 1
_TAB: Final = 8
#: Printable ASCII as itself, anything else as a dot.
VISIBLE: Final = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))


@dataclass(frozen=True, slots=True)
class Marks:
    """What begins the lines of each side: a sign, and an indentation that needs no sign."""

    client: str = "▶ "
    server: str = "    ◀ "
    rule: str = "──"

    def of(self, side: int) -> str:
        """What begins a line of ``side``."""
        return self.server if side else self.client


UNICODE_MARKS: Final = Marks()
ASCII_MARKS: Final = Marks("> ", "    < ", "--")
#: One side alone needs no marks: its lines are the text itself.
NO_MARKS: Final = Marks("", "", "")


class FollowWriter(Protocol):
    """Makes text of what is said; every method returns what can be written already."""

    def head(self, side: int, end: str, frame: int, since_ns: int, what: str = "") -> bytes:
        """``side`` (its address is ``end``) begins to speak, in packet ``frame`` (0: none that was captured).

        ``what`` says what it is, where that is known.
        """
        ...

    def data(self, side: int, offset: int, data: bytes) -> bytes:
        """``side`` says ``data``."""
        ...

    def gap(self, side: int, gap: Gap) -> bytes:
        """Something is missing."""
        ...

    def finish(self) -> bytes:
        """The stretch is over: what was held back."""
        ...


class _Marked:
    """Heads and gaps as the forms for people share them."""

    def __init__(self, words: Words, marks: Marks) -> None:
        self._words = words
        self._marks = marks

    def head(self, side: int, end: str, frame: int, since_ns: int, what: str = "") -> bytes:
        """A line that says who speaks, and in which packet; nothing where there is but one side."""
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
        """What was held back."""
        return b""


class TextWriter(_Marked):
    """Lines of UTF-8 text with every control character made visible."""

    def __init__(self, words: Words, marks: Marks) -> None:
        super().__init__(words, marks)
        # What is not UTF-8 becomes surrogates, which `safe_text` shows as U+FFFD, a byte each.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._at_start = True
        self._column = 0
        """Characters of the line so far: a tab goes on from there."""
        self._held = ""
        self._side = 0

    def data(self, side: int, offset: int, data: bytes) -> bytes:  # noqa: ARG002 - the form does not show it
        """As many lines as there are, and the beginning of the next."""
        text = self._held + self._decoder.decode(data)
        # A CR at the end may be half of a line end.
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
        """The end of the line, if one was begun."""
        text = self._held + self._decoder.decode(b"", final=True)
        self._held = ""
        made = self._made(self._side, text) if text else b""
        if not self._at_start:
            made += b"\n"
            self._at_start, self._column = True, 0
        return made


class HexWriter(_Marked):
    """Offsets, digits and characters, sixteen bytes to a line."""

    def __init__(self, words: Words, marks: Marks) -> None:
        super().__init__(words, marks)
        self._held = b""
        self._side = 0
        self._offset = 0

    def data(self, side: int, offset: int, data: bytes) -> bytes:
        """As many whole lines as there are."""
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
    """The bytes themselves; what is missing is left out, and counted."""

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
        """Nothing, but it is counted."""
        self.gaps += 1
        self.missing += gap.length
        return b""

    def finish(self) -> bytes:
        """Nothing."""
        return b""
