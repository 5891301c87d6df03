"""Tunnels in IP and UDP: those that tshark 4.0 decapsulates by default, by the same ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.wire.header_walk import I64, Dispatch, Frames, Layer, Step, skipping, words16
from tcptui.wire.ip import IP_PROTOCOLS
from tcptui.wire.link.shims import NEXT_PROTOCOLS
from tcptui.wire.link.types import ETHERTYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PORTS: Final = Dispatch({
    434: Layer.MOBILE_IP, 1701: Layer.L2TP, 2123: Layer.GTP, 2152: Layer.GTP, 3386: Layer.GTP, 3544: Layer.TEREDO,
    4341: Layer.LISP, 4754: Layer.GRE, 4789: Layer.VXLAN, 4790: Layer.VXLAN_GPE, 5247: Layer.CAPWAP,
    5072: Layer.AYIYA, 6081: Layer.GENEVE, 6635: Layer.MPLS, 37008: Layer.TZSP, 2268: Layer.AMT,
    12220: Layer.ETHERNET, 12222: Layer.LWAPP, **dict.fromkeys(range(12000, 12005), Layer.LLC),
})  # fmt: skip
#: Protocol types of GRE; Aruba's controllers number their 802.11 tunnels from 0x8200 on.
_GRE_PROTOCOLS: Final = Dispatch({
    0x0800: Layer.IPV4, 0x86DD: Layer.IPV6, 0x6558: Layer.ETHERNET, 0x6400: Layer.ETHERNET, 0x6559: Layer.FRAME_RELAY,
    0x8847: Layer.MPLS, 0x8848: Layer.MPLS, 0x880B: Layer.PPP, 0x883E: Layer.WCCP, 0x88BE: Layer.ERSPAN,
    0x22EB: Layer.ERSPAN, 0x894F: Layer.NSH, 0x00FE: Layer.NLPID,
    **{0x8200 + 16 * number: Layer.WLAN for number in range(24)},
})  # fmt: skip
_TZSP_FRAMES: Final = Dispatch({
    1: Layer.ETHERNET, 2: Layer.TOKEN_RING, 4: Layer.PPP, 5: Layer.FDDI, 7: Layer.RAW_LINK, 18: Layer.WLAN,
    119: Layer.PRISM, 127: Layer.RADIOTAP,
})  # fmt: skip
#: Messages of TZSP that hold a packet: received, and to be sent.
_TZSP_PACKETS: Final = (0, 1)
#: Bytes in front of the datagram of AMT (RFC 7450, 5.1), by message: query, update, data.
_AMT_HEADERS: Final = {4: 12, 5: 12, 6: 2}
_PIM_REGISTER: Final = 0x21
_ERSPAN_1: Final = 0x88BE
_PPP: Final = 0x880B
#: Most routing entries, extension headers or tags of a chain that are followed.
_MAX_CHAIN: Final = 32
_GTP_PACKET: Final = 255


def is_tunnel(ports: I64) -> NDArray[np.bool_]:
    """Which of the UDP ``ports`` are those of a tunnel."""
    known: NDArray[np.bool_] = _PORTS.of(ports) != 0
    return known


def udp(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 768; only datagrams with a known tunnel's port on either side are sent on."""
    held = batch.held(frames, offsets, 8) & ~batch.quoted[frames]
    frames, offsets = frames[held], offsets[held]
    if batch.udp_headers is not None:
        batch.udp_headers.append((frames, offsets))
    words = words16(batch.read(frames, offsets, 6))
    low, high = np.minimum(words[:, 0], words[:, 1]), np.maximum(words[:, 0], words[:, 1])
    port = np.where(_PORTS.of(low) != 0, low, high)
    known = _PORTS.of(port) != 0
    if not known.any():
        return
    frames, offsets, port = frames[known], offsets[known], port[known]
    lite = batch.protocol[frames] == 136
    batch.shorten(frames, np.where(lite, batch.end[frames], offsets + words[known, 2]))
    batch.send_by(_PORTS, port, frames, offsets + 8)


def vxlan_gpe(batch: Frames, frames: I64, offsets: I64) -> None:
    """VXLAN with the next protocol in its fourth byte (draft-ietf-nvo3-vxlan-gpe)."""
    frames, offsets = batch.complete(frames, offsets, 8)
    batch.send_by(NEXT_PROTOCOLS, batch.byte(frames, offsets + 3), frames, offsets + 8)


def geneve(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 8926: options length in the first byte, then an ethertype."""
    frames, offsets = batch.complete(frames, offsets, 8)
    batch.protocol[frames] = batch.word(frames, offsets + 2)
    batch.send(Layer.ETHERTYPE, frames, offsets + 8 + (batch.byte(frames, offsets) & 0x3F) * 4)


def gtp(batch: Frames, frames: I64, offsets: I64) -> None:
    """GTP (3GPP TS 29.060, TS 29.281): message 255 holds a packet, of version 0 or 1."""
    frames, offsets = batch.complete(frames, offsets, 8)
    head = batch.read(frames, offsets, 12).astype(np.int64)
    version = np.where(head[:, 0] & 0x10, head[:, 0] >> 5, -1)
    packet = (head[:, 1] == _GTP_PACKET) & ((version == 0) | (version == 1))
    frames, offsets, head, version = frames[packet], offsets[packet], head[packet], version[packet]
    optional = (version == 1) & (head[:, 0] & 0x07 != 0)
    size = np.where(version == 0, 20, 8)
    batch.shorten(frames, offsets + size + (head[:, 2] << 8 | head[:, 3]))
    offsets = offsets + size + np.where(optional, 4, 0)
    extended = optional & (head[:, 0] & 0x04 != 0) & (head[:, 11] != 0)
    for _ in range(_MAX_CHAIN):
        # Extension header: its length in words first, the type of the next one last.
        extended &= batch.held(frames, offsets, 4)
        if not extended.any():
            break
        offsets = offsets + np.where(extended, batch.byte(frames, offsets) * 4, 0)
        extended &= batch.byte(frames, offsets - 1) != 0
    first = batch.byte(frames, offsets)
    # An IPv4 header with all the options it can have is not recognised by tshark.
    is_ip = ((first >= 0x45) & (first <= 0x4E)) | (first >> 4 == 6)
    batch.send(Layer.RAW_IP, frames[is_ip], offsets[is_ip])
    framed = ~is_ip & (ETHERTYPES.of(batch.word(frames, offsets + 12)) != 0)
    batch.send(Layer.ETHERNET, frames[framed], offsets[framed])


def teredo(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 4380: optional authentication and origin indications before IPv6."""
    frames, offsets = batch.complete(frames, offsets, 8)
    head = batch.read(frames, offsets, 4)
    authenticated = (head[:, 0] == 0) & (head[:, 1] == 1)
    offsets = offsets + np.where(authenticated, 13 + head[:, 2].astype(np.int64) + head[:, 3], 0)
    frames, offsets = batch.complete(frames, offsets, 8)
    batch.send(Layer.IPV6, frames, offsets + np.where(batch.word(frames, offsets) == 0, 8, 0))


def l2tp(batch: Frames, frames: I64, offsets: I64) -> None:
    """L2TP version 2 (RFC 2661, 3.1): data messages, with length, numbers and offset if flagged."""
    frames, offsets = batch.complete(frames, offsets, 8)
    flags = batch.word(frames, offsets)
    data = (flags & 0x800F) == 0x0002
    frames, offsets, flags = frames[data], offsets[data], flags[data]
    with_length = flags & 0x4000 != 0
    batch.shorten(frames, np.where(with_length, offsets + batch.word(frames, offsets + 2), batch.end[frames]))
    inner = offsets + 6 + np.where(with_length, 2, 0) + np.where(flags & 0x0800, 4, 0)
    padding = np.where(flags & 0x0200, 2 + batch.word(frames, inner), 0)
    batch.send(Layer.PPP, frames, inner + padding)


def tzsp(batch: Frames, frames: I64, offsets: I64) -> None:
    """TaZmen sniffer protocol: what it carries, then tags; 0 is padding, 1 the end."""
    frames, offsets = batch.complete(frames, offsets, 5)
    holding = np.isin(batch.byte(frames, offsets + 1), _TZSP_PACKETS)
    frames, offsets = frames[holding], offsets[holding]
    kind, tag = batch.word(frames, offsets + 2), offsets + 4
    for _ in range(_MAX_CHAIN):
        number = batch.byte(frames, tag)
        if (number == 1).all():
            break
        tag = tag + np.where(number == 1, 0, np.where(number == 0, 1, 2 + batch.byte(frames, tag + 1)))
    batch.send_by(_TZSP_FRAMES, kind, frames, tag + 1)


def mobile_ip(batch: Frames, frames: I64, offsets: I64) -> None:
    """Tunnel data in UDP (RFC 3519, 3.1): message type 4, then an IP datagram."""
    frames, offsets = batch.complete(frames, offsets, 4)
    is_data = batch.byte(frames, offsets) == 4
    batch.send(Layer.IPV4, frames[is_data], offsets[is_data] + 4)


def ayiya(batch: Frames, frames: I64, offsets: I64) -> None:
    """Anything in anything (draft-massar-v6ops-ayiya): identity, signature, then by IP protocol."""
    frames, offsets = batch.complete(frames, offsets, 8)
    head = batch.read(frames, offsets, 4).astype(np.int64)
    size = 8 + (1 << np.minimum(head[:, 0] >> 4, 15)) + (head[:, 1] >> 4) * 4
    batch.protocol[frames] = head[:, 3]
    batch.send_by(IP_PROTOCOLS, head[:, 3], frames, offsets + size)


def capwap(batch: Frames, frames: I64, offsets: I64) -> None:
    """CAPWAP data (RFC 5415, 4.3): native 802.11 or Ethernet; neither encrypted nor in fragments."""
    frames, offsets = batch.complete(frames, offsets, 8)
    head = batch.read(frames, offsets, 4).astype(np.int64)
    # Preamble type 0: not DTLS.  Of the last byte's flags: fragment and keep-alive.
    readable = (head[:, 0] & 0x0F == 0) & (head[:, 3] & 0x88 == 0)
    frames, offsets, head = frames[readable], offsets[readable], head[readable]
    inner = offsets + (head[:, 1] >> 3) * 4
    native = head[:, 2] & 1 != 0
    is_wlan = native & (head[:, 2] >> 1 & 0x1F == 1)
    # tshark takes the two bytes of frame control for swapped unless configured otherwise.
    batch.send(Layer.WLAN_SWAPPED, frames[is_wlan], inner[is_wlan])
    batch.send(Layer.ETHERNET, frames[~native], inner[~native])


def lwapp(batch: Frames, frames: I64, offsets: I64) -> None:
    """LWAPP data (RFC 5412, 3): six bytes, then an 802.11 frame."""
    frames, offsets = batch.complete(frames, offsets, 6)
    data = batch.byte(frames, offsets) & 0x04 == 0
    batch.send(Layer.WLAN, frames[data], offsets[data] + 6)


def amt(batch: Frames, frames: I64, offsets: I64) -> None:
    """Multicast tunnelled by RFC 7450: queries, updates and data hold IP datagrams."""
    frames, offsets = batch.complete(frames, offsets, 2)
    message = batch.byte(frames, offsets) & 0x0F
    for number, size in _AMT_HEADERS.items():
        mine = message == number
        batch.send(Layer.IPV4, frames[mine], offsets[mine] + size)


def pim(batch: Frames, frames: I64, offsets: I64) -> None:
    """A register message (RFC 7761, 4.9.3) encapsulates the datagram that it is about."""
    frames, offsets = batch.complete(frames, offsets, 8)
    register = batch.byte(frames, offsets) == _PIM_REGISTER
    batch.send(Layer.RAW_IP, frames[register], offsets[register] + 8)


def gre(batch: Frames, frames: I64, offsets: I64) -> None:
    """RFC 2784, 2890 and 1701, and PPTP's version 1 (RFC 2637)."""
    frames, offsets = batch.complete(frames, offsets, 4)
    words = words16(batch.read(frames, offsets, 4))
    flags, kind = words[:, 0], words[:, 1]
    size = np.where(flags & 0xC000, 8, 4) + np.where(flags & 0x2000, 4, 0) + np.where(flags & 0x1000, 4, 0)
    # PPTP's acknowledgment number.
    inner = offsets + size + np.where((kind == _PPP) & (flags & 7 != 0) & (flags & 0x0080 != 0), 4, 0)
    routed = flags & 0x4000 != 0
    for _ in range(_MAX_CHAIN):
        # Source route entries (RFC 1701): family, offset, length; an empty one ends them.
        routed &= batch.held(frames, inner, 4)
        if not routed.any():
            break
        family, length = batch.word(frames, inner), batch.byte(frames, inner + 3)
        inner = inner + np.where(routed, 4 + length, 0)
        routed &= (family != 0) | (length != 0)
    plain = (kind == _ERSPAN_1) & (flags & 0x1000 == 0)
    batch.send(Layer.ETHERNET, frames[plain], inner[plain])
    batch.protocol[frames] = kind
    batch.send_by(_GRE_PROTOCOLS, kind[~plain], frames[~plain], inner[~plain])


def erspan(batch: Frames, frames: I64, offsets: I64) -> None:
    """Cisco's mirror tunnel (draft-foschiano-erspan), types II and III by their version."""
    frames, offsets = batch.complete(frames, offsets, 8)
    batch.tag(frames, batch.word(frames, offsets))
    version = batch.byte(frames, offsets) >> 4
    second = version == 1
    batch.send(Layer.ETHERNET, frames[second], offsets[second] + 8)
    third = version == 2
    frames, offsets = batch.complete(frames[third], offsets[third], 12)
    flags = batch.word(frames, offsets + 10)
    is_ethernet = flags & 0x7C00 == 0
    inner = offsets + 12 + np.where(flags & 1, 8, 0)
    batch.send(Layer.ETHERNET, frames[is_ethernet], inner[is_ethernet])


def wccp(batch: Frames, frames: I64, offsets: I64) -> None:
    """Redirected by WCCP: an IP datagram, in version 2 behind a header of four bytes."""
    frames, offsets = batch.complete(frames, offsets, 4)
    first = batch.byte(frames, offsets) >> 4
    batch.send(Layer.IPV4, frames, offsets + np.where(first == 4, 0, 4))


STEPS: Final[dict[Layer, Step]] = {
    Layer.UDP: udp, Layer.GRE: gre, Layer.ERSPAN: erspan, Layer.WCCP: wccp, Layer.VXLAN_GPE: vxlan_gpe,
    Layer.GENEVE: geneve, Layer.GTP: gtp, Layer.TEREDO: teredo, Layer.L2TP: l2tp, Layer.TZSP: tzsp,
    Layer.MOBILE_IP: mobile_ip, Layer.AYIYA: ayiya, Layer.CAPWAP: capwap, Layer.LWAPP: lwapp, Layer.AMT: amt,
    Layer.PIM: pim,
    Layer.VXLAN: skipping(8, Layer.ETHERNET),  # RFC 7348
    Layer.LISP: skipping(8, Layer.RAW_IP),  # RFC 6830, 5.3
    Layer.ETHER_IP: skipping(2, Layer.ETHERNET),  # RFC 3378
}  # fmt: skip
