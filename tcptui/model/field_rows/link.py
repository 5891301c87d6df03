"""Fields of the frame and of the link headers."""

from __future__ import annotations

from typing import Final

from tcptui.model.field import AnyOf, Base, Column, Field, FieldType, Layer, Owner, Place, Text, Unit, every

_TIME: Final = Unit.SECONDS
_BYTES: Final = Unit.BYTES
_NONE: Final = Unit.NONE

_FRAME: Final = (
    Field("frame", FieldType.PROTOCOL, "The whole captured frame.",
          layer=Layer.LISTED | Layer.WITH_REST | Layer.DESCRIBED),
    Field("frame.number", FieldType.UINT32, "Number of the frame in the capture, from 1.", Column("frame", every)),
    Field("frame.len", FieldType.UINT32, "Length of the frame on the wire.", Column("wire_length", every), _BYTES),
    Field("frame.cap_len", FieldType.UINT32, "How much of the frame was captured.", Column("captured", every), _BYTES),
    Field("frame.time", FieldType.ABSOLUTE_TIME, "When the frame was captured.", Column("time_ns", every)),
    Field("frame.time_utc", FieldType.ABSOLUTE_TIME, "When the frame was captured, in UTC.",
          Column("time_ns", every), owner=Owner.NEWER_WIRESHARK),
    Field("frame.time_epoch", FieldType.RELATIVE_TIME, "When the frame was captured, counted from 1970.",
          Column("time_ns", every), _TIME),
    Field("frame.time_delta", FieldType.RELATIVE_TIME, "Time since the previous captured frame.", unit=_TIME),
    Field("frame.time_delta_displayed", FieldType.RELATIVE_TIME, "Time since the previous frame shown.", unit=_TIME),
    Field("frame.time_relative", FieldType.RELATIVE_TIME, "Time since the first frame of the capture.", unit=_TIME),
    Field("frame.offset_shift", FieldType.RELATIVE_TIME, "How far the time was shifted by hand.", unit=_TIME),
    Field("frame.encap_type", FieldType.INT16, "Wireshark's number of the link type."),
    Field("frame.interface_name", FieldType.STRING, "Name of the interface that captured the frame."),
    Field("frame.marked", FieldType.BOOLEAN, "Whether the frame was marked by hand."),
    Field("frame.ignored", FieldType.BOOLEAN, "Whether the frame was ignored by hand."),
    Field("frame.protocols", FieldType.STRING, "The protocols inside, outermost first, with colons between."),
    Field("frame.coloring_rule.name", FieldType.STRING, "The rule by which Wireshark colours the frame."),
    Field("frame.coloring_rule.string", FieldType.STRING, "The display filter of that rule."),
    Field("pkt_comment", FieldType.PROTOCOL, "The comments that the capture file has for the frame."),
    Field("frame.comment", FieldType.STRING, "A comment on the frame in the capture file.", repeats=True,
          text=Text.BYTES),
    Field("frame.comment.expert", FieldType.NONE, "The frame has a comment.", repeats=True),
    Field("_ws.short", FieldType.PROTOCOL, "The frame was captured in part and ends within a header."),
    Field("_ws.malformed", FieldType.PROTOCOL, "A header could not be read.", repeats=True, layer=Layer.DESCRIBED),
    Field("_ws.malformed.expert", FieldType.NONE, "A note that a header could not be read.", repeats=True),
    Field("_ws.expert", FieldType.PROTOCOL, "A note that something deserves attention.", repeats=True),
    Field("_ws.expert.severity", FieldType.UINT32, "Severity of the note.", repeats=True),
    Field("_ws.expert.group", FieldType.UINT32, "What the note is about: sequence, checksum, protocol.", repeats=True),
)  # fmt: skip


def _end(name: str, whose: str, at: int) -> tuple[Field, ...]:
    """Fields of the address that stands ``at`` so many bytes in the header."""
    return (
        Field(name, FieldType.ETHER, f"Hardware address of the {whose}.", repeats=True, place=Place("eth", at, 6)),
        Field(f"{name}.oui", FieldType.UINT24, f"First three bytes of the {whose}'s hardware address.", repeats=True,
              place=Place("eth", at, 3)),
        Field(f"{name}.lg", FieldType.BOOLEAN, f"The {whose}'s address was assigned locally.", repeats=True,
              place=Place("eth", at, 3, 0x02_0000)),
        Field(f"{name}.ig", FieldType.BOOLEAN, f"The {whose} is a group address.", repeats=True,
              place=Place("eth", at, 3, 0x01_0000)),
    )  # fmt: skip


_ETHERNET: Final = (
    Field("eth", FieldType.PROTOCOL, "The Ethernet header.", repeats=True, layer=Layer.LISTED | Layer.DESCRIBED),
    *_end("eth.dst", "destination", 0),
    *_end("eth.src", "source", 6),
    Field("eth.addr", FieldType.ETHER, "Hardware address of the source or the destination.",
          AnyOf(("eth.src", "eth.dst")), repeats=True),
    Field("eth.addr.oui", FieldType.UINT24,
          "First three bytes of the source's or the destination's hardware address.",
          AnyOf(("eth.src.oui", "eth.dst.oui")), repeats=True),
    Field("eth.lg", FieldType.BOOLEAN, "The source's or the destination's address was assigned locally.",
          AnyOf(("eth.src.lg", "eth.dst.lg")), repeats=True),
    Field("eth.ig", FieldType.BOOLEAN, "The source or the destination is a group address.",
          AnyOf(("eth.src.ig", "eth.dst.ig")), repeats=True),
    Field("eth.type", FieldType.UINT16, "Which protocol follows the Ethernet header.", repeats=True,
          base=Base.HEXADECIMAL, place=Place("eth", 12, 2)),
    Field("eth.len", FieldType.UINT16, "Length of what follows an IEEE 802.3 header.", unit=_BYTES, repeats=True),
    Field("eth.src_not_group", FieldType.NONE, "The source is a group address, which is not allowed.",
          repeats=True),
    Field("eth.padding", FieldType.BYTES, "Zeros that pad a short frame.", repeats=True),
    Field("eth.padding_bad", FieldType.NONE, "The padding may be something else."),
    Field("eth.trailer", FieldType.BYTES, "Bytes after the network packet.", repeats=True),
    Field("eth.fcs", FieldType.UINT32, "The frame check sequence.", base=Base.HEXADECIMAL),
    Field("eth.fcs.status", FieldType.UINT8, "Whether the frame check sequence is right."),
    Field("vlan", FieldType.PROTOCOL, "A VLAN tag (IEEE 802.1Q).", repeats=True, layer=Layer.LISTED | Layer.DESCRIBED),
    Field("vlan.priority", FieldType.UINT16, "Priority of the frame in its VLAN.", repeats=True),
    Field("vlan.dei", FieldType.BOOLEAN, "The frame may be dropped first.", repeats=True),
    Field("vlan.id", FieldType.UINT16, "Number of the VLAN.", repeats=True),
    Field("vlan.etype", FieldType.UINT16, "Which protocol follows the tag.", repeats=True, base=Base.HEXADECIMAL),
    Field("vlan.len", FieldType.UINT16, "Length of what follows the tag.", unit=_BYTES, repeats=True),
    Field("vlan.trailer", FieldType.BYTES, "Bytes after the network packet of a tagged frame.", repeats=True),
)  # fmt: skip

_OTHERS: Final = (
    Field(
        "sll",
        FieldType.PROTOCOL,
        "The header of a Linux cooked capture, version 1 or 2.",
        layer=Layer.LISTED | Layer.DESCRIBED,
    ),
    Field("sll.pkttype", FieldType.UINT16, "Whether the host sent the packet, and to whom it was addressed."),
    Field("sll.hatype", FieldType.UINT16, "Kind of the hardware address (ARPHRD)."),
    Field("sll.halen", FieldType.UINT16, "Length of the sender's hardware address.", unit=_BYTES),
    Field("sll.src.eth", FieldType.ETHER, "The sender's hardware address."),
    Field("sll.src.ipv4", FieldType.IPV4, "The sender's address if it is an IPv4 address."),
    Field("sll.src.other", FieldType.BYTES, "The sender's hardware address of another kind."),
    Field("sll.unused", FieldType.BYTES, "Unused bytes of the sender's address field."),
    Field("sll.etype", FieldType.UINT16, "Which protocol follows, as an ethertype.", base=Base.HEXADECIMAL),
    Field("sll.ltype", FieldType.UINT16, "Which protocol follows, as a number of Linux.", base=Base.HEXADECIMAL),
    Field("sll.ifindex", FieldType.UINT32, "Number of the interface (version 2)."),
    Field("null", FieldType.PROTOCOL, "The header of a BSD loopback capture."),
    Field("null.family", FieldType.UINT32, "Address family of the packet that follows."),
    Field("raw", FieldType.PROTOCOL, "An IP packet without a link header."),
)


def _arp_end(name: str, title: str) -> tuple[Field, ...]:
    return (
        Field(f"{name}.hw_mac", FieldType.ETHER, f"The {title}'s hardware address.", repeats=True),
        Field(
            f"{name}.hw", FieldType.BYTES, f"The {title}'s hardware address if it is not a MAC address.", repeats=True
        ),
        Field(f"{name}.proto_ipv4", FieldType.IPV4, f"The {title}'s IPv4 address.", repeats=True),
        Field(f"{name}.proto", FieldType.BYTES, f"The {title}'s address if it is not IPv4.", repeats=True),
    )


_ARP: Final = (
    Field("arp", FieldType.PROTOCOL, "The frame has Address Resolution Protocol.", repeats=True),
    Field("arp.hw.type", FieldType.UINT16, "Kind of the hardware addresses; 1 is Ethernet.", repeats=True),
    Field(
        "arp.proto.type",
        FieldType.UINT16,
        "Protocol of the addresses asked for, as an ethertype.",
        repeats=True,
        base=Base.HEXADECIMAL,
    ),
    Field("arp.hw.size", FieldType.UINT8, "Length of a hardware address.", unit=_BYTES, repeats=True),
    Field("arp.proto.size", FieldType.UINT8, "Length of a protocol address.", unit=_BYTES, repeats=True),
    Field("arp.opcode", FieldType.UINT16, "Operation code: 1 request, 2 reply.", repeats=True),
    Field("arp.isgratuitous", FieldType.BOOLEAN, "The sender announces its own address unasked.", repeats=True),
    Field("arp.isannouncement", FieldType.BOOLEAN, "The sender announces that it uses an address.", repeats=True),
    Field("arp.isprobe", FieldType.BOOLEAN, "The sender asks whether an address is in use.", repeats=True),
    *_arp_end("arp.src", "sender"),
    *_arp_end("arp.dst", "target"),
)

LINK_FIELDS: Final = (*_FRAME, *_ETHERNET, *_ARP, *_OTHERS)
