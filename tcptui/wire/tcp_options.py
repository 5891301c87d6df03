"""Reads the TCP options of a whole batch, one option of every segment per step (RFC 9293, 3.1; kinds by IANA)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import ahead, seq_distance

I64 = NDArray[np.int64]

OPTIONS_SIZE: Final = 40
_END, _NOP, _MSS, _WINDOW_SCALE, _SACK_PERMITTED, _SACK, _TIMESTAMPS = 0, 1, 2, 3, 4, 5, 8
_MD5, _SNACK, _AO, _MPTCP, _FAST_OPEN, _EXPERIMENT = 19, 21, 29, 30, 34, 254
_FAST_OPEN_MAGIC: Final = 0xF989  # RFC 7413, appendix A
#: The first word of the usual twelve bytes: NOP, NOP, timestamps.
ALIGNED_TIMESTAMPS: Final = 0x0101080A
#: Only this many SACK blocks are added up (rules/tcp-analysis.md#9-options).
COUNTED_BLOCKS: Final = 3
#: Kind to length, for those that have one (IANA): MSS, scale, SACK permitted, echoes, timestamps, CC, MD5, quick start,
#: user timeout, Riverbed transparency.
_FIXED_LENGTHS: Final = np.zeros(256, np.int64)
for _kind, _length in (
    (2, 4),
    (3, 3),
    (4, 2),
    (6, 6),
    (7, 6),
    (8, 10),
    (11, 6),
    (12, 6),
    (13, 6),
    (19, 18),
    (27, 8),
    (28, 4),
    (78, 16),
):
    _FIXED_LENGTHS[_kind] = _length
#: Least lengths of MPTCP options (RFC 8684, 3), by the first byte of the body, which holds the subtype.  Of a shorter
#: one tshark 4.0.17 reads beyond the end and stops dissecting the frame.  MP_CAPABLE, ADD_ADDR and MP_TCPRST have
#: flags, MP_FAIL a number.
_LEAST_MPTCP: Final = np.repeat((4, 3, 4, 4, 3, 3, 12, 12, 4, 3, 3, 3, 3, 3, 3, 3), 16)
#: Whether tshark reads an MPTCP option to its end, by subtype and length: it does so for the lengths that it knows.
_READ_WHOLE: Final = np.zeros((16, 256), np.bool_)
for _kind, _lengths in (
    (0, (12, 20, 22, 24)), (1, (12, 16, 24)), (3, (8, 10, 16, 18, 20, 22, 28, 30)), (4, range(3, 256)), (5, (4,)),
):  # fmt: skip
    _READ_WHOLE[_kind, list(_lengths)] = True
_DATA_SEQUENCE: Final = 2
#: Flags of DSS: there is a mapping, and its data sequence number has 8 bytes.
_LONG_MAPPING: Final = 4 | 8
#: Riverbed's probe option: least lengths by the first byte of its body, which holds version (lowest bit) and type.  The
#: option has the addresses of what probes and of what answers.
_PROBE: Final = 76
_LEAST_PROBE: Final = np.zeros(256, np.int64)
for _kind, _length in enumerate((10, 14, 0, 10, 10, 18, 8, 8, 8, 8, 8)):
    _LEAST_PROBE[_kind << 4 | 1 : (_kind << 4) + 16 : 2] = _length
_LEAST_PROBE[[0x0C, 0x0E, 0x10, 0x12, 0x14]] = (4, 4, 8, 8, 4)
#: A SACK option below this length lacks a whole block, of which each edge is a sequence number.
_LEAST_SACK: Final = 10
_EDGE: Final = 4


@dataclass
class Options:
    """Options of a batch, one entry a segment."""

    bits: I64
    """`OptionBit`."""
    mss: I64
    shift: I64
    ts_value: I64
    ts_echo: I64
    sack_left: I64
    sack_right: I64
    sack_bytes: I64
    multipath: I64
    """Offset of the last MPTCP option that tshark reaches; -1 without one, and where all are whole DSS options."""
    bad: NDArray[np.bool_]
    """An option's length is impossible (`DecodeIssue.BAD_OPTIONS`)."""

    @classmethod
    def none(cls, count: int) -> Options:
        """``count`` segments without options."""

        def zeros() -> I64:
            return np.zeros(count, np.int64)

        return cls(
            zeros(), zeros(), zeros(), zeros(), zeros(), zeros(), zeros(), zeros(),
            np.full(count, -1), np.zeros(count, np.bool_),
        )  # fmt: skip


def read_options(area: NDArray[np.uint8], size: I64, ack: I64, written: I64) -> Options:
    """Options in the first ``size`` bytes of each row of ``area`` (n x `OPTIONS_SIZE`).

    ``ack`` is each segment's acknowledgment number: it tells a D-SACK (RFC 2883, 4).  ``written`` is how many bytes
    of options the header has.  Where that is more than ``size``, reading may run into the missing bytes: then whole
    options count, and whole blocks of a SACK, and tshark stops dissecting the frame.
    """
    found = Options.none(len(size))
    rows = np.flatnonzero(written > 0)
    position = np.zeros(len(rows), np.int64)
    ordinary = np.ones(len(size), np.bool_)
    # Padding lets a fixed-size read at the last byte stay inside the row.
    padded = np.zeros((len(size), 2 * OPTIONS_SIZE), np.uint8)
    padded[rows, :OPTIONS_SIZE] = area[rows]
    while len(rows):
        inside = position < size[rows]
        found.bits[rows[~inside & (position < written[rows])]] |= OptionBit.UNREADABLE
        rows, position = rows[inside], position[inside]
        kind = padded[rows, position]
        going = kind != _END
        ended = rows[~going]
        found.bits[ended[size[ended] < written[ended]]] |= OptionBit.UNREADABLE
        rows, position, kind = rows[going], position[going], kind[going]
        is_nop = kind == _NOP
        length = np.where(is_nop, 1, padded[rows, position + 1]).astype(np.int64)
        fits = is_nop | ((length >= 2) & (position + length <= size[rows]))
        found.bad[rows[~fits]] = True
        readable = position + 1 < size[rows]
        in_header = readable & (length >= 2) & (position + length <= written[rows])
        # tshark reads nothing of an option with the wrong length for its kind, so none of its bytes is missed …
        fits |= in_header & _wrong_length(kind, length)
        # … nor are the last one to three of a SACK option, where they are a part of a block's right edge …
        unread = np.maximum((length - 2) % (2 * _EDGE) - _EDGE, 0)
        fits |= in_header & (kind == _SACK) & (length >= _LEAST_SACK) & (position + length - unread <= size[rows])
        multipath = in_header & (kind == _MPTCP)
        if multipath.any():
            found.multipath[rows[multipath]] = position[multipath]
            first, second = padded[rows, position + 2], padded[rows, position + 3]
            # … nor those of an MPTCP option that it does not read.
            fits |= multipath & (size[rows] - position >= _least_mptcp(length, first, second))
            ordinary[rows[multipath & ~(fits & (first >> 4 == _DATA_SEQUENCE))]] = False
        ran_out = ~is_nop & (position + 1 >= size[rows]) & (position + 1 < written[rows])
        # An option that claims more than the header has counts as what the header has, less its own first two bytes.
        past = position + length > written[rows]
        ran_out |= ~fits & (length >= 2) & (size[rows] < written[rows] - 2 * past)
        found.bits[rows[ran_out]] |= OptionBit.UNREADABLE
        broken = ran_out & readable & ~past & (kind == _SACK) & (length >= _LEAST_SACK)
        length = np.where(broken, np.maximum(size[rows] - position - 2, 0) // 8 * 8 + 2, length)
        found.sack_bytes[rows[broken]] = 0
        last = broken & (length >= _LEAST_SACK)
        fits |= last
        end = np.where(last, size[rows], position + length)[fits]
        rows, position, kind, length = rows[fits], position[fits], kind[fits], length[fits]
        empty = (kind == _SACK) & (length < _LEAST_SACK)
        given_up = empty | _unreadable(kind, length, padded[rows, position + 2], padded[rows, position + 3])
        found.bits[rows[given_up]] |= OptionBit.UNREADABLE
        found.bits[rows[empty]] ^= OptionBit.UNREADABLE | OptionBit.EMPTY_SACK
        found.bad[rows[given_up]] = True
        found.sack_bytes[rows[empty]] = 0
        rows, position, kind, length, end = (x[~given_up] for x in (rows, position, kind, length, end))
        _take(found, padded, rows, position, kind, length, ack)
        position = end
    ordinary &= (found.bits & (OptionBit.UNREADABLE | OptionBit.EMPTY_SACK)) == 0
    found.multipath[ordinary] = -1
    return found


def _wrong_length(kind: NDArray[np.uint8], length: I64) -> NDArray[np.bool_]:
    """Whether each option is of a kind with a fixed length, but has another length."""
    expected = _FIXED_LENGTHS[kind]
    wrong: NDArray[np.bool_] = (expected > 0) & (length != expected)
    return wrong


def _unreadable(
    kind: NDArray[np.uint8], length: I64, first: NDArray[np.uint8], second: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Whether each option is shorter than what it says it holds, so that tshark 4.0.17 stops dissecting the frame.

    ``first`` and ``second`` are the bytes after the length.
    """
    unreadable: NDArray[np.bool_] = kind == _MPTCP
    if unreadable.any():
        unreadable &= length < _least_mptcp(length, first, second)
    unreadable |= (kind == _SNACK) & (length == 6)
    unreadable |= (kind == _PROBE) & (length > 2) & (length < _LEAST_PROBE[first])
    return unreadable


def _least_mptcp(length: I64, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> I64:
    """How many bytes of an MPTCP option tshark reads, which may be fewer than it has, or more."""
    subtype, flags = first >> 4, second.astype(np.int64)
    least = np.where(length > 2, _LEAST_MPTCP[first], 3)
    # DSS (RFC 8684, 3.3): an acknowledgment of 4 or 8 bytes, a mapping with a number of 4 or 8 bytes, and a checksum
    # where two bytes more than that are left.
    mapping = 10 + (flags & 8) // 2
    parts = np.where(flags & 1, 4 + 2 * (flags & 2), 0) + np.where(flags & 4, mapping, 0)
    parts += np.where((flags & 4 != 0) & (length >= 4 + parts + 4), 2, 0)
    least += np.where((subtype == _DATA_SEQUENCE) & (length > 3), parts, 0)
    read: I64 = np.where(_READ_WHOLE[subtype, length] & (length > 2), length, least)
    return read


def _take(
    found: Options, area: NDArray[np.uint8], rows: I64, position: I64, kind: NDArray[np.uint8], length: I64, ack: I64
) -> None:
    def number(at: I64, which: I64, width: int) -> I64:
        value = np.zeros(len(which), np.int64)
        for step in range(width):
            value = value << 8 | area[which, at + step]
        return value

    def of(wanted: int, size: int) -> tuple[I64, I64]:
        mine = (kind == wanted) & (length == size)
        return rows[mine], position[mine] + 2

    which, at = of(_TIMESTAMPS, 10)
    found.bits[which] |= OptionBit.TIMESTAMPS
    found.ts_value[which] = number(at, which, 4)
    found.ts_echo[which] = number(at + 4, which, 4)
    which, at = of(_MSS, 4)
    found.bits[which] |= OptionBit.MSS
    found.mss[which] = number(at, which, 2)
    which, at = of(_WINDOW_SCALE, 3)
    found.bits[which] |= OptionBit.WINDOW_SCALE
    found.shift[which] = number(at, which, 1)
    which, at = of(_SACK_PERMITTED, 2)
    found.bits[which] |= OptionBit.SACK_PERMITTED
    for wanted, bit in (
        (_MD5, OptionBit.MD5), (_AO, OptionBit.AO), (_MPTCP, OptionBit.MPTCP), (_FAST_OPEN, OptionBit.FAST_OPEN),
    ):  # fmt: skip
        found.bits[rows[kind == wanted]] |= bit
    mapped = (kind == _MPTCP) & (area[rows, position + 2] >> 4 == _DATA_SEQUENCE)
    found.bits[rows[mapped & (area[rows, position + 3] & _LONG_MAPPING == _LONG_MAPPING)]] |= OptionBit.LONG_MAPPING
    found.bits[rows[(kind == _FAST_OPEN) & (length > 2)]] |= OptionBit.COOKIE
    experiment = (kind == _EXPERIMENT) & (length >= 4)
    which, at = rows[experiment], position[experiment] + 2
    magic = number(at, which, 2) == _FAST_OPEN_MAGIC
    found.bits[which[magic]] |= OptionBit.FAST_OPEN
    found.bits[which[magic & (length[experiment] > 4)]] |= OptionBit.COOKIE
    blocks = kind == _SACK
    if blocks.any():
        _take_sack(found, number, rows[blocks], position[blocks] + 2, length[blocks], ack)


def _take_sack(found: Options, number, which: I64, at: I64, length: I64, ack: I64) -> None:  # type: ignore[no-untyped-def]
    count = (length - 2) // 8
    edges = [(number(at + 8 * n, which, 4), number(at + 8 * n + 4, which, 4)) for n in range(COUNTED_BLOCKS)]
    left, right = edges[0]
    found.bits[which] |= OptionBit.SACK
    found.sack_left[which], found.sack_right[which] = left, right
    found.sack_bytes[which] = sum(
        np.where(n < count, seq_distance(begin, end), 0) for n, (begin, end) in enumerate(edges)
    )  # fmt: skip

    def at_or_after(x: I64, y: I64) -> NDArray[np.bool_]:
        no_earlier: NDArray[np.bool_] = ahead(x, y) >= 0
        return no_earlier

    second_left, second_right = edges[1]
    inside = (count > 1) & at_or_after(left, second_left) & at_or_after(second_right, right)
    found.bits[which[at_or_after(ack[which], right) | inside]] |= OptionBit.DSACK
