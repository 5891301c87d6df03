"""From the link header to the network header, for every link type we know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from tcptui.wire.layers import I64, Frames, Layer, words16

#: LINKTYPE_ values (tcpdump.org/linktypes) to the layer that begins the frame.
LINK_LAYERS: Final = {
    0: Layer.LOOPBACK, 1: Layer.ETHERNET, 9: Layer.PPP, 10: Layer.FDDI, 12: Layer.RAW_IP, 14: Layer.RAW_IP,
    50: Layer.PPP, 51: Layer.PPPOE, 101: Layer.RAW_IP, 104: Layer.CISCO_HDLC, 108: Layer.LOOPBACK,
    113: Layer.COOKED_V1, 228: Layer.RAW_IP, 229: Layer.RAW_IP, 276: Layer.COOKED_V2,
}  # fmt: skip

_VLAN_TYPES: Final = (0x8100, 0x88A8, 0x9100, 0x9200)
_BSD_INET6: Final = (24, 28, 30)
_SMALLEST_ETHERTYPE: Final = 0x0600
_HARDWARE_LOOPBACK_NETLINK: Final = 824


def ethernet(batch: Frames, frames: I64, offsets: I64) -> None:
    """Destination, source, then an ethertype or (up to 1500) an 802.3 length."""
    frames, offsets = _complete(batch, frames, offsets, 14)
    kind = words16(batch.read(frames, offsets + 12, 2))[:, 0]
    is_length = kind < _SMALLEST_ETHERTYPE
    plain = ~is_length
    _ethertype(batch, frames[plain], offsets[plain] + 14, kind[plain])
    lengths = kind[is_length]
    short = frames[is_length]
    batch.end[short] = np.minimum(batch.end[short], offsets[is_length] + 14 + lengths)
    batch.send(Layer.LLC, short, offsets[is_length] + 14)


def fddi(batch: Frames, frames: I64, offsets: I64) -> None:
    """Frame control and two addresses, then LLC."""
    frames, offsets = _complete(batch, frames, offsets, 13)
    batch.send(Layer.LLC, frames, offsets + 13)


def llc(batch: Frames, frames: I64, offsets: I64) -> None:
    """802.2: SNAP with an ethertype, or the SAP of IP."""
    frames, offsets = _complete(batch, frames, offsets, 3)
    head = batch.read(frames, offsets, 8)
    snap = (head[:, 0] == 0xAA) & (head[:, 1] == 0xAA) & batch.held(frames, offsets, 8)
    # Encapsulated Ethernet (RFC 1042) and the Apple/Cisco bridge OUIs carry ethertypes.
    snap &= (head[:, 3] == 0) & (head[:, 4] == 0) & ((head[:, 5] == 0) | (head[:, 5] == 0xF8))
    _ethertype(batch, frames[snap], offsets[snap] + 8, words16(head[snap][:, 6:8].copy())[:, 0])
    ip = ~snap & (head[:, 0] == 0x06) & (head[:, 1] == 0x06)
    batch.send(Layer.IPV4, frames[ip], offsets[ip] + 3)


def cooked_v1(batch: Frames, frames: I64, offsets: I64) -> None:
    """Linux cooked capture: 16 bytes, protocol last."""
    frames, offsets = _complete(batch, frames, offsets, 16)
    words = words16(batch.read(frames, offsets, 16))
    ordinary = words[:, 1] != _HARDWARE_LOOPBACK_NETLINK
    _ethertype(batch, frames[ordinary], offsets[ordinary] + 16, words[ordinary, 7])


def cooked_v2(batch: Frames, frames: I64, offsets: I64) -> None:
    """Linux cooked capture version 2: 20 bytes, protocol first."""
    frames, offsets = _complete(batch, frames, offsets, 20)
    _ethertype(batch, frames, offsets + 20, words16(batch.read(frames, offsets, 2))[:, 0])


def loopback(batch: Frames, frames: I64, offsets: I64) -> None:
    """BSD loopback: the address family in the capturing host's byte order."""
    frames, offsets = _complete(batch, frames, offsets, 4)
    family = batch.read(frames, offsets, 4).view("<u4")[:, 0].astype(np.int64)
    swapped = family > 0xFFFF
    family[swapped] = batch.read(frames[swapped], offsets[swapped], 4).view(">u4")[:, 0]
    inet, inet6 = family == 2, np.isin(family, _BSD_INET6)
    batch.send(Layer.IPV4, frames[inet], offsets[inet] + 4)
    batch.send(Layer.IPV6, frames[inet6], offsets[inet6] + 4)


def raw_ip(batch: Frames, frames: I64, offsets: I64) -> None:
    """No link header: the version nibble tells."""
    frames, offsets = _complete(batch, frames, offsets, 1)
    version = batch.read(frames, offsets, 1)[:, 0] >> 4
    for number, layer in ((4, Layer.IPV4), (6, Layer.IPV6)):
        batch.send(layer, frames[version == number], offsets[version == number])


def ppp(batch: Frames, frames: I64, offsets: I64) -> None:
    """PPP (RFC 1661), with or without address and control, protocol in one byte or two."""
    frames, offsets = _complete(batch, frames, offsets, 2)
    head = batch.read(frames, offsets, 2)
    framed = (head[:, 0] == 0xFF) & (head[:, 1] == 0x03)
    offsets = offsets + np.where(framed, 2, 0)
    frames, offsets = _complete(batch, frames, offsets, 2)
    head = batch.read(frames, offsets, 2)
    short = (head[:, 0] & 1) == 1
    kind = np.where(short, head[:, 0].astype(np.int64), words16(head)[:, 0])
    offsets = offsets + np.where(short, 1, 2)
    for number, layer in ((0x21, Layer.IPV4), (0x57, Layer.IPV6), (0x281, Layer.MPLS)):
        batch.send(layer, frames[kind == number], offsets[kind == number])


def cisco_hdlc(batch: Frames, frames: I64, offsets: I64) -> None:
    """Address, control, ethertype."""
    frames, offsets = _complete(batch, frames, offsets, 4)
    _ethertype(batch, frames, offsets + 4, words16(batch.read(frames, offsets, 4))[:, 1])


def ethertype(batch: Frames, frames: I64, offsets: I64) -> None:
    """Send on by `Frames.protocol`, through VLAN tags."""
    _ethertype(batch, frames, offsets, batch.protocol[frames])


def mpls(batch: Frames, frames: I64, offsets: I64) -> None:
    """A label; below the last one the first nibble tells what it is (RFC 4928)."""
    frames, offsets = _complete(batch, frames, offsets, 5)
    head = batch.read(frames, offsets, 5)
    last = (head[:, 2] & 1) == 1
    batch.send(Layer.MPLS, frames[~last], offsets[~last] + 4)
    nibble = head[:, 4] >> 4
    for number, layer in ((4, Layer.IPV4), (6, Layer.IPV6)):
        mine = last & (nibble == number)
        batch.send(layer, frames[mine], offsets[mine] + 4)
    # A pseudowire with control word (RFC 4385) begins with a zero nibble.
    wire = last & (nibble == 0)
    batch.send(Layer.ETHERNET, frames[wire], offsets[wire] + 8)


def pppoe(batch: Frames, frames: I64, offsets: I64) -> None:
    """PPPoE session data (RFC 2516): six bytes, then PPP."""
    frames, offsets = _complete(batch, frames, offsets, 6)
    words = words16(batch.read(frames, offsets, 6))
    session = (words[:, 0] & 0xFF) == 0
    batch.end[frames] = np.minimum(batch.end[frames], offsets + 6 + words[:, 2])
    batch.send(Layer.PPP, frames[session], offsets[session] + 6)


def _complete(batch: Frames, frames: I64, offsets: I64, size: int) -> tuple[I64, I64]:
    """Those frames whose next ``size`` bytes were captured; the others stay what they are."""
    held = batch.held(frames, offsets, size)
    if held.all():
        return frames, offsets
    batch.malformed[frames[~held]] = True
    return frames[held], offsets[held]


def _ethertype(batch: Frames, frames: I64, offsets: I64, kind: I64) -> None:
    batch.protocol[frames] = kind
    for number, layer in (
        (0x0800, Layer.IPV4), (0x86DD, Layer.IPV6), (0x8847, Layer.MPLS), (0x8848, Layer.MPLS),
        (0x8864, Layer.PPPOE), (0x6558, Layer.ETHERNET), (0x880B, Layer.PPP),
    ):  # fmt: skip
        mine = kind == number
        if mine.any():
            batch.send(layer, frames[mine], offsets[mine])
    tagged = np.isin(kind, _VLAN_TYPES)
    if tagged.any():
        frames, offsets = _complete(batch, frames[tagged], offsets[tagged], 4)
        inner = words16(batch.read(frames, offsets, 4))[:, 1]
        is_length = inner < _SMALLEST_ETHERTYPE
        batch.send(Layer.LLC, frames[is_length], offsets[is_length] + 4)
        _ethertype(batch, frames[~is_length], offsets[~is_length] + 4, inner[~is_length])


STEPS: Final[dict[Layer, Callable[[Frames, I64, I64], None]]] = {
    Layer.ETHERNET: ethernet, Layer.FDDI: fddi, Layer.LLC: llc, Layer.COOKED_V1: cooked_v1,
    Layer.COOKED_V2: cooked_v2, Layer.LOOPBACK: loopback, Layer.RAW_IP: raw_ip, Layer.PPP: ppp,
    Layer.CISCO_HDLC: cisco_hdlc, Layer.ETHERTYPE: ethertype, Layer.MPLS: mpls, Layer.PPPOE: pppoe,
}  # fmt: skip
