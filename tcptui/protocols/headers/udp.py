"""The UDP header (RFC 768); its payload is read by scapy, but for DNS and Teredo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from tcptui.protocols.headers.cursor import Dissection, Protocol, Step
from tcptui.protocols.headers.field_line import ChecksumStatus, dotted
from tcptui.protocols.headers.header import Header
from tcptui.protocols.headers.node import ExpertLevel

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes


#: Ports that traceroute sends to, three of each hop.
_TRACEROUTE: Final = range(33435, 33465)
_HEADER: Final = 8
#: Bytes of an address of IPv6, over which a datagram has to have a checksum (RFC 8200, 8.1).
_IPV6: Final = 16
#: Where DNS is spoken, also to all hosts of a link (RFC 6762, RFC 4795), and the least bytes of a message.
DNS_PORTS: Final = frozenset({53, 5353, 5355})
DNS_HEADER: Final = 12

#: Port of Teredo servers.
_TEREDO_PORT: Final = 3544
_ORIGIN, _AUTHENTICATION, _VERSION_6 = 0, 1, 6
_ORIGIN_LENGTH: Final = 8
_NONCE: Final = 8


def _length_line(dissection: Dissection, header: Header) -> int:
    start, source = header.start, header.source
    line = header.field("udp.length")
    length, room = cast("int", line.value), source.end - start
    if length and length < _HEADER:
        note = f"Bad length value {length} < {_HEADER}"
    elif length > room and not dissection.quoting:
        line.note = f" (bogus, payload length {room})"
        note = f"Bad length value {length} > IP payload length"
    else:
        return length
    line.expert(ExpertLevel.ERROR, "Malformed", note, "udp.length.bad")
    return length


def read_udp(dissection: Dissection, step: Step) -> Step | None:
    """Append ports, length and checksum; returns the step for the payload."""
    start, source = step.start, step.source
    dissection.protocols.append("udp")
    origin, target = source.number(start, 2), source.number(start + 2, 2)
    layer = dissection.layer(f"User Datagram Protocol, Src Port: {origin}, Dst Port: {target}", start, _HEADER, "udp")
    header = Header(layer, source, start)
    header.field("udp.srcport")
    line = header.field("udp.dstport")
    if target in _TRACEROUTE:
        hop, attempt = divmod(target - _TRACEROUTE.start, 3)
        note = f"Possible traceroute: hop #{hop + 1}, attempt #{attempt + 1}"
        line.expert(ExpertLevel.CHAT, "Sequence", note, "udp.possible_traceroute")
    length = _length_line(dissection, header)
    if 0 < length < _HEADER:
        return None
    line = header.field("udp.checksum")
    line.note, status = " [unverified]", ChecksumStatus.UNVERIFIED
    if not line.value:
        is_illegal = len(dissection.addresses[0]) == _IPV6 and not dissection.quoting
        line.note, status = " [zero-value ignored]", ChecksumStatus.NOT_PRESENT
        if is_illegal:
            line.note, status = " [zero-value illegal]", ChecksumStatus.ILLEGAL
            line.expert(ExpertLevel.ERROR, "Checksum", "Illegal checksum value (0)", "udp.checksum.zero")
    layer.put("udp.checksum.status", status)
    # A length of 0 is the result of segmentation offload, or of a jumbogram (RFC 2675).
    payload = length - 8 if length >= 8 else source.end - start - 8
    shown = min(payload, source.captured_end() - start - 8)
    if payload == 0:
        return None
    source.take(start + 8, 1)
    layer.add(f"UDP payload ({payload} byte{'' if payload == 1 else 's'})", start + 8, shown, "udp.payload")
    inner = source.within(start + 8 + payload)
    is_dns = not DNS_PORTS.isdisjoint((origin, target)) and shown >= DNS_HEADER
    following = Step(Protocol.DNS if is_dns else Protocol.OTHER_UDP, start + 8, inner, origin << 16 | target)
    return _read_teredo(dissection, following) if _TEREDO_PORT in (origin, target) else following


# IPv6 within UDP by way of Teredo (RFC 4380, 5.1.1): what stands in front of the packet.


def _read_teredo(dissection: Dissection, step: Step) -> Step:
    """Append who authenticates and where the packet came from; returns the step for the packet itself.

    What is none of these is left to scapy.
    """
    at, source = step.start, step.source
    if source.captured_end() - at < 2 or not _is_teredo(source.number(at, 2)):
        return step
    layer = dissection.layer("Teredo IPv6 over UDP tunneling", at, 0, "")
    dissection.protocols.append("teredo")
    begin = at
    if source.number(at, 2) == _AUTHENTICATION:
        at = _authentication_lines(layer, at, source)
    if source.number(at, 2) == _ORIGIN:
        hidden = bytes(byte ^ 0xFF for byte in source.take(at + 2, _ORIGIN_LENGTH - 2))
        layer.add(f"Origin UDP port: {int.from_bytes(hidden[:2])}", at + 2, 2)
        layer.add(f"Origin IPv4 address: {dotted(hidden[2:])}", at + 4, 4)
        at += _ORIGIN_LENGTH
    layer.length = at - begin
    if source.number(at, 1) >> 4 != _VERSION_6:
        return step._replace(protocol=Protocol.DATA, start=at)
    return step._replace(protocol=Protocol.IPV6, start=at)


def _is_teredo(first: int) -> bool:
    return first in (_ORIGIN, _AUTHENTICATION) or first >> 12 == _VERSION_6


def _authentication_lines(layer: Branch, at: int, source: FrameBytes) -> int:
    """Append the authentication header; returns where it ends."""
    named, proof = source.number(at + 2, 1), source.number(at + 3, 1)
    layer.add(f"Client identifier length: {named}", at + 2, 1)
    layer.add(f"Authentication value length: {proof}", at + 3, 1)
    at += 4 + named + proof
    layer.add(f"Nonce value: {source.take(at, _NONCE).hex()}", at, _NONCE)
    layer.add(f"Confirmation byte: {source.number(at + _NONCE, 1)}", at + _NONCE, 1)
    return at + _NONCE + 1
