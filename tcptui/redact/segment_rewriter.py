"""TCP segments in plain sight rewritten by the column: what `Rewriter` makes of each of them, of many at once.

That is Ethernet (or Linux cooked, or nothing) with IP without options, and TCP with the options that nearly all have.
Every byte of their headers is known; whatever else a packet has leaves it to `Rewriter`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tcptui.redact.filler import FILLER
from tcptui.redact.headers import COOKED_1, COOKED_2, ETHERNET, IPV4, IPV6, RAW, TCP
from tcptui.redact.options import END, NOP, PLAIN_OPTIONS, STAMPS
from tcptui.redact.sums import WRONG
from tcptui.wire.checksum import ones_complement_sum, word_sums

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.redact.mapping import Mapping
    from tcptui.redact.segments import SegmentPayloads
    from tcptui.redact.stretches import Stretch

    U8 = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

_HEAD_4, _HEAD_6, _HEAD_TCP = 20, 40, 20
_URGENT: Final = 0x20
_FILLER: Final = FILLER[0]


class _Link(NamedTuple):
    size: int
    kind: int
    """Where the ethertype stands; -1: there is none."""
    macs: tuple[int, ...]
    length: tuple[int, ...] = ()
    """The bytes that say how long a link address is, the last one counts; none: all are like Ethernet's."""
    zeroed: tuple[slice, ...] = ()
    """Bytes that do not stay, nor are mapped."""


_LINKS: Final = {
    ETHERNET: _Link(14, 12, (0, 6)),
    COOKED_1: _Link(16, 14, (6,), (4, 5), (slice(12, 14),)),
    COOKED_2: _Link(20, 0, (12,), (11,), (slice(2, 4), slice(18, 20))),
    **dict.fromkeys(RAW, _Link(0, -1, ())),
}


class _Shape(NamedTuple):
    """Segments whose headers are as long as each other's; columns are of these."""

    link: _Link
    version: int
    header: int
    """Bytes of the TCP header."""
    chosen: I64
    """Which packets of the stretch."""

    @property
    def transport(self) -> int:
        return self.link.size + (_HEAD_4 if self.version == 4 else _HEAD_6)

    @property
    def size(self) -> int:
        return self.transport + self.header


class _Plain(NamedTuple):
    """The plain segments of a stretch; each column has one value for each packet of the stretch."""

    is_plain: Mask
    version: I64
    transport: I64
    """Where TCP begins, in the data of the stretch."""
    header: I64
    stop: I64
    """Where IP says that the segment ends."""


class SegmentRewriter:
    """Rewrites segments under one mapping, and counts what it replaces."""

    def __init__(self, mapping: Mapping, replaced: Counter[str]) -> None:
        self._mapping, self._replaced = mapping, replaced

    def rewrite(
        self, one: Stretch, wire: I64, payloads: SegmentPayloads, out: U8, places: I64
    ) -> Mask:  # fmt: skip
        """Rewrite the plain segments of a stretch into ``out``, which is filler; returns which packets these are.

        ``wire``: how long each packet was.  ``places``: where each begins in ``out``.
        """
        octets = np.frombuffer(one.data, np.uint8)
        plain = _plain(one, octets, wire)
        stamps = _known_options(octets, plain)
        rows = np.flatnonzero(plain.is_plain)
        limit = np.minimum(plain.stop, one.end)
        sums = self._payloads(one, rows, plain, limit, payloads, out, places)
        for at in rows[one.end[rows] > limit[rows]].tolist():  # what fills the frame
            place = int(places[at] - one.begin[at])
            out[place + limit[at] : place + one.end[at]] = 0
        old = _stated(one, octets, plain, rows, limit)
        for shape in _shapes(one, plain, rows):
            heads = sliding_window_view(octets, shape.size)[one.begin[shape.chosen]]
            self._head(plain, shape, heads, stamps, sums, old)
            sliding_window_view(out, shape.size, writeable=True)[places[shape.chosen]] = heads
        return plain.is_plain

    def _payloads(
        self, one: Stretch, rows: I64, plain: _Plain, limit: I64, payloads: SegmentPayloads, out: U8, places: I64
    ) -> I64:  # fmt: skip
        """Write the payloads that are no filler; the sum of the new payload of each packet."""
        begin = plain.transport + plain.header
        size = limit - begin
        self._replaced["payload_bytes"] += int(size[rows].sum())
        sums = (size >> 1) * (_FILLER << 8 | _FILLER) + (size & 1) * (_FILLER << 8)
        octets, given = np.frombuffer(one.data, np.uint8), payloads.given(one.rows)
        carrying = rows[size[rows] > 0]
        for at in carrying[given[carrying] | (octets[begin[carrying]] == 0)].tolist():
            first, last = int(begin[at]), int(limit[at])
            header, told = payloads.of(int(one.rows[at])) or (0, b"")
            if header == plain.transport[at] - one.begin[at] and len(told) == last - first:
                new = told
            elif not one.data[first:last].strip(b"\0"):
                new = bytes(last - first)
            else:
                continue
            place = int(places[at] - one.begin[at])
            out[place + first : place + last] = np.frombuffer(new, np.uint8)
            sums[at] = ones_complement_sum(new)
        return sums

    def _head(
        self, plain: _Plain, shape: _Shape, heads: U8, stamps: I64, sums: I64, old: _Stated
    ) -> None:  # fmt: skip
        """Rewrite ``heads``, the headers of segments of one shape; ``sums``: those of their new payloads."""
        chosen, link, network = shape.chosen, shape.link, shape.link.size
        for at in link.macs:
            _Values(heads[:, at : at + 6]).write(heads, at, self._mapping.mac)
        self._replaced["mac"] += len(chosen) * len(link.macs)
        for some in link.zeroed:
            heads[:, some] = 0
        width, first = (4, network + 12) if shape.version == 4 else (16, network + 8)
        sender, receiver = (_Values(heads[:, at : at + width]) for at in (first, first + width))
        header = heads[:, network : shape.transport]
        was_right, was_absent = _words(header) % 0xFFFF == 0, _word(header, 10) == 0
        self._move_network(header, shape.version, sender)
        sender.write(heads, first, self._mapping.address)
        receiver.write(heads, first + width, self._mapping.address)
        self._replaced["ipv4" if width == 4 else "ipv6"] += 2 * len(chosen)
        if shape.version == 4:
            header[:, 10:12] = 0
            _put(header, 10, np.where(was_absent, 0, _checksums(_words(header), was_right)))
        tcp = heads[:, shape.transport :]
        tcp[(tcp[:, 13] & _URGENT) == 0, 18:20] = 0
        self._move_stamps(tcp, stamps[chosen], sender, receiver)
        pseudo = _words(heads[:, first : first + 2 * width]) + TCP + plain.stop[chosen] - plain.transport[chosen]
        tcp[:, 16:18] = 0
        told = _checksums(pseudo + _words(tcp) + sums[chosen], old.is_right[chosen], _folded(pseudo))
        told[old.is_partial[chosen]] = _folded(pseudo)[old.is_partial[chosen]]
        _put(tcp, 16, np.where(old.stated[chosen] == 0, 0, told))

    def _move_network(self, header: U8, version: int, sender: _Values) -> None:
        """Move the number by which fragments are put together, or the flow label, by what is the sender's."""
        if version == 4:
            _put(header, 4, self._moved(b"ip id", sender, _word(header, 4), 16))
        else:
            label = (header[:, 1].astype(np.int64) & 0xF) << 16 | _word(header, 2)
            moved = self._moved(b"flow", sender, label, 20)
            header[:, 1] = header[:, 1] & 0xF0 | (moved >> 16).astype(np.uint8)
            _put(header, 2, moved & 0xFFFF)

    def _move_stamps(self, tcp: U8, stamps: I64, sender: _Values, receiver: _Values) -> None:
        """Move timestamps by what is the sender's, and their echoes; ``stamps``: where they are, 0 nowhere."""
        for at in np.unique(stamps[stamps > 0]).tolist():
            those = stamps == at
            self._replaced["tcp_timestamps"] += int(those.sum())
            for place, owner in ((at, sender), (at + 4, receiver)):
                number = _word(tcp, place) << 16 | _word(tcp, place + 2)
                moved = self._moved(b"stamp", owner, number, 32)
                tcp[those, place : place + 4] = moved.astype(">u4").view(np.uint8).reshape(-1, 4)[those]

    def _moved(self, purpose: bytes, owner: _Values, numbers: I64, bits: int) -> I64:
        """`Mapping.moved` of each."""
        most = (1 << bits) - 1
        by = owner.each(lambda one: self._mapping.number(purpose, one, most))
        return np.where(numbers == 0, 0, (numbers - 1 + by) % most + 1)


# -- what is plain


def _plain(one: Stretch, octets: U8, wire: I64) -> _Plain:
    count = len(one.begin)
    version, transport, header, stop = np.zeros((4, count), np.int64)
    for number in np.unique(one.links).tolist():
        link = _LINKS.get(number)
        if link is None:
            continue
        at = np.flatnonzero(one.links == number)
        at = at[one.end[at] - one.begin[at] >= link.size + _HEAD_4 + _HEAD_TCP]
        network, end = one.begin[at] + link.size, np.maximum(one.begin[at] + wire[at], one.end[at])
        kind = np.where(octets[network] >> 4 == 4, IPV4, IPV6)
        fits = kind == (_word_at(octets, one.begin[at] + link.kind) if link.kind >= 0 else kind)
        for place in link.length:
            fits &= octets[one.begin[at] + place] == (6 if place == link.length[-1] else 0)
        is_4, is_6 = fits & _is_ipv4_tcp(octets, network), fits & _is_ipv6_tcp(octets, network, one.end[at])
        for chosen, of, size in ((is_4, 4, _HEAD_4), (is_6, 6, _HEAD_6)):
            those, begin = at[chosen], network[chosen]
            length = _word_at(octets, begin + (2 if of == 4 else 4))
            version[those], transport[those] = of, begin + size
            stop[those] = np.minimum(end[chosen], begin + length + (0 if of == 4 else size))
            header[those] = (octets[begin + size + 12] >> 4).astype(np.int64) * 4
    fits = (version > 0) & (header >= _HEAD_TCP) & (transport + header <= np.minimum(stop, one.end))
    return _Plain(fits, version, transport, header, stop)


def _is_ipv4_tcp(octets: U8, at: I64) -> Mask:
    is_whole = (_word_at(octets, at + 6) & 0x3FFF) == 0
    found: Mask = (octets[at] == 0x45) & (octets[at + 9] == TCP) & is_whole & (_word_at(octets, at + 2) > 0)
    return found


def _is_ipv6_tcp(octets: U8, at: I64, end: I64) -> Mask:
    is_whole = at + _HEAD_6 + _HEAD_TCP <= end
    found: Mask = (octets[at] >> 4 == 6) & (octets[at + 6] == TCP) & (_word_at(octets, at + 4) > 0) & is_whole
    return found


def _known_options(octets: U8, plain: _Plain) -> I64:
    """Where in TCP's header timestamps stand, 0 nowhere; packets with options that are not plain are none any more."""
    stamps = np.zeros(len(plain.is_plain), np.int64)
    rows = np.flatnonzero(plain.is_plain & (plain.header > _HEAD_TCP))
    at, end = plain.transport[rows] + _HEAD_TCP, (plain.transport + plain.header)[rows]
    while len(rows):
        kind = octets[at]
        length = np.where(kind == NOP, 1, np.where(at + 1 < end, octets[np.minimum(at + 1, end - 1)], 0))
        is_known = (kind == NOP) | (_SIZES_KNOWN[kind, np.minimum(length, 63)] & (at + length <= end))
        ends = kind == END
        is_known |= ends & _is_blank(octets, at, end, ends)
        of_stamps = is_known & (kind == STAMPS)
        is_known &= ~(of_stamps & (stamps[rows] > 0))
        plain.is_plain[rows[~is_known]] = False
        stamps[rows[of_stamps]] = (at + 2 - plain.transport[rows])[of_stamps]
        going = is_known & ~ends & (at + length < end)
        rows, at, end = rows[going], (at + length)[going], end[going]
    return stamps


def _is_blank(octets: U8, at: I64, end: I64, asked: Mask) -> Mask:
    """Whether there are but zeros from ``at`` up to ``end``, of those ``asked`` for."""
    found = asked.copy()
    for number in np.flatnonzero(asked).tolist():
        found[number] = not octets[at[number] : end[number]].any()
    return found


def _sizes_known() -> Mask:
    """By kind and length, whether all of an option stays, or it has timestamps."""
    known = np.zeros((256, 64), np.bool_)
    for kind, sizes in PLAIN_OPTIONS.items():
        known[kind, [size + 2 for size in sizes]] = True
    known[STAMPS, 10] = True
    return known


_SIZES_KNOWN: Final = _sizes_known()


def _shapes(one: Stretch, plain: _Plain, rows: I64) -> list[_Shape]:
    signs = one.links[rows] << 16 | plain.version[rows] << 8 | plain.header[rows]
    return [
        _Shape(_LINKS[sign >> 16], sign >> 8 & 0xFF, sign & 0xFF, rows[signs == sign])
        for sign in np.unique(signs).tolist()
    ]


# -- checksums


class _Stated(NamedTuple):
    """What the old checksums say, of each packet of the stretch."""

    stated: I64
    is_right: Mask
    is_partial: Mask


def _stated(one: Stretch, octets: U8, plain: _Plain, rows: I64, limit: I64) -> _Stated:
    """As `Rewriter` reads them: of a packet that was cut, whatever is not the pseudo-header's sum counts as right."""
    count = len(one.begin)
    found = _Stated(np.zeros(count, np.int64), *np.zeros((2, count), np.bool_))
    begin = plain.transport[rows]
    size = np.where(plain.version[rows] == 4, 8, 32)
    pseudo = word_sums(one.data, begin - size, begin) + TCP + plain.stop[rows] - begin
    stated = _word_at(octets, begin + 16)
    is_cut = plain.stop[rows] > one.end[rows]
    right = is_cut | ((word_sums(one.data, begin, limit[rows]) + pseudo) % 0xFFFF == 0)
    partial = stated == _folded(pseudo)
    found.stated[rows] = stated
    found.is_partial[rows] = partial & (is_cut | ~right)
    found.is_right[rows] = right & ~found.is_partial[rows]
    return found


def _checksums(total: I64, is_right: Mask, pseudo: I64 | int = 0) -> I64:
    """The right checksums of headers and payloads whose words sum up to ``total``, one a packet.

    Where ``is_right`` is False, a wrong one, as `sums.checksum` makes them; none is ``pseudo``, the sum of the pseudo
    header, which is there before a network card computes the right one.
    """
    right = 0xFFFF - _folded(total)
    wrong = np.full(len(total), -1, np.int64)
    for by in WRONG:
        one = right ^ by
        is_taken = (one == 0) | (one == 0xFFFF ^ right) | (one == pseudo)
        wrong = np.where((wrong < 0) & ~is_taken, one, wrong)
    return np.where(is_right, np.where(right == 0, 0xFFFF, right), wrong)


def _folded(total: I64) -> I64:
    """One's complement sums of what is not all zeros."""
    return (total - 1) % 0xFFFF + 1


# -- columns


def _words(octets: U8) -> I64:
    """The sum of the 16-bit words of each row."""
    words: I64 = np.ascontiguousarray(octets).view(">u2").sum(axis=1, dtype=np.int64)
    return words


def _word(octets: U8, at: int) -> I64:
    return octets[:, at].astype(np.int64) << 8 | octets[:, at + 1]


def _word_at(octets: U8, at: I64) -> I64:
    return octets[at].astype(np.int64) << 8 | octets[at + 1]


def _put(octets: U8, at: int, numbers: I64) -> None:
    octets[:, at] = numbers >> 8
    octets[:, at + 1] = numbers & 0xFF


class _Values:
    """Values of one width, one of each packet; of few different ones."""

    def __init__(self, values: U8) -> None:
        count, width = values.shape
        wide = np.zeros((count, -(-width // 8) * 8), np.uint8)
        wide[:, :width] = values
        keys = wide.view(np.uint64 if width <= 8 else f"V{wide.shape[1]}").ravel()
        every, self._which = np.unique(keys, return_inverse=True)
        self._every = [bytes(one)[:width] for one in every.view(np.uint8).reshape(-1, wide.shape[1])]

    def write(self, out: U8, at: int, how: Callable[[bytes], bytes]) -> None:
        """Write what ``how`` makes of each value to ``out`` from column ``at`` on."""
        new = np.frombuffer(b"".join(map(how, self._every)), np.uint8).reshape(len(self._every), -1)
        out[:, at : at + new.shape[1]] = new[self._which]

    def each(self, how: Callable[[bytes], int]) -> I64:
        """What ``how`` says of each value."""
        found: I64 = np.array([how(one) for one in self._every], np.int64)[self._which]
        return found
