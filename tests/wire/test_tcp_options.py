"""TCP options of a batch, each kind and each way to break it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.packet_store import OptionBit
from tcptui.wire.tcp_options import OPTIONS_SIZE, Options, read_options

TIMESTAMPS = b"\x08\x0a" + (11).to_bytes(4) + (22).to_bytes(4)


def read(*options: bytes, ack: int = 0, missing: int = 0) -> Options:
    area = np.frombuffer(b"".join(text.ljust(OPTIONS_SIZE, b"\xee") for text in options), np.uint8)
    sizes = np.array([len(text) for text in options])
    count = len(options)
    return read_options(area.reshape(count, OPTIONS_SIZE), sizes, np.full(count, ack), sizes + missing)


def sack(*blocks: tuple[int, int]) -> bytes:
    return bytes((5, 2 + 8 * len(blocks))) + b"".join(a.to_bytes(4) + b.to_bytes(4) for a, b in blocks)


@pytest.mark.parametrize("before", [b"", b"\1\1", b"\1\1\1"])
def test_timestamps_are_read_at_any_alignment(before: bytes) -> None:
    found = read(before + TIMESTAMPS)

    assert (found.bits[0], found.ts_value[0], found.ts_echo[0]) == (OptionBit.TIMESTAMPS, 11, 22)


def test_syn_options_are_all_read() -> None:
    found = read(b"\2\4\5\xb4\4\2" + TIMESTAMPS + b"\1\3\3\7")

    every = OptionBit.MSS | OptionBit.SACK_PERMITTED | OptionBit.TIMESTAMPS | OptionBit.WINDOW_SCALE
    assert (found.bits[0], found.mss[0], found.shift[0], found.bad[0]) == (every, 1460, 7, False)


def test_end_of_options_ends_them() -> None:
    assert read(b"\0\2\4\5\xb4\0\0\0").bits[0] == 0


@pytest.mark.parametrize("broken", [b"\2\1\5\xb4", b"\2\0\5\xb4", b"\x08\x0a\0\0", b"\1\1\1\2"])
def test_impossible_length_marks_the_options_bad(broken: bytes) -> None:
    found = read(broken)

    assert found.bad[0]
    assert found.bits[0] == 0


def test_first_block_and_the_sum_of_three_are_kept() -> None:
    found = read(sack((100, 110), (200, 230), (300, 400), (500, 900)), ack=50)

    assert found.bits[0] == OptionBit.SACK
    assert (found.sack_left[0], found.sack_right[0], found.sack_bytes[0]) == (100, 110, 140)


@pytest.mark.parametrize(("blocks", "ack"), [(((10, 20),), 20), (((10, 20), (5, 40)), 5)])
def test_block_below_the_ack_or_inside_the_second_is_a_duplicate(blocks: tuple[tuple[int, int], ...], ack: int) -> None:
    assert read(sack(*blocks), ack=ack).bits[0] & OptionBit.DSACK


def test_block_across_the_wrap_of_sequence_numbers_is_measured_modulo() -> None:
    assert read(sack((0xFFFF_FFF0, 0x10)), ack=0xFFFF_FF00).sack_bytes[0] == 0x20


@pytest.mark.parametrize(("text", "bit"), [
    (b"\x13\x12" + bytes(16), OptionBit.MD5), (b"\x1e\x04\0\0", OptionBit.MPTCP),
    (b"\x1d\x10\x01\x01" + bytes(12), OptionBit.AO),
    (b"\x22\x0a" + bytes(8), OptionBit.FAST_OPEN), (b"\xfe\x04\xf9\x89", OptionBit.FAST_OPEN),
])  # fmt: skip
def test_kind_sets_its_bit(text: bytes, bit: OptionBit) -> None:
    assert read(text).bits[0] & bit


def test_other_experiment_is_no_fast_open() -> None:
    assert not read(b"\xfe\x04\xde\xad").bits[0] & OptionBit.FAST_OPEN


def test_options_that_the_capture_cut_count_as_far_as_they_are_whole() -> None:
    found = read(b"\2\4\5\xb4\3", missing=3)

    assert found.mss[0] == 1460
    assert not found.bits[0] & OptionBit.WINDOW_SCALE
    assert found.bits[0] & OptionBit.UNREADABLE


@pytest.mark.parametrize(
    ("length", "missing", "whole"), [(17, 3, True), (17, 4, False), (15, 1, True), (15, 2, False), (11, 1, False)]
)
def test_cut_part_of_the_right_edge_of_a_sack_block_is_not_missed(length: int, missing: int, whole: bool) -> None:
    """tshark 4.0.17 stops reading blocks there; a part of a left edge it wants to show, and fails."""
    option = bytes((5, length)) + bytes(range(length - 2))

    found = read(option[: length - missing], missing=missing)

    assert bool(found.bits[0] & OptionBit.UNREADABLE) is not whole
    assert found.sack_left[0] == 0x00010203


def test_rows_of_a_batch_do_not_touch_one_another() -> None:
    texts = [b"", TIMESTAMPS, b"\2\4\5\xb4", b"\2\1\0\0", sack((1, 2))]

    together = read(*texts)

    for row, text in enumerate(texts):
        alone = read(text)
        assert together.bits[row] == alone.bits[0]
        assert together.bad[row] == alone.bad[0]


@given(texts=st.lists(st.binary(max_size=OPTIONS_SIZE), min_size=1, max_size=20), missing=st.integers(0, 20))
def test_any_bytes_are_read_without_an_error(texts: list[bytes], missing: int) -> None:
    found = read(*texts, missing=missing)

    assert len(found.bits) == len(texts)
    assert (found.mss >= 0).all()
    assert (found.mss <= 0xFFFF).all()
