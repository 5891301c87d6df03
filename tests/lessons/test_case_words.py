"""The words of the cases: both languages in good shape, and the sums they invite to do come out."""

from __future__ import annotations

import re
import struct
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import pytest
from kernel_truth import read_kernel_log

from tcptui.lessons.case import Case, Localized
from tcptui.lessons.loader import load_case, load_cases
from tcptui.model.tcp_state import TcpState
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = load_cases()


def words_of(value: object) -> Iterator[Localized]:
    if isinstance(value, Localized):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from words_of(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from words_of(getattr(value, field.name))


of_each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.id))


@of_each_case
def test_chinese_and_latin_are_a_space_apart(case: Case) -> None:
    place = r".?[\u4e00-\u9fff][A-Za-z0-9].?|.?[A-Za-z0-9%][\u4e00-\u9fff].?"

    assert [crowded for text in words_of(case) for crowded in re.findall(place, text.zh)] == []


@of_each_case
def test_chinese_sentences_use_full_width_punctuation(case: Case) -> None:
    place = r".?[\u4e00-\u9fff] ?[,.;:?!()](?![a-z])"

    assert [half_width for text in words_of(case) for half_width in re.findall(place, text.zh)] == []


@of_each_case
def test_numbers_with_units_are_the_same_in_both_languages(case: Case) -> None:
    number = r"\b\d+(?:\.\d+)? (?=ms\b)"

    for text in words_of(case):
        assert sorted(re.findall(number, text.en)) == sorted(re.findall(number, text.zh))


@of_each_case
def test_steps_fit_a_narrow_pane(case: Case) -> None:
    for text in words_of(case):
        assert len(text.en) <= 900
        assert len(text.zh) <= 450


def pseudo_header_sum(session: Session, frame: int) -> tuple[int, int]:
    """The folded sum of the frame's TCP pseudo-header, and the checksum field it carries."""
    packet = session.reader.packet(session.store.row_of_frame(frame))
    ip, tcp = packet.data[packet.network_offset :], packet.data[packet.transport_offset :]
    length = struct.unpack_from("!H", ip, 2)[0] - (packet.transport_offset - packet.network_offset)
    total = sum(struct.unpack("!4H", ip[12:20])) + ip[9] + length
    return (total & 0xFFFF) + (total >> 16), struct.unpack_from("!H", tcp, 16)[0]


def test_loopback_checksums_are_the_pseudo_headers_sum() -> None:
    session = open_file(load_case("hello-world-loopback").captures[0])
    sums = [pseudo_header_sum(session, frame) for frame in range(1, 9)]

    assert all(total == field for total, field in sums)
    assert sums[2] == (0xFE28, 0xFE28)


def test_only_the_servers_checksums_in_the_rebuilt_capture_are_unfinished() -> None:
    session = open_file(load_case("hello-service").captures[0])
    sums = {frame: pseudo_header_sum(session, frame) for frame in range(1, 11)}

    assert [frame for frame, (total, field) in sums.items() if total == field] == [2, 5, 6, 9]
    assert (sums[5][1], sums[2][1]) == (0x81DD, 0x81E5)


def test_the_clients_ip_identifications_in_the_rebuilt_capture_have_no_gap() -> None:
    session = open_file(load_case("hello-service").captures[0])
    identifications = session.store.ip_id[: session.store.count].tolist()

    assert [identifications[frame - 1] for frame in (1, 3, 4, 7, 8, 10)] == list(range(0x886D, 0x8873))
    assert [identifications[frame - 1] for frame in (2, 5, 6, 9)] == [0, 0x069F, 0x06A0, 0x06A1]


def test_intervals_quoted_from_the_rebuilt_capture_are_its_own() -> None:
    session = open_file(load_case("hello-service").captures[0])
    times_us = session.store.time_ns[: session.store.count] // 1000
    quoted = {(1, 10): 4140, (3, 4): 62, (5, 6): 2603, (7, 8): 156}

    assert {pair: int(times_us[pair[1] - 1] - times_us[pair[0] - 1]) for pair in quoted} == quoted
    assert round(100 * 2603 / 4140) == 63


def test_timestamps_quoted_from_the_rebuilt_capture_are_its_own() -> None:
    store = open_file(load_case("hello-service").captures[0]).store

    assert (int(store.ts_value[0]), int(store.ts_value[9])) == (3433988, 3433993)
    assert int(store.ts_echo[8]) == int(store.ts_value[7]) == 3433992


def test_what_the_kernel_witnessed_on_loopback_is_as_told() -> None:
    case = load_case("hello-world-loopback")
    assert case.kernel is not None
    at = {(change.server, change.state): change.time_ns for change in read_kernel_log(case.kernel)}
    last_frame_ns = int(open_file(case.captures[0]).store.time_ns[7])

    assert len({state for _, state in at} | {TcpState.TIME_WAIT}) == 10
    assert (at[False, TcpState.CLOSED] - at[False, TcpState.FIN_WAIT_2]) == 9_000
    assert at[True, TcpState.LAST_ACK] - at[True, TcpState.CLOSE_WAIT] == pytest.approx(200_000, rel=0.1)
    assert (at[True, TcpState.CLOSED] - last_frame_ns) // 1000 == 5
