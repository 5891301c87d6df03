"""Addresses, link addresses and names under a key."""

from __future__ import annotations

import ipaddress
import random
from itertools import pairwise

import pytest
from seeds import seed

from tcptui.redact.keep import Keep
from tcptui.redact.mapping import Mapping

KEY = b"k" * 32


def shared_bits(first: bytes, second: bytes) -> int:
    size = len(first) * 8
    return size - (int.from_bytes(first) ^ int.from_bytes(second)).bit_length()


def near(address: bytes, draw: random.Random) -> bytes:
    """Another address that shares a random number of first bits."""
    size = len(address) * 8
    keep = draw.randrange(size)
    low = size - keep - 1
    number = int.from_bytes(address) ^ (1 << low)
    return (number >> low << low | (draw.getrandbits(low) if low else 0)).to_bytes(len(address))


@pytest.mark.parametrize("size", [4, 16])
def test_as_many_first_bits_are_shared_as_before(size: int) -> None:
    draw, mapping = random.Random(seed(20261130)), Mapping(KEY)
    fixed = (bytes(15), b"\x7f", b"\x00", b"\xff\xff\xff\xff", b"\xef\xff\xff\xfa", b"\xe0\0\0", b"\xff")
    for _ in range(400):
        one = draw.randbytes(size)
        other = near(one, draw)
        if any(address.startswith(start) for address in (one, other) for start in fixed):
            continue
        assert shared_bits(mapping.address(one), mapping.address(other)) == shared_bits(one, other)


@pytest.mark.parametrize("network", [
    "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "fc00::/7", "fe80::/64",
    "ff00::/8", "2001:db8::/32", "2002::/16", "::ffff:0:0/96", "64:ff9b::/96",
])  # fmt: skip
def test_a_special_range_keeps_its_own_and_gets_no_others(network: str) -> None:
    draw, mapping = random.Random(seed(7)), Mapping(KEY)
    whole = ipaddress.ip_network(network)
    size = 4 if whole.version == 4 else 16
    for _ in range(60):
        inside = ipaddress.ip_address(int(whole.network_address) + draw.randrange(whole.num_addresses))
        assert ipaddress.ip_address(mapping.address(inside.packed)) in whole
        outside = ipaddress.ip_address(draw.randbytes(size))
        assert (ipaddress.ip_address(mapping.address(outside.packed)) in whole) == (outside in whole)


@pytest.mark.parametrize("address", [
    "0.0.0.0", "127.0.0.1", "255.255.255.255", "224.0.0.251", "239.255.255.250", "::", "::1", "ff02::1", "ff02::fb",
    "ff02::1:2", "ff02::1:3",
])  # fmt: skip
def test_addresses_of_no_host_stay(address: str) -> None:
    packed = ipaddress.ip_address(address).packed

    assert Mapping(KEY).address(packed) == packed


def test_no_two_addresses_become_one() -> None:
    mapping = Mapping(KEY)
    every = [bytes((192, 168, 7, last)) for last in range(256)]

    assert len({mapping.address(one) for one in every}) == len(every)


def test_an_ipv4_address_in_an_ipv6_address_is_mapped_as_by_itself() -> None:
    mapping, inner = Mapping(KEY), ipaddress.ip_address("8.8.4.4").packed

    for outer in (bytes(10) + b"\xff\xff", bytes.fromhex("0064ff9b") + bytes(8)):
        assert mapping.address(outer + inner) == outer + mapping.address(inner)
    assert mapping.address(b"\x20\x02" + inner + bytes(9) + b"\1")[2:6] == mapping.address(inner)


def test_an_interface_identifier_made_of_a_link_address_is_none_any_more() -> None:
    address = ipaddress.ip_address("fe80::211:22ff:fe33:4455").packed

    assert Mapping(KEY).address(address)[11:13] != b"\xff\xfe"


def test_the_same_key_gives_the_same_and_another_key_another() -> None:
    address, mac, label = b"\x08\x08\x08\x08", bytes.fromhex("001122334455"), b"example"
    first, again, other = Mapping(KEY), Mapping(KEY), Mapping(b"o" * 32)

    told = [(one.address(address), one.mac(mac), one.label(label)) for one in (first, again, other)]

    assert told[0] == told[1]
    assert all(one != two for one, two in zip(told[0], told[2], strict=True))


@pytest.mark.parametrize("mac", ["ffffffffffff", "000000000000", "0180c2000000", "333300000001", "01005e0000fb"])
def test_link_addresses_of_no_host_stay(mac: str) -> None:
    assert Mapping(KEY).mac(bytes.fromhex(mac)) == bytes.fromhex(mac)


def test_a_link_address_loses_its_manufacturer_and_stays_a_hosts_or_a_groups() -> None:
    mapping = Mapping(KEY)

    for mac in (bytes.fromhex("001122334455"), bytes.fromhex("031122334455")):
        new = mapping.mac(mac)
        assert new[:3] != mac[:3]
        assert new[0] & 1 == mac[0] & 1
        assert new[0] & 2


def test_labels_keep_their_length_whatever_their_case() -> None:
    mapping = Mapping(KEY)

    for label in (b"a", b"www", b"example", b"_http", b"x" * 63):
        assert len(mapping.label(label)) == len(label)
    assert mapping.label(b"Example") == mapping.label(b"eXAMPLE") != b"example"
    assert mapping.name(b"www.example.com").split(b".")[1] == mapping.label(b"example")
    assert mapping.label(b"in-addr") == b"in-addr"


def test_short_labels_stay_different() -> None:
    mapping = Mapping(KEY)
    letters = b"abcdefghijklmnopqrstuvwxyz0123456789"
    every = [bytes((one,)) for one in letters] + [bytes((one, two)) for one in letters for two in letters]

    assert len({mapping.label(label) for label in every}) == len(every)


def test_moved_numbers_keep_their_distance_and_zero_stays() -> None:
    mapping = Mapping(KEY)
    moved = [mapping.moved(b"ip id", b"host", number, 16) for number in range(1 << 16)]

    assert moved[0] == 0
    assert len(set(moved)) == 1 << 16
    assert sum((two - one) % (1 << 16) != 1 for one, two in pairwise(moved[1:])) <= 1


def test_what_is_kept_stays() -> None:
    mapping = Mapping(KEY, list(Keep))

    assert mapping.address(b"\x08\x08\x08\x08") == b"\x08\x08\x08\x08"
    assert mapping.mac(bytes.fromhex("001122334455")) == bytes.fromhex("001122334455")
    assert mapping.label(b"Example") == b"Example"
