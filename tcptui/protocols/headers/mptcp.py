"""The Multipath TCP option (RFC 6824, RFC 8684)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes

_CAPABLE, _JOIN, _DSS, _ADD, _REMOVE, _PRIORITY, _FAIL, _FASTCLOSE, _RESET = range(9)
_SUBTYPES: Final[dict[int, str]] = {
    _CAPABLE: "Multipath Capable",
    _JOIN: "Join Connection",
    _DSS: "Data Sequence Signal",
    _ADD: "Add Address",
    _REMOVE: "Remove Address",
    _PRIORITY: "Change Subflow Priority",
    _FAIL: "TCP Fallback",
    _FASTCLOSE: "Fast Close",
    _RESET: "TCP Reset",
}
_CAPABLE_FLAGS: Final = (
    (0x80, "Checksum required", "checksumreq.flags"),
    (0x40, "Extensibility", "extensibility.flag"),
    (0x20, "Do not attempt to establish new subflows to this address and port", "nomoresubflows.flag"),
)
_DSS_FLAGS: Final = (
    (0x10, "DATA_FIN", "datafin.flag"),
    (0x08, "Data Sequence Number is 8 octets", "dseqn8.flag"),
    (0x04, "Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present", "dseqnpresent.flag"),
    (0x02, "Data ACK is 8 octets", "dataack8.flag"),
    (0x01, "Data ACK is present", "dataackpresent.flag"),
)


class _Cursor:
    """Reads the option from front to back, appending a line for each field."""

    def __init__(self, node: Branch, at: int, end: int, source: FrameBytes) -> None:
        self.node = node
        self.at = at
        self.end = end
        self.source = source

    def left(self) -> int:
        return self.end - self.at

    def number(self, label: str, size: int, field: str, suffix: str = "") -> int:
        """Append a line with the next ``size`` bytes as a number, and return it."""
        value = self.source.number(self.at, size)
        self.node.add(f"{label}: {value}{suffix}", self.at, size, f"tcp.options.mptcp.{field}")
        self.at += size
        return value

    def hexadecimal(self, label: str, size: int, field: str) -> None:
        """Append a line with the next ``size`` bytes in hexadecimal."""
        value = self.source.take(self.at, size)
        self.node.add(f"{label}: {value.hex()}", self.at, size, f"tcp.options.mptcp.{field}")
        self.at += size

    def rest(self) -> None:
        """Append a line with all bytes that are left; Wireshark has no field for them."""
        value = self.source.take(self.at, self.left())
        self.node.add(f"Data: {value.hex()}", self.at, len(value))
        self.at = self.end


def read_mptcp(node: Branch, at: int, length: int, source: FrameBytes) -> None:
    """Append the lines for the MPTCP option at ``at``, without its kind and length bytes."""
    first = source.number(at + 2, 1)
    subtype = first >> 4
    name = _SUBTYPES.get(subtype, "Unknown")
    node.label = f"Multipath Transmission Control Protocol: {name}"
    text = f"Multipath TCP subtype: {name} ({subtype})"
    node.add(bits_label(first, 0xF0, 8, text), at + 2, 1, "tcp.options.mptcp.subtype")
    cursor = _Cursor(node, at + 3, at + length, source)
    if subtype == _CAPABLE and length >= 4:
        _capable(cursor, first & 0x0F)
    elif subtype == _JOIN and length >= 4:
        _join(cursor, first, length)
    elif subtype == _DSS and length >= 4:
        _data_sequence(cursor)
    elif subtype == _ADD and length >= 8:
        _add_address(cursor, first)
    elif subtype == _REMOVE:
        while cursor.left():
            cursor.number("Address ID", 1, "addrid")
    elif subtype == _PRIORITY:
        flag = first & 1
        node.add(bits_label(first, 0x01, 8, f"Backup flag: {flag}"), at + 2, 1, "tcp.options.mptcp.backup.flag")
        if cursor.left():
            cursor.number("Address ID", 1, "addrid")
    elif subtype == _FAIL and length >= 12:
        cursor.at += 1
        cursor.number("Data Sequence Number", 8, "rawdataseqno")
    elif subtype == _FASTCLOSE and length >= 12:
        cursor.at += 1
        cursor.number("Receiver's Key", 8, "recvkey")
    elif cursor.left():
        cursor.rest()


def _flags(cursor: _Cursor, value: int, rows: tuple[tuple[int, str, str], ...]) -> Branch:
    branch = cursor.node.add(f"Multipath TCP flags: 0x{value:02x}", cursor.at, 1, "tcp.options.mptcp.flags")
    for mask, title, field in rows:
        state = 1 if value & mask else 0
        branch.add(bits_label(value, mask, 8, f"{title}: {state}"), cursor.at, 1, f"tcp.options.mptcp.{field}")
    return branch


def _capable(cursor: _Cursor, version: int) -> None:
    text = bits_label(version, 0x0F, 8, f"Multipath TCP version: {version}")
    cursor.node.add(text, cursor.at - 1, 1, "tcp.options.mptcp.version")
    value = cursor.source.number(cursor.at, 1)
    digest = (0x01, "Use HMAC-SHA256", "sha256.flag") if version else (0x01, "Use HMAC-SHA1", "sha1.flag")
    branch = _flags(cursor, value, (*_CAPABLE_FLAGS, digest))
    reserved = value >> 1 & 0x0F
    text = bits_label(value, 0x1E, 8, f"Reserved: 0x{reserved:x}")
    branch.add(text, cursor.at, 1, "tcp.options.mptcp.reserved.flag")
    cursor.at += 1
    if cursor.left() >= 8:
        cursor.number("Sender's Key", 8, "sendkey")
    if cursor.left() >= 8:
        cursor.number("Receiver's Key", 8, "recvkey")
    if cursor.left() >= 2:
        cursor.number("Data-level Length", 2, "datalvllen")
    if cursor.left() >= 2:
        cursor.hexadecimal("Checksum", 2, "checksum")


def _join(cursor: _Cursor, first: int, length: int) -> None:
    """MP_JOIN: twelve bytes in the SYN, sixteen in the SYN-ACK, twenty-four in the third ACK."""
    if length == 24:
        cursor.at += 1
        cursor.hexadecimal("Sender's HMAC", 20, "sendhmac")
        return
    text = bits_label(first, 0x01, 8, f"Backup flag: {first & 1}")
    cursor.node.add(text, cursor.at - 1, 1, "tcp.options.mptcp.backup.flag")
    cursor.number("Address ID", 1, "addrid")
    if length == 12:
        cursor.number("Receiver's Token", 4, "recvtok")
        cursor.number("Sender's Random Number", 4, "sendrand")
    elif length == 16:
        cursor.number("Sender's Truncated HMAC", 8, "sendtrunchmac")
        cursor.number("Sender's Random Number", 4, "sendrand")
    elif cursor.left():
        cursor.rest()


def _data_sequence(cursor: _Cursor) -> None:
    flags = cursor.source.number(cursor.at, 1)
    _flags(cursor, flags & 0x1F, _DSS_FLAGS)
    # The three reserved bits of the flags byte are masked out and not drawn.
    cursor.at += 1
    if flags & 0x01:
        size = 8 if flags & 0x02 else 4
        cursor.number("Original MPTCP Data ACK", size, "rawdataack", f" ({8 * size}bits)")
    if flags & 0x04:
        size = 8 if flags & 0x08 else 4
        cursor.number("Data Sequence Number", size, "rawdataseqno", f"  ({8 * size}bits version)")
        cursor.number("Subflow Sequence Number", 4, "subflowseqno")
        cursor.number("Data-level Length", 2, "datalvllen")
        if cursor.left() >= 2:
            cursor.hexadecimal("Checksum", 2, "checksum")


def _add_address(cursor: _Cursor, first: int) -> None:
    """ADD_ADDR: the low bit is the echo flag (RFC 8684, 3.4.1); in RFC 6824 the IP version is there."""
    version = first & 0x0F
    is_old = version in (4, 6)
    title, field = ("IP version", "ipver") if is_old else ("Echo", "echo")
    mask = 0x0F if is_old else 0x01
    text = bits_label(first, mask, 8, f"{title}: {first & mask}")
    cursor.node.add(text, cursor.at - 1, 1, f"tcp.options.mptcp.{field}")
    cursor.number("Address ID", 1, "addrid")
    size = 16 if version == 6 or (not is_old and cursor.left() >= 16) else 4
    raw = cursor.source.take(cursor.at, size)
    kind, field = ("IPv6", "ipv6") if size == 16 else ("IPv4", "ipv4")
    text = f"Advertised {kind} Address: {ip_address(raw)}"
    cursor.node.add(text, cursor.at, size, f"tcp.options.mptcp.{field}")
    cursor.at += size
    if cursor.left() in (2, 10):
        cursor.number("Advertised port", 2, "port")
    if cursor.left() >= 8:
        cursor.hexadecimal("Truncated HMAC", 8, "addaddrtrunchmac")
