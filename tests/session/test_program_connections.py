"""Which connections are a program's: those that the kernel told of at that moment, and no later one with its ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traces import write_trace

from tcptui.access.owners import owners_of
from tcptui.capture.kernel_trace import clock
from tcptui.capture.program.socket_events import SocketEvent, SocketEventKind
from tcptui.model.socket_owner import Certainty, SocketOwner
from tcptui.session.program_connections import ProgramConnections, Scoped
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

EPOCH_MS = 1_000_000
#: A connection that is reset after 50 ms, and another one with the same ports 100 ms later, which stays open.
REUSED = (
    "0 C S 0 0", "1 S SA 0 1", "2 C A 1 1", "3 C PA 1 1 100", "4 S A 1 101", "50 C RA 101 1",
    "150 C S 5000 0", "151 S SA 5000 5001", "152 C A 5001 5001", "400 C PA 5001 5001 10", "401 S A 5001 5011",
)  # fmt: skip
GROUP = "tcptui-program-1-a.scope"


@pytest.fixture
def reused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(clock, "measure", lambda: clock.Offset(0, 0))
    return open_file(write_trace(tmp_path / "reused.pcap", REUSED))


def event(session: Session, at_ms: float, kind: SocketEventKind = SocketEventKind.OPENS) -> SocketEvent:
    ends = session.streams.ends(0)
    here, there = ends if kind is SocketEventKind.OPENS else reversed(ends)
    return SocketEvent(kind, here.address, here.port, there.address, there.port, int((EPOCH_MS + at_ms) * 1e6))


def connections(session: Session, *events: SocketEvent, hears_all: bool = True) -> ProgramConnections:
    made = ProgramConnections(session, Scoped(GROUP, 7), hears_all)
    made.add(events)
    return made


@pytest.mark.parametrize(
    ("at_ms", "kind", "streams"),
    [
        (-0.1, SocketEventKind.OPENS, [0]),
        (149.9, SocketEventKind.OPENS, [1]),
        (20, SocketEventKind.OPENS, []),  # a SYN that was not captured; the next one is another's
        (500, SocketEventKind.OPENS, []),
        (1, SocketEventKind.ACCEPTED, [0]),
        (151, SocketEventKind.ACCEPTED, [1]),
        (-20, SocketEventKind.ACCEPTED, []),
    ],
)
def test_an_event_is_of_the_connection_that_began_then(
    reused: Session, at_ms: float, kind: SocketEventKind, streams: list[int]
) -> None:
    choice = connections(reused, event(reused, at_ms, kind)).choose()
    assert choice.streams.tolist() == streams
    assert (choice.others, choice.unknown, choice.uncaptured) == (2 - len(streams), 0, 1 - len(streams))


def test_both_ends_may_be_the_programs(reused: Session) -> None:
    both = event(reused, -0.1), event(reused, 1, SocketEventKind.ACCEPTED)
    assert connections(reused, *both).choose().streams.tolist() == [0]


def test_a_program_without_connections_is_quiet_and_has_none(reused: Session) -> None:
    made = connections(reused)
    made.look()
    assert made.is_quiet
    choice = made.choose()
    assert (choice.streams.tolist(), choice.others, choice.unknown) == ([], 2, 0)


@pytest.mark.parametrize(("at_ms", "is_quiet"), [(-0.1, True), (149.9, False)])
def test_what_is_not_closed_is_waited_for(reused: Session, at_ms: float, is_quiet: bool) -> None:
    made = connections(reused, event(reused, at_ms))
    made.look()
    assert made.is_quiet is is_quiet


@pytest.mark.parametrize(
    "owner",
    [
        SocketOwner(Certainty.SOCKET, 9, "curl", unit=GROUP),
        SocketOwner(Certainty.NO_PROCESS, unit=GROUP),
        SocketOwner(Certainty.SOCKET, 9, "curl", parents=((8, "sh"), (7, "tcptui"))),
    ],
)
def test_without_events_owners_decide_and_the_rest_is_unknown(reused: Session, owner: SocketOwner) -> None:
    owners_of(reused).put(1, 0, owner)
    choice = connections(reused, hears_all=False).choose()
    assert (choice.streams.tolist(), choice.others, choice.unknown) == ([1], 0, 1)


def test_a_connection_of_another_process_is_not_unknown(reused: Session) -> None:
    owners_of(reused).put(0, 0, SocketOwner(Certainty.SOCKET, 9, "curl", parents=((8, "sh"),), unit="x.scope"))
    choice = connections(reused, hears_all=False).choose()
    assert (choice.streams.tolist(), choice.others, choice.unknown) == ([], 1, 1)


def test_lost_events_make_the_rest_unknown(reused: Session) -> None:
    choice = connections(reused, event(reused, -0.1)).choose(may_lack_some=True)
    assert (choice.streams.tolist(), choice.others, choice.unknown) == ([0], 0, 1)
