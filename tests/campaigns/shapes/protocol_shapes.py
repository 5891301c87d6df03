"""Captures of application protocols in which many small things, or one long thing, are as expensive as they can be.

Each function of `SHAPES` gives a whole pcap of about so many bytes of payload; what grows with it is one thing alone,
so two sizes tell whether the time is linear in it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import struct
import zlib
from functools import partial
from typing import TYPE_CHECKING, Final

import brotli
import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: What is said, in order: 0 the client.
Said = list[tuple[int, bytes]]

_CLIENT, _SERVER = bytes((10, 0, 0, 1)), bytes((192, 0, 2, 10))
_START_S: Final = 1_700_000_000
_RAW_IP: Final = 101
_SYN, _ACK, _PSH_ACK = 0x02, 0x10, 0x18
_MSS: Final = b"\x02\x04\x05\xb4"
_SEGMENT: Final = 1_400


# -- captures ----------------------------------------------------------------------------------
def _pcap(packets: Iterable[bytes]) -> bytes:
    """Packets of raw IPv4, a tenth of a millisecond apart."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, _RAW_IP)]
    for number, data in enumerate(packets):
        seconds, tenths = divmod(number, 10_000)
        parts.append(struct.pack("<IIII", _START_S + seconds, tenths * 100, len(data), len(data)) + data)
    return b"".join(parts)


def _ip(protocol: int, to_server: bool, body: bytes) -> bytes:
    ends = _CLIENT + _SERVER if to_server else _SERVER + _CLIENT
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, 64, protocol, 0) + ends + body


def _connection(port: int, said: Said, *, segment: int = _SEGMENT, begun: bool = True) -> bytes:
    """One connection; ``begun``: the capture has its handshake."""
    sent = [1001, 9001]

    def packet(side: int, flags: int, seq: int, ack: int, payload: bytes = b"", options: bytes = b"") -> bytes:
        ports = (40_000, port) if side == 0 else (port, 40_000)
        offset = 5 + len(options) // 4
        head = struct.pack("!HHIIHHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, offset << 12 | flags, 65_535, 0, 0)
        return _ip(6, side == 0, head + options + payload)

    def packets() -> Iterable[bytes]:
        if begun:
            yield packet(0, _SYN, 1000, 0, options=_MSS)
            yield packet(1, _SYN | _ACK, 9000, 1001, options=_MSS)
            yield packet(0, _ACK, 1001, 9001)
        for side, data in said:
            for at in range(0, len(data), segment):
                part = data[at : at + segment]
                yield packet(side, _PSH_ACK, sent[side], sent[1 - side], part)
                sent[side] += len(part)
            yield packet(1 - side, _ACK, sent[1 - side], sent[side])

    return _pcap(packets())


def _datagrams(port: int, said: Said) -> bytes:
    ports = (struct.pack("!HH", 40_000, port), struct.pack("!HH", port, 40_000))
    return _pcap(
        _ip(17, side == 0, ports[side] + struct.pack("!HH", 8 + len(data), 0) + data) for side, data in said
    )  # fmt: skip


def _repeated(piece: bytes, octets: int) -> bytes:
    return piece * max(1, octets // len(piece))


# -- HTTP/1.x ----------------------------------------------------------------------------------
_GET: Final = b"GET /a HTTP/1.1\r\nHost: h.example\r\n\r\n"
_NO_BODY: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#: Bytes of fields of one head; readers stop at 64 KiB.
_HEAD: Final = 60_000


def _http(said: Said) -> bytes:
    return _connection(80, said)


def _heads(piece: bytes, octets: int, *, before: bytes = b"", behind: bytes = b"\r\n", most: int = _HEAD) -> bytes:
    """Exchanges whose request and response have heads with ``piece`` repeated."""
    said: Said = []
    left = octets
    while left > 0:
        size = min(left, most)
        fields = before + _repeated(piece, size // 2) + behind
        said.append((0, b"GET /a HTTP/1.1\r\nHost: h.example\r\n" + fields + b"\r\n"))
        said.append((1, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + fields + b"\r\n"))
        left -= size
    return _http(said)


def _http_pipelined(octets: int) -> bytes:
    count = octets // (len(_GET) + len(_NO_BODY))
    return _http([(0, _GET * count), (1, _NO_BODY * count)])


def _http_of_two_ends(octets: int) -> bytes:
    """Requests that end at once by their length; by a coding that few obey, each reaches over all that follow."""
    odd = b"POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: xchunked"
    block = b"%02x\r\n" % (len(odd) + 2) + odd + b"\r\n\r\n"
    return _http([(0, odd + b"\r\n\r\n" + _repeated(block, octets)), (1, _NO_BODY)])


def _http_unanswered(octets: int) -> bytes:
    return _http([(0, _repeated(_GET, octets))])


def _http_answers_alone(octets: int) -> bytes:
    return _http([(1, _repeated(_NO_BODY, octets))])


def _http_interim(octets: int) -> bytes:
    return _http([(0, _GET), (1, _repeated(b"HTTP/1.1 102 Processing\r\n\r\n", octets) + _NO_BODY)])


def _response(fields: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + body


def _http_body(media: bytes, piece: bytes, octets: int, *, begin: bytes = b"", end: bytes = b"") -> bytes:
    """The same body sent and answered."""
    body = begin + _repeated(piece, octets // 2) + end
    fields = b"Content-Type: " + media + b"\r\nContent-Length: %d\r\n" % len(body)
    return _http([(0, b"POST /a HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n" + body), (1, _response(fields, body))])


def _http_small_bodies(octets: int) -> bytes:
    answer = _response(b"Content-Type: text/plain\r\nContent-Length: 1\r\n", b"x")
    return _http([one for _ in range(octets // (len(_GET) + len(answer))) for one in ((0, _GET), (1, answer))])


def _http_chunked(piece: bytes, octets: int, *, media: bytes = b"text/plain", trailer: bytes = b"") -> bytes:
    body = _repeated(piece, octets) + b"0\r\n" + trailer + b"\r\n"
    return _http([(0, _GET), (1, _response(b"Content-Type: " + media + b"\r\nTransfer-Encoding: chunked\r\n", body))])


def _http_trailers(octets: int) -> bytes:
    answer = _response(b"Transfer-Encoding: chunked\r\n", b"1\r\nx\r\n0\r\n" + b"a:b\r\n" * 10_000 + b"\r\n")
    return _http([one for _ in range(octets // len(answer) + 1) for one in ((0, _GET), (1, answer))])


def _http_coded(coding: bytes, body: bytes, octets: int) -> bytes:
    answer = _response(b"Content-Encoding: %s\r\nContent-Length: %d\r\n" % (coding, len(body)), body)
    return _http([one for _ in range(octets // (len(_GET) + len(answer)) + 1) for one in ((0, _GET), (1, answer))])


def _http_codings(octets: int) -> bytes:
    said: Said = []
    for _ in range(max(1, octets // _HEAD)):
        names = b",".join([b"gzip"] * (_HEAD // 5))
        said += [(0, _GET), (1, _response(b"Content-Encoding: " + names + b"\r\nContent-Length: 4\r\n", b"abcd"))]
    return _http(said)


def _http_ranges(octets: int) -> bytes:
    said: Said = []
    total = octets // 200
    for at in range(total):
        said.append((0, b"GET /f HTTP/1.1\r\nHost: h\r\nRange: bytes=%d-%d\r\n\r\n" % (at, at)))
        fields = b"Content-Range: bytes %d-%d/%d\r\nContent-Length: 1\r\n" % (at, at, total)
        said.append((1, b"HTTP/1.1 206 Partial Content\r\n" + fields + b"\r\nx"))
    return _http(said)


def _http_amid(piece: bytes, octets: int) -> bytes:
    """Bytes that are no message, of a connection that was captured from its midst on."""
    data = _repeated(piece, octets // 2)
    return _connection(80, [(0, _GET), (1, _NO_BODY), (0, data), (1, data), (0, _GET), (1, _NO_BODY)], begun=False)


# -- WebSocket ---------------------------------------------------------------------------------
_KEY: Final = b"dGhlIHNhbXBsZSBub25jZQ=="
_ACCEPT: Final = base64.b64encode(hashlib.sha1(_KEY + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def _websocket(client: bytes, server: bytes, extension: bytes = b"") -> bytes:
    asked = b"GET /s HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    asked += b"Sec-WebSocket-Key: " + _KEY + b"\r\n" + extension + b"\r\n"
    agreed = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    agreed += b"Sec-WebSocket-Accept: " + _ACCEPT + b"\r\n" + extension + b"\r\n"
    return _http([(0, asked), (1, agreed), (0, client), (1, server)])


def _websocket_frames(
    client: bytes, server: bytes, octets: int, *, first: bytes = b"", extension: bytes = b""
) -> bytes:
    mask = bytes(4)
    begun = bytes((first[0], 0x80 | first[1])) + mask + first[2:] if first else b""
    return _websocket(begun + _repeated(client, octets // 2), first + _repeated(server, octets // 2), extension)


def _websocket_extension(piece: bytes, octets: int) -> bytes:
    value = b"Sec-WebSocket-Extensions: permessage-deflate;" + _repeated(piece, min(octets, 50_000)) + b"\r\n"
    return _websocket(b"", _repeated(b"\x81\x01x", max(octets - 50_000, 3)), value)


def _deflated() -> bytes:
    data = zlib.compressobj(wbits=-15)
    text = data.compress(b"a" * 100) + data.flush(zlib.Z_SYNC_FLUSH)
    text = text.removesuffix(b"\0\0\xff\xff")
    return bytes((0xC1, len(text))) + text


def _websocket_deflated(octets: int) -> bytes:
    one = _deflated()
    masked = bytes((one[0], 0x80 | one[1])) + bytes(4) + one[2:]
    return _websocket_frames(masked, one, octets, extension=b"Sec-WebSocket-Extensions: permessage-deflate\r\n")


# -- HTTP/2 and gRPC -----------------------------------------------------------------------------
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#: GET, http, /, and an authority that is not indexed.
_ASKED: Final = b"\x82\x86\x84\x01\x01h"
_OK: Final = b"\x88"


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


_SETTINGS: Final = _frame(4, 0, 0)


def _http2(client: bytes, server: bytes) -> bytes:
    return _connection(8080, [(0, _PREFACE + _SETTINGS), (1, _SETTINGS), (0, client), (1, server)])


def _http2_streams(octets: int, *, answered: bool, reset: bool = False) -> bytes:
    each = 15 + (10 if answered else 0) + (13 if reset else 0)
    numbers = range(1, 2 * max(1, octets // each), 2)
    end = 4 if reset else 5
    asked = b"".join(
        _frame(1, end, stream, _ASKED) + (_frame(3, 0, stream, b"\0\0\0\x08") if reset else b"") for stream in numbers
    )
    return _http2(asked, b"".join(_frame(1, 5, stream, _OK) for stream in numbers) if answered else b"")


def _http2_turns(octets: int) -> bytes:
    said: Said = [(0, _PREFACE + _SETTINGS), (1, _SETTINGS)]
    for stream in range(1, 2 * max(1, octets // 40), 2):
        said += [(0, _frame(1, 5, stream, _ASKED)), (1, _frame(1, 4, stream, _OK) + _frame(0, 1, stream, b"hello"))]
    return _connection(8080, said)


def _http2_frames(piece: bytes, octets: int) -> bytes:
    """One exchange, and the same frames of both sides in it."""
    half = _repeated(piece, octets // 2)
    begun = _frame(1, 4, 1, b"\x83\x86\x84\x01\x01h")
    return _http2(begun + half + _frame(0, 1, 1), _frame(1, 4, 1, _OK) + half + _frame(0, 1, 1))


def _http2_continued(octets: int) -> bytes:
    count = octets // 20
    begun = _frame(1, 1, 1, b"\x82\x86\x84\x01\x01h")
    return _http2(begun + _frame(9, 0, 1, b"\x10\x01a\x01b"[:5]) * count + _frame(9, 4, 1), b"")


def _http2_lists(piece: bytes, octets: int, *, before: bytes = b"") -> bytes:
    """Requests whose header lists have ``piece`` repeated, 16 kB each."""
    block = _repeated(piece, 16_000 - len(before) - len(_ASKED))
    client = [_frame(1, 5, 1, _ASKED + before + block)]
    client += [_frame(1, 5, 2 * number + 3, _ASKED + block) for number in range(octets // 16_000)]
    return _http2(b"".join(client), b"".join(_frame(1, 5, 2 * number + 1, _OK) for number in range(len(client))))


def _http2_pushes(octets: int) -> bytes:
    numbers = range(2, 2 * max(2, octets // 19), 2)
    server = b"".join(_frame(5, 4, 1, struct.pack("!I", stream) + _ASKED) for stream in numbers)
    return _http2(_frame(1, 5, 1, _ASKED), server + _frame(1, 5, 1, _OK))


def _grpc(piece: bytes, octets: int, *, fields: bytes = b"", most: int = 16_000) -> bytes:
    """A call whose messages are ``piece``, in both directions."""
    kind = b"\x00\x0ccontent-type\x10application/grpc"
    asked = b"\x83\x86\x04\x04/s/m\x01\x01h" + kind + fields
    per_frame = max(1, most // len(piece))
    data = _frame(0, 0, 1, piece * per_frame)
    half = _repeated(data, octets // 2)
    server = _frame(1, 4, 1, _OK + kind + fields) + half + _frame(1, 5, 1, b"\x00\x0bgrpc-status\x010")
    return _http2(_frame(1, 4, 1, asked) + half + _frame(0, 1, 1), server)


def _message(data: bytes, packed: int = 0) -> bytes:
    return struct.pack("!BI", packed, len(data)) + data


def _nested(depth: int) -> bytes:
    data = b"\x08\x01"
    for _ in range(depth):
        size = len(data)
        length = bytes((size,)) if size < 128 else bytes((size & 0x7F | 0x80, size >> 7)) if size < 16_384 else b""
        if not length:
            break
        data = b"\x0a" + length + data
    return data


# -- MQTT --------------------------------------------------------------------------------------
def _mqtt(asked: bytes, answered: bytes, octets: int) -> bytes:
    """Packets of either side again and again, behind CONNECT and its answer."""
    version = b"\5" if len(asked) > 60_000 else b"\4"
    more = b"\0" if version == b"\5" else b""
    connect = b"\x10" + bytes((12 + len(more),)) + b"\0\4MQTT" + version + b"\2\0\0" + more + b"\0\0"
    count = octets // (len(asked) + len(answered)) + 1
    said: Said = [(0, connect), (1, b"\x20" + bytes((2 + len(more),)) + b"\0\0" + more)]
    each = max(1, 1_000 // len(asked))
    for _ in range(count // each + 1):
        said += [(0, asked * each), (1, answered * each)]
    return _connection(1883, said)


# -- AMQP --------------------------------------------------------------------------------------
def _amqp(asked: bytes, answered: bytes, octets: int) -> bytes:
    """Frames of either side again and again, behind what a client says first, a channel and confirms."""
    count, each = octets // (len(asked) + len(answered)) + 1, max(1, 1_000 // len(asked))
    said: Said = [(0, b"AMQP\0\0\x09\1\1\0\1\0\0\0\5\0\x14\0\x0a\0\xce\1\0\1\0\0\0\5\0\x55\0\x0a\0\xce")]
    said.append((1, b"\1\0\1\0\0\0\x08\0\x14\0\x0b\0\0\0\0\xce"))
    return _connection(5672, said + [(0, asked * each), (1, answered * each)] * (count // each + 1))


_AMQP_PUBLISH: Final = b"\1\0\1\0\0\0\x09\0\x3c\0\x28\0\0\0\0\0\xce\2\0\1\0\0\0\x0e\0\x3c" + bytes(12) + b"\xce"
_AMQP_TABLE: Final = b"\1\0\1\0\0\xea\x6c\0\x32\0\x0a\0\0\1q\0\0\0\xea\x60" + b"\1nt\1" * 15_000 + b"\xce"


# -- Kafka -------------------------------------------------------------------------------------
def _kafka(asked: bytes, answered: bytes, octets: int) -> bytes:
    """Messages of either side again and again, behind a request for versions."""
    count, each = octets // (len(asked) + len(answered)) + 1, max(1, 1_000 // len(asked))
    said: Said = [(0, _kafka_asks(18, 0, b"")), (1, b"\0\0\0\x0a" + bytes(10))]
    return _connection(9092, said + [(0, asked * each), (1, answered * each)] * (count // each + 1))


def _kafka_asks(api: int, version: int, body: bytes) -> bytes:
    """A request of the client a, with the number 0."""
    said = api.to_bytes(2) + version.to_bytes(2) + b"\0\0\0\0\0\1a" + body
    return len(said).to_bytes(4) + said


# -- MongoDB -----------------------------------------------------------------------------------
def _mongodb(asked: bytes, answered: bytes, octets: int) -> bytes:
    """Messages of either side again and again, behind a first question."""
    count, each = octets // (len(asked) + len(answered)) + 1, max(1, 1_000 // len(asked))
    said: Said = [(0, _mongodb_says(2013, 1, 0, _MONGODB_PING)), (1, _mongodb_says(2013, 2, 1, _MONGODB_OK))]
    return _connection(27017, said + [(0, asked * each), (1, answered * each)] * (count // each + 1))


def _mongodb_says(opcode: int, number: int, answers: int, body: bytes) -> bytes:
    numbers = (16 + len(body), number, answers, opcode)
    return b"".join(one.to_bytes(4, "little") for one in numbers) + body


def _mongodb_document(elements: bytes) -> bytes:
    return (len(elements) + 5).to_bytes(4, "little") + elements + b"\0"


def _mongodb_nested(depth: int) -> bytes:
    inner = _mongodb_document(b"")
    for _ in range(depth):
        inner = _mongodb_document(b"\3a\0" + inner)
    return inner


_MONGODB_PING: Final = bytes(5) + _mongodb_document(b"\x10ping\0\1\0\0\0\2$db\0\2\0\0\0a\0")
_MONGODB_OK: Final = bytes(5) + _mongodb_document(b"\x10ok\0\1\0\0\0")


# -- memcached ---------------------------------------------------------------------------------
def _memcached(asked: bytes, answered: bytes, octets: int) -> bytes:
    """A command and its answer again and again."""
    count, each = octets // (len(asked) + len(answered)) + 1, max(1, 1_000 // (len(asked) + len(answered)))
    return _connection(11211, [(0, asked * each), (1, answered * each)] * (count // each + 1))


# -- Redis -------------------------------------------------------------------------------------
def _redis(client: bytes, server: bytes) -> bytes:
    return _connection(6379, [(0, client), (1, server)])


def _redis_reply(kind: bytes, element: bytes, octets: int, each: int = 1) -> bytes:
    """One reply of so many elements."""
    count = octets // len(element)
    return _redis(b"*1\r\n$4\r\nKEYS\r\n", kind + b"%d\r\n" % (count // each) + element * (count // each * each))


def _redis_nested(octets: int) -> bytes:
    return _redis(b"*1\r\n$4\r\nPING\r\n", _repeated(b"*1\r\n", octets) + b":1\r\n")


def _redis_mget(octets: int) -> bytes:
    count = octets // 17
    return _redis(
        b"*%d\r\n$4\r\nMGET\r\n" % (count + 1) + b"$4\r\nabcd\r\n" * count, b"*%d\r\n" % count + b"$-1\r\n" * count
    )


def _redis_pairs(client: bytes, server: bytes, octets: int) -> bytes:
    count = octets // (len(client) + len(server))
    return _redis(client * count, server * count)


def _redis_turns(octets: int) -> bytes:
    said: Said = []
    for _ in range(octets // 40):
        said += [(0, b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"), (1, b"$1\r\nb\r\n")]
    return _connection(6379, said)


def _redis_pushes(octets: int) -> bytes:
    begun = b"*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n", b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
    return _connection(
        6379, [(0, begun[0]), (1, begun[1] + _repeated(b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n", octets))]
    )


def _redis_amid(piece: bytes, octets: int) -> bytes:
    """From its midst on, in small segments."""
    half = _repeated(piece, octets // 2)
    return _connection(6379, [(0, half), (1, half)], begun=False, segment=100)


# -- MySQL -------------------------------------------------------------------------------------
def _packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((number & 0xFF,)) + payload


def _mysql(said: Said) -> bytes:
    can = (0x0008_A201).to_bytes(4, "little")
    greeting = b"\x0a8.0.36\0" + (7).to_bytes(4, "little") + b"abcdefgh\0" + can[:2] + b"\x21\x02\0" + can[2:]
    greeting += b"\x15" + bytes(10) + b"ijklmnopqrst\0mysql_native_password\0"
    login = can + (1 << 24).to_bytes(4, "little") + b"\x21" + bytes(23) + b"ada\0\x14" + bytes(range(20))
    begun = [(1, _packet(0, greeting)), (0, _packet(1, login + b"mysql_native_password\0")), (1, _packet(2, _MYSQL_OK))]
    return _connection(3306, [*begun, *said])


_MYSQL_OK: Final = b"\0\0\0\x02\0\0\0"
_MYSQL_EOF: Final = b"\xfe\0\0\x02\0"
_COLUMN: Final = b"\x03def\0\0\0\x01a\0\x0c\x21\0\x0a\0\0\0\xfd\0\0\0\0\0"


def _mysql_result(row: bytes, octets: int, columns: int = 1) -> bytes:
    """One result set of many rows."""
    parts = [columns.to_bytes(1) if columns < 251 else b"\xfc" + columns.to_bytes(2, "little")]
    parts += [_COLUMN] * columns + [_MYSQL_EOF] + [row] * (octets // (4 + len(row))) + [_MYSQL_EOF]
    answer = b"".join(_packet(number + 1, part) for number, part in enumerate(parts))
    return _mysql([(0, _packet(0, b"\x03SELECT a FROM t")), (1, answer)])


def _mysql_commands(command: bytes, answer: bytes, octets: int) -> bytes:
    count = octets // (8 + len(command) + len(answer))
    return _mysql([one for _ in range(count) for one in ((0, _packet(0, command)), (1, _packet(1, answer)))])


def _mysql_pipelined(octets: int) -> bytes:
    count = octets // 26
    return _mysql([(0, _packet(0, b"\x03SELECT 1") * count), (1, _packet(1, _MYSQL_OK) * count)])


def _mysql_statement(begin: bytes, piece: bytes, octets: int) -> bytes:
    return _mysql([(0, _packet(0, b"\x03" + begin + _repeated(piece, octets))), (1, _packet(1, _MYSQL_OK))])


def _mysql_results(octets: int) -> bytes:
    more = b"\xfe\0\0\x0a\0"
    result = [b"\x01", _COLUMN, more, b"\x01x", more]
    size = sum(4 + len(part) for part in result)
    parts = result * (octets // size) + [_MYSQL_OK]
    answer = b"".join(_packet(number + 1, part) for number, part in enumerate(parts))
    return _mysql([(0, _packet(0, b"\x03CALL p()")), (1, answer)])


# -- PostgreSQL --------------------------------------------------------------------------------
def _typed(letter: bytes, payload: bytes = b"") -> bytes:
    return letter + struct.pack("!I", 4 + len(payload)) + payload


_READY: Final = _typed(b"Z", b"I")


def _postgresql(said: Said) -> bytes:
    start = struct.pack("!I", 0x0003_0000) + b"user\0ada\0\0"
    begun = [(0, struct.pack("!I", 4 + len(start)) + start), (1, _typed(b"R", bytes(4)) + _READY)]
    return _connection(5432, [*begun, *said])


def _postgresql_result(piece: bytes, octets: int, columns: int = 1) -> bytes:
    described = struct.pack("!H", columns) + b"a\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0" * columns
    answer = _typed(b"T", described) + _repeated(piece, octets) + _typed(b"C", b"SELECT 1\0") + _READY
    return _postgresql([(0, _typed(b"Q", b"SELECT a\0")), (1, answer)])


def _postgresql_extended(octets: int) -> bytes:
    """Statements prepared, bound and run without a Sync between them."""
    asked = _typed(b"P", b"\0SELECT 1\0\0\0") + _typed(b"B", b"\0\0\0\0\0\0\0\0") + _typed(b"E", b"\0\0\0\0\0")
    answer = _typed(b"1") + _typed(b"2") + _typed(b"D", b"\0\x01\0\0\0\x011") + _typed(b"C", b"SELECT 1\0")
    count = octets // (len(asked) + len(answer))
    return _postgresql([(0, asked * count + _typed(b"S")), (1, answer * count + _READY)])


def _postgresql_statements(octets: int) -> bytes:
    asked, answer = _typed(b"Q", b"UPDATE t SET a=1\0"), _typed(b"C", b"UPDATE 1\0") + _READY
    count = octets // (len(asked) + len(answer))
    return _postgresql([(0, asked * count), (1, answer * count)])


def _postgresql_one(octets: int, begin: bytes, piece: bytes) -> bytes:
    answer = _typed(b"C", b"UPDATE 1\0") + _READY
    return _postgresql([(0, _typed(b"Q", begin + _repeated(piece, octets) + b"\0")), (1, answer)])


def _postgresql_bound(octets: int) -> bytes:
    """Statements with very many parameters."""
    said: Said = []
    for _ in range(octets // 150_000 + 1):
        many = 30_000
        bind = b"\0\0\0\0" + struct.pack("!H", many) + b"\xff\xff\xff\xff" * many + b"\0\0"
        said.append((0, _typed(b"P", b"\0SELECT 1\0\0\0") + _typed(b"B", bind) + _typed(b"E", bytes(5)) + _typed(b"S")))
        said.append((1, _typed(b"1") + _typed(b"2") + _typed(b"C", b"SELECT 0\0") + _READY))
    return _postgresql(said)


# -- TLS ---------------------------------------------------------------------------------------
def _record(kind: int, payload: bytes) -> bytes:
    return struct.pack("!BHH", kind, 0x0303, len(payload)) + payload


def _hello(extensions: bytes, suites: bytes = b"\xc0\x2f") -> bytes:
    body = b"\3\3" + bytes(32) + b"\0" + struct.pack("!H", len(suites)) + suites + b"\1\0"
    body += struct.pack("!H", len(extensions)) + extensions
    return _record(22, b"\1" + struct.pack("!I", len(body))[1:] + body)


_SERVER_HELLO: Final = _record(22, b"\2\0\0\x26\3\3" + bytes(32) + b"\0\xc0\x2f\0")
_FINISHED: Final = _record(20, b"\1") + _record(22, bytes(40))


def _tls(client: bytes, server: bytes, hello: bytes | None = None) -> bytes:
    begun: Said = [(0, _hello(b"") if hello is None else hello), (1, _SERVER_HELLO)]
    return _connection(443, [*begun, (0, _FINISHED + client), (1, _FINISHED + server)])


def _tls_records(piece: bytes, octets: int) -> bytes:
    half = _repeated(piece, octets // 2)
    return _tls(half, half)


def _tls_handshake_bytes(octets: int) -> bytes:
    """A certificate in records of one byte."""
    size = octets // 6
    message = b"\x0b" + struct.pack("!I", size)[1:] + bytes(size)
    server = b"".join(_record(22, bytes((each,))) for each in message)
    return _connection(443, [(0, _hello(b"")), (1, _SERVER_HELLO + server)])


def _tls_messages(octets: int) -> bytes:
    """Empty handshake messages, many in a record."""
    return _connection(443, [(0, _hello(b"")), (1, _SERVER_HELLO + _repeated(_record(22, bytes(4) * 4_000), octets))])


def _tls_hellos(octets: int, *, extension: bytes = b"", suite: bytes = b"") -> bytes:
    """Hellos as long as a record, one after the other."""
    hello = _hello(extension * (14_000 // max(len(extension), 1)) if extension else b"", suite * 7_000 or b"\xc0\x2f")
    return _connection(443, [(0, _repeated(hello, octets)), (1, _SERVER_HELLO)])


def _tls_certificates(octets: int) -> bytes:
    """A chain of very many certificates, each an empty sequence."""
    certificates = _repeated(b"\0\0\x02\x30\0", min(octets, 1 << 20))
    body = struct.pack("!I", len(certificates))[1:] + certificates
    message = b"\x0b" + struct.pack("!I", len(body))[1:] + body
    server = b"".join(_record(22, message[at : at + 16_000]) for at in range(0, len(message), 16_000))
    return _connection(443, [(0, _hello(b"")), (1, _SERVER_HELLO + server)])


# -- DNS ---------------------------------------------------------------------------------------
_QUESTION: Final = b"\1h\7example\0\0\1\0\1"


def _dns_head(number: int, answers: int = 0, *, more: int = 0) -> bytes:
    flags = 0x8180 if answers or more else 0x0100
    return struct.pack("!HHHHHH", number & 0xFFFF, flags, 1, answers, 0, more)


def _dns_tcp(messages: Said) -> bytes:
    return _connection(53, [(side, struct.pack("!H", len(data)) + data) for side, data in messages])


def _dns_calls(octets: int, way: Callable[[Said], bytes]) -> bytes:
    said: Said = []
    for number in range(octets // 76):
        said.append((0, _dns_head(number) + _QUESTION))
        said.append((1, _dns_head(number, 1) + _QUESTION + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"))
    return way(said)


def _dns_records(octets: int, record: bytes, way: Callable[[Said], bytes], most: int) -> bytes:
    """Answers full of one record."""
    said: Said = []
    many = most // len(record)
    for number in range(octets // most + 1):
        said.append((0, _dns_head(number) + _QUESTION))
        said.append((1, _dns_head(number, many) + _QUESTION + record * many))
    return way(said)


def _dns_chains(octets: int, way: Callable[[Said], bytes], most: int) -> bytes:
    """Names each of which is a letter and a pointer to the one before."""
    said: Said = []
    for number in range(octets // most + 1):
        parts, at, pointed = [_dns_head(number, (most - 40) // 16) + _QUESTION], 12 + len(_QUESTION), 12
        for _ in range((most - 40) // 16):
            parts.append(b"\1a" + struct.pack("!H", 0xC000 | pointed & 0x3FFF) + b"\0\1\0\1\0\0\0\x3c\0\2ab")
            pointed = at if at < 0x3FFF else pointed
            at += 16
        said += [(0, _dns_head(number) + _QUESTION), (1, b"".join(parts))]
    return way(said)


def _dns_options(octets: int) -> bytes:
    """EDNS options without a value, as many as fit."""
    said: Said = []
    for number in range(octets // 60_000 + 1):
        options = b"\xff\xf0\0\0" * 14_000
        opt = b"\0\0\x29\x10\0\0\0\0\0" + struct.pack("!H", len(options)) + options
        said += [(0, _dns_head(number) + _QUESTION), (1, _dns_head(number, more=1) + _QUESTION + opt)]
    return _dns_tcp(said)


# -- SMTP --------------------------------------------------------------------------------------
def _smtp(said: Said) -> bytes:
    begun: Said = [(1, b"220 m ESMTP\r\n"), (0, b"EHLO h\r\n"), (1, b"250 m\r\n")]
    return _connection(25, [*begun, *said])


def _smtp_commands(command: bytes, reply: bytes, octets: int) -> bytes:
    count = octets // (len(command) + len(reply))
    return _smtp([(0, command * count), (1, reply * count)])


def _smtp_turns(octets: int) -> bytes:
    return _smtp([one for _ in range(octets // 20) for one in ((0, b"VRFY a\r\n"), (1, b"250 a\r\n"))])


def _smtp_mail(piece: bytes, octets: int) -> bytes:
    begun: Said = [(0, b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"), (1, b"250 ok\r\n250 ok\r\n354 go\r\n")]
    return _smtp([*begun, (0, _repeated(piece, octets) + b"\r\n.\r\n"), (1, b"250 ok\r\n")])


def _smtp_reply_lines(octets: int) -> bytes:
    return _smtp([(0, b"HELP\r\n"), (1, _repeated(b"214-a\r\n", octets) + b"214 a\r\n")])


_MULTIPART: Final = b"multipart/form-data; boundary=B"
_GZIPPED: Final = gzip.compress(bytes(1 << 20), mtime=0)
_BROTLIED: Final = brotli.compress(bytes(1 << 22))
_ZSTANDARD: Final = zstandard.compress(bytes(1 << 22))

#: By name: a function that gives a capture of about so many bytes.
SHAPES: Final[dict[str, Callable[[int], bytes]]] = {
    "http-fields": partial(_heads, b"a: b\r\n"),
    "http-empty-names": partial(_heads, b":\r\n"),
    "http-no-fields": partial(_heads, b"x\r\n"),
    "http-blanks": partial(_heads, b" ", before=b"Content-Type:", behind=b"x\r\n"),
    "http-type-parameters": partial(_heads, b'; a="', before=b"Content-Type: text/plain", behind=b"\r\n"),
    "http-disposition": partial(_heads, b"; a=b", before=b"Content-Disposition: attachment", behind=b"\r\n"),
    "http-disposition-quotes": partial(_heads, b'\\"', before=b'Content-Disposition: a; filename="', behind=b"\r\n"),
    "http-folded": partial(_heads, b" a\r\n", before=b"A: b\r\n", behind=b""),
    "http-bare-line-feeds": partial(_heads, b"a:b\n", behind=b"\n"),
    "http-cookies": partial(_heads, b"a=b; ", before=b"Cookie: ", behind=b"\r\n"),
    "http-set-cookies": partial(_heads, b"Set-Cookie: a=b\r\n"),
    "http-lengths": partial(_heads, b"Content-Length: 0\r\n"),
    "http-length-list": partial(_heads, b"0,", before=b"Content-Length: ", behind=b"0\r\n"),
    "http-transfer-codings": partial(_heads, b"gzip,", before=b"Transfer-Encoding: ", behind=b"chunked\r\n"),
    "http-content-codings": _http_codings,
    "http-small-heads": partial(_heads, b"a: b\r\n", most=40),
    "http-pipelined": _http_pipelined,
    "http-of-two-ends": _http_of_two_ends,
    "http-unanswered": _http_unanswered,
    "http-answers-alone": _http_answers_alone,
    "http-interim": _http_interim,
    "http-small-bodies": _http_small_bodies,
    "http-query": lambda octets: _http(
        [(0, b"GET /?" + b"a=b&" * 15_000 + _GET[6:]), (1, _NO_BODY)] * (octets // _HEAD + 1)
    ),
    "http-chunks": partial(_http_chunked, b"1\r\nx\r\n"),
    "http-chunk-extensions": partial(_http_chunked, b"1;" + b"a" * 4_000 + b"\r\nx\r\n"),
    "http-trailers": _http_trailers,
    "http-multipart": partial(_http_body, _MULTIPART, b"--B\r\n\r\n\r\n", end=b"--B--\r\n"),
    "http-multipart-no-end": partial(_http_body, _MULTIPART, b"-"),
    "http-form": partial(_http_body, b"application/x-www-form-urlencoded", b"a=b&"),
    "http-json-open": partial(_http_body, b"application/json", b"["),
    "http-json-members": partial(_http_body, b"application/json", b'"a":1,', begin=b"{", end=b'"b":2}'),
    "http-json-quotes": partial(_http_body, b"application/json", b'\\"'),
    "http-xml": partial(_http_body, b"text/xml", b"<a "),
    "http-lines": partial(_http_body, b"text/plain", b"\n"),
    "http-one-line": partial(_http_body, b"text/plain", b" "),
    "http-ranges": _http_ranges,
    "http-gzip-bombs": partial(_http_coded, b"gzip", _GZIPPED),
    "http-brotli-bombs": partial(_http_coded, b"br", _BROTLIED),
    "http-zstandard-bombs": partial(_http_coded, b"zstd", _ZSTANDARD),
    "http-gzip-empty": partial(_http_coded, b"gzip", gzip.compress(b"", mtime=0)),
    "http-amid-near-response": partial(_http_amid, b"HTTP/1.1 200 "),
    "http-amid-near-request": partial(_http_amid, b"GET / "),
    "http-amid-lines": partial(_http_amid, b"a:b\r\n"),
    "events": partial(_http_chunked, b"9\r\ndata: x\n\n\r\n", media=b"text/event-stream"),
    "events-lines": partial(_http_chunked, b"8\r\ndata: x\n\r\n", media=b"text/event-stream"),
    "events-one-line": partial(_http_chunked, b"8\r\ndata: xx\r\n", media=b"text/event-stream"),
    "events-returns": partial(_http_body, b"text/event-stream", b"data\r"),
    "events-fields": partial(_http_body, b"text/event-stream", b"id:1\n"),
    "websocket-one-byte": partial(_websocket_frames, b"\x81\x81\0\0\0\0x", b"\x81\x01x"),
    "websocket-empty": partial(_websocket_frames, b"\x82\x80\0\0\0\0", b"\x82\x00"),
    "websocket-fragments": partial(_websocket_frames, b"\x00\x81\0\0\0\0x", b"\x00\x01x", first=b"\x01\x01x"),
    "websocket-empty-fragments": partial(_websocket_frames, b"\x00\x80\0\0\0\0", b"\x00\x00", first=b"\x01\x01x"),
    "websocket-pings-amid": partial(_websocket_frames, b"\x89\x80\0\0\0\0", b"\x89\x00", first=b"\x01\x01x"),
    "websocket-faults": partial(_websocket_frames, b"\xff\x80\0\0\0\0", b"\xff\x00"),
    "websocket-closes": partial(_websocket_frames, b"\x88\x82\0\0\0\0\x03\xe8", b"\x88\x02\x03\xe8"),
    "websocket-deflated": _websocket_deflated,
    "websocket-extension-blanks": partial(_websocket_extension, b" "),
    "websocket-extension-parameters": partial(_websocket_extension, b"a=b;"),
    "websocket-extension-offers": partial(_websocket_extension, b"a,"),
    "http2-streams-unanswered": partial(_http2_streams, answered=False),
    "http2-streams": partial(_http2_streams, answered=True),
    "http2-streams-reset": partial(_http2_streams, answered=False, reset=True),
    "http2-turns": _http2_turns,
    "http2-data": partial(_http2_frames, _frame(0, 0, 1, b"x")),
    "http2-empty-data": partial(_http2_frames, _frame(0, 0, 1)),
    "http2-settings": partial(_http2_frames, _SETTINGS),
    "http2-setting-values": partial(_http2_frames, _frame(4, 0, 0, b"\0\3\0\0\0\1" * 2_000)),
    "http2-pings": partial(_http2_frames, _frame(6, 0, 0, bytes(8))),
    "http2-window-updates": partial(_http2_frames, _frame(8, 0, 1, b"\0\0\0\1")),
    "http2-priorities": partial(_http2_frames, _frame(2, 0, 1, b"\0\0\0\0\1")),
    "http2-unknown": partial(_http2_frames, _frame(99, 0, 1)),
    "http2-continued": _http2_continued,
    "http2-indexed": partial(_http2_lists, b"\xbe", before=b"\x40\x01a" + b"\x7f\xa1\x1e" + b"v" * 4_000),
    "http2-literals": partial(_http2_lists, b"\0\1a\1b"),
    "http2-added": partial(_http2_lists, b"\x40\1a\1b"),
    "http2-table-sizes": partial(_http2_lists, b"\x3f\xe1\x1f\x20"),
    "http2-huffman": partial(_http2_lists, b"\0\1a\x81\x1f"),
    "http2-pushes": _http2_pushes,
    "grpc-empty": partial(_grpc, _message(b"")),
    "grpc-nested": partial(_grpc, _message(_nested(4_000))),
    "grpc-fields": partial(_grpc, _message(b"\x08\x01" * 4_000)),
    "grpc-packed": partial(
        _grpc, _message(gzip.compress(bytes(1 << 16), mtime=0), 1), fields=b"\0\x0dgrpc-encoding\x04gzip"
    ),
    "redis-nulls": partial(_redis_reply, b"*", b"$-1\r\n"),
    "redis-null-and-text": partial(_redis_reply, b"*", b"$1\r\na\r\n$-1\r\n", each=1),
    "redis-integers": partial(_redis_reply, b"*", b":1\r\n"),
    "redis-strings": partial(_redis_reply, b"*", b"+\r\n"),
    "redis-bulks": partial(_redis_reply, b"*", b"$1\r\na\r\n"),
    "redis-map": partial(_redis_reply, b"%", b"+a\r\n+b\r\n"),
    "redis-attributes": partial(_redis_reply, b"*", b"|1\r\n+a\r\n+b\r\n:1\r\n"),
    "redis-arrays-in": partial(_redis_reply, b"*", b"*0\r\n"),
    "redis-nested": _redis_nested,
    "redis-mget": _redis_mget,
    "redis-pings": partial(_redis_pairs, b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
    "redis-inline": partial(_redis_pairs, b"PING\r\n", b"+PONG\r\n"),
    "redis-inline-blanks": lambda octets: _redis(_repeated(b"GET" + b" " * 60_000 + b"a\r\n", octets), b"+OK\r\n"),
    "redis-inline-quotes": lambda octets: _redis(_repeated(b"GET " + b'"' * 60_000 + b"\r\n", octets), b"+OK\r\n"),
    "redis-empty-lines": lambda octets: _redis(_repeated(b"\r\n", octets) + b"PING\r\n", b"+PONG\r\n"),
    "redis-errors": partial(_redis_pairs, b"*1\r\n$1\r\nX\r\n", b"-ERR\r\n"),
    "redis-turns": _redis_turns,
    "redis-messages": _redis_pushes,
    "redis-pushes": lambda octets: _redis(b"*1\r\n$4\r\nPING\r\n", _repeated(b">1\r\n+a\r\n", octets) + b"+PONG\r\n"),
    "redis-transaction": lambda octets: _redis(
        b"*1\r\n$5\r\nMULTI\r\n" + _repeated(b"*1\r\n$4\r\nPING\r\n", octets // 2) + b"*1\r\n$4\r\nEXEC\r\n",
        b"+OK\r\n" + _repeated(b"+QUEUED\r\n", octets // 2),
    ),
    "redis-amid-strings": partial(_redis_amid, b"+" * 100),
    "redis-amid-bulks": partial(_redis_amid, b"$9\r\n"),
    "mysql-empty-rows": partial(_mysql_result, b"\0"),
    "mysql-null-rows": partial(_mysql_result, b"\xfb"),
    "mysql-wide-rows": partial(_mysql_result, b"\xfb" * 200, columns=200),
    "mysql-columns": lambda octets: _mysql_result(b"\xfb", 100, columns=min(octets // 26, 65_000)),
    "mysql-pings": partial(_mysql_commands, b"\x0e", _MYSQL_OK),
    "mysql-statements": partial(_mysql_commands, b"\x03SELECT 1", _MYSQL_OK),
    "mysql-errors": partial(_mysql_commands, b"\x03X", b"\xff\x28\x04#42000no"),
    "mysql-pipelined": _mysql_pipelined,
    "mysql-results": _mysql_results,
    "mysql-many-values": partial(_mysql_statement, b"INSERT INTO t VALUES (1)", b",(1)"),
    "mysql-open-comments": partial(_mysql_statement, b"SELECT ", b"/*"),
    "mysql-open-quotes": partial(_mysql_statement, b"SELECT '", b"\\'"),
    "mysql-parentheses": partial(_mysql_statement, b"SELECT ", b"("),
    "mysql-blanks": partial(_mysql_statement, b"SELECT", b" "),
    "mysql-words": partial(_mysql_statement, b"SELECT", b" FROM a"),
    "mysql-semicolons": partial(_mysql_statement, b"SELECT 1", b";"),
    "postgresql-empty-rows": partial(_postgresql_result, _typed(b"D", b"\0\0")),
    "postgresql-rows": partial(_postgresql_result, _typed(b"D", b"\0\1\0\0\0\x011")),
    "postgresql-null-columns": partial(_postgresql_result, _typed(b"D", b"\x03\xe8" + b"\xff" * 4_000), columns=1_000),
    "postgresql-notices": partial(_postgresql_result, _typed(b"N", b"SNOTICE\0C00000\0Mx\0\0")),
    "postgresql-parameters": partial(_postgresql_result, _typed(b"S", b"a\0b\0")),
    "postgresql-ready": partial(_postgresql_result, _READY),
    "postgresql-copied": partial(_postgresql_result, _typed(b"d", b"x")),
    "postgresql-errors": partial(_postgresql_result, _typed(b"E", b"SERROR\0C42601\0Mx\0\0")),
    "postgresql-extended": _postgresql_extended,
    "postgresql-statements": _postgresql_statements,
    "postgresql-bound": _postgresql_bound,
    "postgresql-many-values": partial(_postgresql_one, begin=b"INSERT INTO t VALUES (1)", piece=b",(1)"),
    "postgresql-dollars": partial(_postgresql_one, begin=b"SELECT ", piece=b"$a$ "),
    "postgresql-open-comments": partial(_postgresql_one, begin=b"SELECT ", piece=b"/* "),
    "postgresql-dots": partial(_postgresql_one, begin=b"SELECT FROM a", piece=b".a"),
    "tls-one-byte": partial(_tls_records, _record(23, b"x")),
    "tls-empty": partial(_tls_records, _record(23, b"")),
    "tls-alerts": partial(_tls_records, _record(21, b"\1\0")),
    "tls-cipher-changes": partial(_tls_records, _record(20, b"\1")),
    "tls-handshake-bytes": _tls_handshake_bytes,
    "tls-messages": _tls_messages,
    "tls-extensions": partial(_tls_hellos, extension=b"\xfa\xfa\0\0"),
    "tls-server-names": partial(_tls_hellos, extension=b"\0\0\0\6\0\4\0\0\1a"),
    "tls-suites": partial(_tls_hellos, suite=b"\x13\1"),
    "tls-certificates": _tls_certificates,
    "dns-calls": partial(_dns_calls, way=_dns_tcp),
    "dns-calls-udp": partial(_dns_calls, way=partial(_datagrams, 53)),
    "dns-records": partial(_dns_records, record=b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", way=_dns_tcp, most=60_000),
    "dns-records-udp": partial(
        _dns_records, record=b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", way=partial(_datagrams, 53), most=1_400
    ),
    "dns-empty-texts": partial(
        _dns_records, record=b"\0\0\x10\0\1\0\0\0\0\x01\0" + bytes(256), way=_dns_tcp, most=60_000
    ),
    "dns-chains": partial(_dns_chains, way=_dns_tcp, most=60_000),
    "dns-chains-udp": partial(_dns_chains, way=partial(_datagrams, 53), most=1_400),
    "dns-options": _dns_options,
    "mqtt-acknowledged": partial(_mqtt, b"\x32\6\0\1a\0\1x", b"\x40\2\0\1"),
    "mqtt-pings": partial(_mqtt, b"\xc0\0", b"\xd0\0"),
    "mqtt-unanswered": partial(_mqtt, b"\xc0\0", b"\x30\4\0\1ax"),
    "mqtt-properties": partial(_mqtt, b"\x30\x84\x80\4\0\1a\x80\x80\4" + b"\x01\1" * 32_768, b"\xe0\0"),
    "mqtt-filters": partial(_mqtt, b"\x82\x82\x80\4\0\1" + b"\0\1a\1" * 16_384, b"\x90\3\0\1\1"),
    "mqtt-no-length": partial(_mqtt, b"\x30\xff\xff\xff\xff", b"\0\0\0"),
    "amqp-confirmed": partial(_amqp, _AMQP_PUBLISH, b"\1\0\1\0\0\0\x0d\0\x3c\0\x50" + bytes(8) + b"\1\xce"),
    "amqp-unconfirmed": partial(_amqp, _AMQP_PUBLISH, b"\x08\0\0\0\0\0\0\xce"),
    "amqp-tables": partial(_amqp, _AMQP_TABLE, b"\x08\0\0\0\0\0\0\xce"),
    "amqp-no-end": partial(_amqp, b"\3\0\1\0\0\0\1xx", b"\3\0\1\xff\xff\xff\xff"),
    "kafka-heartbeats": partial(_kafka, _kafka_asks(12, 0, b"\0\1g\0\0\0\1\0\1m"), b"\0\0\0\6" + bytes(6)),
    "kafka-unanswered": partial(_kafka, _kafka_asks(12, 0, b"\0\1g\0\0\0\1\0\1m"), b"\0\0\0\6\1" + bytes(5)),
    "kafka-topics": partial(_kafka, _kafka_asks(3, 1, b"\0\0\x75\x30" + b"\0\1t" * 30_000), b"\0\0\0\x0c" + bytes(12)),
    "kafka-errors": partial(
        _kafka, _kafka_asks(20, 0, b"\0\0\0\1\0\1t\0\0\0\1"),
        b"\0\2\x49\xf8" + bytes(4) + b"\0\0\x75\x30" + b"\0\1t\0\0" * 30_000,
    ),
    "kafka-tags": partial(
        _kafka, _kafka_asks(12, 4, b"\0\2g\0\0\0\1\2m\0\xa8\xc3\1" + b"\1\0" * 25_000), b"\0\0\0\6" + bytes(6)
    ),
    "kafka-no-length": partial(_kafka, b"\0\xff\xff\xff\0\0\0\0", b"\x7f\xff\xff\xff\0\0\0\0"),
    "mongodb-pings": partial(
        _mongodb, _mongodb_says(2013, 5, 0, _MONGODB_PING), _mongodb_says(2013, 6, 5, _MONGODB_OK)
    ),
    "mongodb-unanswered": partial(
        _mongodb, _mongodb_says(2013, 5, 0, _MONGODB_PING), _mongodb_says(2013, 6, 9, _MONGODB_OK)
    ),
    "mongodb-elements": partial(
        _mongodb, _mongodb_says(2013, 5, 0, bytes(5) + _mongodb_document(b"\x0aa\0" * 20_000)),
        _mongodb_says(2013, 6, 5, bytes(5) + _mongodb_document(b"\x0aa\0" * 20_000)),
    ),
    "mongodb-nested": partial(
        _mongodb, _mongodb_says(2013, 5, 0, bytes(5) + _mongodb_document(b"\3filter\0" + _mongodb_nested(6_000))),
        _mongodb_says(2013, 6, 5, _MONGODB_OK),
    ),
    "mongodb-sections": partial(
        _mongodb, _mongodb_says(2013, 5, 0, bytes(4) + b"\1\6\0\0\0a\0" * 9_000 + _MONGODB_PING[4:]),
        _mongodb_says(2013, 6, 5, _MONGODB_OK),
    ),
    "mongodb-bombs": partial(
        _mongodb,
        _mongodb_says(2012, 5, 0, (2013).to_bytes(4, "little") + b"\xff\xff\xff\3\2" + zlib.compress(bytes(1 << 20))),
        _mongodb_says(2012, 6, 5, (2013).to_bytes(4, "little") + b"\xff\xff\xff\3\2" + zlib.compress(bytes(1 << 20))),
    ),
    "mongodb-no-length": partial(_mongodb, b"\xff\xff\xff\3" * 4, b"\xff\xff\xff\3" * 4),
    "memcached-gets": partial(_memcached, b"get a\r\n", b"END\r\n"),
    "memcached-keys": partial(_memcached, b"get" + b" a" * 30_000 + b"\r\n", b"END\r\n"),
    "memcached-values": partial(_memcached, b"get a\r\n", b"VALUE a 0 0\r\n\r\n" * 9_000 + b"END\r\n"),
    "memcached-statistics": partial(_memcached, b"stats\r\n", b"STAT a b\r\n" * 9_000 + b"END\r\n"),
    "memcached-quiet": partial(_memcached, b"mg a q\r\n", b"HD\r\n"),
    "memcached-no-line": partial(_memcached, b"get a\r\n" + b"b" * 70_000, b"c" * 70_000),
    "memcached-binary": partial(
        _memcached, b"\x80\x0d\0\1" + b"\0" * 7 + b"\1" + b"\0" * 12 + b"a", b"\x81\x0a" + b"\0" * 22
    ),
    "smtp-commands": partial(_smtp_commands, b"NOOP\r\n", b"250 ok\r\n"),
    "smtp-recipients": partial(_smtp_commands, b"RCPT TO:<a@b>\r\n", b"250 ok\r\n"),
    "smtp-turns": _smtp_turns,
    "smtp-dots": partial(_smtp_mail, b"\r\n.."),
    "smtp-lines": partial(_smtp_mail, b"\r\n"),
    "smtp-one-line": partial(_smtp_mail, b"a"),
    "smtp-reply-lines": _smtp_reply_lines,
    "smtp-parts": partial(_smtp_commands, b"BDAT 1\r\nx", b"250 ok\r\n"),
}  # fmt: skip


#: The field of each protocol's messages, by the beginning of a shape's name.
FIELDS: Final = {
    "http-": "http", "events": "http.file_data", "websocket": "websocket", "http2": "http2", "grpc": "grpc",
    "redis": "resp", "mysql": "mysql", "postgresql": "pgsql", "tls": "tls", "dns": "dns", "smtp": "smtp",
    "mqtt": "mqtt", "memcached": "memcache", "amqp": "amqp", "kafka": "kafka", "mongodb": "mongo",
}  # fmt: skip


def field_of(name: str) -> str:
    """The filter field that the packets of a shape have."""
    return next(field for begin, field in FIELDS.items() if name.startswith(begin))
