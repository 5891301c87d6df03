"""Packets rewritten: what is known stays or is mapped, what is not known is gone, checksums say what they said."""

from __future__ import annotations

import random
import struct
from ipaddress import ip_address

import pytest
from other_frames import CLIENT_MAC, SERVER_MAC, arp, ethernet, icmp, udp
from redacted import CLIENT, KEY, SERVER, datagram, rewriter, segment
from seeds import seed

from tcptui.redact.mapping import Mapping
from tcptui.wire.checksum import internet_checksum, ones_complement_sum
from tcptui.wire.link.types import LINK_LAYERS

ROUTER = "9.9.9.77"
HOSTS = [ip_address(one).packed for one in (CLIENT, SERVER, ROUTER)]
V6 = ip_address("2600:1234:5678::9abc").packed
ETHERNET, RAW = 1, 101


def is_right(packet: bytes, size: int = 20) -> bool:
    """Whether the checksums of an IPv4 datagram and of the TCP segment in it are right."""
    whole = packet[12:20] + b"\0\6" + (len(packet) - size).to_bytes(2) + packet[size:]
    return ones_complement_sum(packet[:size]) == 0xFFFF and ones_complement_sum(whole) == 0xFFFF


def has_none(packet: bytes, values: list[bytes]) -> bool:
    return not any(value in packet for value in values)


def test_a_segment_keeps_its_numbers_and_loses_hosts_and_content() -> None:
    options = b"\x02\x04\x05\xb4\x01\x03\x03\x07\x08\x0a" + struct.pack("!II", 111_222, 333_444)
    before = datagram(6, segment(b"user=alice&pass=secret", options))

    after = rewriter().rewrite(before, RAW, len(before))

    assert len(after) == len(before)
    assert has_none(after, [*HOSTS, b"alice", b"secret", struct.pack("!I", 111_222), struct.pack("!I", 333_444)])
    assert after[20:36] == before[20:36]
    assert after[40:50] == before[40:50]
    assert is_right(before)
    assert is_right(after)


@pytest.mark.parametrize("stated", ["wrong", "absent", "partial"])
def test_a_checksum_that_was_not_right_stays_what_it_was(stated: str) -> None:
    body = segment(b"0123456789")
    pseudo = HOSTS[0] + HOSTS[1] + b"\0\6" + len(body).to_bytes(2)
    field = {"wrong": 0x1234, "absent": 0, "partial": ones_complement_sum(pseudo)}[stated]
    before = datagram(6, body[:16] + field.to_bytes(2) + body[18:])

    after = rewriter().rewrite(before, RAW, len(before))

    found, new = int.from_bytes(after[36:38]), after[12:20] + b"\0\6" + len(body).to_bytes(2)
    assert not is_right(after)
    assert (found == 0) == (stated == "absent")
    assert (found == ones_complement_sum(new)) == (stated == "partial")


def test_retransmitted_bytes_stay_the_same_bytes() -> None:
    one = rewriter()
    first, again = (one.rewrite(packet, RAW, 200) for packet in [datagram(6, segment(b"abcdef" * 9))] * 2)

    assert first == again


@pytest.mark.parametrize("option", [
    b"\x22\x0a" + b"COOKIE!!",  # Fast Open
    b"\xfe\x0c\xf9\x89" + b"COOKIE!!",
    b"\x1e\x0c\x00\x81" + b"COOKIE!!",  # MP_CAPABLE
    b"\x1e\x0c\x10\x00" + b"COOKIE!!",  # MP_JOIN
    b"\x1e\x0c\x70\x00" + b"COOKIE!!",  # MP_FASTCLOSE
    b"\x13\x0a" + b"COOKIE!!",  # MD5, cut short
    b"\x4c\x0a" + b"COOKIE!!",  # nobody's
])  # fmt: skip
def test_secrets_in_tcp_options_are_gone(option: bytes) -> None:
    before = datagram(6, segment(b"", option))

    after = rewriter().rewrite(before, RAW, len(before))

    assert b"COOKIE" not in after
    assert after[40:42] == option[:2]
    assert is_right(after)


def test_an_address_that_multipath_tcp_announces_is_mapped() -> None:
    option = b"\x1e\x10\x30\x01" + HOSTS[2] + b"HMACHMAC"
    before = datagram(6, segment(b"", option))

    after = rewriter().rewrite(before, RAW, len(before))

    assert Mapping(KEY).address(HOSTS[2]) in after
    assert has_none(after, [*HOSTS, b"HMAC"])


def test_routes_and_unknown_options_of_ip_are_gone() -> None:
    options = b"\x07\x0b\x0c" + HOSTS[2] + HOSTS[0] + b"\x82\x0b" + b"SECURITYX" + b"\0\0"
    before = datagram(6, segment(b"x"), options)

    after = rewriter().rewrite(before, RAW, len(before))

    assert has_none(after, [*HOSTS, b"SECURITY"])
    assert Mapping(KEY).address(HOSTS[2]) in after
    assert is_right(after, 20 + len(options))


@pytest.mark.parametrize(("around", "link"), [
    (lambda inner: ethernet(0x0800, inner), ETHERNET),
    (lambda inner: ethernet(0x8100, b"\x00\x64\x08\x00" + inner), ETHERNET),
    (lambda inner: ethernet(0x88A8, b"\x00\x64\x81\x00\x00\x65\x08\x00" + inner), ETHERNET),
    (lambda inner: ethernet(0x8847, b"\x00\x01\x01\x40" + inner), ETHERNET),
    (lambda inner: ethernet(0x8864, b"\x11\0\0\x01" + (len(inner) + 2).to_bytes(2) + b"\0\x21" + inner), ETHERNET),
    (lambda inner: datagram(4, inner), RAW),
    (lambda inner: datagram(47, b"\0\0\x08\0" + inner), RAW),
    (lambda inner: datagram(47, b"\0\0\x65\x58" + ethernet(0x0800, inner)), RAW),
    (lambda inner: b"\0\0\0\1\0\6" + CLIENT_MAC + b"\0\0\x08\0" + inner, 113),
    (lambda inner: b"\x08\0\0\0\0\0\0\1\0\1\0\6" + CLIENT_MAC + b"\0\0" + inner, 276),
    (lambda inner: b"\x02\0\0\0" + inner, 0),
])  # fmt: skip
def test_a_segment_is_found_behind_other_headers(around, link: int) -> None:  # type: ignore[no-untyped-def]
    inner = datagram(6, segment(b"a secret of somebody"))
    before = around(inner)

    after = rewriter().rewrite(before, link, len(before))

    at = before.index(inner)
    assert is_right(after[at : at + len(inner)])
    assert after[at + 20 : at + 24] == inner[20:24]
    assert has_none(after, [*HOSTS, CLIENT_MAC, SERVER_MAC, b"secret"])


@pytest.mark.parametrize("port", [4789, 6081])
def test_a_segment_is_found_in_tunnels_over_udp(port: int) -> None:
    inner = datagram(6, segment(b"a secret of somebody"))
    shim = b"\x08\0\0\0\0\0\x07\0" if port == 4789 else b"\x02\0\x65\x58\0\0\x07\0" + b"\x01\x02\x03\x01" + b"HIDE"
    body = shim + ethernet(0x0800, inner)
    before = datagram(17, struct.pack("!HHHH", 50000, port, 8 + len(body), 0) + body)

    after = rewriter().rewrite(before, RAW, len(before))

    at = before.index(inner)
    assert is_right(after[at : at + len(inner)])
    assert has_none(after, [*HOSTS, CLIENT_MAC, b"secret", b"HIDE"])


def test_what_an_icmp_error_quotes_is_rewritten_as_it_was_sent() -> None:
    sent = datagram(6, segment(b"a secret"))
    one = rewriter()
    expected = one.rewrite(sent, RAW, len(sent))
    before = datagram(1, b"\x03\x04\0\0\0\0\x05\0" + sent[:28], source=ROUTER, target=CLIENT)
    right = internet_checksum(before[20:])
    before = before[:22] + right.to_bytes(2) + before[24:]

    after = one.rewrite(before, RAW, len(before))

    assert after[28:48] == expected[:20]
    assert after[48:56] == expected[20:28]
    assert ones_complement_sum(after[20:]) == 0xFFFF
    assert has_none(after, HOSTS)


def test_arp_and_what_fills_a_frame() -> None:
    before = arp(1, CLIENT, SERVER) + b"an old secret in a trailer"

    after = rewriter().rewrite(before, ETHERNET, len(before))

    assert has_none(after, [*HOSTS, CLIENT_MAC, b"secret"])
    assert Mapping(KEY).address(HOSTS[0]) in after
    assert not any(after[-26:])


def test_neighbour_discovery_and_extension_headers() -> None:
    solicited = b"\x87\0\0\0\0\0\0\0" + V6 + b"\x01\x01" + CLIENT_MAC
    hops = b"\x3a\0\x05\x02\0\0\x01\0"
    route = b"\0\x02\0\x01\0\0\0\0" + V6
    for following, extra in ((58, b""), (0, hops), (43, b"\x3a" + route[1:])):
        body = extra + solicited
        before = b"\x60\x0a\xbc\xde" + len(body).to_bytes(2) + bytes((following, 255)) + V6 + V6 + body

        after = rewriter().rewrite(before, RAW, len(before))

        assert has_none(after, [V6, CLIENT_MAC])
        assert Mapping(KEY).mac(CLIENT_MAC) in after
        assert after.count(Mapping(KEY).address(V6)) == before.count(V6)


@pytest.mark.parametrize("link", sorted(set(LINK_LAYERS) - {0, 1, 9, 12, 14, 50, 101, 108, 113, 204, 228, 229, 276}))
def test_of_a_link_that_is_not_known_nothing_passes(link: int) -> None:
    before = bytes(range(1, 200))

    assert rewriter().rewrite(before, link, 199) == bytes(199)


def test_any_bytes_keep_their_length_however_they_are_cut() -> None:
    draw = random.Random(seed(11))
    whole = [
        ethernet(0x0800, datagram(6, segment(b"text" * 9, b"\x1e\x10\x30\x01" + HOSTS[2] + b"HMACHMAC"))),
        icmp(ROUTER, CLIENT, 3, 1, bytes(4) + datagram(6, segment(b"text"))),
        udp(f"{CLIENT}:50000", f"{SERVER}:53", bytes(40)),
        arp(2, CLIENT, SERVER),
    ]
    for packet in whole:
        for _ in range(300):
            mutant = bytearray(packet[: draw.randrange(len(packet) + 1)])
            for _ in range(draw.randrange(6)):
                if mutant:
                    mutant[draw.randrange(len(mutant))] = draw.randrange(256)
            for link in (0, 1, 101, 113, 276):
                wire = len(mutant) + draw.choice((0, 0, 900))
                assert len(rewriter().rewrite(bytes(mutant), link, wire)) == len(mutant)
