"""Byte streams and messages are read anew when they may have become others, and the least recent ones are evicted."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from captures import ACK, CLIENT, PSH, SERVER, Tape
from growing_source import GrowingSource

from tcptui.access.open_capture import view_of
from tcptui.access.stream_state import StreamState
from tcptui.protocols.http.fault import Cut, FaultKind
from tcptui.protocols.http.http_stream import HttpStream
from tcptui.protocols.stream import reassembly
from tcptui.session.session import Session, open_file
from tcptui.session.stream_cache import STREAMS_CACHED, StreamCache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tcptui.protocols.http.conversation import HttpMessage

ENDS = f"{CLIENT}:40001", f"{SERVER}:80"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n"


def with_a_hole() -> Tape:
    """A response whose second segment is missing and whose third was not acknowledged."""
    tape = Tape()
    tape.handshake(0, *ENDS)
    tape.tcp(41, *ENDS, PSH | ACK, 1001, 9001, b"GET / HTTP/1.1\r\n\r\n")
    tape.tcp(81, *ENDS[::-1], ACK, 9001, 1019, HEAD + bytes(1000))
    tape.tcp(82, *ENDS[::-1], PSH | ACK, 9001 + len(HEAD) + 2000, 1019, bytes(1000))
    return tape


def http_messages(session: Session) -> Sequence[HttpMessage]:
    parsed = session.application(0).parsed
    assert isinstance(parsed, HttpStream)
    return parsed.conversation.messages


def faults(session: Session) -> list[tuple[FaultKind, Cut | None]]:
    return [(fault.kind, fault.cut) for message in http_messages(session) for fault in message.faults]


def test_messages_read_while_the_capture_grew_are_read_anew_at_its_end(tmp_path: Path) -> None:
    tape = with_a_hole()
    data, path = tape.pcap(), tmp_path / "hole.pcap"
    path.write_bytes(data)
    live: list[list[tuple[FaultKind, Cut | None]]] = []

    def look(_end: int) -> None:
        if session.store.count == len(tape.records) and session.progress.growing:
            live.append(faults(session))

    session = Session([GrowingSource(data, [len(data), len(data)], seen=look)])
    asyncio.run(session.run())
    file = open_file(path)
    at_end, afresh = faults(session), faults(file)
    session.close()
    file.close()

    assert live
    assert live[-1] == [(FaultKind.BODY_CUT, Cut.CAPTURE_END)]
    assert at_end == afresh
    assert [kind for kind, _cut in afresh] == [FaultKind.BODY_GAP]


@pytest.fixture
def ten(tmp_path: Path) -> Iterator[Session]:
    tape = Tape()
    for number in range(STREAMS_CACHED + 2):
        tape.clean(200 * number, f"{CLIENT}:{40001 + number}", f"{SERVER}:80", b"GET / HTTP/1.1\r\n\r\n", b"hi")
    path = tmp_path / "ten.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    yield session
    session.close()


def test_the_stream_used_least_recently_is_evicted(ten: Session) -> None:
    first = ten.application(0)
    second = ten.application(1)
    for stream in range(2, STREAMS_CACHED):
        ten.application(stream)
    assert ten.application(0) is first  # used again: the second is the oldest now
    ten.application(STREAMS_CACHED)
    assert ten.application(0) is first
    assert ten.application(1) is not second


def test_messages_and_bytes_of_a_stream_are_the_same_bytes(ten: Session) -> None:
    directions = ten.directions(0)
    [message] = [one for one in http_messages(ten) if not one.from_server]
    assert message.direction is directions[0]
    assert ten.directions(0) is directions


def test_threads_that_ask_together_get_the_same_messages(ten: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    made, reassemble = [], reassembly.reassemble

    def counted(view: object, side: int, *rest: object) -> object:
        made.append(side)
        return reassemble(view, side, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(reassembly, "reassemble", counted)
    together, given = threading.Barrier(4), []

    def ask() -> None:
        together.wait(600)
        given.append(ten.application(3))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
    assert made == [0, 1]
    assert len({id(messages) for messages in given}) == 1


def test_messages_of_a_growing_stream_wait_until_it_has_doubled(ten: Session) -> None:
    cache = StreamCache(partial(view_of, ten), ten.reader)
    known = cache.application(0, StreamState(4, growing=True))
    assert cache.application(0, StreamState(8, growing=True)) is known
    directions = cache.directions(0, StreamState(8, growing=True))
    assert cache.application(0, StreamState(8, growing=True)) is known  # bytes read anew leave them
    assert cache.application(0, StreamState(9, growing=True)) is not known
    assert cache.directions(0, StreamState(9, growing=True)) is not directions
