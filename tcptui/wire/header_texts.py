"""Texts of HTTP/2's header blocks, decoded many at a time by a kernel (see `numba_compile`), for the protocol's reader.

Huffman's code is read bit by bit, and each request may have hundreds of new bytes in it: in plain Python that takes a
quarter of all the time that a request takes.  So where machine code pays, the texts of all blocks in the bytes that are
read at once are decoded beforehand, and the reader finds them by their coded bytes.  It decides alone what a block
says: a text that is not found here, because its frame is padded or its block goes on in another one, it decodes itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.wire.message_runs import RunPasser
from tcptui.wire.numba_compile import compile_kernel, is_in_cache, note_in_cache

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: Bytes of HTTP/2 behind which machine code pays.
_PAYS: Final = 1 << 20
#: Coded bytes from which on a text is decoded here: shorter ones come again and again, and their reader remembers them.
LONG: Final = 8
#: RFC 9113, 4.1 and 6.2: bytes of a frame's header, the type HEADERS, its flags PADDED and PRIORITY.
_HEADER, _HEADERS, _PREFIXED = 9, 1, 0x28
#: What the bytes of an integer behind its first one stand for, as a shift: no length needs more (RFC 7541, 5.1).
_LARGEST_SHIFT: Final = 28
#: Bytes of text that a coded byte stands for at most: the shortest codes have 5 bits (RFC 7541, appendix B).
_LONGER: Final = 2
#: In a cell of the table: two characters, how many of them count, whether a text may end here, and the next state.
SECOND_SHIFT, COUNT_SHIFT, END_BIT, STATE_SHIFT = 8, 16, 1 << 18, 19
#: Cells of a state, by the byte.
BYTES: Final = 256


def decode_texts(data: Any, cells: Any, text: Any, places: Any) -> tuple[int, int]:
    """Decodes the coded texts of header blocks in ``data``, which begins with a frame.

    ``cells``: what each byte does in each state, of which 0 is the first.  ``text`` gets the texts, one behind the
    other, three of ``places`` where each began and ended in ``data``, and where it ended in ``text``.  Returns how many
    there are, and the bytes of ``text``.  Fields that are not whole, texts whose code is invalid, and those of less
    than `LONG` coded bytes are passed over.
    """
    count = used = at = 0
    size = len(data)
    while at + _HEADER <= size:
        kind, flags, field = data[at + 3], data[at + 4], at + _HEADER
        at = field + (data[at] << 16 | data[at + 1] << 8 | data[at + 2])
        if at > size or kind != _HEADERS or flags & _PREFIXED:
            continue
        while field < at:
            first = data[field]
            texts = 1
            if first >= 0x80:
                mask, texts = 0x7F, 0
            elif first >= 0x40:
                mask = 0x3F
            elif first >= 0x20:
                mask, texts = 0x1F, 0
            else:
                mask = 0x0F
            if texts and first & mask == 0:
                texts = 2
            begin = field
            field += 1
            if first & mask == mask:
                while field < at and data[field] >= 0x80 and field - begin < 5:
                    field += 1
                field += 1
            while texts > 0 and field < at:
                first = data[field]
                length = first & 0x7F
                field += 1
                if length == 0x7F:
                    shift = 0
                    while field < at and shift <= _LARGEST_SHIFT:
                        length += (data[field] & 0x7F) << shift
                        shift += 7
                        field += 1
                        if data[field - 1] < 0x80:
                            break
                stop = field + length
                if stop > at:
                    field = at
                    break
                if first >= 0x80 and length >= LONG and 3 * count + 2 < len(places):
                    began, state, cell = used, 0, 0
                    for place in range(field, stop):
                        cell = cells[state * BYTES + data[place]] + 0
                        text[used] = cell & 0xFF
                        text[used + 1] = cell >> SECOND_SHIFT & 0xFF
                        used += cell >> COUNT_SHIFT & 3
                        state = cell >> STATE_SHIFT
                    if cell & END_BIT:
                        places[3 * count] = field
                        places[3 * count + 1] = stop
                        places[3 * count + 2] = used
                        count += 1
                    else:
                        used = began
                field = stop
                texts -= 1
    return count, used


class HeaderTexts:
    """`decode_texts` as machine code, where it pays."""

    def __init__(self, cells: Callable[[], NDArray[np.int32]]) -> None:
        """``cells``: makes the table of `decode_texts`."""
        self._cells = cells
        self._passer = RunPasser(decode_texts, _PAYS)

    def found_in(self, data: bytes) -> dict[bytes, bytes]:
        """What the coded texts of header blocks in ``data``, which begins with a frame, stand for.

        Without machine code none.
        """
        kernel = self._passer.machine_code(len(data))
        if kernel is None:
            return {}
        text, places = np.empty(_LONGER * len(data) + 2, np.uint8), np.empty(3 * (len(data) // LONG + 1), np.int64)
        count, used = kernel(np.frombuffer(data, np.uint8), self._cells(), text, places)
        begins, stops, ends = places[: 3 * count].reshape(count, 3).T.tolist()
        plain = text[:used].tobytes()
        return {
            data[begin:stop]: plain[low:high]
            for begin, stop, low, high in zip(begins, stops, [0, *ends][:count], ends, strict=True)
        }


def compile_texts() -> None:
    """Compile the kernel, or load it from the cache (blocks)."""
    compiled = compile_kernel(decode_texts)
    nothing = np.zeros(2, np.uint8)
    compiled(nothing, np.zeros(BYTES, np.int32), nothing, np.zeros(3, np.int64))
    if compiled.kept:
        note_in_cache(decode_texts)


def texts_are_cached() -> bool:
    """Whether `compile_texts` only has to load machine code."""
    return is_in_cache(decode_texts)
