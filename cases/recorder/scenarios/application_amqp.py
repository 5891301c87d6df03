"""AMQP: a worker that acknowledges a delivery twice, and whose channel the broker closes for that."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from cases.recorder.scenario import Scenario

if TYPE_CHECKING:
    import random

    from cases.recorder.program import Connection, Program

_QUEUE: Final = "labels"
_BEAT_S: Final = 2
#: Kinds of frames, methods by class and number, and a frame's last byte (AMQP 0-9-1, 4.2.3).
_METHOD, _HEADER, _BODY, _HEARTBEAT = 1, 2, 3, 8
_END: Final = b"\xce"


def _frame(kind: int, channel: int, body: bytes = b"") -> bytes:
    return bytes((kind,)) + channel.to_bytes(2) + len(body).to_bytes(4) + body + _END


def _method(channel: int, one: int, number: int, said: bytes = b"") -> bytes:
    return _frame(_METHOD, channel, one.to_bytes(2) + number.to_bytes(2) + said)


def _short(text: str) -> bytes:
    return bytes((len(text),)) + text.encode()


def _long(text: str) -> bytes:
    return len(text).to_bytes(4) + text.encode()


def _deliver(tag: int) -> bytes:
    """One message with its delivery tag."""
    data = b'{"label": %d}' % (4_000 + tag)
    said = _short("worker-1") + tag.to_bytes(8) + b"\0" + _short("") + _short(_QUEUE)
    head = (60).to_bytes(2) + bytes(2) + len(data).to_bytes(8) + bytes(2)
    return _method(1, 60, 60, said) + _frame(_HEADER, 1, head) + _frame(_BODY, 1, data)


class _Frames:
    """Reads whole frames, and answers heartbeats of the other end by its own."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def next(self) -> tuple[int, int, bytes]:
        """Kind, class and method in one number, what is behind; heartbeats are passed over."""
        while True:
            head = self.connection.read(7)
            body = self.connection.read(int.from_bytes(head[3:]) + 1)[:-1]
            if head[0] != _HEARTBEAT:
                return head[0], int.from_bytes(body[:2]) * 1_000 + int.from_bytes(body[2:4]), body[4:]

    def until(self, wanted: int) -> bytes:
        """What stands behind the method ``wanted``, the first that comes."""
        while True:
            kind, ids, body = self.next()
            if kind == _METHOD and ids == wanted:
                return body


def serve(me: Program) -> None:
    """A broker as far as this worker needs one: it counts deliveries and what is acknowledged, as RabbitMQ does."""
    connection = me.listen().accept()
    connection.option(socket.TCP_NODELAY, 1)  # as brokers and their clients do
    frames = _Frames(connection)
    connection.read(8)
    connection.send(_method(0, 10, 10, b"\0\x09" + bytes(4) + _long("PLAIN") + _long("en_US")))
    frames.until(10_011)
    connection.send(_method(0, 10, 30, b"\7\xff\0\2\0\0" + _BEAT_S.to_bytes(2)))
    frames.until(10_040)
    connection.send(_method(0, 10, 41, b"\0"))
    frames.until(20_010)
    connection.send(_method(1, 20, 11, bytes(4)))
    frames.until(60_010)
    connection.send(_method(1, 60, 11))
    frames.until(60_020)
    connection.send(_method(1, 60, 21, _short("worker-1")))
    prefetch = int(me.p.prefetch)
    for tag in range(1, prefetch + 1):
        connection.send(_deliver(tag))
    open_tags, given = set(range(1, prefetch + 1)), prefetch
    while True:
        tag = int.from_bytes(frames.until(60_080)[:8])
        if tag not in open_tags:
            break
        open_tags.remove(tag)
        given += 1
        open_tags.add(given)
        connection.send(_deliver(given))
    words = f"PRECONDITION_FAILED - unknown delivery tag {tag}"
    connection.send(_method(1, 20, 40, (406).to_bytes(2) + _short(words) + (60).to_bytes(2) + (80).to_bytes(2)))
    frames.until(20_041)
    for _ in range(int(me.p.beats) - 1):
        me.sleep(_BEAT_S / 2)
        connection.send(_frame(_HEARTBEAT, 0))
    frames.until(10_050)
    connection.send(_method(0, 10, 51))
    connection.read_all()
    connection.close()


def work(me: Program) -> None:
    """Takes deliveries, acknowledges each, one of them twice; then waits for more, and in the end leaves."""
    connection = me.connect()
    connection.option(socket.TCP_NODELAY, 1)
    frames = _Frames(connection)
    connection.send(b"AMQP\0\0\x09\1")
    frames.until(10_010)
    connection.send(_method(0, 10, 11, bytes(4) + _short("PLAIN") + _long("\0printer\0orchid") + _short("en_US")))
    frames.until(10_030)
    connection.send(_method(0, 10, 31, b"\7\xff\0\2\0\0" + _BEAT_S.to_bytes(2)))
    connection.send(_method(0, 10, 40, _short("/") + b"\0\0"))
    frames.until(10_041)
    connection.send(_method(1, 20, 10, b"\0"))
    frames.until(20_011)
    connection.send(_method(1, 60, 10, bytes(4) + int(me.p.prefetch).to_bytes(2) + b"\0"))
    frames.until(60_011)
    connection.send(_method(1, 60, 20, b"\0\0" + _short(_QUEUE) + _short("worker-1") + b"\0" + bytes(4)))
    frames.until(60_021)
    for tag in range(1, int(me.p.done) + 1):
        frames.until(60_060)
        me.sleep(me.p.work_ms / 1_000)
        connection.send(_method(1, 60, 80, tag.to_bytes(8) + b"\0"))
    me.sleep(me.p.work_ms / 1_000)
    connection.send(_method(1, 60, 80, int(me.p.done).to_bytes(8) + b"\0"))
    frames.until(20_040)
    connection.send(_method(1, 20, 41))
    for _ in range(int(me.p.beats)):
        me.sleep(_BEAT_S / 2)
        connection.send(_frame(_HEARTBEAT, 0))
    connection.send(_method(0, 10, 50, (200).to_bytes(2) + _short("Goodbye") + bytes(4)))
    frames.until(10_051)
    connection.close()


def draw(chance: random.Random) -> dict[str, float]:
    """How far the broker is, how many deliveries may be open, and how long one takes the worker."""
    return {
        "delay_ms": chance.randint(4, 30), "prefetch": chance.randint(2, 5), "done": chance.randint(2, 4),
        "work_ms": chance.randint(20, 200), "beats": chance.randint(4, 8),
    }  # fmt: skip


ACKNOWLEDGED_TWICE: Final = Scenario(
    id="amqp-closed",
    shows="A worker acknowledges a delivery twice; the broker closes its channel, and the connection goes on.",
    draw=draw,
    client=work,
    server=serve,
    port=5672,
    findings_client=("amqp-closed",),
    findings_server=("amqp-closed",),
    findings_perhaps=("server-think-time", "spurious-retransmission"),  # heartbeats; delayed ACKs of small messages
    never=("slow-query", "request-unanswered", "close-wait-leak"),
)

SCENARIOS: Final = [ACKNOWLEDGED_TWICE]
