"""Serial lines: PPP and its kin, Cisco HDLC, Frame Relay."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.wire.header_walk import I64, Dispatch, Frames, Layer, Step, skipping, words16
from tcptui.wire.link.types import ethertype, organisation

_PPP_PROTOCOLS: Final = Dispatch({
    0x0021: Layer.IPV4, 0x0057: Layer.IPV6, 0x0281: Layer.MPLS, 0x0283: Layer.MPLS, 0x0023: Layer.NLPID,
    0x002F: Layer.VJ_UNCOMPRESSED, 0x0031: Layer.PPP_BRIDGED, 0x003D: Layer.PPP_MULTILINK, 0x004B: Layer.LLC,
    0x0800: Layer.IPV4, 0x86DD: Layer.IPV6,
})  # fmt: skip
_CISCO_PROTOCOLS: Final = Dispatch({
    0x0800: Layer.IPV4, 0x86DD: Layer.IPV6, 0x8847: Layer.MPLS, 0x8848: Layer.MPLS, 0x6558: Layer.ETHERNET,
    0xFEFE: Layer.CISCO_OSI,
})  # fmt: skip
#: Network layer protocol identifiers (ISO/IEC TR 9577; RFC 2427 for Frame Relay).
_NLPIDS: Final = Dispatch({0xCC: Layer.IPV4, 0x8E: Layer.IPV6, 0xCF: Layer.PPP_BARE})
_NLPID_SNAP: Final = 0x80
_UNNUMBERED_INFORMATION: Final = 3
#: Bridging control protocol (RFC 3518, 4.3): the MAC type of Ethernet.
_BRIDGED_ETHERNET: Final = 1


def ppp(batch: Frames, frames: I64, offsets: I64) -> None:
    """PPP in HDLC-like framing (RFC 1662), its address and control perhaps left out; or Cisco HDLC."""
    frames, offsets = batch.complete(frames, offsets, 2)
    start = batch.byte(frames, offsets)
    is_cisco = (start == 0x0F) | (start == 0x8F)
    batch.send(Layer.CISCO_HDLC, frames[is_cisco], offsets[is_cisco])
    after = offsets + np.where(start == 0xFF, 2, 0)
    batch.send(Layer.PPP_BARE, frames[~is_cisco], after[~is_cisco])


def ppp_bare(batch: Frames, frames: I64, offsets: I64) -> None:
    """PPP's protocol (RFC 1661, 2), in one byte or two."""
    frames, offsets = batch.complete(frames, offsets, 2)
    head = batch.read(frames, offsets, 2)
    short = (head[:, 0] & 1) == 1
    kind = np.where(short, head[:, 0].astype(np.int64), words16(head)[:, 0])
    batch.send_by(_PPP_PROTOCOLS, kind, frames, offsets + np.where(short, 1, 2))


def ppp_multilink(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 1990 with long sequence numbers; only packets that are whole in one fragment."""
    frames, offsets = batch.complete(frames, offsets, 4)
    whole = batch.byte(frames, offsets) & 0xC0 == 0xC0
    batch.send(Layer.PPP_BARE, frames[whole], offsets[whole] + 4)


def ppp_bridged(batch: Frames, frames: I64, offsets: I64) -> None:
    """A bridged Ethernet frame behind flags and MAC type (RFC 3518)."""
    frames, offsets = batch.complete(frames, offsets, 2)
    is_ethernet = batch.byte(frames, offsets + 1) == _BRIDGED_ETHERNET
    batch.send(Layer.ETHERNET, frames[is_ethernet], offsets[is_ethernet] + 2)


def cisco_hdlc(batch: Frames, frames: I64, offsets: I64) -> None:
    """Address, control, then a protocol number that is mostly an ethertype."""
    frames, offsets = batch.complete(frames, offsets, 4)
    kind = batch.word(frames, offsets + 2)
    batch.protocol[frames] = kind
    batch.send_by(_CISCO_PROTOCOLS, kind, frames, offsets + 4)


def frame_relay(batch: Frames, frames: I64, offsets: I64) -> None:
    """Address of two to four bytes; then RFC 2427 (control 3, NLPID), or Cisco's ethertype."""
    frames, offsets = batch.complete(frames, offsets, 6)
    head = batch.read(frames, offsets, 4)
    ends = (head & 1) == 1
    size = np.where(ends[:, 1], 2, np.where(ends[:, 2], 3, 4))
    frames, offsets = batch.complete(frames, offsets + size, 3)
    standard = batch.byte(frames, offsets) == _UNNUMBERED_INFORMATION
    cisco = ~standard
    ethertype(batch, frames[cisco], offsets[cisco] + 2, batch.word(frames[cisco], offsets[cisco]))
    frames, offsets = frames[standard], offsets[standard] + 1
    # A zero byte may pad the header to an even length.
    offsets = offsets + (batch.byte(frames, offsets) == 0)
    nlpid(batch, frames, offsets)


def nlpid(batch: Frames, frames: I64, offsets: I64) -> None:
    """One byte that names the network protocol; 0x80 stands for SNAP."""
    frames, offsets = batch.complete(frames, offsets, 1)
    kind = batch.byte(frames, offsets)
    batch.send_by(_NLPIDS, kind, frames, offsets + 1)
    snap = (kind == _NLPID_SNAP) & batch.held(frames, offsets, 6)
    if snap.any():
        organisation(batch, frames[snap], offsets[snap] + 1, padding=0)


STEPS: Final[dict[Layer, Step]] = {
    Layer.PPP: ppp, Layer.PPP_BARE: ppp_bare, Layer.PPP_MULTILINK: ppp_multilink, Layer.PPP_BRIDGED: ppp_bridged,
    Layer.CISCO_HDLC: cisco_hdlc, Layer.FRAME_RELAY: frame_relay, Layer.NLPID: nlpid,
    Layer.PPP_DIRECTED: skipping(1, Layer.PPP),  # which end sent it
    Layer.CISCO_OSI: skipping(1, Layer.NLPID),  # padding
}  # fmt: skip
