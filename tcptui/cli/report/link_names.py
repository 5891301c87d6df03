"""Names of link types, as https://www.tcpdump.org/linktypes.html spells them after ``LINKTYPE_``.

Every link type that `tcptui.wire` decodes has one.
"""

from __future__ import annotations

from typing import Final

_NAMES: Final = {
    0: "NULL", 1: "ETHERNET", 3: "AX25", 6: "IEEE802_5", 7: "ARCNET_BSD", 9: "PPP", 10: "FDDI", 11: "ATM_RFC1483",
    12: "RAW", 13: "ENC", 14: "RAW", 16: "ATM_CLIP", 18: "ATM_CLIP", 19: "ATM_CLIP", 50: "PPP_HDLC", 51: "PPP_ETHER",
    99: "SYMANTEC_FIREWALL", 100: "ATM_RFC1483", 101: "RAW", 104: "C_HDLC", 105: "IEEE802_11", 106: "ATM_CLIP",
    107: "FRELAY", 108: "LOOP", 109: "ENC", 112: "C_HDLC", 113: "LINUX_SLL", 117: "PFLOG", 119: "IEEE802_11_PRISM",
    122: "IP_OVER_FC", 123: "SUNATM", 127: "IEEE802_11_RADIOTAP", 128: "TZSP", 129: "ARCNET_LINUX",
    130: "JUNIPER_MLPPP", 131: "JUNIPER_MLFR", 133: "JUNIPER_GGSN", 135: "JUNIPER_ATM2", 136: "JUNIPER_SERVICES",
    137: "JUNIPER_ATM1", 138: "APPLE_IP_OVER_IEEE1394", 149: "PKTAP", 163: "IEEE802_11_AVS", 167: "JUNIPER_PPPOE",
    178: "JUNIPER_ETHER", 179: "JUNIPER_PPP", 180: "JUNIPER_FRELAY", 181: "JUNIPER_CHDLC", 183: "JUNIPER_VP",
    192: "PPI", 202: "AX25_KISS", 204: "PPP_WITH_DIR", 228: "IPV4", 229: "IPV6", 239: "NFLOG", 242: "IPOIB",
    258: "PKTAP", 259: "EPON", 276: "LINUX_SLL2",
}  # fmt: skip


def link_name(link_type: int) -> str:
    """The name of LINKTYPE_ value ``link_type``; its number where this list has none."""
    return _NAMES.get(link_type, str(link_type))
