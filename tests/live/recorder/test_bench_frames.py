"""Frames that the link changes or makes are right in every sum; matches count what they say."""

from __future__ import annotations

import pytest

from cases.recorder.namespaces import End
from cases.recorder.rules import CLIENT, SERVER, Passage, apply, drop, duplicate, hold
from cases.recorder.segment import (
    Flag,
    aged,
    checksum,
    crafted,
    layout_of,
    parse,
    repaired,
    too_big,
    with_flipped_payload,
    with_smaller_mss,
    without_option,
)

SYN_OPTIONS = bytes.fromhex("020405b40402080a000000010000000001030307")


def ipv4(flags: Flag, payload: bytes = b"", options: bytes = b"", seq: int = 100) -> bytes:
    head = bytes.fromhex("0200000900020200000900010800")
    ip = bytes.fromhex("4500000000074000400600000a0900010a090002")
    tcp = b"\x9c\x40\x1f\x90" + seq.to_bytes(4) + bytes(4) + bytes([(20 + len(options)) << 2, int(flags)])
    return repaired(head + ip + tcp + b"\x01\x00" + bytes(4) + options + payload)


def sums_are_right(frame: bytes) -> bool:
    layout = layout_of(frame)
    assert layout is not None
    header = frame[layout.ip : layout.tcp]
    pseudo = header[12:20] + b"\0\x06" + (layout.end - layout.tcp).to_bytes(2)
    return checksum(header) == 0 and checksum(pseudo + frame[layout.tcp : layout.end]) == 0


def passage(sender: End, frame: bytes, time: float = 0.0, new: bool = True) -> Passage:
    segment = parse(frame)
    assert segment is not None
    return Passage(sender, frame, segment, time, 0, 1, new)


@pytest.mark.parametrize(
    "changed",
    [
        ipv4(Flag.SYN, options=SYN_OPTIONS),
        aged(ipv4(Flag.ACK, b"abc"), 6),
        with_smaller_mss(ipv4(Flag.SYN, options=SYN_OPTIONS), 1200),
        without_option(ipv4(Flag.SYN, options=SYN_OPTIONS), 4),
        crafted(ipv4(Flag.ACK, b"abc"), flags=Flag.RST, seq=7, ttl=33, reverse=True),
    ],
)
def test_changed_frame_has_right_checksums(changed: bytes) -> None:
    assert sums_are_right(changed)


def test_flipped_payload_has_not() -> None:
    assert not sums_are_right(with_flipped_payload(ipv4(Flag.ACK, b"abc")))


def test_clamping_only_ever_lowers_the_mss() -> None:
    frame = ipv4(Flag.SYN, options=SYN_OPTIONS)

    assert with_smaller_mss(frame, 1200).count(b"\x02\x04\x04\xb0") == 1
    assert with_smaller_mss(frame, 9000) == frame


def test_crafted_answer_goes_the_other_way() -> None:
    segment = parse(crafted(ipv4(Flag.ACK, b"abc"), flags=Flag.RST, seq=7, reverse=True))

    assert segment is not None
    assert (segment.source_port, segment.destination_port, segment.seq, segment.flags) == (8080, 40000, 7, Flag.RST)


def test_routers_answer_quotes_the_frame_that_was_too_big() -> None:
    frame = ipv4(Flag.ACK, bytes(1448))
    answer = too_big(frame, 1400, "10.9.9.9")

    assert answer[0:6] == frame[6:12]
    assert answer[34:36] == b"\x03\x04"
    assert int.from_bytes(answer[40:42]) == 1400
    assert answer[42:62] == frame[14:34]
    assert checksum(answer[34:]) == 0


def test_nth_counts_only_frames_that_fit_so_far() -> None:
    rule = drop(CLIENT.data.new.nth(2))
    frames = [
        passage(End.CLIENT, ipv4(Flag.ACK)),
        passage(End.CLIENT, ipv4(Flag.ACK, b"one")),
        passage(End.SERVER, ipv4(Flag.ACK, b"not the client's")),
        passage(End.CLIENT, ipv4(Flag.ACK, b"one"), new=False),
        passage(End.CLIENT, ipv4(Flag.ACK, b"two")),
        passage(End.CLIENT, ipv4(Flag.ACK, b"three")),
    ]
    for frame in frames:
        apply([rule], frame)

    assert [bool(frame.dropped) for frame in frames] == [False, False, False, False, True, False]


def test_rules_count_what_other_rules_drop() -> None:
    rules = [drop(CLIENT.data.nth(1)), duplicate(CLIENT.data.nth(2)), drop(SERVER.data.nth(1))]
    first, second = (passage(End.CLIENT, ipv4(Flag.ACK, b"abc")) for _ in range(2))
    for frame in (first, second):
        apply(rules, frame)

    assert first.dropped
    assert not first.copies
    assert not second.dropped
    assert second.copies == [0]


def test_times_are_half_open() -> None:
    rule = drop(CLIENT.between(0.5, 1.0))
    frames = [passage(End.CLIENT, ipv4(Flag.ACK), time=time) for time in (0.49, 0.5, 0.99, 1.0)]
    for frame in frames:
        apply([rule], frame)

    assert [bool(frame.dropped) for frame in frames] == [False, True, True, False]


def test_host_of_the_servers_end_is_read_from_the_address_that_is_its() -> None:
    asked, answered = ipv4(Flag.SYN), crafted(ipv4(Flag.ACK), flags=Flag.RST, seq=7, reverse=True)

    assert passage(End.CLIENT, asked).server_host == 0
    assert passage(End.SERVER, answered).server_host == 0
    assert CLIENT.of_server(0).fits(passage(End.CLIENT, asked))
    assert not CLIENT.of_server(1, 2).fits(passage(End.CLIENT, asked))
    assert CLIENT.at_port(8080).fits(passage(End.CLIENT, asked))
    assert not CLIENT.at_port(8443).fits(passage(End.CLIENT, asked))


def test_held_frame_leaves_at_the_second_that_is_named_and_a_later_one_is_not_held() -> None:
    early, late = passage(End.CLIENT, ipv4(Flag.ACK), time=1.2), passage(End.CLIENT, ipv4(Flag.ACK), time=2.5)
    for one in (early, late):
        apply([hold(CLIENT, 2.0)], one)

    assert (early.extra_delay_ns, late.extra_delay_ns) == (800_000_000, 0)
