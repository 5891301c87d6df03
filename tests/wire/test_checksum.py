"""Checksums against published examples and a real stack's segments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.wire.checksum import (
    checksum_states,
    internet_checksum,
    ones_complement_sum,
    pseudo_header,
    tcp_checksum,
    word_sums,
)

#: The worked example of RFC 1071, 3.
RFC_1071 = bytes.fromhex("0001f203f4f5f6f7")
CLIENT, SERVER = bytes((192, 168, 0, 50)), bytes((192, 168, 0, 52))
#: A Linux client's SYN as its peer received it: header and options.
SYN = bytes.fromhex("e5021f908151ee6900000000a002721079b20000020405b40402080a003466040000000001030307")


def test_sum_of_the_rfcs_example() -> None:
    assert ones_complement_sum(RFC_1071) == 0xDDF2


def test_odd_byte_is_filled_up_behind() -> None:
    assert ones_complement_sum(b"\x12") == 0x1200


def test_real_ip_header_adds_up_until_a_bit_flips() -> None:
    header = bytes.fromhex("4500003c886d400040063098c0a80032c0a80034")

    assert ones_complement_sum(header) == 0xFFFF
    assert ones_complement_sum(header[:8] + b"\x3f" + header[9:]) != 0xFFFF


def test_received_segment_carries_the_checksum_computed_for_it() -> None:
    assert tcp_checksum(CLIENT, SERVER, SYN) == 0x79B2
    assert checksum_states([SYN], [CLIENT], [SERVER]).tolist() == ["good"]


@pytest.mark.parametrize("field", [0, 0x81E5])
def test_offloaded_segment_carries_the_pseudo_headers_sum_only(field: int) -> None:
    """The sum for 40 bytes of the server, in a segment whose own checksum is another."""
    segment = SYN[:16] + field.to_bytes(2, "big") + SYN[18:40].ljust(22, b"\x55")

    assert checksum_states([segment], [SERVER], [CLIENT]).tolist() == ["offloaded"]
    assert checksum_states([segment + b"more"], [SERVER], [CLIENT]).tolist() == ["bad" if field else "offloaded"]


def test_ipv6_pseudo_header_has_a_long_length() -> None:
    made = pseudo_header(bytes(16), bytes(15) + b"\x01", 70_000)

    assert made[32:] == bytes.fromhex("00011170 000000 06")


@given(st.binary(max_size=100))
def test_own_checksum_always_verifies(payload: bytes) -> None:
    segment = SYN[:16] + b"\x00\x00" + SYN[18:] + payload
    right = tcp_checksum(CLIENT, SERVER, segment).to_bytes(2, "big")

    assert checksum_states([segment[:16] + right + segment[18:]], [CLIENT], [SERVER]).tolist() == ["good"]


@given(st.lists(st.tuples(st.binary(max_size=5), st.booleans(), st.integers(0, 5)), max_size=12))
def test_many_segments_are_judged_at_once(drawn: list[tuple[bytes, bool, int]]) -> None:
    sources, destinations, segments, expected = [], [], [], []
    for payload, is_ipv6, kind in drawn:
        source, destination = (bytes(12) + CLIENT, bytes(12) + SERVER) if is_ipv6 else (CLIENT, SERVER)
        segment = SYN[:16] + b"\x00\x00" + SYN[18:] + payload
        right = tcp_checksum(source, destination, segment)
        pseudo = ones_complement_sum(pseudo_header(source, destination, len(segment)))
        found = (right, right ^ 0x100, pseudo, 0, right, right)[kind]
        sources.append(source)
        destinations.append(destination)
        whole = segment[:16] + found.to_bytes(2, "big") + segment[18:]
        segments.append(whole if kind < 4 else whole[:17] if kind == 4 else b"")
        is_good, is_left = (found - right) % 0xFFFF == 0, found in (0, pseudo)
        expected.append("unknown" if kind >= 4 else "good" if is_good else "offloaded" if is_left else "bad")

    assert checksum_states(segments, sources, destinations).tolist() == expected


@given(st.binary(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12))
def test_sums_of_parts_are_those_of_each(block: bytes, drawn: list[tuple[int, int]]) -> None:
    parts = [sorted(min(place, len(block)) for place in one) for one in drawn]
    first, last = np.array(parts, np.int64).reshape(-1, 2).T

    found = word_sums(block, first, last).tolist()

    assert [one % 0xFFFF or 0xFFFF * (one > 0) for one in found] == [
        ones_complement_sum(block[begin:end]) for begin, end in parts
    ]


@given(st.lists(st.integers(0, 0xFFFF), max_size=60))
def test_sum_equals_folding_word_by_word(words: list[int]) -> None:
    folded = 0
    for word in words:
        folded += word
        folded = (folded & 0xFFFF) + (folded >> 16)
    data = b"".join(word.to_bytes(2, "big") for word in words)

    assert ones_complement_sum(data) == folded
    assert internet_checksum(data) == folded ^ 0xFFFF
