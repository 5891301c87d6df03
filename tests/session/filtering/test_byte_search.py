"""Bytes in a block: the C library's search finds what `bytes.find` finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.session.filtering import packet_bytes
from tcptui.session.filtering.packet_bytes import searcher

BITS = st.binary(max_size=60).map(lambda data: bytes(byte & 1 for byte in data))


@given(BITS, BITS.filter(bool), st.integers(0, 70))
def test_found_where_python_finds_it(block: bytes, wanted: bytes, start: int) -> None:
    assert searcher(block, wanted)(start) == block.find(wanted, start)


def test_zero_bytes_are_bytes_like_any_other() -> None:
    assert searcher(b"a\0b\0\0c", b"\0\0")(0) == 3
    assert searcher(b"", b"x")(0) == -1


def test_without_the_c_library_python_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_bytes, "_memmem", lambda: None)

    assert searcher(b"abcabc", b"bc")(2) == 4
