"""Scripts that several scenarios use, and the sizes they talk in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cases.recorder.program import Program

MSS: Final = 1448
"""Payload of a full segment on this link: 1500 less the IPv4 and TCP headers and timestamps."""
REQUEST: Final = 200
ANSWER: Final = 400


def request_and_close(me: Program) -> None:
    """Asks, reads the answer, closes."""
    connection = me.connect()
    me.sleep(0.1)
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.sleep(0.1)
    connection.close()


def answer_until_closed(me: Program) -> None:
    """Answers one request and closes as soon as the client has."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


def send_segments(me: Program) -> None:
    """Sends ``p.segments`` full segments in one go, then closes and waits for the server to."""
    connection = me.connect()
    connection.send(me.p.segments * MSS)
    connection.shutdown()
    connection.read_all()
    connection.close()


def send_segments_wait_close(me: Program) -> None:
    """Sends ``p.segments`` full segments, waits for the server's word that all came, closes."""
    connection = me.connect()
    connection.send(me.p.segments * MSS)
    connection.read(ANSWER)
    connection.close()


def read_segments_confirm(me: Program) -> None:
    """Reads ``p.segments`` full segments, says so, and closes when the client does."""
    connection = me.listen().accept()
    connection.read(me.p.segments * MSS)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


def read_all_and_close(me: Program) -> None:
    """Reads to the end of the stream, closes."""
    connection = me.listen().accept()
    connection.read_all()
    connection.close()
