"""Conversations of each kind of request, drawn: of each call is known which bytes asked and which answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import amqp_frames
import kafka_messages
import mongodb_messages
from hpack import Encoder
from http2_ends import ANSWER, CALL, OK, PREFACE, frame, get, message
from memcached_messages import found, reply, store
from memcached_messages import message as binary_message
from mqtt_packets import ACCEPTED, PINGREQ, PINGRESP, acknowledgment, connect, puback, publish, subscribe

from tcptui.protocols.websocket.conversation import accept_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


@dataclass(slots=True)
class Call:
    """What asks, and what answers it; either may be empty."""

    asks: bytes
    answers: bytes
    cuts: tuple[int, ...] = ()
    """Where the answer is written in pieces."""


@dataclass(slots=True)
class Talk:
    """A conversation: calls in order, of which some are asked before those before them are answered."""

    port: int
    calls: list[Call] = field(default_factory=list)
    together: int = 1
    """So many calls at most are asked at once."""


def _size(chance: Random) -> int:
    return chance.choice((0, 1, 5, 40, 90, 300, 1_500, 4_000))


def _text(chance: Random, size: int) -> bytes:
    return bytes(chance.choices(b"abcdefgh 0123456789", k=size))


def http(chance: Random, count: int) -> Talk:
    """Requests with and without bodies; lengths, chunks, no body at all."""
    talk = Talk(80, together=chance.choice((1, 1, 1, 3)))
    for number in range(count):
        asked = _text(chance, chance.choice((0, 0, 0, 20, 200, 2_000)))
        asks = b"GET /items/%d HTTP/1.1\r\nHost: h.example\r\nX-A: %s\r\n\r\n" % (
            number,
            _text(chance, _size(chance) % 400),
        )
        if asked:
            asks = (
                b"POST /items/%d HTTP/1.1\r\nHost: h.example\r\nContent-Length: %d\r\n\r\n" % (number, len(asked))
                + asked
            )
        body, way = _text(chance, _size(chance)), chance.random()
        head = b"HTTP/1.1 %s\r\nServer: s.example\r\n"
        if way < 0.15:
            answers = head % b"204 No Content" + b"\r\n"
        elif way < 0.4 and body:
            answers = (
                head % b"200 OK" + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
            )
        else:
            answers = (
                head % chance.choice((b"200 OK", b"404 Not Found", b"500 Oops"))
                + b"Content-Length: %d\r\n\r\n" % len(body)
                + body
            )
        talk.calls.append(Call(asks, answers))
    return talk


def websocket(chance: Random, count: int) -> Talk:
    """Requests of HTTP, then one that asks for WebSocket, and messages."""
    talk = http(chance, max(count // 2, 1))
    key = b"dGhlIHNhbXBsZSBub25jZQ=="
    asks = b"GET /ws HTTP/1.1\r\nHost: h.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    asks += b"Sec-WebSocket-Version: 13\r\n"
    answers = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    answers += b"Sec-WebSocket-Accept: %s\r\n\r\n"
    frames = b"".join(b"\x81" + bytes((len(text),)) + text for text in (_text(chance, 20) for _ in range(5)))
    talk.calls.append(
        Call(asks + b"Sec-WebSocket-Key: " + key + b"\r\n\r\n", answers % accept_for(key.decode()).encode() + frames)
    )
    talk.together = 1
    return talk


def http2(chance: Random, count: int) -> Talk:
    """Requests on streams of their own."""
    talk, asks, answers = Talk(8080, together=chance.choice((1, 4))), Encoder(), Encoder()
    talk.calls.append(Call(PREFACE + frame(4, 0, 0), frame(4, 0, 0)))
    for number in range(count):
        stream = 2 * number + 1
        body = _text(chance, _size(chance))
        asked = frame(1, 5, stream, asks.encode(get(f"/items/{number}", ("x-a", "a" * (_size(chance) % 300)))))
        head = frame(1, 4, stream, answers.encode([*OK, ("x-number", str(number))]))
        talk.calls.append(Call(asked, head + frame(0, 1, stream, body)))
    return talk


def grpc(chance: Random, count: int) -> Talk:
    """Calls with a message each way, and trailers."""
    talk, asks, answers = Talk(50051, together=chance.choice((1, 4))), Encoder(), Encoder()
    talk.calls.append(Call(PREFACE + frame(4, 0, 0), frame(4, 0, 0)))
    for number in range(count):
        stream = 2 * number + 1
        asked = frame(1, 4, stream, asks.encode(CALL)) + frame(0, 1, stream, message(_text(chance, _size(chance))))
        head = frame(1, 4, stream, answers.encode(ANSWER)) + frame(0, 0, stream, message(_text(chance, _size(chance))))
        trailer = frame(1, 5, stream, answers.encode([("grpc-status", str(number % 3))]))
        talk.calls.append(Call(asked, head + trailer))
    return talk


def redis(chance: Random, count: int) -> Talk:
    """Commands with replies of every type."""
    talk = Talk(6379, together=chance.choice((1, 1, 5)))
    for number in range(count):
        key, value = b"key:%d" % number, _text(chance, _size(chance))
        way = chance.randrange(6)
        words: list[bytes] = [b"GET", key]
        answers = b"$%d\r\n%s\r\n" % (len(value), value)
        if way == 0:
            words, answers = [b"SET", key, value], b"+OK\r\n"
        elif way == 1:
            words, answers = [b"INCR", key], b":%d\r\n" % number
        elif way == 2:
            parts = [_text(chance, 12) for _ in range(chance.randrange(30))]
            words = [b"LRANGE", key, b"0", b"-1"]
            answers = b"*%d\r\n" % len(parts) + b"".join(b"$12\r\n%s\r\n" % part for part in parts)
        elif way == 3:
            words, answers = [b"HGET", key, b"a"], b"-WRONGTYPE Operation against a key\r\n"
        elif way == 4:
            answers = b"$-1\r\n"
        asks = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        talk.calls.append(Call(asks, answers))
    return talk


def _packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((number % 256,)) + payload


def mysql(chance: Random, count: int) -> Talk:
    """Statements behind a login: results with rows, OK, errors."""
    can = (0x0008_A201).to_bytes(4, "little")
    greeting = b"\x0a8.0.36\0" + (7).to_bytes(4, "little") + b"abcdefgh\0" + can[:2] + b"\x21\x02\0" + can[2:]
    greeting += b"\x15" + bytes(10) + b"ijklmnopqrst\0mysql_native_password\0"
    login = can + (1 << 24).to_bytes(4, "little") + b"\x21" + bytes(23) + b"ada\0\x14" + bytes(range(20))
    fine, end = b"\0\x01\0\x02\0\0\0", b"\xfe\0\0\x02\0"
    talk = Talk(3306)
    talk.calls = [
        Call(b"", _packet(0, greeting)),
        Call(_packet(1, login + b"mysql_native_password\0"), _packet(2, fine)),
    ]
    column = b"\x03def\x04shop\x01t\x01t\x01a\x01a\x0c\x21\0\xff\0\0\0\xfd\0\0\0\0\0"
    for number in range(count):
        asks, way = b"\x03UPDATE t SET a = %d, b = '%s'" % (number, _text(chance, _size(chance) % 700)), chance.random()
        answers = _packet(1, fine)
        if way < 0.5:
            asks = b"\x03SELECT a FROM t%d WHERE b = '%s'" % (number, _text(chance, _size(chance) % 500))
            bodies = [b"\x01", column, end]
            for _ in range(chance.randrange(40)):
                text = _text(chance, chance.randrange(120))
                bodies.append(bytes((len(text),)) + text)
            answers = b"".join(_packet(n + 1, body) for n, body in enumerate([*bodies, end]))
        elif way < 0.7:
            answers = _packet(1, b"\xff\x28\x04#42000" + _text(chance, 30))
        talk.calls.append(Call(_packet(0, asks), answers))
    return talk


def _message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + (4 + len(body)).to_bytes(4) + body


def postgresql(chance: Random, count: int) -> Talk:
    """Statements behind a login: simple and extended queries, rows, errors."""
    start = (0x0003_0000).to_bytes(4) + b"user\0ada\0\0"
    ready, column = _message(b"Z", b"I"), b"a\0" + bytes(6) + b"\0\0\0\x19\xff\xff" + b"\xff" * 4 + b"\0\0"
    talk = Talk(5432, together=chance.choice((1, 1, 3)))
    talk.calls.append(Call((4 + len(start)).to_bytes(4) + start, _message(b"R", bytes(4)) + ready))
    for number in range(count):
        statement = b"SELECT a FROM t%d WHERE b = '%s'\0" % (number, _text(chance, _size(chance) % 400))
        texts = [_text(chance, chance.randrange(100)) for _ in range(chance.randrange(40))]
        rows = b"".join(_message(b"D", b"\0\1" + len(one).to_bytes(4) + one) for one in texts)
        described, done = _message(b"T", b"\0\1" + column), _message(b"C", b"SELECT %d\0" % len(texts))
        failed = _message(b"E", b"SERROR\0VERROR\0C42P01\0M" + _text(chance, 60) + b"\0\0")
        is_wrong, cuts = chance.random() < 0.3, ()
        if chance.random() < 0.5:
            asks = _message(b"Q", statement)
            answers = (failed if is_wrong else described + rows + done) + ready
        else:
            asks = _message(b"P", b"\0" + statement + b"\0\0") + _message(b"B", b"\0\0" + bytes(6))
            asks += _message(b"D", b"P\0") + _message(b"E", bytes(5)) + _message(b"S")
            parsed = _message(b"1") + _message(b"2")
            answers = (parsed + failed if is_wrong else parsed + described + rows + done) + ready
        talk.calls.append(Call(asks, answers, cuts if not is_wrong else (len(answers) - len(ready),)))
    return talk


def dns(chance: Random, count: int) -> Talk:
    """Names that are asked for, of one resolver with few numbers."""
    talk = Talk(53, together=chance.choice((1, 4)))
    for number in range(count):
        asked = b"\x05h%04d\x07example\0\0\x01\0\x01" % number
        question = number.to_bytes(2) + b"\x01\0\0\x01" + bytes(6) + asked
        many = chance.randrange(1, 40)
        answer = number.to_bytes(2) + b"\x81\x80\0\x01" + many.to_bytes(2) + bytes(4) + asked
        answer += b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01" * many
        talk.calls.append(Call(len(question).to_bytes(2) + question, len(answer).to_bytes(2) + answer))
    return talk


def smtp(chance: Random, count: int) -> Talk:
    """Mails and users that are asked for."""
    talk = Talk(25)
    talk.calls = [
        Call(b"", b"220 mail.example ESMTP\r\n"),
        Call(b"EHLO h.example\r\n", b"250-mail.example\r\n250 PIPELINING\r\n"),
    ]
    for number in range(count):
        refused = chance.random() < 0.3
        text = _text(chance, _size(chance) % 300)
        talk.calls.append(
            Call(
                b"VRFY user%d%s\r\n" % (number, text),
                b"550 user%d\r\n" % number if refused else b"250-u\r\n250 u%d\r\n" % number,
            )
        )
    return talk


def mqtt(chance: Random, count: int) -> Talk:
    """Messages that are delivered at least once, subscriptions and pings, with few identifiers."""
    talk = Talk(1883, together=chance.choice((1, 4)))
    talk.calls.append(Call(connect(), ACCEPTED))
    for number in range(count):
        way, mark = chance.random(), number % 20 + 1
        if way < 0.6:
            topic = f"items/{number}"
            talk.calls.append(Call(publish(topic, _text(chance, _size(chance)), number=mark), puback(mark)))
        elif way < 0.8:
            talk.calls.append(Call(subscribe(mark, f"items/{number}"), acknowledgment(0x90, mark, b"\1")))
        else:
            talk.calls.append(Call(PINGREQ, PINGRESP))
    return talk


def memcached(chance: Random, count: int) -> Talk:
    """Commands in binary, or in text: values of several keys, values that are stored, counters."""
    if chance.random() < 0.4:
        return _memcached_binary(chance, count)
    talk = Talk(11211, together=chance.choice((1, 1, 5)))
    for number in range(count):
        key, value, way = f"items/{number}", _text(chance, _size(chance)), chance.randrange(7)
        asks, answers = f"get {key}\r\n".encode(), found((key, value))
        if way == 0:
            asks, answers = store(key, value), b"STORED\r\n"
        elif way == 1:
            asks, answers = f"incr {key} 1\r\n".encode(), b"%d\r\n" % number
        elif way == 2:
            others = [f"other/{number}/{n}" for n in range(chance.randrange(20))]
            asks = f"get {' '.join([key, *others])}\r\n".encode()
            answers = found(*((one, _text(chance, _size(chance))) for one in others))
        elif way == 3:
            answers = b"END\r\n"
        elif way == 4:
            asks, answers = f"delete {key}\r\n".encode(), chance.choice((b"DELETED\r\n", b"NOT_FOUND\r\n"))
        elif way == 5:
            asks, answers = f"mg {key} v\r\n".encode(), b"VA %d\r\n%s\r\n" % (len(value), value)
        talk.calls.append(Call(asks, answers))
    return talk


def _memcached_binary(chance: Random, count: int) -> Talk:
    """Commands of the binary protocol, with numbers that are all the same, or with few."""
    talk, few = Talk(11211, together=chance.choice((1, 1, 5))), chance.choice((1, 7))
    for number in range(count):
        key, value, mark = f"items/{number}".encode(), _text(chance, _size(chance)), number % few
        asks, answers = binary_message(0, key, number=mark), reply(0, value, extras=bytes(4), number=mark)
        way = chance.randrange(4)
        if way == 0:
            asks, answers = binary_message(1, key, value, extras=bytes(8), number=mark), reply(1, number=mark)
        elif way == 1:
            answers = reply(0, b"Not found", number=mark, status=1)
        talk.calls.append(Call(asks, answers))
    return talk


def amqp(chance: Random, count: int) -> Talk:
    """Messages that are confirmed one by one, and queues that are asked for, on a channel."""
    talk, tag = Talk(5672, together=chance.choice((1, 4))), 0
    talk.calls = [
        Call(amqp_frames.PROTOCOL, amqp_frames.START), Call(amqp_frames.login(), amqp_frames.TUNE),
        Call(amqp_frames.TUNE_OK + amqp_frames.OPEN, amqp_frames.OPEN_OK),
        Call(amqp_frames.CHANNEL, amqp_frames.CHANNEL_OK), Call(amqp_frames.CONFIRM, amqp_frames.CONFIRM_OK),
    ]  # fmt: skip
    for number in range(count):
        if chance.random() < 0.6:
            tag += 1
            asks = amqp_frames.publish(1, "items", str(number), _text(chance, _size(chance)), most=1_000)
            talk.calls.append(Call(asks, amqp_frames.ack(1, tag)))
        else:
            queue = f"items/{number}"
            talk.calls.append(Call(amqp_frames.declare(1, queue), amqp_frames.declared(1, queue)))
    return talk


def kafka(chance: Random, count: int) -> Talk:
    """Records that are kept or asked for, members of a group, several requests at once; numbers may be all the same."""
    talk, same = Talk(9092, together=chance.choice((1, 1, 5))), chance.random() < 0.2
    talk.calls = [Call(kafka_messages.ask_versions(0), kafka_messages.versions(0))]
    for at in range(1, count + 1):
        number, topic, way = 0 if same else at, f"items.{at}", chance.randrange(4)
        records = kafka_messages.batch(1, payload=_text(chance, _size(chance)))
        asks, answers = kafka_messages.heartbeat(number, topic), kafka_messages.beaten(number)
        if way == 0:
            asks = kafka_messages.produce(number, topic, 0, records=records)
            answers = kafka_messages.produced(number, topic, 0)
        elif way == 1:
            asks, answers = (
                kafka_messages.fetch(number, topic, 0),
                kafka_messages.fetched(number, topic, 0, records=records),
            )
        elif way == 2:
            asks, answers = kafka_messages.join(number, topic), kafka_messages.joined(number, 27)
        talk.calls.append(Call(asks, answers))
    return talk


def mongodb(chance: Random, count: int) -> Talk:
    """Commands of several kinds, some compressed, some in the old form; numbers may be all the same."""
    talk, same = Talk(27017, together=chance.choice((1, 1, 3))), chance.random() < 0.2
    talk.calls = [Call(mongodb_messages.hello(1), mongodb_messages.greeted(2, 1))]
    for at in range(1, count + 1):
        number, name, way = 1 if same else 2 * at + 1, f"items{at}", chance.randrange(4)
        text = _text(chance, _size(chance)).decode()
        asks, answers = mongodb_messages.ask(number, "count", name), mongodb_messages.answer(number + 1, number, n=at)
        if way == 0:
            asks = mongodb_messages.ask(number, "insert", name, ("documents", [{"a": text}]))
        elif way == 1:
            asks = mongodb_messages.ask(number, "find", name, filter={"a": text})
            answers = mongodb_messages.batch(number + 1, number, 0, "firstBatch", {"a": text})
        elif way == 2:
            asks = mongodb_messages.query(number, f"shop.{name}", {"a": text})
            answers = mongodb_messages.reply(number + 1, number, {"a": text})
        if chance.random() < 0.3:
            asks, answers = mongodb_messages.compressed(asks), mongodb_messages.compressed(answers)
        talk.calls.append(Call(asks, answers))
    return talk


def tunnel(chance: Random, count: int) -> Talk:
    """A CONNECT that a proxy grants, maybe at the second time, and one of two protocols in plain bytes behind it."""
    inside = chance.choice((http, redis))(chance, count)
    asks = b"CONNECT h.example:%d HTTP/1.1\r\nHost: h.example\r\n\r\n" % inside.port
    before = [Call(asks, b"HTTP/1.1 200 Connection established\r\n\r\n")]
    if chance.random() < 0.3:
        before.insert(0, Call(asks, b"HTTP/1.1 407 Who are you\r\nContent-Length: 5\r\n\r\nsorry"))
    return Talk(3128, before + inside.calls, inside.together)


#: By the name of a kind of request.
TALKS: Final[dict[str, Callable[[Random, int], Talk]]] = {
    "http": http, "websocket": websocket, "http2": http2, "grpc": grpc, "redis": redis, "mysql": mysql,
    "postgresql": postgresql, "dns": dns, "smtp": smtp, "mqtt": mqtt, "amqp": amqp, "kafka": kafka,
    "memcached": memcached, "mongodb": mongodb,
    "tunnel": tunnel,
}  # fmt: skip
