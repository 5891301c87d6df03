"""IPv4, IPv6, the tunnels inside them, and ICMP errors that quote a datagram."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from tcptui.wire.layers import I64, Frames, Layer, words16

PROTOCOL_ICMP: Final = 1
PROTOCOL_TCP: Final = 6
PROTOCOL_UDP: Final = 17
PROTOCOL_ICMPV6: Final = 58

_NEXT_LAYERS: Final = {
    PROTOCOL_TCP: Layer.TCP, PROTOCOL_UDP: Layer.UDP, PROTOCOL_ICMP: Layer.ICMP, PROTOCOL_ICMPV6: Layer.ICMPV6,
    4: Layer.IPV4, 41: Layer.IPV6, 47: Layer.GRE, 137: Layer.MPLS,
}  # fmt: skip
#: IPv6 extension headers with the ordinary shape (RFC 8200, 4): next header, length in 8 bytes less one.
_EXTENSIONS: Final = (0, 43, 60, 135, 139, 140)
_FRAGMENT_HEADER: Final = 44
_AUTHENTICATION: Final = 51
#: ICMP types that quote the datagram they complain of (RFC 792, RFC 4443).
_ICMP_ERRORS: Final = (3, 4, 5, 11, 12)
_ICMPV6_ERRORS: Final = (1, 2, 3, 4)
_VXLAN, _VXLAN_GPE, _GENEVE, _GTP_USER, _TEREDO = 4789, 4790, 6081, 2152, 3544


def ipv4(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 791; total length 0 means segmentation offload: as long as the frame."""
    held = batch.held(frames, offsets, 20)
    head = batch.read(frames, offsets, 20)
    header = (head[:, 0] & 0x0F).astype(np.int64) * 4
    sound = held & (head[:, 0] >> 4 == 4) & (header >= 20) & (offsets + header <= batch.captured[frames])
    words = words16(head)
    total = words[:, 1]
    sound &= (total == 0) | (total >= header)
    frames, offsets, head, header, words, total = _keep(batch, sound, frames, offsets, head, header, words, total)
    left = batch.end[frames]
    batch.end[frames] = np.where(total == 0, left, np.minimum(left, offsets + total))
    batch.network[frames] = offsets
    batch.version[frames] = 4
    batch.tos[frames] = head[:, 1]
    batch.ttl[frames] = head[:, 8]
    batch.ip_id[frames] = words[:, 2]
    addresses = head.view(">u4")
    batch.address[frames, 1] = addresses[:, 3]
    batch.address[frames, 3] = addresses[:, 4]
    batch.address[frames, 0] = batch.address[frames, 2] = 0
    batch.protocol[frames] = head[:, 9]
    piece = (words[:, 3] & 0x3FFF) != 0
    if piece.any():
        # A first fragment inside an ICMP quote still shows the ports; others are for reassembly.
        quoted = batch.quoted[frames] & ((words[:, 3] & 0x1FFF) == 0)
        batch.fragments += list(zip(frames[piece & ~quoted].tolist(), offsets[piece & ~quoted].tolist(), strict=True))
        whole = ~piece | quoted
        frames, offsets, header = frames[whole], offsets[whole], header[whole]
    dispatch(batch, frames, offsets + header)


def ipv6(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 8200; payload length 0 (jumbogram, or offload) means as long as the frame."""
    head = batch.read(frames, offsets, 40)
    sound = batch.held(frames, offsets, 40) & (head[:, 0] >> 4 == 6)
    frames, offsets, head = _keep(batch, sound, frames, offsets, head)
    words = words16(head)
    payload = words[:, 2]
    left = batch.end[frames]
    batch.end[frames] = np.where(payload == 0, left, np.minimum(left, offsets + 40 + payload))
    batch.network[frames] = offsets
    batch.version[frames] = 6
    batch.tos[frames] = (words[:, 0] >> 4) & 0xFF
    batch.ttl[frames] = head[:, 7]
    batch.ip_id[frames] = 0
    batch.address[frames] = np.ascontiguousarray(head[:, 8:]).view(">u8")
    batch.protocol[frames] = head[:, 6]
    dispatch(batch, frames, offsets + 40)


def ip_protocol(batch: Frames, frames: I64, offsets: I64) -> None:
    """Past one IPv6 extension header (the loop of layers comes back for the next)."""
    frames, offsets = _need(batch, frames, offsets, 8)
    head = batch.read(frames, offsets, 8)
    kind = batch.protocol[frames]
    is_fragment = kind == _FRAGMENT_HEADER
    control = words16(head)[:, 1]
    piece = is_fragment & ((control & 0xFFF9) != 0)
    batch.fragments += [
        (frame, int(batch.network[frame])) for frame in frames[piece & ~batch.quoted[frames]].tolist()
    ]  # fmt: skip
    size = np.where(
        is_fragment, 8,
        np.where(kind == _AUTHENTICATION, (head[:, 1].astype(np.int64) + 2) * 4, (head[:, 1].astype(np.int64) + 1) * 8),
    )  # fmt: skip
    batch.protocol[frames[~piece]] = head[~piece, 0]
    dispatch(batch, frames[~piece], (offsets + size)[~piece])


def udp(batch: Frames, frames: I64, offsets: I64) -> None:
    """Only for the tunnels that tshark opens by port: VXLAN, Geneve, GTP, Teredo."""
    held = batch.held(frames, offsets, 8) & ~batch.quoted[frames]
    frames, offsets = frames[held], offsets[held]
    ports = words16(batch.read(frames, offsets, 4))
    payload = offsets + 8

    def with_port(port: int) -> tuple[I64, I64]:
        mine = (ports[:, 0] == port) | (ports[:, 1] == port)
        return frames[mine], payload[mine]

    vxlan, at = with_port(_VXLAN)
    batch.send(Layer.ETHERNET, vxlan, at + 8)
    _geneve(batch, *with_port(_GENEVE))
    _gtp(batch, *with_port(_GTP_USER))
    _teredo(batch, *with_port(_TEREDO))


def _geneve(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 8926: options length in the first byte, then an ethertype."""
    frames, offsets = _need(batch, frames, offsets, 8)
    head = batch.read(frames, offsets, 8)
    batch.protocol[frames] = words16(head)[:, 1]
    batch.send(Layer.ETHERTYPE, frames, offsets + 8 + (head[:, 0] & 0x3F).astype(np.int64) * 4)


def _gtp(batch: Frames, frames: I64, offsets: I64) -> None:
    """GTP-U (3GPP TS 29.281): a G-PDU (message 255) holds an IP packet."""
    frames, offsets = _need(batch, frames, offsets, 8)
    head = batch.read(frames, offsets, 12)
    packet = (head[:, 1] == 255) & (head[:, 0] >> 5 == 1)
    frames, offsets, head = frames[packet], offsets[packet], head[packet]
    optional = (head[:, 0] & 0x07) != 0
    offsets = offsets + np.where(optional, 12, 8)
    extended = ((head[:, 0] & 0x04) != 0) & (head[:, 11] != 0)
    while extended.any():
        # Extension header: length in 4 bytes first, type of the next one last.
        extended &= batch.held(frames, offsets, 4)
        size = batch.read(frames, offsets, 1)[:, 0].astype(np.int64) * 4
        extended &= size > 0
        offsets = np.where(extended, offsets + size, offsets)
        extended &= batch.held(frames, offsets - 1, 1)
        extended &= batch.read(frames, np.maximum(offsets - 1, 0), 1)[:, 0] != 0
    batch.send(Layer.RAW_IP, frames, offsets)


def _teredo(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 4380: optional authentication and origin indications before IPv6."""
    frames, offsets = _need(batch, frames, offsets, 8)
    head = batch.read(frames, offsets, 4)
    authenticated = (head[:, 0] == 0) & (head[:, 1] == 1)
    offsets = offsets + np.where(authenticated, 13 + head[:, 2].astype(np.int64) + head[:, 3], 0)
    frames, offsets = _need(batch, frames, offsets, 8)
    head = batch.read(frames, offsets, 2)
    offsets = offsets + np.where((head[:, 0] == 0) & (head[:, 1] == 0), 8, 0)
    batch.send(Layer.RAW_IP, frames, offsets)


def gre(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 2784 and 2890, PPTP's version 1 (RFC 2637), ERSPAN as tshark opens it."""
    frames, offsets = _need(batch, frames, offsets, 4)
    words = words16(batch.read(frames, offsets, 4))
    flags, kind = words[:, 0], words[:, 1]
    size = 4 + 4 * (((flags & 0xC000) != 0).astype(np.int64) + ((flags & 0x2000) != 0) + ((flags & 0x1000) != 0))
    size += 4 * (((flags & 0x0080) != 0) & ((flags & 7) == 1))
    inner = offsets + size
    erspan_1 = (kind == 0x88BE) & ((flags & 0x1000) == 0)
    erspan_2 = (kind == 0x88BE) & ~erspan_1
    erspan_3 = kind == 0x22EB
    batch.send(Layer.ETHERNET, frames[erspan_1], inner[erspan_1])
    batch.send(Layer.ETHERNET, frames[erspan_2], inner[erspan_2] + 8)
    _erspan_3(batch, frames[erspan_3], inner[erspan_3])
    other = (kind != 0x88BE) & ~erspan_3
    batch.protocol[frames[other]] = kind[other]
    batch.send(Layer.ETHERTYPE, frames[other], inner[other])


def _erspan_3(batch: Frames, frames: I64, offsets: I64) -> None:
    frames, offsets = _need(batch, frames, offsets, 12)
    subheader = (batch.read(frames, offsets + 11, 1)[:, 0] & 1).astype(np.int64)
    batch.send(Layer.ETHERNET, frames, offsets + 12 + 8 * subheader)


def icmp(batch: Frames, frames: I64, offsets: I64) -> None:
    """An error's quotation begins eight bytes in."""
    _quotation(batch, frames, offsets, _ICMP_ERRORS, Layer.IPV4)


def icmpv6(batch: Frames, frames: I64, offsets: I64) -> None:
    """An error's quotation begins eight bytes in."""
    _quotation(batch, frames, offsets, _ICMPV6_ERRORS, Layer.IPV6)


def _quotation(batch: Frames, frames: I64, offsets: I64, errors: tuple[int, ...], layer: Layer) -> None:
    held = batch.held(frames, offsets, 28) & ~batch.quoted[frames]
    frames, offsets = frames[held], offsets[held]
    quoting = np.isin(batch.read(frames, offsets, 1)[:, 0], errors)
    frames, offsets = frames[quoting], offsets[quoting]
    batch.quoted[frames] = True
    batch.send(layer, frames, offsets + 8)


def _need(batch: Frames, frames: I64, offsets: I64, size: int) -> tuple[I64, I64]:
    held = batch.held(frames, offsets, size)
    return frames[held], offsets[held]


def _keep(batch: Frames, sound: np.ndarray, frames: I64, *columns: np.ndarray) -> list[np.ndarray]:  # type: ignore[type-arg]
    """Rows that are ``sound``; the frames of the others are marked malformed."""
    if sound.all():
        return [frames, *columns]
    batch.malformed[frames[~sound]] = True
    return [frames[sound], *(column[sound] for column in columns)]


def dispatch(batch: Frames, frames: I64, offsets: I64) -> None:
    """Send ``frames`` on by their IP protocol number."""
    kind = batch.protocol[frames]
    tcp = kind == PROTOCOL_TCP
    if tcp.all():
        batch.send(Layer.TCP, frames, offsets)
        return
    for number, layer in _NEXT_LAYERS.items():
        mine = kind == number
        batch.send(layer, frames[mine], offsets[mine])
    more = np.isin(kind, (*_EXTENSIONS, _FRAGMENT_HEADER, _AUTHENTICATION))
    batch.send(Layer.IP_PROTOCOL, frames[more], offsets[more])


STEPS: Final[dict[Layer, Callable[[Frames, I64, I64], None]]] = {
    Layer.IPV4: ipv4, Layer.IPV6: ipv6, Layer.IP_PROTOCOL: ip_protocol, Layer.UDP: udp, Layer.GRE: gre,
    Layer.ICMP: icmp, Layer.ICMPV6: icmpv6,
}  # fmt: skip
