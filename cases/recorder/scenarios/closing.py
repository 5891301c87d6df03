"""How connections end."""

from __future__ import annotations

from cases.recorder.program import Program
from cases.recorder.scenario import Scenario, round_trip
from cases.recorder.scripts import ANSWER, REQUEST

CLOSE_AT = 0.6


def read_answer_then_close_late(me: Program) -> None:
    """Reads to the end, has something else to do, closes."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read_all()
    me.sleep(0.3)
    connection.close()


def answer_and_close(me: Program) -> None:
    """Answers and closes at once: the server closes first."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.close()


FOUR_PACKET_CLOSE = Scenario(
    id="four-packet-close",
    shows="The server closes first and the client some time later: four packets close the connection.",
    client=read_answer_then_close_late,
    server=answer_and_close,
    findings_client=("four-packet-close",),
    findings_server=("four-packet-close",),
    never=("half-close", "close-wait-leak", "simultaneous-close"),
)


def close_at_client(me: Program) -> None:
    """Closes at the agreed moment."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.at(CLOSE_AT)
    connection.close()


def close_at_server(me: Program) -> None:
    """Closes at the same moment, without looking whether the client has."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.at(CLOSE_AT)
    connection.close()


SIMULTANEOUS_CLOSE = Scenario(
    id="simultaneous-close",
    shows="Both ends close at the same moment: two FINs cross, and both ends pass through CLOSING.",
    client=close_at_client,
    server=close_at_server,
    draw=round_trip(80, 160),
    findings_client=("simultaneous-close",),
    findings_server=("simultaneous-close",),
    never=("four-packet-close", "three-packet-close"),
)


def send_all_then_read(me: Program) -> None:
    """Says that nothing more will come, then reads the answer."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.shutdown()
    connection.read_all()
    connection.close()


def answer_after_end(me: Program) -> None:
    """Answers in two parts, after the client's end of stream."""
    connection = me.listen().accept()
    connection.read_all()
    connection.send(ANSWER)
    me.sleep(0.2)
    connection.send(ANSWER)
    connection.close()


HALF_CLOSE = Scenario(
    id="half-close",
    shows="The client shuts down its sending half and still reads: the server's data follow the client's FIN.",
    client=send_all_then_read,
    server=answer_after_end,
    findings_client=("half-close", "four-packet-close"),
    findings_server=("half-close", "four-packet-close"),
    never=("close-wait-leak", "data-after-close"),
)

SCENARIOS = [FOUR_PACKET_CLOSE, SIMULTANEOUS_CLOSE, HALF_CLOSE]
