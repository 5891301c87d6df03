"""Ethernet II and IEEE 802.3 headers, and VLAN tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.cursor import Dissection, Protocol, Step, after_ethertype
from tcptui.protocols.headers.data import bits_label, shortened
from tcptui.protocols.headers.field_names import PRIORITIES, ethertype_name
from tcptui.protocols.headers.mac_vendors import address_label
from tcptui.protocols.headers.node import ExpertLevel

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes

#: Smallest ethertype: smaller values of the type field are a length (IEEE 802.3).
_FIRST_ETHERTYPE: Final = 0x0600
_LOCAL_BIT: Final = 0x02_0000
_GROUP_BIT: Final = 0x01_0000
_HEADER: Final = 14
#: Least bytes of a frame, without the frame check sequence of 4 bytes: shorter frames are padded.
_SHORTEST_FRAME: Final = 60
_CHECK_SEQUENCE: Final = 4


def _address_node(
    dissection: Dissection, layer: Branch, title: str, start: int, source: FrameBytes, name: str
) -> tuple[str, bytes]:
    address = source.take(start, 6)
    label = address_label(address, dissection.options.vendor_names)
    node = layer.add(f"{title}: {label}", start, 6, name)
    if name == "eth.src" and address[0] & 1:
        text = "Source MAC must not be a group address: IEEE 802.3-2002, Section 3.2.3(b)"
        node.expert(ExpertLevel.WARNING, "Protocol", text, "eth.src_not_group")
    node.add(f"Address: {label}", start, 6, "eth.addr")
    first_bytes = int.from_bytes(address[:3], "big")
    meaning = (
        "Locally administered address (this is NOT the factory default)"
        if first_bytes & _LOCAL_BIT
        else "Globally unique address (factory default)"
    )
    node.add(bits_label(first_bytes, _LOCAL_BIT, 24, f"LG bit: {meaning}"), start, 3, f"{name}.lg")
    is_group = first_bytes & _GROUP_BIT
    meaning = "Group address (multicast/broadcast)" if is_group else "Individual address (unicast)"
    node.add(bits_label(first_bytes, _GROUP_BIT, 24, f"IG bit: {meaning}"), start, 3, f"{name}.ig")
    return label, address


def read_ethernet(dissection: Dissection, step: Step) -> Step:
    """Append an Ethernet header; returns the step for what its type field announces."""
    start, source = step.start, step.source
    layer = dissection.layer("Ethernet II", start, _HEADER, "eth")
    dissection.protocols.append("eth")
    _claim_trailer(dissection, layer)
    to_label, to_address = _address_node(dissection, layer, "Destination", start, source, "eth.dst")
    from_label, _ = _address_node(dissection, layer, "Source", start + 6, source, "eth.src")
    dissection.coloring.group_address = bool(to_address[0] & 1)
    kind = source.number(start + 12, 2)
    if kind < _FIRST_ETHERTYPE:
        layer.label = "IEEE 802.3 Ethernet"
        line = layer.add(f"Length: {kind}", start + 12, 2, "eth.len")
        if start + _HEADER + kind > source.end:
            note = "Length field value goes past the end of the payload"
            line.expert(ExpertLevel.ERROR, "Malformed", note, "eth.len.past_end")
        end = start + _HEADER + kind
        dissection.network_end = end
        return Step(Protocol.OTHER_LLC, start + _HEADER, source.within(end))
    layer.label = f"Ethernet II, Src: {from_label}, Dst: {to_label}"
    layer.add(f"Type: {ethertype_name(kind)} (0x{kind:04x})", start + 12, 2, "eth.type")
    return after_ethertype(dissection, kind, start + _HEADER, source)


def read_vlan(dissection: Dissection, step: Step) -> Step:
    """Append one IEEE 802.1Q tag; returns the step for what its type field announces."""
    start, source = step.start, step.source
    layer = dissection.layer("802.1Q Virtual LAN", start, 4, "vlan")
    dissection.protocols.append("vlan")
    _claim_trailer(dissection, layer)
    control = source.number(start, 2)
    priority, eligible, tag = control >> 13, control >> 12 & 1, control & 0x0FFF
    layer.label = f"802.1Q Virtual LAN, PRI: {priority}, DEI: {eligible}, ID: {tag}"
    text = f"Priority: {PRIORITIES[priority]} ({priority})"
    layer.add(bits_label(control, 0xE000, 16, text), start, 2, "vlan.priority")
    text = f"DEI: {'Eligible' if eligible else 'Ineligible'}"
    layer.add(bits_label(control, 0x1000, 16, text), start, 2, "vlan.dei")
    layer.add(bits_label(control, 0x0FFF, 16, f"ID: {tag}"), start, 2, "vlan.id")
    kind = source.number(start + 2, 2)
    if kind < _FIRST_ETHERTYPE:
        layer.add(f"Length: {kind}", start + 2, 2, "vlan.len")
        return Step(Protocol.OTHER_LLC, start + 4, source.within(start + 4 + kind))
    layer.add(f"Type: {ethertype_name(kind)} (0x{kind:04x})", start + 2, 2, "vlan.etype")
    return after_ethertype(dissection, kind, start + 4, source)


def _claim_trailer(dissection: Dissection, layer: Branch) -> None:
    """Let ``layer`` get the bytes behind the network layer, if it is a link layer of the outermost frame."""
    if dissection.network_end is None:
        dissection.trailing = layer


def add_trailer(dissection: Dissection) -> None:
    """Append the bytes behind the end of the network layer: padding, a trailer, the frame check sequence."""
    layer, end = dissection.trailing, dissection.network_end
    data = dissection.view.data
    if layer is None or end is None or not _HEADER <= end < len(data):
        return
    # As in Wireshark a shorter frame was never padded, or was captured before it was.
    missing = max(0, _SHORTEST_FRAME - end) if len(data) >= _SHORTEST_FRAME else 0
    padded = bool(missing) and not any(data[end : end + missing])
    if padded:
        layer.add(f"Padding: {shortened(data[end : end + missing])}", end, missing, "eth.padding")
        end += missing
    # As Wireshark does when the file does not say: a frame that is long enough for one is taken to have one.
    checked = len(data) - _CHECK_SEQUENCE
    has_check = end <= checked and len(data) >= _SHORTEST_FRAME + _CHECK_SEQUENCE and layer.field == "eth"
    stop = checked if has_check else len(data)
    if end < stop:
        node = layer.add(f"Trailer: {shortened(data[end:stop])}", end, stop - end, f"{layer.field}.trailer")
        if missing and not padded:
            text = "Didn't find padding of zeros, and an undecoded trailer exists. There may be padding of non-zeros."
            node.expert(ExpertLevel.NOTE, "Protocol", text, "eth.padding_bad")
    if has_check:
        value = int.from_bytes(data[checked:], "big")
        layer.add(f"Frame check sequence: 0x{value:08x} [unverified]", checked, _CHECK_SEQUENCE, "eth.fcs")
        layer.concluded("FCS Status: Unverified", "eth.fcs.status")
