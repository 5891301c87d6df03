"""Numbers of the capture file formats: pcap, pcapng.

pcap: pcap-savefile(5), draft-ietf-opsawg-pcap.  pcapng: draft-ietf-opsawg-pcapng.  Constants only, without imports:
the privileged capture process reads them, too.
"""

from __future__ import annotations

from typing import Final, NamedTuple

FILE_HEADER_BYTES: Final = 24
"""pcap: magic, version, time zone, accuracy, snaplen, link type."""
RECORD_HEADER_BYTES: Final = 16
"""pcap: seconds, fraction, captured length, original length."""
VERSION: Final = (2, 4)
"""pcap: the only version that is written today."""
MAX_PACKET: Final = 262_144
"""Bytes; a record that claims a larger packet is damaged (Wireshark's WTAP_MAX_PACKET_SIZE_STANDARD)."""
MICROSECONDS: Final = 0xA1B2C3D4
"""pcap: the magic number of a file whose fractions of a second are microseconds."""
NANOSECONDS: Final = 0xA1B23C4D
"""pcap: the magic number of a file whose fractions of a second are nanoseconds."""
_PATCHED: Final = 0xA1B2CD34


class PcapKind(NamedTuple):
    """What the magic number of a pcap file says."""

    big: bool
    """Numbers are big endian."""
    nano: bool
    """Fractions are nanoseconds."""
    extra: int
    """Bytes of a record's header beyond the ordinary 16 (Kuznetzov's patched libpcap)."""


PCAP_MAGICS: Final = {
    number.to_bytes(4, "big" if big else "little"): PcapKind(big, number == NANOSECONDS, 8 * (number == _PATCHED))
    for number in (MICROSECONDS, NANOSECONDS, _PATCHED)
    for big in (True, False)
}
"""The first four bytes of a pcap file."""
ORDINARY_MAGICS: Final = frozenset(magic for magic, kind in PCAP_MAGICS.items() if not kind.extra)
"""Of these, the ones whose records have ordinary headers."""

PCAPNG_START: Final = b"\n\r\r\n"
"""The first four bytes of a pcapng file."""
SECTION_BLOCK: Final = 0x0A0D0D0A
INTERFACE_BLOCK: Final = 1
OBSOLETE_PACKET_BLOCK: Final = 2
SIMPLE_PACKET_BLOCK: Final = 3
STATISTICS_BLOCK: Final = 5
SECRETS_BLOCK: Final = 10
ENHANCED_PACKET_BLOCK: Final = 6
ENHANCED_HEAD_BYTES: Final = 28
"""An enhanced packet block up to its packet: type, length, interface, time, captured and original length."""
SIMPLE_HEAD_BYTES: Final = 12
"""A simple packet block up to its packet: type, length, original length."""
