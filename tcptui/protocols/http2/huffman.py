"""HPACK's Huffman code (RFC 7541, 5.2), by hpack's table: bytes at a time, in a quarter of the time of its own loop.

Texts of many blocks are decoded together by machine code (`tcptui.wire.header_texts`), where that pays, by the same
table.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
from hpack.exceptions import HPACKDecodingError
from hpack.huffman_table import HUFFMAN_COMPLETE, HUFFMAN_EMIT_SYMBOL, HUFFMAN_FAIL, HUFFMAN_TABLE

from tcptui.wire.header_texts import BYTES, COUNT_SHIFT, END_BIT, SECOND_SHIFT, STATE_SHIFT, HeaderTexts

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Texts that are cached, and about how many bytes: a server sends the same date, length and type again and again.
#: A full cache is emptied, so that to look into it costs no more than in a plain dict.
_CACHED_MOST: Final = 4_096
_BYTES_MOST: Final = 1 << 22
#: Halves of a byte: hpack's machine takes four bits in a step.
_NIBBLES: Final = 16
#: The state behind an invalid code, which no byte leaves; hpack's own are those before it.
_INVALID: Final = len(HUFFMAN_TABLE) // _NIBBLES

#: What a byte does in a state: what each byte does then (of a state that was never met nothing), the text that it ends,
#: two characters at most, and whether all may end here.  A plain tuple: indexed for every byte.
_Step = tuple[list["_Step"], bytes, bool]
#: By state, what each byte does; filled when a state is met for the first time, by one thread at a time.
_STEPS: Final[list[list[_Step]]] = [[] for _ in range(_INVALID + 1)]
_filling: Final = Lock()


@cache
def _cells() -> NDArray[np.int32]:
    """What each byte does in each state, as `header_texts` has it in a cell; state after state."""
    table = np.array([*HUFFMAN_TABLE, *[(_INVALID, 0, 0)] * _NIBBLES], np.int32)
    table[table[:, 1] & HUFFMAN_FAIL > 0] = _INVALID, 0, 0
    states, flags, symbols = table.reshape(_INVALID + 1, _NIBBLES, 3).transpose(2, 0, 1)
    half = states[:, :, None], np.arange(_NIBBLES)
    early, late = flags[:, :, None] & HUFFMAN_EMIT_SYMBOL > 0, flags[half] & HUFFMAN_EMIT_SYMBOL > 0
    cells = np.where(early, symbols[:, :, None] | symbols[half] << SECOND_SHIFT, symbols[half])
    cells |= (early.astype(np.int32) + late) << COUNT_SHIFT | states[half] << STATE_SHIFT
    cells[flags[half] & HUFFMAN_COMPLETE > 0] |= END_BIT
    return cells.ravel()


_prefetched: Final = HeaderTexts(_cells)


def _step(cell: int) -> _Step:
    text = bytes((cell & 0xFF, cell >> SECOND_SHIFT & 0xFF))[: cell >> COUNT_SHIFT & 3]
    return _STEPS[cell >> STATE_SHIFT], text, cell & END_BIT > 0


def _fill(steps: list[_Step]) -> None:
    """Fill a state's empty list, unless another thread has meanwhile; its readers see none of the steps or all."""
    state = next(number for number, others in enumerate(_STEPS) if others is steps)
    built = list(map(_step, _cells()[BYTES * state : BYTES * (state + 1)].tolist()))
    with _filling:
        if not steps:
            steps.extend(built)


class _Texts(dict[bytes, bytes]):
    """Texts by what stands for them; one that is not there is decoded."""

    held = 0
    """At least how many bytes they have, coded and plain."""

    def __missing__(self, coded: bytes) -> bytes:
        text = _decoded(coded)
        self.make_room(len(coded))
        self[coded] = text
        return text

    def make_room(self, coded: int) -> None:
        """Empty it if it is full; texts of so many bytes come."""
        if len(self) >= _CACHED_MOST or self.held > _BYTES_MOST:
            self.clear()
            self.held = 0
        self.held += 3 * coded  # a coded byte stands for less than two


_texts: Final = _Texts()
#: The text that coded bytes stand for.  Raises HPACKDecodingError.
plain_text: Final = _texts.__getitem__


def prefetch_texts(data: bytes) -> None:
    """Decode the texts of the header blocks in ``data``, which begins with a frame, where that pays: for `plain_text`.

    Nothing else follows from it.
    """
    _texts.make_room(len(data))
    _texts.update(_prefetched.found_in(data))


def _decoded(coded: bytes) -> bytes:
    while True:
        step: _Step = (_STEPS[0], b"", True)
        try:
            text = b"".join([(step := step[0][byte])[1] for byte in coded])
        except IndexError:  # a state that was never met: of so many, so that this comes as often at most
            _fill(step[0])
            continue
        if not step[2]:
            raise HPACKDecodingError("an invalid Huffman code, or a cut one")
        return text
