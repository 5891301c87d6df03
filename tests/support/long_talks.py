"""Connections of very many messages, of each protocol that is read: calls that are answered, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import amqp_frames
import kafka_messages
from captures import ACK, CLIENT, PSH, SERVER, Tape
from hpack import Encoder
from http2_ends import OK, PREFACE, frame, get
from memcached_messages import found
from mongodb_messages import answer, ask, greeted, hello
from mqtt_packets import ACCEPTED, connect, puback, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

#: Who says what, in order: 0 the client.
Said = list[tuple[int, bytes]]

_READY: Final = b"Z\0\0\0\x05I"
_ANSWERED: Final = b"C\0\0\0\x0dUPDATE 1\0"


def http2(calls: int) -> Said:
    """Requests of one path each, whose answers have a body."""
    said, asks, answers = [(0, PREFACE + frame(4, 0, 0)), (1, frame(4, 0, 0))], Encoder(), Encoder()
    for number in range(calls):
        stream = 2 * number + 1
        said.append((0, frame(1, 5, stream, asks.encode(get(f"/items/{number}")))))
        said.append((1, frame(1, 4, stream, answers.encode(OK)) + frame(0, 1, stream, b"hello")))
    return said


def http(calls: int) -> Said:
    """The same in HTTP/1.1."""
    return [
        one
        for number in range(calls)
        for one in (
            (0, b"GET /items/%d HTTP/1.1\r\nHost: h.example\r\n\r\n" % number),
            (1, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        )
    ]


def redis(calls: int) -> Said:
    """Keys that are asked for."""
    return [
        one
        for number in range(calls)
        for one in ((0, b"*2\r\n$3\r\nGET\r\n$4\r\n%04d\r\n" % number), (1, b"$5\r\nhello\r\n"))
    ]


def mysql(calls: int) -> Said:
    """Statements behind a login."""
    can = (0x0008_A201).to_bytes(4, "little")
    greeting = b"\x0a8.0.36\0" + (7).to_bytes(4, "little") + b"abcdefgh\0" + can[:2] + b"\x21\x02\0" + can[2:]
    greeting += b"\x15" + bytes(10) + b"ijklmnopqrst\0mysql_native_password\0"
    login = can + (1 << 24).to_bytes(4, "little") + b"\x21" + bytes(23) + b"ada\0\x14" + bytes(range(20))
    ok = b"\0\x01\0\x02\0\0\0"
    said = [(1, _packet(0, greeting)), (0, _packet(1, login + b"mysql_native_password\0")), (1, _packet(2, ok))]
    for number in range(calls):
        said += [(0, _packet(0, b"\x03UPDATE t SET a = %d" % number)), (1, _packet(1, ok))]
    return said


def _packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((number,)) + payload


def postgresql(calls: int) -> Said:
    """Statements behind a login."""
    start = (0x0003_0000).to_bytes(4) + b"user\0ada\0\0"
    said = [(0, (4 + len(start)).to_bytes(4) + start), (1, b"R\0\0\0\x08\0\0\0\0" + _READY)]
    for number in range(calls):
        statement = b"UPDATE t SET a = %d\0" % number
        said += [(0, b"Q" + (4 + len(statement)).to_bytes(4) + statement), (1, _ANSWERED + _READY)]
    return said


def dns(calls: int) -> Said:
    """Names that are asked for."""
    said: Said = []
    for number in range(calls):
        asked = b"\x05h%04d\x07example\0\0\x01\0\x01" % number
        question = number.to_bytes(2) + b"\x01\0\0\x01" + bytes(6) + asked
        answer = number.to_bytes(2) + b"\x81\x80\0\x01\0\x01" + bytes(4) + asked
        answer += b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01"
        said += [(0, len(question).to_bytes(2) + question), (1, len(answer).to_bytes(2) + answer)]
    return said


def smtp(calls: int) -> Said:
    """Users that are asked for."""
    said = [(1, b"220 mail.example ESMTP\r\n"), (0, b"EHLO h.example\r\n"), (1, b"250 mail.example\r\n")]
    for number in range(calls):
        said += [(0, b"VRFY user%d\r\n" % number), (1, b"250 user%d\r\n" % number)]
    return said


def mqtt(calls: int) -> Said:
    """Messages that the broker acknowledges."""
    said = [(0, connect()), (1, ACCEPTED)]
    for number in range(1, calls + 1):
        said += [(0, publish(f"items/{number}", number=number % 65_535 + 1)), (1, puback(number % 65_535 + 1))]
    return said


def memcached(calls: int) -> Said:
    """Values that are asked for."""
    said: Said = []
    for number in range(calls):
        key = f"items/{number}"
        said += [(0, f"get {key}\r\n".encode()), (1, found((key, b"21.5")))]
    return said


def amqp(calls: int) -> Said:
    """Queues that are asked for."""
    said = [
        (0, amqp_frames.PROTOCOL), (1, amqp_frames.START), (0, amqp_frames.login()), (1, amqp_frames.TUNE),
        (0, amqp_frames.TUNE_OK + amqp_frames.OPEN), (1, amqp_frames.OPEN_OK), (0, amqp_frames.CHANNEL),
        (1, amqp_frames.CHANNEL_OK),
    ]  # fmt: skip
    for number in range(1, calls + 1):
        said += [(0, amqp_frames.declare(1, f"items/{number}")), (1, amqp_frames.declared(1, f"items/{number}"))]
    return said


def kafka(calls: int) -> Said:
    """Records that are kept."""
    said = [(0, kafka_messages.ask_versions(0)), (1, kafka_messages.versions(0))]
    for number in range(1, calls + 1):
        topic = f"items.{number}"
        said += [(0, kafka_messages.produce(number, topic, 0)), (1, kafka_messages.produced(number, topic, 0))]
    return said


def mongodb(calls: int) -> Said:
    """Documents that are counted."""
    said = [(0, hello(1)), (1, greeted(2, 1))]
    for number in range(3, 2 * calls + 3, 2):
        said += [(0, ask(number, "count", f"items{number}")), (1, answer(number + 1, number, n=5))]
    return said


#: By the field that each message has: its server's port, and what is said.
TALKS: Final[dict[str, tuple[int, Callable[[int], Said]]]] = {
    "http2": (8080, http2), "http": (80, http), "resp": (6379, redis), "mysql": (3306, mysql),
    "pgsql": (5432, postgresql), "dns": (53, dns), "smtp": (25, smtp),
    "mqtt": (1883, mqtt), "memcache": (11211, memcached), "amqp": (5672, amqp),
    "kafka": (9092, kafka), "mongo": (27017, mongodb),
}  # fmt: skip


def taped(port: int, *talks: Said) -> Tape:
    """Captured connections to ``port`` that take turns; a packet for each thing that is said."""
    tape, server = Tape(), f"{SERVER}:{port}"
    for number in range(len(talks)):
        tape.handshake(number, f"{CLIENT}:{40_000 + number}", server)
    speakers = [_segments(said, f"{CLIENT}:{40_000 + number}", server) for number, said in enumerate(talks)]
    ms, left = 100, list(speakers)
    while left:
        for each in list(left):
            segment = next(each, None)
            if segment is None:
                left.remove(each)
            else:
                (source, target, seq, ack, data), ms = segment, ms + 1
                tape.tcp(ms, source, target, PSH | ACK, seq, ack, data)
    return tape


def _segments(
    said: Sequence[tuple[int, bytes]], client: str, server: str
) -> Iterator[tuple[str, str, int, int, bytes]]:
    ends, sent = (client, server), [1001, 9001]
    for side, data in said:
        yield ends[side], ends[1 - side], sent[side], sent[1 - side], data
        sent[side] += len(data)
