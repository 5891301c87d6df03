"""Segments that begin with a command of memcached, found while a batch is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.protocols.command_rows import CommandRows
from tcptui.protocols.memcached.codes import EXTRAS_MOST, OPCODES, REQUEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8
    from tcptui.protocols.payload_places import Payloads

#: First bytes of commands in text that have a key, in order.
_WORDS: Final = np.array(
    sorted(
        int.from_bytes(word[:4])
        for word in (
            b"get ", b"gets", b"gat ", b"gats", b"set ", b"add ", b"replace", b"append", b"prepend", b"cas ", b"delete",
            b"incr", b"decr", b"touch",
        )
    ),
    np.uint32,
)  # fmt: skip
#: … and of meta commands: a letter, and a blank.
_META, _BLANK = ord("m"), ord(" ")
_META_SECOND: Final = np.zeros(256, np.bool_)
_META_SECOND[[*b"gsdae"]] = True
_FIRST: Final = np.zeros(256, np.bool_)
_FIRST[[REQUEST, *b"gsarpcditm"]] = True
_OPCODES: Final = np.zeros(256, np.bool_)
_OPCODES[list(OPCODES)] = True
_EXTRAS, _TYPE = 4, 5


class MemcachedRows(CommandRows):
    """Rows whose payload begins with a command that has a key, or with a header of the binary protocol."""

    #: ``mg k CR LF``: fewest bytes of one; of a header as many are looked at.
    least: ClassVar[int] = 6

    def likely(self, batch: Payloads) -> I64:
        """See `CommandRows`."""
        return np.flatnonzero(_FIRST[batch.head])

    def begins(self, buffer: U8, place: I64, _length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        first, second, third = buffer[place], buffer[place + 1], buffer[place + 2]
        binary = (first == REQUEST) & _OPCODES[second] & (third == 0)
        binary &= (buffer[place + _EXTRAS] <= EXTRAS_MOST) & (buffer[place + _TYPE] == 0)
        word = np.zeros(len(place), np.uint32)
        for at in range(4):
            word = word << np.uint32(8) | buffer[place + at].astype(np.uint32)
        meta = (first == _META) & _META_SECOND[second] & (third == _BLANK)
        # np.isin would import numpy.ma, in every report.
        known = _WORDS[np.minimum(_WORDS.searchsorted(word), len(_WORDS) - 1)] == word
        found: NDArray[np.intp] = np.flatnonzero(binary | known | meta)
        return found
