"""From the link header to what it carries: link types, 802.2, ethertypes."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.wire.header_walk import I64, Dispatch, Frames, Layer, Step, skipping, words16

#: LINKTYPE_ values (tcpdump.org/linktypes) to the layer that begins the frame.
LINK_LAYERS: Final = {
    0: Layer.LOOPBACK, 1: Layer.ETHERNET, 3: Layer.AX25, 6: Layer.TOKEN_RING, 7: Layer.ARCNET, 9: Layer.PPP,
    10: Layer.FDDI, 11: Layer.LLC, 12: Layer.RAW_LINK, 13: Layer.BSD_ENC, 14: Layer.RAW_LINK, 16: Layer.IPV4,
    18: Layer.IPV4, 19: Layer.IPV4, 50: Layer.PPP, 51: Layer.PPPOE, 99: Layer.SYMANTEC, 100: Layer.LLC,
    101: Layer.RAW_LINK, 104: Layer.CISCO_HDLC, 105: Layer.WLAN, 106: Layer.IPV4, 107: Layer.FRAME_RELAY,
    108: Layer.LOOP, 109: Layer.BSD_ENC, 112: Layer.CISCO_HDLC, 113: Layer.COOKED_V1, 117: Layer.BSD_PFLOG,
    119: Layer.PRISM, 122: Layer.IP_OVER_FC, 123: Layer.SUN_ATM, 127: Layer.RADIOTAP, 128: Layer.TZSP,
    129: Layer.ARCNET_LINUX, 130: Layer.JUNIPER_OTHER, 131: Layer.JUNIPER_OTHER, 133: Layer.JUNIPER_OTHER,
    135: Layer.JUNIPER_OTHER, 136: Layer.JUNIPER_OTHER, 137: Layer.JUNIPER_OTHER, 138: Layer.IP_1394,
    149: Layer.PKTAP, 163: Layer.AVS, 167: Layer.JUNIPER_ETHERNET, 178: Layer.JUNIPER_ETHERNET,
    179: Layer.JUNIPER_PPP, 180: Layer.JUNIPER_FRAME_RELAY, 181: Layer.JUNIPER_CISCO_HDLC, 183: Layer.JUNIPER_OTHER,
    192: Layer.PPI, 202: Layer.KISS, 204: Layer.PPP_DIRECTED, 228: Layer.IPV4, 229: Layer.IPV6, 239: Layer.NFLOG,
    242: Layer.IP_INFINIBAND, 258: Layer.PKTAP, 259: Layer.EPON, 276: Layer.COOKED_V2,
}  # fmt: skip
LINKS: Final = Dispatch(LINK_LAYERS)

ETHERTYPES: Final = Dispatch({
    0x0800: Layer.IPV4, 0x86DD: Layer.IPV6, 0x8100: Layer.VLAN, 0x88A8: Layer.SERVICE_TAG, 0x9100: Layer.VLAN,
    0x8847: Layer.MPLS, 0x8848: Layer.MPLS, 0x8864: Layer.PPPOE, 0x6558: Layer.ETHERNET, 0x8870: Layer.LLC,
    0x8926: Layer.VN_TAG, 0x893F: Layer.E_TAG, 0xF1C1: Layer.R_TAG, 0x8909: Layer.CISCO_METADATA, 0x892F: Layer.HSR,
    0x88E7: Layer.PBB, 0x22F3: Layer.TRILL, 0x88E5: Layer.MACSEC, 0x894F: Layer.NSH, 0x4305: Layer.BATMAN,
    0x88BB: Layer.LWAPP, 0xBBBB: Layer.LWAPP, 0x08FF: Layer.AX25_LENGTH,
})  # fmt: skip
_BSD_FAMILIES: Final = Dispatch({2: Layer.IPV4, 7: Layer.NLPID, 24: Layer.IPV6, 28: Layer.IPV6, 30: Layer.IPV6})
_COOKED_PROTOCOLS: Final = Dispatch({3: Layer.ETHERNET, 4: Layer.LLC, 7: Layer.PPP_BARE})
_SMALLEST_ETHERTYPE: Final = 0x0600
_LARGEST_LENGTH: Final = 1500
_HARDWARE_RADIOTAP: Final = 803
_HARDWARE_NETLINK: Final = 824
_SNAP: Final = 0xAA
_ISL: Final = (0x00, 0x0C, 0x00, 0x00)
_ISL_FIRST: Final = (0x01, 0x0C)
_ISL_HEADER: Final = 26
_FABRIC_PATH: Final = 0x8903
_TAGS: Final = (0x8100, 0x88A8)


def ethertype(batch: Frames, frames: I64, offsets: I64, kind: I64) -> None:
    """Send on by ethertype, which becomes the frame's protocol; a length in its place means LLC."""
    batch.protocol[batch.at(frames)] = kind
    batch.send_by(ETHERTYPES, kind, frames, offsets)
    is_length = kind <= _LARGEST_LENGTH
    if is_length.any():
        short = frames[is_length]
        batch.shorten(short, offsets[is_length] + kind[is_length])
        batch.send(Layer.LLC, short, offsets[is_length])


def by_protocol(batch: Frames, frames: I64, offsets: I64) -> None:
    """Send on by `Frames.protocol`, an ethertype that a tunnel's header gave."""
    batch.send_by(ETHERTYPES, batch.protocol[frames], frames, offsets)


def ethernet(batch: Frames, frames: I64, offsets: I64) -> None:
    """Destination, source, then an ethertype or (up to 1500) an 802.3 length."""
    frames, offsets = batch.complete(frames, offsets, 14)
    kind = batch.word(frames, offsets + 12)
    if (kind < _SMALLEST_ETHERTYPE).any():
        # Cisco's ISL puts a whole frame behind its own header, told by its multicast address; its type 0 is Ethernet.
        address = batch.read(frames, offsets, 6)
        inside = np.isin(address[:, 0], _ISL_FIRST) & (address[:, 1:5] == _ISL).all(axis=1) & (address[:, 5] < 16)
        inside &= kind < _SMALLEST_ETHERTYPE
        batch.send(Layer.ETHERNET, frames[inside], offsets[inside] + _ISL_HEADER)
        frames, offsets, kind = frames[~inside], offsets[~inside], kind[~inside]
    tagged = np.isin(kind, _TAGS)
    inner = np.where(tagged, batch.word(frames, offsets + 16), kind) if tagged.any() else kind
    if (inner == _FABRIC_PATH).any():
        # Cisco's FabricPath: addresses of switches and a tag, the whole frame, a checksum.
        inside = inner == _FABRIC_PATH
        batch.end[frames[inside]] -= 4
        batch.send(Layer.ETHERNET, frames[inside], (offsets + np.where(tagged, 20, 16))[inside])
        frames, offsets, kind = frames[~inside], offsets[~inside], kind[~inside]
    ethertype(batch, frames, offsets + 14, kind)


def fddi(batch: Frames, frames: I64, offsets: I64) -> None:
    """Frame control (LLC ones are 5x) and two addresses, then LLC."""
    frames, offsets = batch.complete(frames, offsets, 13)
    carries_llc = batch.byte(frames, offsets) >> 4 == 5
    batch.send(Layer.LLC, frames[carries_llc], offsets[carries_llc] + 13)


def token_ring(batch: Frames, frames: I64, offsets: I64) -> None:
    """IEEE 802.5: access and frame control, two addresses, perhaps a source route, then LLC."""
    frames, offsets = batch.complete(frames, offsets, 14)
    routed = batch.byte(frames, offsets + 8) >= 0x80
    route = np.where(routed, batch.byte(frames, offsets + 14) & 0x1F, 0)
    carries_llc = batch.byte(frames, offsets + 1) >> 6 == 1
    batch.send(Layer.LLC, frames[carries_llc], (offsets + 14 + route)[carries_llc])


def llc(batch: Frames, frames: I64, offsets: I64) -> None:
    """IEEE 802.2: SNAP with an ethertype or a bridged frame, or the SAP of IP or OSI."""
    frames, offsets = batch.complete(frames, offsets, 3)
    head = batch.read(frames, offsets, 9)
    control = head[:, 2]
    # Unnumbered information has one control byte, an I frame two; other frames carry nothing.
    is_unnumbered = control & 0xEF == 3
    carrying = is_unnumbered | (control & 1 == 0)
    after = offsets + np.where(is_unnumbered, 3, 4)
    snap = carrying & (head[:, 0] == _SNAP) & (head[:, 1] == _SNAP) & batch.held(frames, after, 5)
    if snap.any():
        organisation(batch, frames[snap], after[snap], padding=2)
    for access_point, layer in ((0x06, Layer.IPV4), (0xFE, Layer.NLPID)):
        mine = carrying & (head[:, 0] == access_point)
        batch.send(layer, frames[mine], after[mine])


def organisation(batch: Frames, frames: I64, offsets: I64, padding: int) -> None:
    """SNAP's organisation and protocol; bridged frames (RFC 2684, 5.2) follow after ``padding`` bytes."""
    words = words16(batch.read(frames, offsets, 6))
    owner, number = words[:, 0] << 8 | words[:, 1] >> 8, (words[:, 1] & 0xFF) << 8 | words[:, 2] >> 8
    # Encapsulated Ethernet (RFC 1042) and its twin for bridge tunnels carry ethertypes.
    typed = (owner == 0) | (owner == 0xF8)
    ethertype(batch, frames[typed], offsets[typed] + 5, number[typed])
    bridged = (owner == 0x80C2) & ((number == 1) | (number == 7))
    batch.send(Layer.ETHERNET, frames[bridged], offsets[bridged] + 5 + padding)


def cooked_v1(batch: Frames, frames: I64, offsets: I64) -> None:
    """Linux cooked capture: 16 bytes, hardware type second, protocol last."""
    frames, offsets = batch.complete(frames, offsets, 16)
    words = words16(batch.read(frames, offsets, 16))
    _cooked(batch, frames, offsets + 16, words[:, 1], words[:, 7])


def cooked_v2(batch: Frames, frames: I64, offsets: I64) -> None:
    """Linux cooked capture version 2: 20 bytes, protocol first, hardware type in the middle."""
    frames, offsets = batch.complete(frames, offsets, 20)
    words = words16(batch.read(frames, offsets, 20))
    _cooked(batch, frames, offsets + 20, words[:, 4], words[:, 0])


def _cooked(batch: Frames, frames: I64, offsets: I64, hardware: I64, kind: I64) -> None:
    radio = hardware == _HARDWARE_RADIOTAP
    batch.send(Layer.RADIOTAP, frames[radio], offsets[radio])
    plain = ~radio & (hardware != _HARDWARE_NETLINK)
    special = plain & (kind < _SMALLEST_ETHERTYPE)
    batch.send_by(_COOKED_PROTOCOLS, kind[special], frames[special], offsets[special])
    plain &= ~special
    batch.protocol[frames[plain]] = kind[plain]
    batch.send_by(ETHERTYPES, kind[plain], frames[plain], offsets[plain])


def loopback(batch: Frames, frames: I64, offsets: I64) -> None:
    """BSD loopback: the address family in the capturing host's byte order, or an ethertype, or PPP."""
    frames, offsets = batch.complete(frames, offsets, 4)
    head = batch.read(frames, offsets, 4)
    is_ppp = (head[:, 0] == 0xFF) & (head[:, 1] == 0x03)
    batch.send(Layer.PPP, frames[is_ppp], offsets[is_ppp])
    low, high = head.view("<u4")[:, 0].astype(np.int64), head.view(">u4")[:, 0].astype(np.int64)
    family = np.where(low > 0xFFFF, high, low)
    known = ~is_ppp & (family <= 0xFFFF)
    frames, offsets, family = frames[known], offsets[known] + 4, family[known]
    typed = family >= _SMALLEST_ETHERTYPE
    ethertype(batch, frames[typed], offsets[typed], family[typed])
    batch.send_by(_BSD_FAMILIES, family[~typed], frames[~typed], offsets[~typed])


def loop(batch: Frames, frames: I64, offsets: I64) -> None:
    """OpenBSD loopback: the address family in network byte order."""
    frames, offsets = batch.complete(frames, offsets, 4)
    family = batch.read(frames, offsets, 4).view(">u4")[:, 0].astype(np.int64)
    batch.send_by(_BSD_FAMILIES, family, frames, offsets + 4)


def raw_link(batch: Frames, frames: I64, offsets: I64) -> None:
    """No link header, or what tshark takes for one: PPP's address and control, or ten zeros."""
    head = batch.read(frames, offsets, 10)
    is_ppp = (head[:, 0] == 0xFF) & (head[:, 1] == 0x03)
    batch.send(Layer.PPP, frames[is_ppp], offsets[is_ppp])
    raw_ip(batch, frames[~is_ppp], (offsets + np.where(head.any(axis=1), 0, 10))[~is_ppp])


def raw_ip(batch: Frames, frames: I64, offsets: I64) -> None:
    """IP of either version: the version nibble tells."""
    frames, offsets = batch.complete(frames, offsets, 1)
    version = batch.byte(frames, offsets) >> 4
    for number, layer in ((4, Layer.IPV4), (6, Layer.IPV6)):
        mine = version == number
        batch.send(layer, frames[mine], offsets[mine])


def sun_atm(batch: Frames, frames: I64, offsets: I64) -> None:
    """SunATM's four bytes: LLC (2) or LAN emulation (1), which has its client's number first."""
    frames, offsets = batch.complete(frames, offsets, 4)
    kind = batch.byte(frames, offsets) & 0x0F
    batch.send(Layer.LLC, frames[kind == 2], offsets[kind == 2] + 4)
    batch.send(Layer.ETHERNET, frames[kind == 1], offsets[kind == 1] + 6)


def vlan(batch: Frames, frames: I64, offsets: I64) -> None:
    """IEEE 802.1Q's tag."""
    frames, offsets = batch.complete(frames, offsets, 4)
    words = words16(batch.read(frames, offsets, 4))
    batch.tag(frames, words[:, 0])
    ethertype(batch, frames, offsets + 4, words[:, 1])


def _typed(size: int, at: int) -> Step:
    """A step over a link header of ``size`` bytes whose ethertype stands ``at``."""

    def step(batch: Frames, frames: I64, offsets: I64) -> None:
        frames, offsets = batch.complete(frames, offsets, size)
        ethertype(batch, frames, offsets + size, batch.word(frames, offsets + at))

    return step


STEPS: Final[dict[Layer, Step]] = {
    Layer.ETHERNET: ethernet, Layer.FDDI: fddi, Layer.TOKEN_RING: token_ring, Layer.LLC: llc,
    Layer.COOKED_V1: cooked_v1, Layer.COOKED_V2: cooked_v2, Layer.LOOPBACK: loopback, Layer.LOOP: loop,
    Layer.RAW_LINK: raw_link, Layer.RAW_IP: raw_ip, Layer.SUN_ATM: sun_atm, Layer.ETHERTYPE: by_protocol,
    Layer.IP_OVER_FC: skipping(16, Layer.LLC),  # RFC 2625
    Layer.EPON: skipping(8, Layer.ETHERNET),  # IEEE 802.3, 65: the preamble with the link's number
    Layer.IP_1394: _typed(18, 16),  # RFC 2734
    Layer.IP_INFINIBAND: _typed(44, 40),  # RFC 4391, behind the global route header
    # Tags, each with the next ethertype as its last word.
    Layer.VLAN: vlan,
    Layer.SERVICE_TAG: _typed(4, 2),  # IEEE 802.1ad
    Layer.VN_TAG: _typed(6, 4),  # Cisco VN-Tag
    Layer.E_TAG: _typed(8, 6),  # IEEE 802.1BR
    Layer.R_TAG: _typed(6, 4),  # IEEE 802.1CB
    Layer.CISCO_METADATA: _typed(8, 6),
    Layer.HSR: _typed(6, 4),  # IEC 62439-3
}  # fmt: skip
