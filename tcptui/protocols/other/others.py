"""One line about ARP, DHCP, NTP, IGMP, TFTP, STUN, QUIC, and about protocols of text lines."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

import dpkt

from tcptui.model.safe_text import safe_text
from tcptui.protocols.other.line import TEXT_LIMIT, Line

_DHCP_MESSAGES: Final = {
    1: "Discover", 2: "Offer", 3: "Request", 4: "Decline", 5: "ACK", 6: "NAK", 7: "Release", 8: "Inform",
}  # fmt: skip
_DHCP_GIVING: Final = (2, 5)
_DHCP_TYPE: Final = 53
_DHCP_WANTED: Final = 50
_NTP_MODES: Final = {
    1: "symmetric active", 2: "symmetric passive", 3: "client", 4: "server", 5: "broadcast", 6: "control",
    7: "private",
}  # fmt: skip
_IGMP: Final = {
    0x11: "group-query", 0x12: "group-join", 0x16: "group-join", 0x17: "group-leave-of", 0x22: "group-report",
}  # fmt: skip
_TFTP: Final = {3: "tftp-data", 4: "tftp-ack"}
#: Long headers of QUIC (RFC 9000, 17.2) by their two bits of type; version 2 (RFC 9369, 3.2) counts them anew.
_QUIC: Final = ("Initial", "0-RTT", "Handshake", "Retry")
_QUIC_2: Final = ("Retry", "Initial", "0-RTT", "Handshake")
_QUIC_VERSION_2: Final = 0x6B3343CF
_STUN_METHODS: Final = {1: "Binding", 3: "Allocate", 4: "Refresh", 6: "Send", 7: "Data", 8: "CreatePermission",
                        9: "ChannelBind"}  # fmt: skip
_STUN_COOKIE: Final = b"\x21\x12\xa4\x42"
_STUN_HEADER: Final = 20
#: Binding and Shared Secret: request, response, error (RFC 3489, 11.1).
_CLASSIC_STUN: Final = (0x0001, 0x0101, 0x0111, 0x0002, 0x0102, 0x0112)
_STUN_CLASSES: Final = ("stun-request", "stun-indication", "stun-success", "stun-error")


def read_arp(raw: bytes) -> Line:
    """RFC 826; raises as dpkt does for bytes that are none."""
    message = dpkt.arp.ARP(raw)
    if (message.pro, message.hln, message.pln) != (0x0800, 6, 4):
        return Line("arp", {"operation": int(message.op)})
    sender, target = str(ip_address(message.spa)), str(ip_address(message.tpa))
    facts = {"sender": sender, "target": target, "mac": message.sha.hex(":")}
    if sender == target:
        return Line("arp-own", facts)
    if sender == "0.0.0.0":
        return Line("arp-probe", facts)
    kinds = {1: "arp-request", 2: "arp-reply"}
    return Line(kinds.get(message.op, "arp"), {**facts, "operation": int(message.op)})


def read_dhcp(payload: bytes) -> Line:
    """RFC 2131; raises as dpkt does for bytes that are none."""
    message = dpkt.dhcp.DHCP(payload)
    options = dict(message.opts)
    kind = options.get(_DHCP_TYPE, b"\0")[:1]
    number = kind[0] if kind else 0
    facts: dict[str, object] = {
        "message": _DHCP_MESSAGES.get(number, "BOOTP"),
        "mac": bytes(message.chaddr[:6]).hex(":"),
    }
    address = int(message.yiaddr)
    wanted = options.get(_DHCP_WANTED, b"")
    if number in _DHCP_GIVING and address:
        return Line("dhcp-address", {**facts, "address": str(ip_address(address))})
    if len(wanted) == 4:
        return Line("dhcp-address", {**facts, "address": str(ip_address(wanted))})
    return Line("dhcp", facts)


def read_ntp(payload: bytes) -> Line:
    """RFC 5905; raises as dpkt does for bytes that are none."""
    flags = payload[0]
    version, mode = flags >> 3 & 7, flags & 7
    facts: dict[str, object] = {"version": version, "mode": _NTP_MODES.get(mode, f"mode {mode}")}
    if mode == 4:
        return Line("ntp-server", {**facts, "stratum": int(dpkt.ntp.NTP(payload).stratum)})
    return Line("ntp", facts)


def read_igmp(raw: bytes) -> Line:
    """RFC 2236, RFC 3376; raises as dpkt does for bytes that are none."""
    message = dpkt.igmp.IGMP(raw)
    kind = _IGMP.get(int(message.type), "igmp")
    return Line(kind, {"type": int(message.type), "group": str(ip_address(message.group))})


def read_tftp(payload: bytes) -> Line:
    """RFC 1350; raises as dpkt does for bytes that are none."""
    message = dpkt.tftp.TFTP(payload)
    if message.opcode in (1, 2):
        kind = "tftp-read" if message.opcode == 1 else "tftp-write"
        return Line(kind, {"file": safe_text(message.filename, TEXT_LIMIT)})
    if message.opcode == 5:
        return Line("tftp-error", {"code": int(message.errcode), "text": safe_text(message.errmsg, TEXT_LIMIT)})
    if message.opcode in _TFTP:
        return Line(_TFTP[message.opcode], {"block": int(message.block)})
    return Line("plain", {"size": len(payload)})


def read_stun(payload: bytes) -> Line:
    """RFC 8489, 5; raises IndexError for fewer bytes than a header's type.

    What has no magic cookie is taken for a message only if it is one of RFC 3489, which knew none, with its length:
    TURN's channel data and other programs use the same port.
    """
    kind, length = payload[0] << 8 | payload[1], payload[2:4]
    is_classic = kind in _CLASSIC_STUN and int.from_bytes(length) == len(payload) - _STUN_HEADER
    if payload[4:8] != _STUN_COOKIE and not is_classic:
        return Line("plain", {"size": len(payload)})
    method = kind & 0x0F | kind >> 1 & 0x70 | kind >> 2 & 0xF80
    group = kind >> 4 & 1 | kind >> 7 & 2
    return Line(_STUN_CLASSES[group], {"method": _STUN_METHODS.get(method, f"0x{method:03x}")})


def read_quic(payload: bytes) -> Line:
    """The invariant part of a header and its type (RFC 8999, RFC 9000); raises IndexError without a byte."""
    first = payload[0]
    if not first & 0x80:
        return Line("quic-protected")
    version = int.from_bytes(payload[1:5], "big")
    if len(payload) < 5:
        return Line("plain", {"size": len(payload)})
    if not version:
        return Line("quic-versions")
    name = (_QUIC_2 if version == _QUIC_VERSION_2 else _QUIC)[first >> 4 & 3]
    return Line("quic-initial" if name == "Initial" else "quic", {"packet": name, "version": f"0x{version:08x}"})


def read_text(payload: bytes) -> Line:
    """The first line of a message of text lines, such as SSDP, SIP and syslog; raises ValueError when it is none."""
    line = payload.lstrip(b"\r\n").split(b"\r\n", 1)[0].split(b"\n", 1)[0]
    text = line[: 4 * TEXT_LIMIT].decode("utf-8")
    if not text.strip():
        raise ValueError("no text")
    return Line("text", {"text": safe_text(text, TEXT_LIMIT)})
