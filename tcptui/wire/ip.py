"""IPv4, IPv6 with its extension headers, and ICMP errors that quote a datagram."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.wire.header_walk import I64, U8, Bool, Dispatch, Frames, Layer, Step, words16

PROTOCOL_ICMP: Final = 1
PROTOCOL_TCP: Final = 6
PROTOCOL_UDP: Final = 17
PROTOCOL_ICMPV6: Final = 58
_FRAGMENT_HEADER: Final = 44
_AUTHENTICATION: Final = 51

IP_PROTOCOLS: Final = Dispatch({
    PROTOCOL_TCP: Layer.TCP, PROTOCOL_UDP: Layer.UDP, PROTOCOL_ICMP: Layer.ICMP, PROTOCOL_ICMPV6: Layer.ICMPV6,
    4: Layer.IPV4, 41: Layer.IPV6, 47: Layer.GRE, 97: Layer.ETHER_IP, 136: Layer.UDP, 137: Layer.MPLS,
    80: Layer.NLPID, 103: Layer.PIM, 143: Layer.ETHERNET,
    # Extension headers (RFC 8200, 4; RFC 4302; RFC 5533), wherever they appear.
    0: Layer.IP_PROTOCOL, 43: Layer.IP_PROTOCOL, 60: Layer.IP_PROTOCOL, 140: Layer.IP_PROTOCOL,
    _FRAGMENT_HEADER: Layer.IP_PROTOCOL, _AUTHENTICATION: Layer.IP_PROTOCOL,
})  # fmt: skip
#: ICMP types that quote the datagram they complain of (RFC 792, RFC 4443).
_ICMP_ERRORS: Final = (3, 4, 5, 11, 12)
_ICMPV6_ERRORS: Final = (1, 2, 3, 4)
#: Where the options of neighbour discovery begin, by ICMPv6 type (RFC 4861, 4); 0 elsewhere.
_DISCOVERY: Final = np.zeros(256, np.int64)
_DISCOVERY[133:138] = (8, 16, 24, 24, 40)
_REDIRECTED_HEADER: Final = 4
_MAX_OPTIONS: Final = 16
#: Hop-by-hop options that consist of the jumbo payload option (RFC 2675) and nothing else.
_JUMBO: Final = (0, 0xC2, 4)
_SMALLEST_JUMBO: Final = 1 << 16


def ipv4(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 791; total length 0 means segmentation offload: as long as the frame."""
    _ipv4(batch, frames, offsets, None)


def vj_uncompressed(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 1144, 3.2.2: a whole TCP/IP header with the connection's number in place of the protocol.

    Compressed packets need the direction they were sent in, which a capture does not tell;
    tshark does not decode them either.
    """
    _ipv4(batch, frames, offsets, PROTOCOL_TCP)


def _ipv4(batch: Frames, frames: I64, offsets: I64, protocol: int | None) -> None:
    held = batch.held(frames, offsets, 20)
    head = batch.read(frames, offsets, 20)
    version = head[:, 0] >> 4
    header = (head[:, 0] & 0x0F).astype(np.int64) * 4
    sound = held & (version == 4) & (header >= 20) & (offsets + header <= batch.captured[batch.at(frames)])
    words = head.view(">u2")
    total = words[:, 1].astype(np.int64)
    sound &= (total == 0) | (total >= header)
    if not sound.all():
        # A header that is announced as IPv4 may be IPv6 by its own version.
        other = held & (version == 6)
        batch.send(Layer.IPV6, frames[other], offsets[other])
        batch.malformed[frames[~sound & ~other]] = True
        frames, offsets, head, header, words, total = (
            column[sound] for column in (frames, offsets, head, header, words, total)
        )  # fmt: skip
    if batch.ip_headers is not None:
        batch.ip_headers.append((frames, offsets))
    at = batch.at(frames)
    left = batch.end[at]
    stop = np.where(total == 0, left, offsets + total)
    batch.end[at] = np.minimum(left, stop)
    batch.lacking[at] = np.maximum(stop - left, 0)
    batch.network[at] = offsets
    batch.version[at] = 4
    batch.tos[at] = head[:, 1]
    batch.ttl[at] = head[:, 8]
    batch.ip_id[at] = words[:, 2]
    addresses = head.view(">u4")
    source_high, source_low, target_high, target_low = batch.address
    source_low[at], target_low[at] = addresses[:, 3], addresses[:, 4]
    source_high[at] = target_high[at] = 0
    batch.protocol[at] = head[:, 9] if protocol is None else protocol
    batch.partial[at] = False  # in a piece of an outer datagram, too: the inner header says how long its segment is
    piece = (words[:, 3] & 0x3FFF) != 0
    if piece.any():
        is_first = (words[:, 3] & 0x1FFF) == 0
        uncut = stop <= batch.captured[frames]
        whole = ~piece | _split(batch, frames, offsets, piece, is_first, uncut)
        frames, offsets, header = frames[whole], offsets[whole], header[whole]
    dispatch(batch, frames, offsets + header)


def _split(batch: Frames, frames: I64, datagrams: I64, piece: Bool, is_first: Bool, uncut: Bool) -> Bool:
    """Keep fragments for reassembly; returns which of the others are decoded as they stand.

    A first fragment has the ports, so it is decoded where it cannot be reassembled: in an ICMP
    quotation, or cut by the snapshot length.  It does not tell how long the segment was.
    """
    quoted = batch.quoted[frames]
    kept = piece & uncut & ~(quoted & is_first)
    batch.fragments += list(zip(frames[kept].tolist(), datagrams[kept].tolist(), strict=True))
    readable = piece & is_first & ~kept
    batch.partial[frames[readable]] = True
    return readable


def ipv6(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 8200; payload length 0 means no payload unless a jumbo payload option (RFC 2675) says otherwise."""
    head = batch.read(frames, offsets, 44)
    sound = batch.held(frames, offsets, 40) & (head[:, 0] >> 4 == 6)
    if not sound.all():
        batch.malformed[frames[~sound]] = True
        frames, offsets, head = frames[sound], offsets[sound], head[sound]
    if batch.ip_headers is not None:
        batch.ip_headers.append((frames, offsets))
    words = words16(head)
    payload = words[:, 2]
    if not payload.all():
        payload = np.where(payload == 0, _jumbo(batch, frames, offsets, head), payload)
    stop = offsets + 40 + payload
    batch.lacking[frames] = np.maximum(stop - batch.end[frames], 0)
    batch.shorten(frames, stop)
    batch.network[frames] = offsets
    batch.version[frames] = 6
    batch.tos[frames] = (words[:, 0] >> 4) & 0xFF
    batch.ttl[frames] = head[:, 7]
    batch.ip_id[frames] = 0
    batch.address[:, frames] = np.ascontiguousarray(head[:, 8:40]).view(">u8").T
    batch.protocol[frames] = head[:, 6]
    dispatch(batch, frames, offsets + 40)


def _jumbo(batch: Frames, frames: I64, offsets: I64, head: U8) -> I64:
    """Payload lengths by the jumbo payload option; 0 without one."""
    size = batch.read(frames, offsets + 44, 4).view(">u4")[:, 0].astype(np.int64)
    has_option = (head[:, 6] == 0) & (head[:, 41:44] == _JUMBO).all(axis=1) & batch.held(frames, offsets, 48)
    return np.where(has_option & (size >= _SMALLEST_JUMBO), size, 0)


def ip_protocol(batch: Frames, frames: I64, offsets: I64) -> None:
    """Skip one extension header (the walk comes back here for the next one)."""
    held = batch.held(frames, offsets, 8)
    frames, offsets = frames[held], offsets[held]
    head = batch.read(frames, offsets, 8)
    kind = batch.protocol[frames]
    is_fragment = kind == _FRAGMENT_HEADER
    control = words16(head)[:, 1]
    piece = is_fragment & ((control & 0xFFF9) != 0) & (batch.version[frames] == 6)
    length = head[:, 1].astype(np.int64)
    size = np.where(is_fragment, 8, np.where(kind == _AUTHENTICATION, (length + 2) * 4, (length + 1) * 8))
    whole = ~piece
    if piece.any():
        # Unlike IPv4's, a first fragment that cannot be reassembled is not decoded (except in a quotation).
        datagrams = batch.network[frames]
        uncut = datagrams + 40 + batch.word(frames, datagrams + 4) <= batch.captured[frames]
        whole |= _split(batch, frames, datagrams, piece, control & 0xFFF8 == 0, uncut) & batch.quoted[frames]
    batch.protocol[frames[whole]] = head[whole, 0]
    dispatch(batch, frames[whole], (offsets + size)[whole])


def icmp(batch: Frames, frames: I64, offsets: I64) -> None:
    """An error's quotation begins eight bytes in."""
    _quotation(batch, frames, offsets, _ICMP_ERRORS, Layer.IPV4)


def icmpv6(batch: Frames, frames: I64, offsets: I64) -> None:
    """An error's quotation begins eight bytes in; neighbour discovery has it in an option."""
    _quotation(batch, frames, offsets, _ICMPV6_ERRORS, Layer.IPV6)
    held = batch.held(frames, offsets, 8) & ~batch.quoted[frames]
    start = _DISCOVERY[batch.byte(frames, offsets)]
    discovering = held & (start > 0)
    if discovering.any():
        _redirected(batch, frames[discovering], (offsets + start)[discovering])


def _redirected(batch: Frames, frames: I64, offsets: I64) -> None:
    """The packet in a redirected-header option (RFC 4861, 4.6.3), among the options at ``offsets``."""
    for _ in range(_MAX_OPTIONS):
        held = batch.held(frames, offsets, 8)
        frames, offsets = frames[held], offsets[held]
        size = batch.byte(frames, offsets + 1) * 8
        found = (batch.byte(frames, offsets) == _REDIRECTED_HEADER) & (size > 0)
        mine = frames[found]
        batch.shorten(mine, (offsets + size)[found])
        batch.quoted[mine] = True
        batch.send(Layer.IPV6, mine, offsets[found] + 8)
        going = ~found & (size > 0)
        frames, offsets = frames[going], (offsets + size)[going]


def _quotation(batch: Frames, frames: I64, offsets: I64, errors: tuple[int, ...], layer: Layer) -> None:
    held = batch.held(frames, offsets, 28) & ~batch.quoted[frames]
    frames, offsets = frames[held], offsets[held]
    quoting = np.isin(batch.byte(frames, offsets), errors)
    frames, offsets = frames[quoting], offsets[quoting]
    batch.quoted[frames] = True
    batch.send(layer, frames, offsets + 8)


def dispatch(batch: Frames, frames: I64, offsets: I64) -> None:
    """Send ``frames`` on by their IP protocol number."""
    batch.send_by(IP_PROTOCOLS, batch.protocol[batch.at(frames)], frames, offsets)


STEPS: Final[dict[Layer, Step]] = {
    Layer.IPV4: ipv4, Layer.VJ_UNCOMPRESSED: vj_uncompressed, Layer.IPV6: ipv6, Layer.IP_PROTOCOL: ip_protocol,
    Layer.ICMP: icmp, Layer.ICMPV6: icmpv6,
}  # fmt: skip
