"""Headers between Ethernet and IP that are more than a tag: MPLS, PPPoE, bridging, service chains."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.wire.header_walk import I64, Dispatch, Frames, Layer, Step, skipping, words16
from tcptui.wire.link.types import ETHERTYPES, ethertype

#: Next protocols of NSH (RFC 8300, 2.2) and VXLAN-GPE, which share their numbers.
NEXT_PROTOCOLS: Final = Dispatch({1: Layer.IPV4, 2: Layer.IPV6, 3: Layer.ETHERNET, 4: Layer.NSH, 5: Layer.MPLS})
_ACH_CHANNELS: Final = Dispatch({0x21: Layer.IPV4, 0x57: Layer.IPV6})
_OAM_ALERT: Final = 14
#: batman-adv: version and packet type to the bytes before the Ethernet frame.
_BATMAN_HEADERS: Final = {0x0F01: 14, 0x0F40: 10, 0x0F42: 18, 0x0E03: 10, 0x0E04: 14, 0x0C03: 9}


def mpls(batch: Frames, frames: I64, offsets: I64) -> None:
    """One label (RFC 3032); after the last label, the payload's first nibble tells what it is (RFC 4928)."""
    frames, offsets = batch.complete(frames, offsets, 5)
    head = batch.read(frames, offsets, 5)
    last = (head[:, 2] & 1) == 1
    batch.send(Layer.MPLS, frames[~last], offsets[~last] + 4)
    label = (words16(head[:, :2].copy())[:, 0] << 4) | (head[:, 2] >> 4)
    last &= label != _OAM_ALERT
    nibble = head[:, 4] >> 4
    for number, layer in ((4, Layer.IPV4), (6, Layer.IPV6), (1, Layer.PW_ACH)):
        mine = last & (nibble == number)
        batch.send(layer, frames[mine], offsets[mine] + 4)
    wire = last & np.isin(nibble, (0, 2, 3, 5))
    if wire.any():
        _pseudowire(batch, frames[wire], offsets[wire] + 4)


def _pseudowire(batch: Frames, frames: I64, offsets: I64) -> None:
    """Ethernet over MPLS (RFC 4448): the control word is optional, and nothing announces it.

    tshark looks whether the addresses' vendors are known; a known ethertype tells the same
    without a list of vendors.
    """
    plain = ETHERTYPES.of(batch.word(frames, offsets + 12)) != 0
    controlled = ~plain & (batch.byte(frames, offsets) >> 4 == 0)
    batch.send(Layer.ETHERNET, frames, offsets + np.where(controlled, 4, 0))


def pw_ach(batch: Frames, frames: I64, offsets: I64) -> None:
    """The associated channel of a pseudowire (RFC 4385, 5): channel types 0x21 and 0x57 are IP."""
    frames, offsets = batch.complete(frames, offsets, 4)
    batch.send_by(_ACH_CHANNELS, batch.word(frames, offsets + 2), frames, offsets + 4)


def pppoe(batch: Frames, frames: I64, offsets: I64) -> None:
    """PPPoE session data (RFC 2516): six bytes, then PPP without address and control."""
    frames, offsets = batch.complete(frames, offsets, 6)
    batch.shorten(frames, offsets + 6 + batch.word(frames, offsets + 4))
    batch.send(Layer.PPP_BARE, frames, offsets + 6)


def trill(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 6325, 3: six bytes and options, then the inner Ethernet frame."""
    frames, offsets = batch.complete(frames, offsets, 6)
    options = (batch.word(frames, offsets) >> 6 & 0x1F) * 4
    batch.send(Layer.ETHERNET, frames, offsets + 6 + options)


def macsec(batch: Frames, frames: I64, offsets: I64) -> None:
    """IEEE 802.1AE: readable only while neither encrypted nor changed; perhaps with a channel identifier."""
    frames, offsets = batch.complete(frames, offsets, 8)
    control = batch.byte(frames, offsets)
    clear = control & 0x0C == 0
    frames, offsets = batch.complete(frames[clear], offsets[clear] + np.where(control[clear] & 0x20, 14, 6), 2)
    ethertype(batch, frames, offsets + 2, batch.word(frames, offsets))


def nsh(batch: Frames, frames: I64, offsets: I64) -> None:
    """Network service header (RFC 8300): its length in words, then the next protocol."""
    frames, offsets = batch.complete(frames, offsets, 8)
    words = words16(batch.read(frames, offsets, 4))
    batch.send_by(NEXT_PROTOCOLS, words[:, 1] & 0xFF, frames, offsets + (words[:, 0] & 0x3F) * 4)


def batman(batch: Frames, frames: I64, offsets: I64) -> None:
    """batman-adv 12 to 15: unicast, unicast with four addresses, and broadcast carry Ethernet frames."""
    frames, offsets = batch.complete(frames, offsets, 2)
    kind = batch.byte(frames, offsets + 1) << 8 | batch.byte(frames, offsets)
    for number, size in _BATMAN_HEADERS.items():
        mine = kind == number
        batch.send(Layer.ETHERNET, frames[mine], offsets[mine] + size)


STEPS: Final[dict[Layer, Step]] = {
    Layer.MPLS: mpls, Layer.PW_ACH: pw_ach, Layer.PPPOE: pppoe, Layer.TRILL: trill, Layer.MACSEC: macsec,
    Layer.NSH: nsh, Layer.BATMAN: batman,
    Layer.PBB: skipping(4, Layer.ETHERNET),  # IEEE 802.1ah: the service tag, then the customer's frame
}  # fmt: skip
