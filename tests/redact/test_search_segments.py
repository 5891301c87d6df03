"""Plain segments as the search finds them at once: each as its headers are found by themselves."""

from __future__ import annotations

import random

import numpy as np
import pytest
from plain_packets import packet
from seeds import seed
from stretches_of import stretch_of

from tcptui.redact.search_headers import headers_of
from tcptui.redact.search_segments import plain_segments

PACKETS = 3_000


@pytest.mark.parametrize("between", [b"", b"0123456789abcdef"])
def test_headers_are_those_that_are_found_one_by_one(between: bytes) -> None:
    drawn = seed(10)
    draw = random.Random(drawn)
    packets, links, _ = zip(*(packet(draw) for _ in range(PACKETS)), strict=True)
    stretch = stretch_of(packets, links, between)

    plain = plain_segments(stretch)

    octets = np.frombuffer(stretch.data, np.uint8)
    addresses: set[bytes] = set()
    macs: set[bytes] = set()
    for row, (payload, ports, direction) in zip(plain.rows.tolist(), plain.each(stretch.data), strict=True):
        found = headers_of(packets[row], links[row])
        first = payload - int(stretch.begin[row])
        assert found.marked == b"\1" * first + bytes(len(packets[row]) - first), (drawn, packets[row].hex())
        assert (found.ports, found.direction) == (set(ports), direction), (drawn, packets[row].hex())
        addresses |= found.addresses
        macs |= found.macs
    assert (plain.network_addresses(octets), plain.link_addresses(octets)) == (addresses, macs), drawn
    assert PACKETS // 4 < plain.is_plain.sum() < PACKETS, drawn
