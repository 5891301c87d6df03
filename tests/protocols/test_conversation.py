"""Who said what, in the order in which it could be heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import ACK, CLIENT, SERVER, Tape

from tcptui.protocols.stream.conversation import Conversation, chunks
from tcptui.protocols.stream.reassembly import GapReason
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ONE, TWO = f"{CLIENT}:40001", f"{SERVER}:80"
#: Sender (0 client), offset, bytes.
Sent = tuple[int, int, bytes]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Callable[[list[Sent]], Session]]:
    opened: list[Session] = []

    def run(sent: list[Sent]) -> Session:
        tape = Tape()
        tape.handshake(0, ONE, TWO)
        for number, (side, offset, data) in enumerate(sent):
            ends, base = ((ONE, TWO), 1001) if side == 0 else ((TWO, ONE), 9001)
            tape.tcp(50 + number, *ends, ACK, base + offset, 9001 if side == 0 else 1001, data)
        path = tmp_path / "talk.pcap"
        path.write_bytes(tape.pcap())
        opened.append(open_file(path))
        return opened[-1]

    yield run
    for one in opened:
        one.close()


def _told(conversation: Conversation) -> list[tuple[int, bytes | str]]:
    told: list[tuple[int, bytes | str]] = []
    for stretch in conversation:
        direction = conversation.directions[stretch.side]
        data = b"".join(part for _, part in chunks(direction, stretch.start, stretch.stop))
        gap = f"{stretch.stop - stretch.start} {stretch.gap.name}" if stretch.gap else ""
        told.append((stretch.side, gap or data))
    return told


def test_segments_of_one_side_without_interruption_are_one_stretch(session: Callable[[list[Sent]], Session]) -> None:
    directions = session([(0, 0, b"ask "), (0, 4, b"me"), (1, 0, b"an"), (1, 2, b"swer"), (0, 6, b"bye")]).directions(0)

    conversation = Conversation(directions)

    assert _told(conversation) == [(0, b"ask me"), (1, b"answer"), (0, b"bye")]
    assert conversation.opens.tolist() == [True, True, True]
    assert conversation.settled() == 3


def test_bytes_behind_a_hole_stand_where_the_hole_was_filled(session: Callable[[list[Sent]], Session]) -> None:
    directions = session([(1, 0, b"a"), (1, 2, b"c"), (0, 0, b"?"), (1, 1, b"b")]).directions(0)

    assert _told(Conversation(directions)) == [(1, b"a"), (0, b"?"), (1, b"bc")]


def test_gap_stands_in_front_of_what_comes_behind_it_and_nothing_is_settled_from_there(
    session: Callable[[list[Sent]], Session],
) -> None:
    directions = session([(1, 0, b"a"), (0, 0, b"?"), (1, 5, b"f"), (0, 1, b"!")]).directions(0)

    conversation = Conversation(directions)

    assert _told(conversation) == [(1, b"a"), (0, b"?"), (1, "4 NOT_CAPTURED"), (1, b"f"), (0, b"!")]
    assert conversation.settled() == 2
    assert conversation[2].gap is GapReason.NOT_CAPTURED


def test_side_of_which_nothing_was_captured_comes_last(tmp_path: Path) -> None:
    tape = Tape()
    for number in range(3):
        tape.tcp(number, ONE, TWO, ACK, 1001 + number, 9001 + 500 * number, b"x")
    path = tmp_path / "one-sided.pcap"
    path.write_bytes(tape.pcap())
    opened = open_file(path)

    assert _told(Conversation(opened.directions(0))) == [(0, b"xxx"), (1, "1000 NOT_CAPTURED")]
    opened.close()


def test_connection_without_bytes_is_empty(session: Callable[[list[Sent]], Session]) -> None:
    conversation = Conversation(session([]).directions(0))

    assert (len(conversation), conversation.settled(), _told(conversation)) == (0, 0, [])


def test_chunks_are_as_large_as_asked_for(session: Callable[[list[Sent]], Session]) -> None:
    direction = session([(1, at, bytes([65 + at % 7]) * 10) for at in range(0, 100, 10)]).directions(0)[1]

    assert [(offset, len(data)) for offset, data in chunks(direction, 5, 95, 30)] == [(5, 35), (40, 30), (70, 25)]
