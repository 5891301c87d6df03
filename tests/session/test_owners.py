"""Whose connections they are: a socket is believed only where the packets show that it was this connection's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from traces import write_trace

from tcptui.access.owners import OwnerTable, owners_of
from tcptui.capture.owners.messages import Answers, Process, Question, Sighting, Sightings
from tcptui.dfilter.compile import compile_filter
from tcptui.model.safe_text import safe_text
from tcptui.model.socket_owner import Certainty, ConnectEvent, Missing, SocketOwner
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.groups import GroupBy, GroupSort, group_connections, kinds_of
from tcptui.session.owners import OwnerFinder
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: The first second of a written trace.
EPOCH_MS = 1_000_000
#: A connection that is reset after 50 ms, and another one with the same ports 100 ms later.
REUSED = (
    "0 C S 0 0", "1 S SA 0 1", "2 C A 1 1", "3 C PA 1 1 100", "4 S A 1 101", "50 C RA 101 1",
    "150 C S 5000 0", "151 S SA 5000 5001", "152 C A 5001 5001", "400 C PA 5001 5001 10", "401 S A 5001 5011",
)  # fmt: skip
CURL = Process(
    77, 1, "curl", "curl -u me:hunter2 https://a.example/?token=s3cr3ts3cr3t", "/system.slice/job.service", 0, ()
)
NGINX = Process(80, 1, "nginx", "nginx", "/", 33, ())


class Said:
    """Answers by the port that is asked about: what was seen of the client's end, then of the server's."""

    def __init__(self, *client: Sighting, server: Sightings = (), looked_ms: float = 10_000) -> None:
        self.client, self.server, self.looked_ns = client, server, ns(looked_ms)

    def ask(self, questions: Sequence[Question]) -> Answers | None:
        seen = [self.client if one.local_port == 40_000 else self.server for one in questions]
        return Answers(tuple(seen), self.looked_ns)


def ns(at_ms: float) -> int:
    return int((EPOCH_MS + at_ms) * 1e6)


def seen(first_ms: float, last_ms: float, process: Process | None = CURL, cookie: int = 1, uid: int = 0) -> Sighting:
    """A socket that was there from a look to another, each a tenth of a millisecond long."""
    times = ns(first_ms), ns(first_ms + 0.1), ns(last_ms), ns(last_ms + 0.1)
    return Sighting(cookie, *times, uid, "/system.slice/job.service", process)


def found(session: Session, said: Said) -> OwnerTable:
    finder = OwnerFinder(session, said)
    assert finder.look()
    return owners_of(session)


@pytest.fixture
def reused(tmp_path: Path) -> Session:
    return open_file(write_trace(tmp_path / "reused.pcap", REUSED))


def test_socket_that_was_there_while_the_connection_was_open_is_its_own(reused: Session) -> None:
    table = found(reused, Said(seen(10, 40), seen(200, 300, NGINX, 2)))
    (first, none), (second, _) = table.of(0), table.of(1)
    assert first is not None
    assert second is not None
    assert none is None
    assert (first.pid, first.program, first.unit, first.certainty) == (77, "curl", "job.service", Certainty.SOCKET)
    assert second.program == "nginx"
    assert table.why_missing(0, 1) is Missing.GONE


def test_socket_of_a_later_connection_with_the_same_ports_is_not_the_earlier_ones(reused: Session) -> None:
    table = found(reused, Said(seen(200, 300, NGINX)))
    assert table.of(0) == (None, None)
    assert table.why_missing(0) is Missing.GONE
    assert (owner := table.of(1)[0]) is not None
    assert owner.program == "nginx"


@pytest.mark.parametrize(
    ("first_ms", "last_ms"),
    [
        (60, 140),  # between the two: somebody else's, of whom no packet was captured
        (148, 149),  # the later one's, before its first packet
        (-20, -10),  # an earlier one's
        (-0.05, -0.05),  # perhaps an earlier one's, perhaps this one's
        (49.95, 49.95),  # perhaps after the reset
    ],
)
def test_socket_that_may_be_another_connections_is_left_out(reused: Session, first_ms: float, last_ms: float) -> None:
    assert found(reused, Said(seen(first_ms, last_ms))).of(0) == (None, None)


def test_socket_that_was_there_before_and_after_is_the_connections(tmp_path: Path) -> None:
    lines = ["100 C PA 1 1 100", "101 S A 1 101", "300 C PA 101 1 100", "301 S A 1 201"]
    table = found(open_file(write_trace(tmp_path / "amid.pcap", lines)), Said(seen(-5000, 5000)))
    assert (owner := table.of(0)[0]) is not None
    assert owner.pid == 77


def test_two_sockets_that_both_fit_are_nobodys(reused: Session) -> None:
    table = found(reused, Said(seen(5, 20), seen(25, 45, NGINX, 2)))
    assert table.of(0) == (None, None)


def test_what_was_looked_at_later_than_is_known_waits(reused: Session) -> None:
    finder = OwnerFinder(reused, said := Said(looked_ms=-50))
    assert finder.look()
    assert owners_of(reused).why_missing(0) is Missing.NOT_ASKED
    said.client, said.looked_ns = (seen(10, 40),), ns(10_000)
    for one in finder._waiting:
        one.due = 0
    assert finder.look()
    assert owners_of(reused).of(0)[0] is not None


def test_open_connection_without_any_socket_is_another_hosts(tmp_path: Path) -> None:
    session = open_file(write_trace(tmp_path / "other.pcap", REUSED[6:]))
    finder = OwnerFinder(session, Said())
    while finder._waiting or not finder._seen:
        assert finder.look()
        for one in finder._waiting:
            one.due = 0
    assert owners_of(session).why_missing(0) is Missing.ELSEWHERE


def test_process_that_may_not_be_seen_leaves_user_and_place_and_of_a_server_no_unit(reused: Session) -> None:
    hidden = seen(10, 40, None, 1, 4242)
    client, server = found(reused, Said(hidden, server=(hidden,))).of(0)
    assert client == SocketOwner(Certainty.NO_PROCESS, user="4242", unit="job.service")
    assert server == SocketOwner(Certainty.NO_PROCESS, user="4242")


def test_secrets_and_escapes_of_a_command_line_are_in_no_owner(reused: Session) -> None:
    evil = Process(9, 1, "\x1b[31mevil\n", f"{CURL.command} \x1b]0;x\x07", "/", 0, ((1, "\x1b[2J"),))
    (owner, _) = found(reused, Said(seen(10, 40, evil))).of(0)
    assert owner is not None
    told = repr(owner)
    assert "hunter2" not in told
    assert "s3cr3t" not in told
    assert "curl -u me:" in owner.command
    assert all(text.isprintable() for text in (owner.program, owner.command, owner.parents[0][1]))


@pytest.mark.parametrize(
    ("times_ms", "program"),
    [((149.5,), "curl"), ((149.5, 30), "curl"), ((120,), ""), ((150.5,), ""), ((149.5, 149.7), ""), ((), "")],
)
def test_short_connection_is_whose_the_kernel_said_when_it_began(
    reused: Session, times_ms: Sequence[float], program: str
) -> None:
    finder = OwnerFinder(reused, Said())
    ends = bytes((10, 0, 0, 1)), 40_000, bytes((10, 0, 0, 2)), 80
    finder.add_connects(ConnectEvent(*ends, 77, "curl", ns(at)) for at in times_ms)
    assert finder.look()
    owner, _ = owners_of(reused).of(1)
    assert owner == (SocketOwner(Certainty.EVENT, 77, program) if program else None)


def test_nobody_is_asked_any_more_once_there_is_no_answer(reused: Session) -> None:
    class Ended:
        def ask(self, _questions: Sequence[Question]) -> Answers | None:
            return None

    assert not OwnerFinder(reused, Ended()).look()


# -- filters ----------------------------------------------------------------------------------
def frames(session: Session, text: str) -> list[int]:
    mask = FilterRun(session, compile_filter(text)).matching(0, session.store.count)
    return [int(session.store.frame[row]) for row in np.flatnonzero(mask)]


def test_all_packets_of_a_connection_have_the_owners_of_both_ends(reused: Session) -> None:
    owners_of(reused).put(0, 0, SocketOwner(Certainty.SOCKET, 77, "curl", user="me", container="0123456789ab"))
    owners_of(reused).put(0, 1, SocketOwner(Certainty.SOCKET, 80, "nginx", user="me", unit="nginx.service", pod="a/b"))
    first = [1, 2, 3, 4, 5, 6]
    for text in (
        'tcptui.process == "curl"', 'tcptui.process == "nginx"', "tcptui.pid == 80", 'tcptui.user == "me"',
        'tcptui.container == "0123456789ab"', 'tcptui.pod == "a/b"', 'tcptui.unit contains "nginx"', "tcptui.pid < 78",
    ):  # fmt: skip
        assert frames(reused, text) == first, text
    assert frames(reused, "not tcptui.process") == [7, 8, 9, 10, 11]
    assert frames(reused, 'tcptui.process == "sshd"') == []


def test_group_of_a_process_has_the_connections_of_either_end_and_a_filter_for_them(reused: Session) -> None:
    assert GroupBy.PROCESS not in kinds_of(reused)
    evil = safe_text('a"\\\x1b[31m é')
    owners_of(reused).put(0, 0, SocketOwner(Certainty.SOCKET, 77, "curl"))
    owners_of(reused).put(0, 1, SocketOwner(Certainty.SOCKET, 80, evil))
    owners_of(reused).put(1, 1, SocketOwner(Certainty.SOCKET, 80, evil))
    assert GroupBy.PROCESS in kinds_of(reused)
    grouping = group_connections(reused, GroupBy.PROCESS, GroupSort.CONNECTIONS)
    assert [(group.key.process, group.connections) for group in grouping.groups] == [(evil, 2), ("curl", 1)]
    assert frames(reused, grouping.groups[0].filter) == list(range(1, 12))
    assert frames(reused, grouping.groups[1].filter) == list(range(1, 7))


def test_owner_that_comes_behind_the_packets_is_asked_about_again(reused: Session) -> None:
    live = LiveFilter(reused, compile_filter('tcptui.process == "curl"'))
    live.update()
    assert live.count == 0
    owners_of(reused).put(1, 0, SocketOwner(Certainty.SOCKET, 77, "curl"))
    live.update()
    assert live.count == 5


def test_of_very_many_owners_the_older_half_is_forgotten_and_none_is_mixed_up() -> None:
    table = OwnerTable()
    many = 70_000
    for stream in range(many):
        table.put(stream, 0, SocketOwner(Certainty.SOCKET, stream + 1, "x"))
    assert table.of(0) == (None, None)
    for stream in (40_000, many - 1):
        owner, _ = table.of(stream)
        assert owner is not None
        assert owner.pid == stream + 1
    assert table.revision == many
    assert table.changed_since(many - 2) == [many - 2, many - 1]
    assert not table.owned(np.array([-1, 0, many + 5_000_000])).any()
