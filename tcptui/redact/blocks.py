"""Blocks of a capture beside its packets: which of them may go into the new one.

Comments, descriptions, filters, names, secrets and whatever is not known here stay out; of interfaces there remain link
type, snapshot length, clock and counters.
"""

from __future__ import annotations

import os
import re
import struct
from typing import TYPE_CHECKING, Final

from tcptui.capture.slicing.little_endian import options, options_of
from tcptui.model.pcap_format import INTERFACE_BLOCK
from tcptui.wire.pcapng_options import EPB_FLAGS, block_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.capture.slicing.layout import Layout

_IF_NAME, _IF_TSRESOL, _IF_FCSLEN, _IF_TSOFFSET = 2, 9, 13, 14
#: Bytes of options about clock and frames, which stay.
_IF_SIZES: Final = {_IF_TSRESOL: 1, _IF_FCSLEN: 1, _IF_TSOFFSET: 8}
_EPB_DROPS: Final = 4
_EPB_SIZES: Final = {EPB_FLAGS: 4, _EPB_DROPS: 8}
#: Of a packet's flags: direction, how it was received, its FCS, errors of the link; the others are reserved.
_EPB_KNOWN_FLAGS: Final = 0xFF00_01FF
#: Counters of packets: received, dropped, accepted, dropped by the system, delivered.
_COUNTERS: Final = frozenset(range(4, 9))
#: Names that every host has.
_ORDINARY_NAME: Final = re.compile(rb"(?:eth|en|wlan|lo)[0-9]{0,2}|any")
_MICROSECONDS: Final = 1_000_000


class Interfaces:
    """The interfaces of a capture as they are written."""

    def __init__(self, layout: Layout, link: int) -> None:
        """``link``: the link type of a capture that is no pcapng."""
        self.bodies: list[bytes] = []
        self.ticks: list[int] = []
        """Ticks of each interface's clock, in a second."""
        if layout.is_pcapng:
            for order, body in layout.interfaces:
                self._add(order, body)
        else:
            found = [(_IF_TSRESOL, bytes((9,)))] if layout.nano else []
            if layout.link_field & 0x0400_0000:
                found.append((_IF_FCSLEN, bytes(((layout.link_field >> 28) * 2,))))
            self.bodies.append(struct.pack("<HHI", link, 0, layout.snaplen) + options(found))
            self.ticks.append(10**9 if layout.nano else _MICROSECONDS)

    def _add(self, order: str, body: bytes) -> None:
        link, _, snaplen = struct.unpack(order + "HHI", body[:8])
        ticks, kept = _MICROSECONDS, []
        for code, value in options_of(body[8:], order, INTERFACE_BLOCK):
            if code == _IF_NAME:
                ordinary = _ORDINARY_NAME.fullmatch(value) is not None
                kept.append((code, value if ordinary else b"if%d" % len(self.bodies)))
            elif len(value) == _IF_SIZES.get(code):
                kept.append((code, value))
            if code == _IF_TSRESOL and len(value) == 1:
                ticks = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** (value[0] & 0x7F)
        self.bodies.append(struct.pack("<HHI", link, 0, snaplen) + options(kept))
        self.ticks.append(ticks)


def packet_options(found: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """The options of a packet that stay: its direction and how many packets were lost before it."""
    return [
        (code, _known_flags(value) if code == EPB_FLAGS else value)
        for code, value in found
        if len(value) == _EPB_SIZES.get(code)
    ]


def _known_flags(value: bytes) -> bytes:
    return (int.from_bytes(value, "little") & _EPB_KNOWN_FLAGS).to_bytes(4, "little")


def statistics(descriptor: int, layout: Layout) -> list[bytes]:
    """The bodies of blocks of counters; without times.  Raises OSError."""
    found = []
    for _first, one in layout.statistics:
        body = os.pread(descriptor, one.size, one.begin)
        if len(body) < 12:
            continue
        section = max((number for number, of in enumerate(layout.sections) if of.begin < one.begin), default=0)
        (interface,) = struct.unpack_from(one.order + "I", body)
        counted = [
            (code, value if one.order == "<" else value[::-1])
            for code, value in block_options(body[12:], one.order)
            if code in _COUNTERS and len(value) == 8
        ]
        number = layout.sections[section].first_interface + interface
        found.append(struct.pack("<III", number, 0, 0) + options(counted))
    return found
