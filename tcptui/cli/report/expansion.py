"""How much is written of text that takes less in the capture: a byte of HPACK, or of gzip, may stand for thousands.

What is usual is always written; what is beyond has a bound, from which on it is cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.access.open_capture import captured_bytes

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from tcptui.access.open_capture import OpenCapture

#: Bytes of one text that may always be written …
USUAL: Final = 2_048
#: … and what all together may have beyond: so many bytes, …
BEYOND_MOST: Final = 256 << 20
#: … and so many for each captured one.
_PER_BYTE: Final = 16
_SIGN: Final = "…"


class Expansion:
    """Counts what was written beyond `USUAL`, and cuts texts from the bound on."""

    def __init__(self, captured: int) -> None:
        """``captured``: bytes of the capture."""
        self.most = BEYOND_MOST + _PER_BYTE * captured
        self.cut = 0
        """Texts that were cut."""
        self._beyond = 0

    @classmethod
    def of(cls, session: OpenCapture) -> Expansion:
        """That of a session that has been read to its end."""
        return cls(captured_bytes(session))

    def takes(self, before: int, size: int) -> int:
        """How many of the next ``size`` bytes of a text may be written, of which there were ``before``."""
        beyond = max(before + size - max(before, USUAL), 0)
        allowed = min(beyond, self.most - self._beyond)
        self._beyond += allowed
        return size - beyond + allowed

    def texts(self, values: Sequence[str]) -> Sequence[str]:
        """The beginning of ``values``, all of one field, that may be written; the same object where that is all."""
        size = sum(map(len, values))
        allowed = self.takes(0, size)
        if allowed == size:
            return values
        self.cut += 1
        return list(_first(values, allowed))

    def pieces(self, data: Iterable[bytes]) -> Iterator[bytes]:
        """The beginning of one text that may be written; the rest of ``data`` is not read."""
        if (yield from self.counted(data)):
            yield _SIGN.encode()

    def counted(self, data: Iterable[bytes]) -> Generator[bytes, None, bool]:
        """The beginning of what may be decoded of something that is not text; the rest of ``data`` is not made.

        Returns whether anything was cut off.
        """
        before = 0
        for piece in data:
            allowed = self.takes(before, len(piece))
            yield piece[:allowed]
            if allowed < len(piece):
                self.cut += 1
                return True
            before += allowed
        return False


def _first(values: Iterable[str], size: int) -> Iterator[str]:
    for value in values:
        if len(value) > size:
            yield value[:size] + _SIGN
            return
        yield value
        size -= len(value)
