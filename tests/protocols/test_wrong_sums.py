"""Of copies of bytes, the one whose checksum holds is shown; where none does, that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from forged import ACK, PSH, REQUEST, Sum, Wire, answer, conversation

from tcptui.cli.report.follow_versions import version_lines
from tcptui.session.session import Session, open_file
from tcptui.ui.follow.base_screen import other_version
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GOOD, BAD = answer(b"transfer to ALICE"), answer(b"transfer to MALLO")
EVIL = b"GET /forged HTTP/1.1\r\nHost: evil\r\n\r\n"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Session]]:
    sessions: list[Session] = []

    def run(wire: Wire, cut: int | None = None) -> Session:
        path = tmp_path / f"{len(sessions)}.pcap"
        path.write_bytes(wire.pcap(cut))
        sessions.append(open_file(path))
        return sessions[-1]

    yield run
    for session in sessions:
        session.close()


def _answered(first: tuple[bytes, Sum], again: tuple[bytes, Sum], sums: Sum = Sum.GOOD) -> Wire:
    wire, at = conversation(sums)
    for data, sum_ in (first, again):
        wire.send(1, PSH | ACK, 1, at, data, sum=sum_)
    wire.send(0, ACK, at, 1 + len(GOOD))
    wire.close(at, 1 + len(GOOD))
    return wire


def _said(session: Session, side: int) -> bytes:
    direction = session.directions(0)[side]
    return direction.read(0, direction.length)


@pytest.mark.parametrize("damaged_first", [True, False])
def test_copy_whose_checksum_holds_is_shown_whichever_came_first(
    opened: Callable[..., Session], damaged_first: bool
) -> None:
    copies = (BAD, Sum.BAD), (GOOD, Sum.GOOD)
    session = opened(_answered(*(copies if damaged_first else copies[::-1])))
    direction = session.directions(0)[1]

    assert _said(session, 1) == GOOD
    (overlap,) = direction.overlaps
    assert (overlap.first_frame, overlap.again_frame) == ((7, 6) if damaged_first else (6, 7))
    assert (overlap.damaged, overlap.other, overlap.differing) == (True, b"MALLO", 5)
    assert not direction.damaged


def test_request_that_its_receiver_dropped_is_nobodys(opened: Callable[..., Session]) -> None:
    wire = Wire()
    wire.open()
    wire.send(0, PSH | ACK, 1, 1, EVIL, sum=Sum.BAD)
    wire.send(0, PSH | ACK, 1, 1, REQUEST)
    wire.send(1, ACK, 1, 1 + len(REQUEST))
    wire.send(1, PSH | ACK, 1, 1 + len(REQUEST), GOOD)
    wire.send(0, ACK, 1 + len(REQUEST), 1 + len(GOOD))
    wire.close(1 + len(REQUEST), 1 + len(GOOD))

    assert _said(opened(wire), 0) == REQUEST


def test_damaged_bytes_at_the_end_that_nobody_acknowledged_are_not_part_of_it(opened: Callable[..., Session]) -> None:
    wire = _answered((GOOD, Sum.GOOD), (GOOD, Sum.GOOD))
    del wire.records[-3:]
    wire.send(0, PSH | ACK, 1 + len(REQUEST), 1 + len(GOOD), EVIL, sum=Sum.BAD)
    wire.close(1 + len(REQUEST), 1 + len(GOOD))

    assert _said(opened(wire), 0) == REQUEST


def test_bytes_of_which_every_copy_is_damaged_are_shown_and_known(opened: Callable[..., Session]) -> None:
    wire = _answered((BAD, Sum.BAD), (BAD, Sum.BAD))
    del wire.records[-3:]
    wire.send(1, PSH | ACK, 1 + len(GOOD), 1 + len(REQUEST), answer(b"more"))
    session = opened(wire)

    assert _said(session, 1) == BAD + answer(b"more")
    assert session.directions(0)[1].damaged == ((0, len(BAD), 6),)


@pytest.mark.parametrize("of_all", [Sum.BAD, Sum.OFFLOADED])
def test_wrong_sums_in_all_segments_of_an_end_are_no_damage(opened: Callable[..., Session], of_all: Sum) -> None:
    session = opened(_answered((BAD, of_all), (GOOD, of_all), of_all))

    assert _said(session, 1) == BAD
    assert not session.directions(0)[1].overlaps[0].damaged


def test_copies_cut_by_the_snaplen_are_compared_as_far_as_they_are_here(opened: Callable[..., Session]) -> None:
    session = opened(_answered((GOOD, Sum.GOOD), (GOOD, Sum.GOOD)), 90)

    assert not session.directions(0)[1].overlaps
    assert session.directions(0)[1].read(0, 100) == GOOD[: 90 - 40]


def test_byte_under_the_cursor_has_its_other_version_beside_it(opened: Callable[..., Session]) -> None:
    server = opened(_answered((GOOD, Sum.GOOD), (BAD, Sum.GOOD))).directions(0)[1]
    place = GOOD.index(b"ALICE")

    assert other_version(server, place + 1) == (7, "ALLO")
    assert other_version(server, 3) == (0, "")


@pytest.mark.parametrize("damaged", [False, True])
def test_both_versions_stand_side_by_side_behind_the_bytes(opened: Callable[..., Session], damaged: bool) -> None:
    server = opened(_answered((BAD, Sum.BAD if damaged else Sum.GOOD), (GOOD, Sum.GOOD))).directions(0)[1]
    lines = list(version_lines(server, Words(Language.EN), as_hex=False))

    first, second = ("#7  ALICE", "#6  MALLO") if damaged else ("#6  MALLO", "#7  ALICE")
    assert [line.strip() for line in lines[1:]] == [first, second]
    assert ("wrong checksum" in lines[0]) == damaged


@pytest.mark.parametrize(("again", "conflict"), [(b"Y" * 60, True), (None, False)])
def test_segment_that_reaches_into_others_is_marked_as_tshark_does(
    opened: Callable[..., Session], again: bytes | None, conflict: bool
) -> None:
    whole = answer(b"z" * 155)
    wire, at = conversation()
    for begin, data in (0, whole[:80]), (80, whole[80:140]), (100, again or whole[100:160]), (160, whole[160:]):
        wire.send(1, PSH | ACK, 1 + begin, at, data)
    server = opened(wire).directions(0)[1]

    assert server.reaching_back(0, len(whole)) == {8: conflict}
    assert server.reaching_back(0, 100) == {}


def test_segment_sent_again_whole_is_part_of_no_message_as_in_tshark(opened: Callable[..., Session]) -> None:
    server = opened(_answered((GOOD, Sum.GOOD), (BAD, Sum.GOOD))).directions(0)[1]

    assert server.reaching_back(0, len(GOOD)) == {}
