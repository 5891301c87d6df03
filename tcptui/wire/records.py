"""Record framing of pcap, pcapng and snoop, without I/O.

`RecordParser` takes consecutive buffers of a capture and returns, as arrays, where
each packet lies.  pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng;
snoop: RFC 1761.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.model.arrays import sorted_unique
from tcptui.model.pcap_format import (
    FILE_HEADER_BYTES,
    INTERFACE_BLOCK,
    MAX_PACKET,
    PCAP_MAGICS,
    PCAPNG_START,
    SECRETS_BLOCK,
    SECTION_BLOCK,
    STATISTICS_BLOCK,
)
from tcptui.wire.pcapng_options import OPT_COMMENT, block_options
from tcptui.wire.record_scanner import (
    LISTED,
    SCAN_BAD,
    SCAN_BLOCK,
    SCAN_FULL,
    SCAN_NO_INTERFACE,
    SCAN_SHORT,
    SCAN_TOO_LARGE,
    TLS_KEY_LOG,
    Scanner,
)

I64 = NDArray[np.int64]

#: Most records in a batch: with a quarter as many, the calls of NumPy cost a third of the time; more gain nothing.
BATCH_RECORDS: Final = 32_768

#: Most interfaces of one file; more are damage, or an attempt to exhaust memory.
MAX_INTERFACES: Final = 10_000
#: Most bytes kept of a name or comment.
_LONGEST_TEXT: Final = 4_096
#: Most section comments kept.
_MOST_COMMENTS: Final = 1_000
#: Most bytes of secrets kept.
_MOST_SECRETS: Final = 64 << 20
_FIRST_VERSION: Final = 2
_SNOOP_MAGIC: Final = b"snoop\0\0\0"
#: Data link types of snoop (RFC 1761; later ones by IANA) as LINKTYPE_ values.
_SNOOP_LINKS: Final = {0: 1, 2: 6, 4: 1, 8: 10, 18: 123}
#: Stands for snoop's data link types that have no LINKTYPE_ value.
_NO_LINK_TYPE: Final = 0xFFFF
#: What says the byte order of a pcapng section: of little-endian and of big-endian ones.
_BYTE_ORDERS: Final = (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d")
#: Versions of pcapng sections; 1.2 was written by mistake, and is the same format.
_SECTION_VERSIONS: Final = ((1, 0), (1, 2))
_IF_NAME, _IF_DESCRIPTION, _IF_TSRESOL, _IF_TSOFFSET = 2, 3, 9, 14
_ISB_IFDROP, _ISB_OSDROP = 5, 7
_NANO: Final = 1_000_000_000
_MAX_WIRE: Final = 2**31 - 1
#: Bounds of times in seconds from 1970: they include all that pcap can express, and the difference of two times within
#: them fits 64 bits as nanoseconds.
_EARLIEST: Final = -(2**61) // _NANO
_LATEST: Final = 2**62 // _NANO
_MAX_TICKS: Final = 2**64 - 1


class Stop(Enum):
    """Why reading cannot go on; the value is the notice's key."""

    NOT_A_CAPTURE = "not-a-capture"
    CUT_SHORT = "cut-short"
    TOO_LARGE = "record-too-large"
    DAMAGED = "record-damaged"
    NO_INTERFACE = "interface-unknown"
    TOO_MANY_INTERFACES = "interfaces-too-many"


class _Format(Enum):
    UNKNOWN = auto()
    PCAP = auto()
    PCAPNG = auto()
    SNOOP = auto()


@dataclass(slots=True)
class Interface:
    """A capture interface of the file."""

    link_type: int
    """LINKTYPE_ value."""
    name: bytes = b""
    snaplen: int = 0
    ticks_per_second: int = 1_000_000
    offset_s: int = 0
    comment: bytes = b""
    description: bytes = b""
    number: int = -1
    """Number in its section of a pcapng file; -1: the file is none."""
    section: int = 0
    """Number of that section, from 1."""


@dataclass(slots=True)
class PacketArrays:
    """Packets found in one buffer; arrays of equal length, int64."""

    start: I64
    """Position of the packet's first byte in the buffer."""
    captured: I64
    wire: I64
    time_ns: I64
    interface: I64
    """Index into `RecordParser.interfaces`."""
    number: I64
    """Frame number, from 1, as Wireshark counts: it also numbers some blocks that are no packets (`LISTED`)."""


#: No recorder drops more: a link of 800 Gbit/s full of the shortest frames, for two days and a half.
MOST_DROPPED: Final = 1 << 48


@dataclass
class RecordParser:
    """Incremental parser of one capture.

    Give `parse` a buffer that begins where the previous call's ``consumed`` ended.
    Everything that could be read is returned even when `stop` gets set.
    """

    scanner: Scanner = field(default_factory=Scanner)
    interfaces: list[Interface] = field(default_factory=list)
    stop: Stop | None = None
    reported_drops: int = 0
    """Sum of the drop counters in pcapng interface statistics, as far as they can be true."""
    claimed_drops: int = 0
    """The largest of those that cannot be (`MOST_DROPPED`); 0 without any."""
    times_clipped: bool = False
    """Whether a time lay outside the bounds, one of which stands for it now."""
    comments: list[bytes] = field(default_factory=list)
    """Section comments of pcapng."""
    secrets: list[bytes] = field(default_factory=list, repr=False)
    """Key logs of TLS in pcapng's decryption secrets blocks, which is only appended to."""
    _format: _Format = _Format.UNKNOWN
    _big: bool = False
    _nano: bool = False
    _extra: int = 0
    _swapped: int = 0
    """Order of the two lengths of a pcap record: 0 captured length first, 1 second, 2 either way."""
    _sections: int = 0
    _section_first: int = 0
    """Index of the current section's first interface."""
    _skip: int = 0
    """Bytes still to be skipped of a block that is not read."""
    _secret_bytes: int = 0
    _listed: int = 0
    """Frame numbers given out so far, to packets and to other listed blocks."""

    def anew(self) -> RecordParser:
        """A parser of the bytes that come next, which numbers them from 1 and knows nothing of the packets before."""
        return replace(
            self,
            interfaces=list(self.interfaces),
            comments=[],
            reported_drops=0,
            claimed_drops=0,
            times_clipped=False,
            _listed=0,
        )

    def parse(self, buffer: NDArray[np.uint8], valid: int) -> tuple[PacketArrays | None, int]:
        """The next batch in ``buffer[:valid]`` and how many bytes it used.

        ``(None, 0)`` means that more bytes are needed (or `stop` is set); a batch of
        `BATCH_RECORDS` may leave complete records for the next call.
        """
        if self.stop is not None:
            return None, 0
        consumed = 0
        if self._format is _Format.UNKNOWN:
            consumed = self._recognise(bytes(buffer[: min(valid, FILE_HEADER_BYTES)]))
            if consumed < 0:
                return None, 0
        if self._format is _Format.PCAP:
            return self._pcap(buffer, consumed, valid)
        if self._format is _Format.SNOOP:
            return self._snoop(buffer, consumed, valid)
        return self._pcapng(buffer, consumed, valid)

    def finish(self, leftover: int) -> None:
        """Tell the parser that the input ended with ``leftover`` unused bytes."""
        if self.stop is None and (leftover or self._skip):
            self.stop = Stop.NOT_A_CAPTURE if self._format is _Format.UNKNOWN else Stop.CUT_SHORT

    def _recognise(self, head: bytes) -> int:
        """Recognise the format; returns the bytes used, or -1 when more are needed or it is none (`stop` is set)."""
        if len(head) < 4:
            return -1
        if head[:4] == PCAPNG_START:
            self._format = _Format.PCAPNG
            return 0
        if head[:4] == _SNOOP_MAGIC[:4]:
            return self._recognise_snoop(head)
        known = PCAP_MAGICS.get(head[:4])
        if known is None:
            self.stop = Stop.NOT_A_CAPTURE
            return -1
        if len(head) < FILE_HEADER_BYTES:
            return -1
        self._big, self._nano, self._extra = known
        major, minor, _zone, _sigfigs, snaplen, link = struct.unpack((">" if self._big else "<") + "HHiIII", head[4:])
        if major < _FIRST_VERSION:
            self.stop = Stop.NOT_A_CAPTURE
            return -1
        # Before 2.3 the two lengths of a record stood the other way round; 2.3 was written both ways.
        self._swapped = 1 if minor < 3 else 2 if minor == 3 else 0
        self._format = _Format.PCAP
        self.interfaces.append(Interface(link & 0xFFFF, snaplen=snaplen))
        return FILE_HEADER_BYTES

    def _pcap(self, buffer: NDArray[np.uint8], position: int, valid: int) -> tuple[PacketArrays | None, int]:
        found, position, status = self.scanner.pcap(
            buffer, position, valid, self._big, self._extra, self._swapped, BATCH_RECORDS
        )  # fmt: skip
        self._note(status)
        if not len(found):
            return None, position
        return self._batch(found), position

    def _batch(self, found: I64) -> PacketArrays:
        numbers = self._numbers(len(found))
        # An impossible number of microseconds wraps where Wireshark's does: nanoseconds in 32 bits.
        fraction = found[:, 4] if self._nano else found[:, 4] * 1000 & 0xFFFF_FFFF
        return _packets(found, found[:, 3] * _NANO + fraction, numbers)

    def _numbers(self, count: int, others: int = 0) -> I64:
        """Numbers of the next ``count`` packets, were there no other listed blocks among them.

        ``others``: listed blocks among and behind them, which take numbers, too.
        """
        first = self._listed + 1
        self._listed += count + others
        return np.arange(first, first + count)

    def _recognise_snoop(self, head: bytes) -> int:
        """Read version and data link of a snoop file; returns the bytes used, or -1 as in `_recognise`."""
        if len(head) < 16:
            return -1
        if head[:8] != _SNOOP_MAGIC:
            self.stop = Stop.NOT_A_CAPTURE
            return -1
        link = int.from_bytes(head[12:16])
        self._format = _Format.SNOOP
        self.interfaces.append(Interface(_SNOOP_LINKS.get(link, _NO_LINK_TYPE)))
        return 16

    def _snoop(self, buffer: NDArray[np.uint8], position: int, valid: int) -> tuple[PacketArrays | None, int]:
        found, position, status = self.scanner.snoop(buffer, position, valid, BATCH_RECORDS)
        self._note(status)
        return (self._batch(found) if len(found) else None), position

    def _pcapng(self, buffer: NDArray[np.uint8], position: int, valid: int) -> tuple[PacketArrays | None, int]:
        parts, numbers = [], []
        total = 0
        while total < BATCH_RECORDS:
            if self._skip:
                step = min(self._skip, valid - position)
                self._skip -= step
                position += step
            known = len(self.interfaces) - self._section_first
            snaplen = self.interfaces[self._section_first].snaplen if known else 0
            part, position, status, listed = self.scanner.pcapng(
                buffer, position, valid, self._big, known, snaplen, BATCH_RECORDS - total
            )  # fmt: skip
            numbers.append(self._numbers(len(part), listed) + (part[:, 5] >> 32))
            part[:, 5] = (part[:, 5] & 0xFFFF_FFFF) + self._section_first
            parts.append(part)
            total += len(part)
            if status != SCAN_BLOCK:
                self._note(status)
                break
            used = self._block(buffer, position, valid)
            if used < 0:
                break
            position += used
        if not total:
            return None, position
        found = np.concatenate(parts)
        return _packets(found, self._times(found), np.concatenate(numbers)), position

    def _times(self, found: I64) -> I64:
        """Nanoseconds from each interface's own clock ticks (columns 3 and 4: high and low word)."""
        ticks = (found[:, 3] << 32) | found[:, 4]
        times = np.zeros(len(found), np.int64)
        for index in sorted_unique(found[:, 5]).tolist():
            interface = self.interfaces[index]
            mine = found[:, 5] == index
            rate = interface.ticks_per_second
            # With more ticks a second than 64 bits can count, the clock is still within its first second.
            part = ticks[mine].view(np.uint64)
            whole, part = np.divmod(part, np.uint64(rate)) if rate <= _MAX_TICKS else (np.zeros_like(part), part)
            nanos = part * np.uint64(_NANO // rate) if _NANO % rate == 0 else _scaled(part, rate)
            # The seconds of a broken clock must not overflow before they are clipped.
            seconds = np.minimum(whole, np.uint64(2 * _LATEST)).astype(np.int64) + interface.offset_s
            within = np.clip(seconds, _EARLIEST, _LATEST)
            self.times_clipped |= bool((within != seconds).any())
            times[mine] = within * _NANO + nanos.astype(np.int64)
        return times

    def _note(self, status: int) -> None:
        self.stop = {
            SCAN_TOO_LARGE: Stop.TOO_LARGE, SCAN_BAD: Stop.DAMAGED, SCAN_NO_INTERFACE: Stop.NO_INTERFACE,
            SCAN_SHORT: None, SCAN_FULL: None,
        }[status]  # fmt: skip

    def _block(self, buffer: NDArray[np.uint8], position: int, valid: int) -> int:
        """Read the non-packet block at ``position``; returns the bytes used.

        Returns -1 when more bytes are needed or `stop` is set, and 0 after setting `_skip` for a block of no use.
        """
        head = bytes(buffer[position : position + 12])
        if len(head) < 12:
            return -1
        if head[:4] == PCAPNG_START:
            self._big = head[8:12] == _BYTE_ORDERS[1]
            if head[8:12] not in _BYTE_ORDERS:
                self.stop = Stop.DAMAGED
                return -1
        order = ">" if self._big else "<"
        kind, length = struct.unpack(order + "II", head[:8])
        if length < 12:
            self.stop = Stop.DAMAGED
            return -1
        length = length + 3 & ~3  # some writers do not count the padding; Wireshark reads such blocks, too
        if kind in (SECTION_BLOCK, INTERFACE_BLOCK, STATISTICS_BLOCK):
            if length > MAX_PACKET:
                self.stop = Stop.TOO_LARGE
                return -1
            if position + length > valid:
                return -1
            end = bytes(buffer[position + length - 4 : position + length])
            if struct.unpack(order + "I", end)[0] + 3 & ~3 != length:
                self.stop = Stop.DAMAGED
                return -1
            body = bytes(buffer[position + 8 : position + length - 4])
            self._describe(kind, body, order)
            return int(length) if self.stop is None else -1
        if kind == SECRETS_BLOCK and length <= MAX_PACKET:
            if position + length > valid:
                return -1
            self._keep_secrets(bytes(buffer[position + 8 : position + length - 4]), order)
        self._skip = length
        self._listed += kind in LISTED
        return 0

    def _keep_secrets(self, body: bytes, order: str) -> None:
        if len(body) < 8:
            return
        secrets_type, length = struct.unpack_from(order + "II", body)
        self._secret_bytes += length
        if secrets_type == TLS_KEY_LOG and length <= len(body) - 8 and self._secret_bytes <= _MOST_SECRETS:
            self.secrets.append(body[8 : 8 + length])

    def _describe(self, kind: int, body: bytes, order: str) -> None:
        if kind == SECTION_BLOCK:
            if len(body) < 16 or struct.unpack_from(order + "HH", body, 4) not in _SECTION_VERSIONS:
                self.stop = Stop.DAMAGED
                return
            self._section_first = len(self.interfaces)
            self._sections += 1
            comments = [value[:_LONGEST_TEXT] for code, value in block_options(body[16:], order) if code == OPT_COMMENT]
            self.comments += comments[: _MOST_COMMENTS - len(self.comments)]
        elif kind == INTERFACE_BLOCK and len(self.interfaces) >= MAX_INTERFACES:
            self.stop = Stop.TOO_MANY_INTERFACES
        elif kind == INTERFACE_BLOCK and len(body) >= 8:
            link, _reserved, snaplen = struct.unpack(order + "HHI", body[:8])
            number = len(self.interfaces) - self._section_first
            interface = Interface(link, snaplen=snaplen, number=number, section=self._sections)
            # Of an option that occurs twice the first counts, as in Wireshark.
            for code, value in reversed(block_options(body[8:], order)):
                if code == _IF_NAME:
                    interface.name = value[:_LONGEST_TEXT]
                elif code == _IF_DESCRIPTION:
                    interface.description = value[:_LONGEST_TEXT]
                elif code == OPT_COMMENT:
                    interface.comment = value[:_LONGEST_TEXT]
                elif code == _IF_TSRESOL and len(value) == 1:
                    exponent = value[0] & 0x7F
                    interface.ticks_per_second = 2**exponent if value[0] & 0x80 else 10**exponent
                elif code == _IF_TSOFFSET and len(value) == 8:
                    offset = struct.unpack(order + "q", value)[0]
                    interface.offset_s = max(-3 * _LATEST, min(offset, 3 * _LATEST))
            self.interfaces.append(interface)
        elif kind == STATISTICS_BLOCK:
            for code, value in block_options(body[12:], order):
                if code in (_ISB_IFDROP, _ISB_OSDROP) and len(value) == 8:
                    dropped = struct.unpack(order + "Q", value)[0]
                    if dropped > MOST_DROPPED:
                        self.claimed_drops = max(self.claimed_drops, dropped)
                    else:
                        self.reported_drops += dropped


def may_begin_capture(head: bytes) -> bool:
    """Whether a capture may begin with ``head``: its first bytes, of which `FILE_HEADER_BYTES` always tell."""
    if len(head) < 4:
        return any(magic.startswith(head) for magic in (PCAPNG_START, _SNOOP_MAGIC, *PCAP_MAGICS))
    if head.startswith(PCAPNG_START):
        order = head[8:12]
        return any(magic.startswith(order) for magic in _BYTE_ORDERS)
    parser = RecordParser()
    parser._recognise(head[:FILE_HEADER_BYTES])
    return parser.stop is None


def _packets(found: I64, times: I64, numbers: I64) -> PacketArrays:
    # A length on the wire beyond 31 bits is damage; Wireshark shows the largest it can.
    return PacketArrays(found[:, 0], found[:, 1], np.minimum(found[:, 2], _MAX_WIRE), times, found[:, 5], numbers)


def _scaled(part: NDArray[np.uint64], rate: int) -> NDArray[np.uint64]:
    """``part`` ticks of ``1/rate`` s as whole nanoseconds, for rates that do not divide 10**9."""
    return np.array([tick * _NANO // rate for tick in part.tolist()], np.uint64)
