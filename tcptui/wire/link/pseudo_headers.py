"""Headers that capture programs and drivers put before a frame, and the 802.11 frame itself."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.wire.header_walk import I64, Bool, Dispatch, Frames, Layer, Step
from tcptui.wire.link.types import ETHERTYPES, LINKS

_ENC_FAMILIES: Final = Dispatch({2: Layer.IPV4, 24: Layer.IPV6})
_PFLOG_FAMILIES: Final = Dispatch({2: Layer.IPV4, 24: Layer.IPV6, 28: Layer.IPV6, 30: Layer.IPV6})
_NFLOG_FAMILIES: Final = Dispatch({2: Layer.IPV4, 10: Layer.IPV6})
_NFLOG_PAYLOAD: Final = 9
#: Most attributes that are read; the kernel has no more.
_NFLOG_ATTRIBUTES: Final = 32
_AVS_MAGIC: Final = 0x8021
_PRISM_MESSAGES: Final = (0x41, 0x44)
_PRISM_HEADER: Final = 144
_PRESENT_WORDS: Final = 8
_FLAG_FCS, _FLAG_PADDED = 0x10, 0x20


def _little(batch: Frames, frames: I64, offsets: I64, size: int) -> I64:
    """The little-endian number of ``size`` (2 or 4) bytes at each offset."""
    return batch.read(frames, offsets, size).view(f"<u{size}")[:, 0].astype(np.int64)


def radiotap(batch: Frames, frames: I64, offsets: I64) -> None:
    """radiotap.org: its length, words of what is present, and among the fields the flags."""
    frames, offsets = batch.complete(frames, offsets, 8)
    present = _little(batch, frames, offsets + 4, 4)
    field, word = offsets + 8, present
    for _ in range(_PRESENT_WORDS):
        more = word >= 1 << 31
        if not more.any():
            break
        word = np.where(more, _little(batch, frames, field, 4), 0)
        field = field + np.where(more, 4, 0)
    # A time stamp, aligned to its eight bytes, stands before the flags.
    field = field + np.where(present & 1, -(field - offsets) % 8 + 8, 0)
    flags = np.where(present & 2, batch.byte(frames, field), 0)
    batch.end[frames] -= np.where(flags & _FLAG_FCS, 4, 0)
    inner = offsets + _little(batch, frames, offsets + 2, 2)
    padded = (flags & _FLAG_PADDED) != 0
    batch.send(Layer.WLAN, frames[~padded], inner[~padded])
    batch.send(Layer.WLAN_PADDED, frames[padded], inner[padded])


def prism(batch: Frames, frames: I64, offsets: I64) -> None:
    """Prism's header of fixed length; AVS headers and bare 802.11 come under its link type too."""
    frames, offsets = batch.complete(frames, offsets, 8)
    is_avs = batch.word(frames, offsets) == _AVS_MAGIC
    batch.send(Layer.AVS, frames[is_avs], offsets[is_avs])
    frames, offsets = frames[~is_avs], offsets[~is_avs]
    is_prism = np.isin(_little(batch, frames, offsets, 4), _PRISM_MESSAGES)
    batch.send(Layer.WLAN, frames, offsets + np.where(is_prism, _PRISM_HEADER, 0))


def avs(batch: Frames, frames: I64, offsets: I64) -> None:
    """AVS: magic, then the header's length."""
    frames, offsets = batch.complete(frames, offsets, 8)
    size = batch.read(frames, offsets + 4, 4).view(">u4")[:, 0].astype(np.int64)
    batch.send(Layer.WLAN, frames, offsets + size)


def ppi(batch: Frames, frames: I64, offsets: I64) -> None:
    """Per-packet information: its length and the link type of what follows."""
    frames, offsets = batch.complete(frames, offsets, 8)
    link = _little(batch, frames, offsets + 4, 4)
    batch.send_by(LINKS, link, frames, offsets + _little(batch, frames, offsets + 2, 2))


def pktap(batch: Frames, frames: I64, offsets: I64) -> None:
    """Darwin's packet tap: length, record type 1 for a packet, link type; in the host's byte order."""
    frames, offsets = batch.complete(frames, offsets, 12)
    is_packet = _little(batch, frames, offsets + 4, 4) == 1
    frames, offsets = frames[is_packet], offsets[is_packet]
    link = _little(batch, frames, offsets + 8, 4)
    batch.send_by(LINKS, link, frames, offsets + _little(batch, frames, offsets, 4))


def bsd_enc(batch: Frames, frames: I64, offsets: I64) -> None:
    """OpenBSD's IPsec tap: address family in either byte order, SPI, flags."""
    frames, offsets = batch.complete(frames, offsets, 12)
    low = _little(batch, frames, offsets, 4)
    high = batch.read(frames, offsets, 4).view(">u4")[:, 0].astype(np.int64)
    batch.send_by(_ENC_FAMILIES, np.minimum(low, high), frames, offsets + 12)


def bsd_pflog(batch: Frames, frames: I64, offsets: I64) -> None:
    """The packet filter's log: length (to be rounded up to a word) and address family come first."""
    frames, offsets = batch.complete(frames, offsets, 2)
    size = batch.byte(frames, offsets) + 3 & ~3
    batch.send_by(_PFLOG_FAMILIES, batch.byte(frames, offsets + 1), frames, offsets + size)


def nflog(batch: Frames, frames: I64, offsets: I64) -> None:
    """Linux netfilter log: attributes, one of which is the packet; the family stands at the front."""
    frames, offsets = batch.complete(frames, offsets, 4)
    family = batch.byte(frames, offsets)
    offsets = offsets + 4
    for _ in range(_NFLOG_ATTRIBUTES):
        held = batch.held(frames, offsets, 4)
        frames, offsets, family = frames[held], offsets[held], family[held]
        if not len(frames):
            return
        size, kind = _little(batch, frames, offsets, 2), _little(batch, frames, offsets + 2, 2)
        # A packet that was cut by the snapshot length is not decoded, nor is it by tshark.
        found = (kind == _NFLOG_PAYLOAD) & (size >= 4) & (offsets + size <= batch.captured[frames])
        batch.shorten(frames[found], (offsets + size)[found])
        batch.send_by(_NFLOG_FAMILIES, family[found], frames[found], offsets[found] + 4)
        going = ~found & (size >= 4)
        frames, family = frames[going], family[going]
        offsets = (offsets + (size + 3 & ~3))[going]


def wlan(batch: Frames, frames: I64, offsets: I64, swapped: bool = False, padded: bool = False) -> None:
    """IEEE 802.11 data frames, not encrypted; of an A-MSDU the first part.

    Fragments that others follow are not decoded.  A last one is taken for whole, as by tshark: some
    drivers leave numbers of their own in the field that should tell.

    ``swapped``: the two bytes of frame control stand the other way round (as CAPWAP's first
    controllers sent them).  ``padded``: the header was filled up to whole words.
    """
    frames, offsets = batch.complete(frames, offsets, 24)
    head = batch.read(frames, offsets, 2).astype(np.int64)
    kind, flags = (head[:, 1], head[:, 0]) if swapped else (head[:, 0], head[:, 1])
    # Version 0, type 2 (data), not one of the subtypes without data; no more fragments, not protected.
    readable = (kind & 0x4F == 0x08) & (flags & 0x44 == 0)
    frames, offsets, kind, flags = frames[readable], offsets[readable], kind[readable], flags[readable]
    four_addresses = flags & 3 == 3
    size = np.where(four_addresses, 30, 24)
    with_qos = kind & 0x80 != 0
    quality = np.where(with_qos, batch.word(frames, offsets + size), 0)
    size += np.where(with_qos, np.where(flags & 0x80, 6, 2), 0)
    if padded:
        size = size + 3 & ~3
    has_mesh = four_addresses & (quality & 1 != 0)
    mesh = 6 + 6 * np.minimum(batch.byte(frames, offsets + size) & 3, 2)
    body = offsets + size + np.where(has_mesh, mesh, 0)
    _wlan_body(batch, frames, body, quality & 0x8000 != 0)


def _wlan_body(batch: Frames, frames: I64, offsets: I64, aggregated: Bool) -> None:
    """LLC; in an aggregate behind addresses and length, elsewhere perhaps an ethertype or two zeros."""
    frames, offsets, aggregated = _captured_with(batch, frames, offsets, aggregated)
    first = batch.word(frames, offsets)
    typed = ~aggregated & (ETHERTYPES.of(first) != 0)
    batch.protocol[frames[typed]] = first[typed]
    batch.send_by(ETHERTYPES, first[typed], frames[typed], offsets[typed] + 2)
    part = frames[aggregated]
    batch.shorten(part, offsets[aggregated] + 14 + batch.word(part, offsets[aggregated] + 12))
    offsets = offsets + np.where(aggregated, 14, np.where(first == 0, 2, 0))
    batch.send(Layer.LLC, frames[~typed], offsets[~typed])


def _captured_with(batch: Frames, frames: I64, offsets: I64, flags: Bool) -> tuple[I64, I64, Bool]:
    held = batch.held(frames, offsets, 14)
    return frames[held], offsets[held], flags[held]


def _wlan_padded(batch: Frames, frames: I64, offsets: I64) -> None:
    wlan(batch, frames, offsets, padded=True)


def _wlan_swapped(batch: Frames, frames: I64, offsets: I64) -> None:
    wlan(batch, frames, offsets, swapped=True)


STEPS: Final[dict[Layer, Step]] = {
    Layer.RADIOTAP: radiotap, Layer.PRISM: prism, Layer.AVS: avs, Layer.PPI: ppi, Layer.PKTAP: pktap,
    Layer.BSD_ENC: bsd_enc, Layer.BSD_PFLOG: bsd_pflog, Layer.NFLOG: nflog, Layer.WLAN: wlan,
    Layer.WLAN_PADDED: _wlan_padded, Layer.WLAN_SWAPPED: _wlan_swapped,
}  # fmt: skip
