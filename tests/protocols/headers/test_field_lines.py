"""Lines of fields: drawn from their values as Wireshark draws them, and read where the registry says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.dfilter.names import drawing_of
from tcptui.model.fields import ROWS
from tcptui.protocols.headers.builder import BareBranch, Branch, Kept
from tcptui.protocols.headers.frame_bytes import CutError, FrameBytes, MalformedError
from tcptui.protocols.headers.header import Header
from tcptui.session.filtering.header_places import PLACES

if TYPE_CHECKING:
    from tcptui.protocols.headers.node import Value

#: An IPv4 header, from the second byte of a frame on.
IPV4 = bytes.fromhex("ff 4f b9 0028 1c46 4000 40 06 b1e6 ac100a63 ac100a0c")


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("ip.version", 4, "0100 .... = Version: 4"),
        ("ip.hdr_len", 60, ".... 1111 = Header Length: 60"),  # of words of four bytes
        ("ip.dsfield", 0xB9, "Differentiated Services Field: 0xb9"),
        ("ip.dsfield.dscp", 46, "1011 10.. = Differentiated Services Codepoint: Expedited Forwarding (46)"),
        ("ip.dsfield.dscp", 5, "0001 01.. = Differentiated Services Codepoint: Unknown (5)"),
        ("ip.id", 0x1C46, "Identification: 0x1c46 (7238)"),
        ("ip.flags.df", 1, ".1.. .... = Don't fragment: Set"),
        ("ip.proto", 6, "Protocol: TCP (6)"),
        ("ip.proto", 200, "Protocol: Unassigned (200)"),
        ("ip.src", bytes((172, 16, 10, 99)), "Source Address: 172.16.10.99"),
        ("ipv6.src", bytes(15) + b"\1", "Source Address: ::1"),
        ("ipv6.flow", 0xABCDE, ".... 1010 1011 1100 1101 1110 = Flow Label: 0xabcde"),
        ("eth.type", 0x86DD, "Type: IPv6 (0x86dd)"),
        ("icmp.ident", 1, "Identifier (BE): 1 (0x0001)"),
        ("eth.padding", bytes(40), f"Padding: {'00' * 36}…"),
        ("smtp.req.command", "EHLO", "Command: EHLO"),
    ],
)
def test_line_is_drawn_from_its_value(name: str, value: Value, label: str) -> None:
    line = Branch("").put(name, value, 0, 1)

    assert (line.label, line.freeze(1).label, line.freeze(1).value) == (label, label, value)


def test_generated_line_is_in_brackets_and_a_status_is_its_name() -> None:
    assert Branch("").put("ip.checksum.status", 2).label == "[Header checksum status: Unverified]"
    assert Branch("").put("ip.stream", 3).label == "[Stream index: 3]"


def test_fields_are_read_where_the_registry_has_them() -> None:
    header = Header(Branch("ip"), FrameBytes(IPV4, len(IPV4)), 1)

    assert header.number("ip.ttl") == 64
    assert header.octets("ip.dst") == bytes((172, 16, 10, 12))
    flags = header.field("ip.flags", note=", Don't fragment")
    header.field("ip.flags.df", below=flags)
    assert [(node.label, node.start, node.length) for node in header.node.freeze(len(IPV4)).walk()] == [
        ("ip", None, 0), ("Time to Live: 64", 9, 1), ("Destination Address: 172.16.10.12", 17, 4),
        ("010. .... = Flags: 0x2, Don't fragment", 7, 1), (".1.. .... = Don't fragment: Set", 7, 1),
    ]  # fmt: skip


def test_field_that_is_not_there_is_no_line() -> None:
    node = Branch("ip")
    with pytest.raises(CutError):
        Header(node, FrameBytes(IPV4[:9], len(IPV4)), 1).number("ip.ttl")
    with pytest.raises(MalformedError):
        Header(node, FrameBytes(IPV4, 9), 1).number("ip.ttl")
    assert node.freeze(9).children == ()


def test_bare_layer_is_read_and_has_no_lines() -> None:
    layer = BareBranch("Ethernet II", 0, 14, "eth")

    assert Header(layer, FrameBytes(bytes(14), 14), 0).number("eth.type") == 0
    assert layer.freeze(14).children == ()


def test_filters_have_the_value_and_no_label() -> None:
    layer = Branch("ip")
    layer.put("ip.ttl", 64, 0, 1)
    layer.put("ip.proto", 6, 1, 1)
    (ttl,) = layer.freeze(2, Kept(frozenset({"ip.ttl"}), frozenset())).children

    assert (ttl.field, ttl.value, ttl.label) == ("ip.ttl", 64, "")


def test_places_have_the_bits_that_wireshark_says() -> None:
    for name, place in PLACES.items():
        mask = drawing_of(name).mask
        assert mask in (0, place.mask), name


def test_fields_that_wireshark_does_not_have_have_titles_or_no_line() -> None:
    assert {row.name for row in ROWS if row.title} == {
        row.name for row in ROWS if row.title and not drawing_of(row.name).title
    }
