"""Layers above IP and UDP, and bodies of HTTP: named as tshark 4.0.17 names them, with its fields."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

import pytest
from captures import ACK, PSH, Tape
from encapsulations import write_capture
from filter_matrix import Matrix, frames_of_both
from ip_pieces import whole, write_raw
from other_frames import dns_answer, dns_name, dns_query
from sharkd import Sharkd
from tls_bytes import client_hello, record, server_hello

from tcptui.session.session import open_file

pytestmark = pytest.mark.tshark

PPP_LINK: Final = 9
CISCO_LINK: Final = 104


def _udp(source: int, target: int, body: bytes) -> bytes:
    return whole(struct.pack("!HHHH", source, target, 8 + len(body), 0) + body, protocol=17)


def test_parts_of_a_protocol_are_one_layer_with_its_name(tmp_path: Path) -> None:
    """IGMP of three versions, GRE of PPTP, DHCP, GTP: scapy's own names for their kinds and parts were the layers."""
    group = bytes([224, 0, 0, 9])
    query, report = (bytes([kind, 10, 0, 0]) + group for kind in (0x11, 0x16))
    third = bytes([0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0]) + group
    pptp = bytes.fromhex("3001880b 0012 0008 00000000 ff03c021 010100 0a 0306c223 0506")
    dhcp = bytes([1, 1, 6, 0]) + bytes(232) + bytes.fromhex("63825363 350101 ff")
    gtp = struct.pack("!BBHI", 0x30, 255, 40, 7) + whole(bytes(20))
    packets = [whole(body, protocol=2) for body in (query, report, third, bytes([0x11, 0, 0, 0]) + group + bytes(4))]
    packets += [whole(pptp, protocol=47), _udp(68, 67, dhcp), _udp(2152, 2152, gtp)]
    path = write_raw(tmp_path / "layers.pcapng", packets)
    asked = (
        "igmp", "len(igmp) > 8", "igmp#[1-2]", "gre", "gre[0:2] == 30:01", "len(gre) > 16", "ppp", "dhcp", "dhcp#2",
        "count(dhcp) == 1", "len(dhcp) > 240", 'frame.protocols matches ":igmp:igmp$"',
        'frame.protocols contains ":gre:ppp"', 'frame.protocols matches ":dhcp$"',
        'frame.protocols contains ":gtp:ip:tcp"',
    )  # fmt: skip
    found = frames_of_both(path, asked)
    assert [len(found[text]) for text in ("igmp", "gre", "dhcp")] == [4, 1, 1]


def test_ppp_begins_at_its_address_and_cisco_hdlc_is_a_layer(tmp_path: Path) -> None:
    packet = whole(struct.pack("!HHHH", 9, 9, 8, 0), protocol=17)
    path = tmp_path / "links.pcapng"
    sent = [(0, bytes.fromhex("ff030021") + packet), (1, bytes.fromhex("0f000800") + packet)]
    write_capture(path, [PPP_LINK, CISCO_LINK], [(link, frame, len(frame)) for link, frame in sent])
    found = frames_of_both(
        path, ("ppp", "ppp[0:2] == ff:03", "len(ppp) > 4", "ppp[-1:] == 00", "chdlc", 'frame.protocols == "ppp:ip:udp"')
    )
    assert found["ppp[0:2] == ff:03"] == [1]
    assert found["chdlc"] == [2]


def test_multicast_and_link_local_names_have_the_fields_of_dns_in_layers_of_their_own(tmp_path: Path) -> None:
    """They were the layer dns, without a field; the highest bit of a class says something else in mDNS."""
    asked = dns_query(0, "shop.local")
    cached = dns_answer(0, "shop.local", ["10.0.0.7"])
    flushed = cached.replace(b"\0\1\0\1\0\0\1,", b"\0\1\x80\1\0\0\1,")
    options = bytearray(asked[:-2] + b"\x80\1" + b"\0" + struct.pack("!HHIH", 41, 0x85A0, 0, 0))
    options[11] = 1
    flags = [struct.pack("!HH", 9, bits) + asked[4:] for bits in (0x0400, 0x0200, 0x0100)]
    bodies = [asked, cached, flushed, asked[:-2] + b"\x80\1", bytes(options)]
    packets = [_udp(5353, 5353, body) for body in (*bodies, asked[:20])]
    packets += [_udp(40000, 5355, body) for body in (*bodies, *flags)]
    packets += [_udp(5355, 40000, cached), _udp(53, 5353, cached), _udp(5353, 5355, cached)]
    path = write_raw(tmp_path / "names.pcapng", packets)
    matrix, session = Matrix(), open_file(path)
    with Sharkd() as sharkd:
        sharkd.load(path)
        for prefix in ("dns.flags", "dns.qry", "dns.resp.", "dns.count", "dns.rr", "dns.a", "mdns", "llmnr", "data"):
            matrix.hold(path, session, sharkd, prefix, 200)

    assert matrix.all.asked > 800
    assert matrix.examples == {}
    found = frames_of_both(path, ("dns", "mdns", "llmnr", "dns.qry.qu == 1", "dns.resp.cache_flush == 1"))
    assert all(found.values()), found
    assert dns_name("shop.local") in asked


MEDIA: Final = (
    "text/plain", "text/html", "text/css", "text/javascript", "text/xml", "text/event-stream", "text/csv",
    "application/json", "application/problem+json", "application/ld+json", "application/javascript",
    "application/x-javascript", "application/xml", "application/soap+xml", "application/xhtml+xml", "image/svg+xml",
)  # fmt: skip


def test_bodies_of_text_are_what_tshark_reads_them_as(tmp_path: Path) -> None:
    """JSON and XML are no `data-text-lines`, nor is a text that no dissector is registered for."""
    tape, server, get = Tape(), "192.0.2.10:80", b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
    for number, media in enumerate(MEDIA):
        client, ms = f"10.0.0.1:{41000 + number}", 1000 * number
        tape.handshake(ms, client, server)
        tape.tcp(ms + 50, client, server, PSH | ACK, 1001, 9001, get)
        body = b'<?xml version="1.0"?><a>b</a>\n' if "xml" in media else b'{"a": 1}\n'
        head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (media.encode(), len(body))
        tape.tcp(ms + 60, server, client, PSH | ACK, 9001, 1001 + len(get), head + body)
    path = tmp_path / "media.pcap"
    path.write_bytes(tape.pcap())
    ends = [f'frame.protocols matches ":{name}$"' for name in ("data-text-lines", "json", "xml", "media")]
    found = frames_of_both(path, ("data-text-lines", "len(data-text-lines) > 8", *ends))
    assert all(found.values()), found


@pytest.mark.parametrize("cut", [3, 40])
@pytest.mark.parametrize("kind", ["tls", "pgsql"])
def test_message_that_began_in_an_earlier_packet_is_a_layer_by_itself(kind: str, cut: int, tmp_path: Path) -> None:
    """Unless not even its header was there: then it is shown with all that ends in the packet."""
    if kind == "tls":
        message, server = record(23, b"x" * 60), "192.0.2.10:443"
        said = record(22, server_hello()) + message
    else:
        message, server = b"D" + struct.pack("!IHI", 64, 1, 54) + b"x" * 54, "192.0.2.10:5432"
        said = b"R" + struct.pack("!II", 8, 0) + message
    sent = said + message
    border = len(said) - len(message) + cut
    tape, client = Tape(), "10.0.0.1:40001"
    tape.handshake(0, client, server)
    asked = record(22, client_hello()) if kind == "tls" else struct.pack("!II", 16, 196608) + b"user\0a\0\0"
    tape.tcp(50, client, server, PSH | ACK, 1001, 9001, asked)
    tape.tcp(60, server, client, PSH | ACK, 9001, 1001 + len(asked), sent[:border])
    tape.tcp(61, server, client, PSH | ACK, 9001 + border, 1001 + len(asked), sent[border:])
    path = tmp_path / "split.pcap"
    path.write_bytes(tape.pcap())
    lengths = [f"tcp.reassembled.length == {size}" for size in (len(message), 2 * len(message))]
    twice = f'frame.protocols matches ":{kind}:{kind}$"'
    found = frames_of_both(path, (kind, f"count({kind}) == 2", "tls#2", f"len({kind}) > 100", twice, *lengths))
    assert found[kind]
    assert bool(found[twice]) == (cut == 40)


CASES: Final = Path(__file__).parents[3] / "cases"


def test_text_of_http_2_is_lines_and_websocket_is_compared_unmasked() -> None:
    asked = ("data-text-lines", "len(data-text-lines) > 90", 'frame.protocols contains ":http2:data-text-lines"')
    found = frames_of_both(CASES / "134-http2-goaway" / "client.pcapng", asked)
    assert all(found.values()), found

    asked = ('websocket.payload.close.reason == "bye"', "tcp.reassembled.data", "tcp.reassembled.data[0:2] == 00:fe")
    found = frames_of_both(CASES / "118-websocket-upgrade" / "client.pcapng", asked)
    assert all(found.values()), found


def test_duplicate_sack_is_said_once(tmp_path: Path) -> None:
    tape, client, server = Tape(), "10.0.0.1:40001", "192.0.2.10:80"
    tape.handshake(0, client, server)
    sack = bytes.fromhex("0101050a") + struct.pack("!II", 900, 1001)
    tape.tcp(50, server, client, ACK, 9001, 1001, options=sack)
    path = tmp_path / "dsack.pcap"
    path.write_bytes(tape.pcap())
    found = frames_of_both(
        path, ("tcp.options.sack.dsack", "count(tcp.options.sack.dsack) == 1", "_ws.expert.severity == Warning")
    )
    assert all(found.values()), found


def test_comment_is_all_of_its_text(corpus: Path) -> None:
    """What stood before its first colon was taken for the name of a field, and line ends were pictures."""
    asked = (
        'frame.comment contains "PID: "', 'frame.comment matches "^PID"',
        "len(frame.comment) > 20", 'frame.comment contains "UserId"', 'frame.comment contains "\\nCmd: "',
    )  # fmt: skip
    found = frames_of_both(corpus / "dev" / "ptcpdump-curl-user.pcapng", asked)
    assert all(found.values()), found
