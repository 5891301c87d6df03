"""A half gives the bytes that were sent, whatever happened to the segments on the way."""

from __future__ import annotations

import itertools
import struct
from typing import TYPE_CHECKING

import pytest
from captures import ACK, CLIENT, FIN, PSH, RST, SERVER, SYN, Tape
from half_places import each_place_is_as_many
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tcptui.access.open_capture import view_of
from tcptui.model.packet_store import NO_ROW
from tcptui.model.verdict import Verdict
from tcptui.protocols.stream.reassembly import ByteStream, Ending, Gap, GapReason, Piece, reassemble
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

ONE, TWO = f"{CLIENT}:40001", f"{SERVER}:80"
ISN = 9000


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[Tape | bytes], Session]]:
    sessions: list[Session] = []

    def run(tape: Tape | bytes) -> Session:
        path = tmp_path / f"{len(sessions)}.pcap"
        path.write_bytes(tape if isinstance(tape, bytes) else tape.pcap())
        sessions.append(open_file(path))
        return sessions[-1]

    yield run
    for session in sessions:
        session.close()


def _tape(segments: Sequence[tuple[int, bytes]], *, isn: int = ISN, handshake: bool = True) -> Tape:
    """The server's segments as (offset, payload), one every millisecond."""
    tape = Tape()
    if handshake:
        tape.tcp(0, ONE, TWO, SYN, 1000)
        tape.tcp(0.1, TWO, ONE, SYN | ACK, isn, 1001)
        tape.tcp(0.2, ONE, TWO, ACK, 1001, isn + 1)
    for index, (offset, payload) in enumerate(segments):
        tape.tcp(1 + index, TWO, ONE, ACK, isn + 1 + offset, 1001, payload)
    return tape


def _server(session: Session) -> ByteStream:
    return session.directions(0)[1]


def _text(direction: ByteStream) -> list[bytes | str]:
    return [
        piece.data if isinstance(piece, Piece) else f"{piece.length} {piece.reason.name}"
        for piece in direction.pieces()
    ]


@st.composite
def _journeys(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, bytes]], int]:
    """What was sent, the segments as they passed (every byte at least once), and where numbers begin."""
    size = draw(st.integers(1, 400))
    data = bytes(at * 7 % 251 for at in range(size))
    cuts = sorted(draw(st.sets(st.integers(1, size - 1), max_size=12)) if size > 1 else set())
    edges = [0, *cuts, size]
    whole = list(itertools.pairwise(edges))
    spans = st.tuples(st.integers(0, size), st.integers(0, size)).map(sorted)
    again = [(low, high) for low, high in draw(st.lists(spans, max_size=8)) if low < high]
    order = draw(st.permutations(whole + again))
    isn = draw(st.sampled_from([ISN, 2**32 - 1, 2**32 - 2, 2**32 - 100, 2**31 - 50]))
    return data, [(low, data[low:high]) for low, high in order], isn


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(journey=_journeys())
def test_segments_cut_shuffled_and_repeated_give_the_bytes_that_were_sent(
    opened: Callable[[Tape], Session], journey: tuple[bytes, list[tuple[int, bytes]], int]
) -> None:
    data, segments, isn = journey

    session = opened(_tape(segments, isn=isn))
    direction = _server(session)
    pieces = list(direction.pieces())

    if _has_keep_alive(session):  # one byte that ends where the stream ends looks like one
        return
    assert direction.length == len(data)
    assert direction.read(0, len(data) + 5) == data
    assert not direction.gaps
    assert not direction.overlaps
    assert direction.resent == sum(len(payload) for _, payload in segments) - len(data)
    latest = 0
    for piece in pieces:
        assert isinstance(piece, Piece)
        offset, payload = segments[piece.row - 3]
        assert payload[piece.start - offset :].startswith(piece.data)
        assert (direction.row_at(piece.start), direction.row_at(piece.stop - 1)) == (piece.row, piece.row)
        assert direction.range_of_row(piece.row) == (offset, offset + len(payload))
        assert piece.frame in direction.frames_of(piece.start, piece.stop)
        latest = max(latest, piece.time_ns)
        assert direction.delivered_ns(piece.start) == latest
        earlier = [row for row, (at, other) in enumerate(segments, 3) if at <= piece.start < at + len(other)]
        assert piece.row == earlier[0]
    each_place_is_as_many(direction)


def _has_keep_alive(session: Session) -> bool:
    return bool((session.store.verdict[: session.store.count] & Verdict.KEEP_ALIVE).any())


def test_missing_segment_is_a_gap_between_the_bytes_around_it(opened: Callable[[Tape], Session]) -> None:
    direction = _server(opened(_tape([(0, b"abc"), (10, b"klm")])))

    assert _text(direction) == [b"abc", "7 NOT_CAPTURED", b"klm"]
    assert direction.read(0, 99) == b"abc"
    assert list(direction.gaps) == [Gap(3, 7, GapReason.NOT_CAPTURED)]
    assert direction.row_at(5) == NO_ROW
    assert list(direction.pieces(1, 4)) == [
        Piece(1, b"bc", 4, 3, 1_700_000_000_001_000_000), Gap(3, 1, GapReason.NOT_CAPTURED)
    ]  # fmt: skip


def test_hole_of_a_growing_capture_is_pending_until_it_is_acknowledged(opened: Callable[[Tape], Session]) -> None:
    tape = _tape([(0, b"abc"), (10, b"klm")])
    unanswered = opened(tape)
    tape.tcp(20, ONE, TWO, ACK, 1001, ISN + 14)
    answered = opened(tape)

    directions = [
        reassemble(view_of(session, 0), 1, lambda row: session.reader.packet(row).payload, live=True)  # noqa: B023
        for session in (unanswered, answered)
    ]

    assert [direction.gaps[0].reason for direction in directions] == [GapReason.PENDING, GapReason.NOT_CAPTURED]


def test_short_snaplen_leaves_a_gap_behind_each_head(opened: Callable[[bytes], Session]) -> None:
    tape = _tape([(0, b"a" * 100), (100, b"b" * 100)])
    direction = _server(opened(_cut(tape, 50)))

    assert _text(direction) == [b"a" * 10, "90 TRUNCATED", b"b" * 10, "90 TRUNCATED"]
    assert direction.row_at(150) == 4
    assert direction.frames_of(50, 150) == (4, 5)
    assert len(direction.gaps) == 2
    assert direction.gaps.bytes == 180


def test_packets_with_gaps_between_them_are_fetched_some_at_a_time_and_the_beginning_once(
    opened: Callable[[bytes], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 100
    direction = _server(opened(_cut(_tape([(100 * place, b"a" * 100) for place in range(count)]), 50)))
    fetched: list[int] = []

    def fetch(rows: NDArray[np.int32]) -> list[bytes]:
        fetched.append(len(rows))
        return [b"a" * 10] * len(rows)

    monkeypatch.setattr(direction, "_read_payloads", fetch)

    assert direction.read(105, 1 << 16) == b"aaaaa"
    assert [direction.read(100 * place, 1 << 16) for place in range(count)] == [b"a" * 10] * count
    assert len(fetched) <= 2 + count // 32
    assert max(fetched) <= 32
    fetched.clear()
    assert {direction.read(3, size) for size in (2, 7, 1 << 20)} == {b"aa", b"a" * 7}
    assert direction.read(10, 5) == direction.read(99, 1) == b""
    assert sum(fetched) == 0


def test_few_bytes_after_few_are_read_from_the_same_packets_once(
    opened: Callable[[bytes], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the fields of a long head are: each would take longer than all that is done with it."""
    sent = bytes(range(250)) * 4
    direction = _server(opened(_tape([(1_000 * place, sent) for place in range(60)]).pcap()))
    fetched: list[int] = []
    read = direction._read_payloads

    def fetch(rows: NDArray[np.int32]) -> Sequence[bytes]:
        fetched.append(len(rows))
        return read(rows)

    monkeypatch.setattr(direction, "_read_payloads", fetch)

    assert [direction.read(at, 5) for at in range(5_000, 59_000, 5)] == [
        sent[at % 1_000 :][:5] for at in range(5_000, 59_000, 5)
    ]
    assert len(fetched) < 10
    assert sum(fetched) < 90
    assert direction.read(59_998, 5) == sent[-2:]


def _cut(tape: Tape, snaplen: int) -> bytes:
    whole = tape.pcap()
    parts, at = [whole[:24]], 24
    while at < len(whole):
        seconds, fraction, size, wire = struct.unpack_from("<IIII", whole, at)
        kept = min(size, snaplen)
        parts.append(struct.pack("<IIII", seconds, fraction, kept, wire) + whole[at + 16 : at + 16 + kept])
        at += 16 + size
    return b"".join(parts)


def test_first_copy_stands_and_a_differing_one_is_reported(opened: Callable[[Tape], Session]) -> None:
    direction = _server(opened(_tape([(0, b"abcdef"), (2, b"cXeYgh")])))

    assert direction.read(0, 99) == b"abcdefgh"
    (overlap,) = direction.overlaps
    assert (overlap.start, overlap.length, overlap.first_frame, overlap.again_frame) == (3, 3, 4, 5)
    assert direction.resent == 4


def test_keep_alive_byte_is_no_byte_of_the_stream(opened: Callable[[Tape], Session]) -> None:
    session = opened(_tape([(0, b"abc"), (2, b"\0"), (3, b"def")]))
    direction = _server(session)

    assert direction.read(0, 99) == b"abcdef"
    assert not direction.overlaps
    assert direction.range_of_row(4) is None


def test_keep_alive_in_front_of_everything_captured_is_no_byte_of_the_stream(
    opened: Callable[[Tape], Session],
) -> None:
    tape = Tape()
    tape.tcp(0, ONE, TWO, FIN | ACK, 5001, 9001)
    tape.tcp(9, ONE, TWO, ACK, 5000, 9001, b"\0")

    assert opened(tape).directions(0)[0].length == 0


def test_data_in_a_syn_is_the_beginning_of_the_stream(opened: Callable[[Tape], Session]) -> None:
    tape = Tape()
    tape.tcp(0, ONE, TWO, SYN, 1000, payload=b"GET ")
    tape.tcp(1, TWO, ONE, SYN | ACK, ISN, 1005)
    tape.tcp(2, ONE, TWO, ACK, 1005, ISN + 1, b"/ HTTP")

    direction = opened(tape).directions(0)[0]

    assert direction.read(0, 99) == b"GET / HTTP"
    assert direction.range_of_row(0) == (0, 4)


def test_fin_with_everything_before_it_finishes_the_half(opened: Callable[[Tape], Session]) -> None:
    tape = _tape([(0, b"abc")])
    tape.tcp(9, TWO, ONE, FIN | ACK, ISN + 4, 1001)
    direction = _server(opened(tape))
    tape.tcp(10, ONE, TWO, ACK, 1001, ISN + 5)

    assert (direction.length, direction.finished, direction.ending) == (3, True, Ending.FIN)
    assert _server(opened(tape)).length == 3


def test_fin_behind_a_hole_does_not_finish_the_half(opened: Callable[[Tape], Session]) -> None:
    tape = _tape([(0, b"abc")])
    tape.tcp(9, TWO, ONE, FIN | ACK, ISN + 9, 1001)
    direction = _server(opened(tape))

    assert (direction.length, direction.finished) == (8, False)
    assert _text(direction) == [b"abc", "5 NOT_CAPTURED"]


def test_reset_ends_the_half_and_what_it_carries_is_left_out(opened: Callable[[Tape], Session]) -> None:
    tape = _tape([(0, b"abc")])
    tape.tcp(9, TWO, ONE, RST | ACK, ISN + 4, 1001, b"go away")
    direction = _server(opened(tape))

    assert (direction.length, direction.finished, direction.ending) == (3, True, Ending.RESET)


def test_capture_that_begins_in_the_middle_counts_from_its_first_byte(opened: Callable[[Tape], Session]) -> None:
    direction = _server(opened(_tape([(5000, b"late"), (4990, b"0123456789"), (5004, b"r")], handshake=False)))

    assert direction.read(0, 99) == b"0123456789later"
    assert not direction.segments.from_start


@pytest.mark.parametrize(
    ("segments", "handshake", "has_first", "begins"),
    [
        ([(0, b"abc"), (3, b"def")], True, True, b"abcd"),
        ([(3, b"def")], True, False, b"def"),
        ([(0, b"abc")], False, False, b"abc"),
        ([], True, False, b""),
    ],
)
def test_first_byte_is_had_only_where_handshake_and_byte_were_captured(
    opened: Callable[[Tape], Session],
    segments: list[tuple[int, bytes]],
    handshake: bool,
    has_first: bool,
    begins: bytes,
) -> None:
    direction = _server(opened(_tape(segments, handshake=handshake)))

    assert (direction.has_first_byte, direction.beginning(4)) == (has_first, begins)


def test_acknowledged_bytes_that_no_packet_carried_are_a_gap_at_the_end(opened: Callable[[Tape], Session]) -> None:
    tape = _tape([(0, b"abc")])
    tape.tcp(9, ONE, TWO, ACK, 1001, ISN + 1 + 103)
    direction = _server(opened(tape))

    assert _text(direction) == [b"abc", "100 NOT_CAPTURED"]


def test_unseen_fin_that_was_acknowledged_is_no_missing_byte(opened: Callable[[Tape], Session]) -> None:
    tape = _tape([(0, b"abc")])
    tape.tcp(9, ONE, TWO, ACK, 1001, ISN + 1 + 4)

    assert _server(opened(tape)).length == 3


def test_segment_from_far_away_is_left_out(opened: Callable[[Tape], Session]) -> None:
    direction = _server(
        opened(_tape([(0, b"abc"), (2**31 - 9, b"stray"), (3, b"def"), (2**31 + 2**29, b"again"), (6, b"g")]))
    )

    assert direction.read(0, 99) == b"abcdefg"
    assert direction.length == 7


def test_stream_beyond_four_gigabytes_counts_on(opened: Callable[[Tape], Session]) -> None:
    step = 2**29
    direction = _server(opened(_tape([(step * index, b"x") for index in range(20)])))

    assert direction.length == 19 * step + 1
    assert direction.read(18 * step, 5) == b"x"
    assert direction.row_at(19 * step) == 22


def test_one_sided_capture_knows_how_much_the_other_side_sent(opened: Callable[[Tape], Session]) -> None:
    tape = Tape()
    for index in range(4):
        tape.tcp(index, ONE, TWO, PSH | ACK, 1001 + index, ISN + 1 + 500 * index, b"x")
    direction = opened(tape).directions(0)[1]

    assert direction.length == 1500
    assert _text(direction) == ["1500 NOT_CAPTURED"]


def test_connection_without_data_has_two_empty_halves(opened: Callable[[Tape], Session]) -> None:
    for direction in opened(_tape([])).directions(0):
        assert (direction.length, list(direction.pieces()), direction.read(0, 9), direction.frames_of(0, 9)) == (
            0,
            [],
            b"",
            (),
        )
        assert direction.delivered_ns(0) == 0
        assert direction.row_at(0) == NO_ROW


def test_row_of_another_direction_carried_nothing(opened: Callable[[Tape], Session]) -> None:
    direction = _server(opened(_tape([(0, b"abc")])))

    assert direction.range_of_row(0) is None
    assert direction.range_of_row(99) is None


def test_halves_are_the_same_objects_until_the_stream_grows(opened: Callable[[Tape], Session]) -> None:
    session = opened(_tape([(0, b"abc")]))

    assert session.directions(0) is session.directions(0)


def test_many_segments_are_read_at_once_and_give_the_same_bytes(opened: Callable[[Tape], Session]) -> None:
    data = bytes(range(256)) * 300
    segments = [(at, data[at : at + 100]) for at in range(0, len(data), 100)]
    session = opened(_tape(segments[::2] + segments[1::2]))
    direction = _server(session)
    calls: list[int] = []

    def together(rows: NDArray[np.int32]) -> list[bytes]:
        calls.append(len(rows))
        return session.reader.payloads(rows)

    again = reassemble(view_of(session, 0), 1, lambda row: session.reader.packet(row).payload, read_payloads=together)

    assert direction.read(0, len(data)) == again.read(0, len(data)) == data
    assert direction.read(50, 101) == data[50:151]
    assert max(calls) > 100
    assert next(iter(again.pieces())).start == 0
    assert calls[-1] < 10
