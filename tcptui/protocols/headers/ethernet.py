"""Ethernet II and IEEE 802.3 headers, and VLAN tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from tcptui.protocols.headers.cursor import Dissection, Protocol, Step, after_ethertype
from tcptui.protocols.headers.field_line import ChecksumStatus
from tcptui.protocols.headers.field_names import PRIORITIES
from tcptui.protocols.headers.header import Header
from tcptui.protocols.headers.mac_vendors import address_label
from tcptui.protocols.headers.node import ExpertLevel

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch

#: Smallest ethertype: smaller values of the type field are a length (IEEE 802.3).
_FIRST_ETHERTYPE: Final = 0x0600
_HEADER: Final = 14
#: Least bytes of a frame, without the frame check sequence of 4 bytes: shorter frames are padded.
_SHORTEST_FRAME: Final = 60
_CHECK_SEQUENCE: Final = 4


def _address_line(dissection: Dissection, header: Header, name: str) -> tuple[str, bytes]:
    line = header.field(name)
    address = cast("bytes", line.value)
    line.text = address_label(address, dissection.options.vendor_names)
    if name == "eth.src" and address[0] & 1:
        text = "Source MAC must not be a group address: IEEE 802.3-2002, Section 3.2.3(b)"
        line.expert(ExpertLevel.WARNING, "Protocol", text, "eth.src_not_group")
    line.put("eth.addr", address, line.start, line.length, text=line.text)
    header.field(f"{name}.lg", below=line)
    header.field(f"{name}.ig", below=line)
    return line.text, address


def read_ethernet(dissection: Dissection, step: Step) -> Step:
    """Append an Ethernet header; returns the step for what its type field announces."""
    start, source = step.start, step.source
    layer = dissection.layer("Ethernet II", start, _HEADER, "eth")
    dissection.protocols.append("eth")
    _claim_trailer(dissection, layer)
    header = Header(layer, source, start)
    to_label, to_address = _address_line(dissection, header, "eth.dst")
    from_label, _ = _address_line(dissection, header, "eth.src")
    dissection.coloring.group_address = bool(to_address[0] & 1)
    kind = source.number(start + 12, 2)
    if kind < _FIRST_ETHERTYPE:
        layer.label = "IEEE 802.3 Ethernet"
        line = header.field("eth.len", start + 12)
        if start + _HEADER + kind > source.end:
            note = "Length field value goes past the end of the payload"
            line.expert(ExpertLevel.ERROR, "Malformed", note, "eth.len.past_end")
        end = start + _HEADER + kind
        dissection.network_end = end
        return Step(Protocol.OTHER_LLC, start + _HEADER, source.within(end))
    layer.label = f"Ethernet II, Src: {from_label}, Dst: {to_label}"
    header.field("eth.type")
    return after_ethertype(dissection, kind, start + _HEADER, source)


def read_vlan(dissection: Dissection, step: Step) -> Step:
    """Append one IEEE 802.1Q tag; returns the step for what its type field announces."""
    start, source = step.start, step.source
    layer = dissection.layer("802.1Q Virtual LAN", start, 4, "vlan")
    dissection.protocols.append("vlan")
    _claim_trailer(dissection, layer)
    header = Header(layer, source, start)
    line = header.field("vlan.priority", start)
    priority = cast("int", line.value)
    line.text = f"{PRIORITIES[priority]} ({priority})"
    eligible = header.number("vlan.dei", start, 2)
    tag = header.number("vlan.id", start)
    layer.label = f"802.1Q Virtual LAN, PRI: {priority}, DEI: {eligible}, ID: {tag}"
    kind = source.number(start + 2, 2)
    if kind < _FIRST_ETHERTYPE:
        header.field("vlan.len", start + 2)
        return Step(Protocol.OTHER_LLC, start + 4, source.within(start + 4 + kind))
    header.field("vlan.etype", start + 2)
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
        layer.put("eth.padding", data[end : end + missing], end, missing)
        end += missing
    # As Wireshark does when the file does not say: a frame that is long enough for one is taken to have one.
    checked = len(data) - _CHECK_SEQUENCE
    has_check = end <= checked and len(data) >= _SHORTEST_FRAME + _CHECK_SEQUENCE and layer.field == "eth"
    stop = checked if has_check else len(data)
    if end < stop:
        node = layer.put(f"{layer.field}.trailer", data[end:stop], end, stop - end)
        if missing and not padded:
            text = "Didn't find padding of zeros, and an undecoded trailer exists. There may be padding of non-zeros."
            node.expert(ExpertLevel.NOTE, "Protocol", text, "eth.padding_bad")
    if has_check:
        layer.put("eth.fcs", int.from_bytes(data[checked:]), checked, _CHECK_SEQUENCE, note=" [unverified]")
        layer.put("eth.fcs.status", ChecksumStatus.UNVERIFIED)
