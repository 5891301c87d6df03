"""The search for what was replaced: whatever is planted in the new capture is found, and what is not there is not."""

from __future__ import annotations

import base64
import os
import tempfile
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from other_frames import dns_answer, ethernet, ip, udp
from redacted import CLIENT, SERVER, datagram, rewriter, segment
from stretches_of import stretch_of

from tcptui.redact.search import Searched, search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ADDRESS, MAC = ip_address(SERVER).packed, bytes.fromhex("02a7c3d4e5f6")
V6 = ip_address("2600:1234:5678::9abc").packed
NAME = b"payroll.example.com"
SECRET = b"the quick brown fox jumps over 13 lazy dogs"


@pytest.fixture
def output() -> Iterator[int]:
    with tempfile.TemporaryFile() as file:
        yield file.fileno()


def original() -> list[bytes]:
    """What the old capture has: addresses of all kinds, a name, content."""
    request = b"GET /a HTTP/1.1\r\nHost: " + NAME + b"\r\n\r\n" + SECRET
    return [
        ethernet(0x0800, datagram(6, segment(request)), source=MAC),
        ethernet(0x86DD, ip(str(ip_address(V6)), "2600::1", 6, segment(b"")), source=MAC),
        udp(f"{CLIENT}:40001", f"{SERVER}:53", dns_answer(7, "db.internal.example", ["9.9.1.1"])),
    ]


def found(output: int, planted: bytes = b"", block: bytes = b"") -> Searched:
    """What is found in the rewritten capture with a packet more, and a block of the file that is no packet."""
    before = original()
    one = rewriter()
    after = [one.rewrite(packet, 1, len(packet)) for packet in before]
    other = datagram(6, segment(b"x" * 8 + planted + b"x" * 8), source="7.7.7.7", target="7.7.7.8")
    after.append(ethernet(0x0800, other, source=b"\x06\x11\x12\x13\x14\x15", target=b"\x06\x21\x22\x23\x24\x25"))
    os.pwrite(output, block + b"".join(after), 0)
    return search(lambda: [stretch_of(before)], lambda: [stretch_of(after)], [b"a description"], output)


def test_nothing_is_found_where_nothing_is_left(output: int) -> None:
    done = found(output)

    assert done.found == 0, done
    assert done.values >= 7


def flipped(text: bytes) -> bytes:
    return text[::-1]


@pytest.mark.parametrize("notation", [
    lambda: ADDRESS, lambda: ADDRESS[::-1], lambda: SERVER.encode(), lambda: flipped(SERVER.encode()),
    lambda: b"4.4.8.8.in-addr.arpa", lambda: b"\x014\x014\x018\x018\x07in-addr\x04arpa\0", lambda: b"8-8-4-4",
    lambda: ADDRESS.hex().encode(), lambda: str(int.from_bytes(ADDRESS)).encode(), lambda: base64.b64encode(ADDRESS),
    lambda: bytes(10) + b"\xff\xff" + ADDRESS, lambda: b"::ffff:" + SERVER.encode(), lambda: b"::ffff:0808:0404",
], ids=range(13))  # fmt: skip
def test_an_ipv4_address_is_found_in_every_notation(notation: Callable[[], bytes], output: int) -> None:
    assert found(output, notation()).found


@pytest.mark.parametrize("notation", [
    lambda: V6, lambda: V6[::-1], lambda: str(ip_address(V6)).encode(),
    lambda: ip_address(V6).exploded.upper().encode(),
    lambda: V6.hex().encode(), lambda: ".".join(reversed(V6.hex())).encode() + b".ip6.arpa",
    lambda: base64.b64encode(b"a" + V6), lambda: flipped(str(ip_address(V6)).encode()),
], ids=range(8))  # fmt: skip
def test_an_ipv6_address_is_found_in_every_notation(notation: Callable[[], bytes], output: int) -> None:
    assert found(output, notation()).found


@pytest.mark.parametrize("notation", [
    lambda: MAC, lambda: MAC[::-1], lambda: b"02:a7:c3:d4:e5:f6", lambda: b"02-A7-C3-D4-E5-F6",
    lambda: b"02a7.c3d4.e5f6",
    lambda: MAC.hex().encode(), lambda: bytes((0,)) + MAC[1:3] + b"\xff\xfe" + MAC[3:], lambda: base64.b64encode(MAC),
], ids=range(8))  # fmt: skip
def test_a_link_address_is_found_in_every_notation(notation: Callable[[], bytes], output: int) -> None:
    assert found(output, notation()).found


@pytest.mark.parametrize("name", [NAME, b"db.internal.example"])
@pytest.mark.parametrize("written", [
    lambda name: name, lambda name: name.upper(), flipped, lambda name: name.hex().encode(),
    lambda name: base64.b64encode(b"ab" + name + b"c"),
    lambda name: b"".join(bytes((len(one),)) + one for one in name.split(b".")) + b"\0",
], ids=range(6))  # fmt: skip
def test_a_name_is_found_in_every_notation(name: bytes, written: Callable[[bytes], bytes], output: int) -> None:
    assert found(output, written(name)).found


@pytest.mark.parametrize("written", [
    lambda piece: piece, flipped, lambda piece: piece.hex().encode(),
    lambda piece: piece.hex().upper().encode(), lambda piece: base64.b64encode(b"a" + piece),
    lambda piece: base64.urlsafe_b64encode(piece),
], ids=range(6))  # fmt: skip
def test_any_stretch_of_content_is_found(written: Callable[[bytes], bytes], output: int) -> None:
    for at in range(0, len(SECRET) - 12, 4):
        assert found(output, written(SECRET[at : at + 12])).found, SECRET[at : at + 12]
    assert found(output, SECRET[3:11]).found


@pytest.mark.parametrize("block", [SERVER.encode(), b"02:a7:c3:d4:e5:f6", NAME, b"A DESCRIPTION", V6.hex().encode()])
def test_what_a_block_of_the_file_says_is_found(block: bytes, output: int) -> None:
    assert found(output, block=b"comment: " + block + b" ").found


def test_an_address_at_its_old_place_is_found(output: int) -> None:
    before = original()
    done = search(lambda: [stretch_of(before)], lambda: [stretch_of(before)], [], output)

    assert done.found
    assert done.is_address


def test_public_words_and_longer_numbers_are_no_leaks(output: int) -> None:
    for planted in (b"\r\nContent-Length: ", b"HTTP/1.1 ", b"18.8.4.45", bytes(40), b"GET /"):
        assert found(output, planted).found == 0, planted


@pytest.mark.parametrize("before", range(-8, 8))
def test_what_stands_where_pieces_of_the_file_meet_is_found(before: int, output: int) -> None:
    for filler in (b"x", b"8"):  # of the latter the address itself begins with a run
        block = filler * ((1 << 18) + before) + b" " + SERVER.encode() + b" "
        assert found(output, block=block).found == 1, filler


@pytest.mark.parametrize("planted", [b"xxxxhost.example", b"zzzz.example.org"])
def test_a_name_that_begins_like_filler_is_found(planted: bytes, output: int) -> None:
    request = b"GET / HTTP/1.1\r\nHOST: " + planted + b"\r\n\r\n"
    before = [ethernet(0x0800, datagram(6, segment(request)))]
    os.pwrite(output, b"x" * 300 + b" " + planted + b" " + b"x" * 300, 0)

    assert search(lambda: [stretch_of(before)], list, [], output).found


def test_a_hello_that_goes_on_behind_filler_is_framing(output: int) -> None:
    """What follows a segment of nothing but filler is read as what the segment before that began."""
    head, suites = b"\x16\x03\x01\x00\x35\x01\x00\x00\x31\x03\x03", bytes.fromhex("13011302c02bc02f")
    rest = b"\x00\x00\x08" + suites + b"\x01\x00\x00\x00"

    def of(parts: list[bytes], source: str, target: str, mac: bytes) -> list[bytes]:
        datagrams = [datagram(6, segment(part), source=source, target=target) for part in parts]
        return [ethernet(0x0800, one, source=mac, target=mac[::-1]) for one in datagrams]

    before = of([head + SECRET[:10], SECRET[10:32], rest], CLIENT, SERVER, MAC)
    parts = [head + b"x" * 10, b"x" * 22, rest]
    after = of(parts, "7.7.7.7", "7.7.7.8", b"\x06\x11\x12\x13\x14\x15")

    done = search(lambda: [stretch_of(before)], lambda: [stretch_of(after)], [], output)
    without = search(lambda: [stretch_of(before)], lambda: [stretch_of(after[2:])], [], output)

    assert done.found == 0, done
    assert without.found
