"""Link types that few captures have: ARCNET, amateur radio's AX.25, Symantec firewalls, Juniper routers."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.wire.header_walk import I64, Dispatch, Frames, Layer, Step, skipping
from tcptui.wire.link.types import ETHERTYPES

#: IP by RFC 1201, IP by RFC 1051, IPv6.
_ARCNET_PROTOCOLS: Final = Dispatch({212: Layer.IPV4, 240: Layer.IPV4, 196: Layer.IPV6})
_ARCNET_OLD: Final = 240
_ARCNET_EXCEPTION: Final = 0xFF
_AX25_ADDRESS: Final = 7
#: Destination, source and at most eight repeaters.
_AX25_ADDRESSES: Final = 10
_AX25_UNNUMBERED: Final = 0x03
_AX25_IP: Final = 0xCC
_JUNIPER_MAGIC: Final = (0x4D, 0x47, 0x43)
_JUNIPER_EXTENDED, _JUNIPER_WITHOUT_LINK = 0x80, 0x02
#: What follows a Juniper header that says that the link header was left out.
_JUNIPER_PROTOCOLS: Final = Dispatch({
    2: Layer.IPV4, 3: Layer.IPV4, 6: Layer.IPV6, 7: Layer.IPV6, 4: Layer.MPLS, 5: Layer.MPLS, 8: Layer.MPLS,
    32: Layer.MPLS, 200: Layer.PPP_BARE, 202: Layer.LLC, 203: Layer.LLC, 204: Layer.ETHERNET, 207: Layer.FRAME_RELAY,
    208: Layer.CISCO_HDLC,
})  # fmt: skip
_SYMANTEC_HEADER: Final = 44


def _arcnet(size: int, with_exceptions: bool) -> Step:
    """A step over ARCNET's addresses in ``size`` bytes; then protocol and, but for RFC 1051, fragmentation."""

    def step(batch: Frames, frames: I64, offsets: I64) -> None:
        frames, offsets = batch.complete(frames, offsets, size + 2)
        kind = batch.byte(frames, offsets + size)
        exception = with_exceptions & (batch.byte(frames, offsets + size + 1) == _ARCNET_EXCEPTION)
        split = np.where(exception, 7, 3)
        batch.send_by(_ARCNET_PROTOCOLS, kind, frames, offsets + size + 1 + np.where(kind == _ARCNET_OLD, 0, split))

    return step


def ax25(batch: Frames, frames: I64, offsets: I64) -> None:
    """AX.25 2.2, 3: addresses until one has its lowest bit set; information and its protocol."""
    frames, offsets = batch.complete(frames, offsets, 2 * _AX25_ADDRESS + 2)
    after = offsets + 2 * _AX25_ADDRESS
    for _ in range(2, _AX25_ADDRESSES):
        after = after + np.where(batch.byte(frames, after - 1) & 1, 0, _AX25_ADDRESS)
    control = batch.byte(frames, after)
    carrying = (control & 1 == 0) | (control == _AX25_UNNUMBERED)
    carrying &= batch.byte(frames, after + 1) == _AX25_IP
    batch.send(Layer.IPV4, frames[carrying], after[carrying] + 2)


def kiss(batch: Frames, frames: I64, offsets: I64) -> None:
    """KISS: a byte of port and command, of which 0 is data."""
    frames, offsets = batch.complete(frames, offsets, 1)
    data = batch.byte(frames, offsets) & 0x0F == 0
    batch.send(Layer.AX25, frames[data], offsets[data] + 1)


def symantec(batch: Frames, frames: I64, offsets: I64) -> None:
    """Symantec Enterprise Firewall 2: 44 bytes, an ethertype among them."""
    frames, offsets = batch.complete(frames, offsets, _SYMANTEC_HEADER)
    only = batch.word(frames, offsets + 20) == 0
    frames, offsets = frames[only], offsets[only]
    batch.send_by(ETHERTYPES, batch.word(frames, offsets + 6), frames, offsets + _SYMANTEC_HEADER)


def _juniper(layer: Layer | None, padding: int = 0) -> Step:
    """A step over Juniper's header (magic, flags, perhaps extensions); ``layer`` is the link's own, after ``padding``.

    Without the link header, four little-endian bytes name the protocol.  Of a link whose header differs by the
    hardware that wrote it (``layer`` is None), only such packets are read.
    """

    def step(batch: Frames, frames: I64, offsets: I64) -> None:
        frames, offsets = batch.complete(frames, offsets, 8)
        head = batch.read(frames, offsets, 6).astype(np.int64)
        sound = (head[:, :3] == _JUNIPER_MAGIC).all(axis=1)
        frames, offsets, head = frames[sound], offsets[sound], head[sound]
        extended = head[:, 3] & _JUNIPER_EXTENDED != 0
        after = offsets + 4 + np.where(extended, 2 + (head[:, 4] << 8 | head[:, 5]), 0)
        bare = head[:, 3] & _JUNIPER_WITHOUT_LINK != 0
        number = batch.read(frames, after, 4).view("<u4")[:, 0].astype(np.int64)
        batch.send_by(_JUNIPER_PROTOCOLS, number[bare], frames[bare], after[bare] + 4)
        if layer is not None:
            batch.send(layer, frames[~bare], after[~bare] + padding)

    return step


STEPS: Final[dict[Layer, Step]] = {
    Layer.ARCNET: _arcnet(2, with_exceptions=True), Layer.ARCNET_LINUX: _arcnet(4, with_exceptions=False),
    Layer.AX25: ax25, Layer.KISS: kiss, Layer.AX25_LENGTH: skipping(2, Layer.AX25), Layer.SYMANTEC: symantec,
    Layer.JUNIPER_ETHERNET: _juniper(Layer.ETHERNET), Layer.JUNIPER_PPP: _juniper(Layer.PPP_BARE, padding=2),
    Layer.JUNIPER_FRAME_RELAY: _juniper(Layer.FRAME_RELAY), Layer.JUNIPER_CISCO_HDLC: _juniper(Layer.CISCO_HDLC),
    Layer.JUNIPER_OTHER: _juniper(None),
}  # fmt: skip
