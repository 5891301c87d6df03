"""Filters over fields of requests, beside tshark in the same run: processor time, the first asking and a second.

    python tests/benchmarks/request_filter_speed.py [CAPTURE] [--packets 11000] [--only WORD] [--no-tshark] [--runs 1]

Without a capture one of about ``--packets`` packets is composed in ``--directory``: connections of HTTP/1.1, TLS,
HTTP/2, gRPC, WebSocket, MySQL, PostgreSQL, Redis, SMTP and DNS over TCP, and DNS over UDP, of ten calls each.  The
capture is opened once.  *first* is a new reader about all packets, *second* the same filter typed once more, *time to
first* when the first match could be shown.  tshark's time is that of ``-Y FILTER`` less nothing: reading counts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.append(str(Path(__file__).parents[1] / "support"))

from captures import ACK, FIN, PSH, START_NS, Tape
from hpack import Encoder
from http2_ends import ANSWER, CALL, OK, PREFACE, frame, get, message
from long_talks import TALKS, Said
from tls_bytes import CHANGE, alpn, certificate, client_hello, handshake, record, server_hello, server_name

from tcptui.dfilter.compile import compile_filter
from tcptui.session.catch_up import Compile
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable

_CALLS: Final = 10
_SERVER: Final = "192.0.2.10"
_AGENT: Final = b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"

FILTERS: Final = (
    "http.response.code == 500", 'http.request.uri contains "x"', 'http.host == "shop3.example"', "http.time > 0.1",
    'http.request.method == "POST"', "http.request", "http", 'http.user_agent contains "Firefox"',
    "http.content_length > 100", 'http.content_type contains "json"', "http.response_in", "http.request_number == 3",
    'http.file_data contains "fail"', 'http.request.full_uri contains "shop3"', 'http.cookie contains "id"',
    'http.request.line contains "trace"', 'tls.handshake.extensions_server_name == "h3.example"',
    "tls.alert_message.desc == 40", "tls.handshake.type == 1", "tls.handshake.ciphersuite == 0xc02f",
    "tls.record.content_type == 23", "tls.record.version", "tls.record.length > 300",
    'tls.handshake.extensions_alpn_str == "h2"', "tls", 'dns.qry.name contains "h0003"', "dns.flags.rcode == 3",
    "dns.flags.response == 1", "dns.a == 192.0.2.1", "dns.time > 0.1", 'mysql.query contains "a = 3"',
    "mysql.command == 3", "mysql.error_code", 'pgsql.query contains "a = 3"', "pgsql.type", "pgsql.tag",
    "http2.headers.status == 500", 'http2.headers.path contains "/3"', "http2.type == 1", "http2.streamid == 5",
    "grpc", "grpc.message_length > 10", "websocket.opcode == 8", "websocket", 'websocket.payload.text contains "3"',
    'resp.bulk_string.value contains "3"', "resp", 'smtp.req.command == "VRFY"', "smtp.response.code == 250",
)  # fmt: skip


def _http(number: int) -> Said:
    said: Said = []
    for call in range(_CALLS):
        status = b"500 Internal Server Error" if (number + call) % 17 == 0 else b"200 OK"
        body = b'{"id": %d, "state": "%s"}' % (call, b"failed" if status[0] == 53 else b"done") + b" " * 200
        said.append((0, (
            b"GET /shop/items/%d?x=%d HTTP/1.1\r\nHost: shop%d.example\r\n" % (call, number, number % 10) + _AGENT
            + b"Accept: application/json\r\nAccept-Encoding: gzip\r\nCookie: id=%d\r\ntraceparent: 00-%032x-01\r\n\r\n"
            % (number, number)
        )))  # fmt: skip
        said.append((1, (
            b"HTTP/1.1 " + status + b"\r\nServer: nginx\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )))  # fmt: skip
    return said


def _tls(number: int) -> Said:
    host = b"h%d.example" % (number % 10)
    hello = record(22, client_hello(server_name(host) + alpn(b"h2", b"http/1.1"), (0xC02F, 0xC030)), 0x0301)
    answer = record(22, server_hello() + certificate(b"230101000000Z", b"330101000000Z", host) + handshake(14, b""))
    said = [(0, hello), (1, answer), (0, record(22, handshake(16, bytes(33))) + CHANGE + record(22, bytes(40)))]
    said.append((1, CHANGE + record(22, bytes(40))))
    if number % 3 == 0:
        return [*said[:1], (1, record(21, b"\x02\x28"))]
    for call in range(_CALLS):
        said += [(0, record(23, bytes(200 + call))), (1, record(23, bytes(900)))]
    return [*said, (0, record(21, bytes(26)))]


def _http2(number: int) -> Said:
    said, asks, answers = [(0, PREFACE + frame(4, 0, 0)), (1, frame(4, 0, 0))], Encoder(), Encoder()
    for call in range(_CALLS):
        stream = 2 * call + 1
        said.append((0, frame(1, 5, stream, asks.encode(get(f"/items/{call}")))))
        status = [(":status", "500"), *OK[1:]] if (number + call) % 17 == 0 else OK
        said.append((1, frame(1, 4, stream, answers.encode(status)) + frame(0, 1, stream, b"hello")))
    return said


def _grpc(_: int) -> Said:
    said, asks, answers = [(0, PREFACE + frame(4, 0, 0)), (1, frame(4, 0, 0))], Encoder(), Encoder()
    for call in range(_CALLS):
        stream = 2 * call + 1
        said.append(
            (0, frame(1, 4, stream, asks.encode(CALL)) + frame(0, 1, stream, message(b"\x08\x01\x12\x0bsome thing")))
        )
        end = frame(1, 5, stream, answers.encode([("grpc-status", "0")]))
        said.append((1, frame(1, 4, stream, answers.encode(ANSWER)) + frame(0, 0, stream, message(bytes(20))) + end))
    return said


def _websocket(number: int) -> Said:
    key = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-"
    said = [
        (0, b"GET /ws HTTP/1.1\r\nHost: shop%d.example\r\n" % (number % 10) + key
            + b"Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
        (1, b"HTTP/1.1 101 Switching Protocols\r\n" + key + b"Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
    ]  # fmt: skip
    for call in range(_CALLS):
        said += [(0, b"\x81\x8a\0\0\0\0" + b"call %05d" % call), (1, b"\x81\x0b" + b"said %06d" % call)]
    return [*said, (0, b"\x88\x82\0\0\0\0\x03\xe8"), (1, b"\x88\x02\x03\xe8")]


def _of(name: str) -> Callable[[int], Said]:
    return lambda _: TALKS[name][1](_CALLS)


_KINDS: Final[tuple[tuple[int, Callable[[int], Said]], ...]] = (
    (80, _http), (443, _tls), (8080, _http2), (8081, _grpc), (80, _websocket), (3306, _of("mysql")),
    (5432, _of("pgsql")), (6379, _of("resp")), (53, _of("dns")), (25, _of("smtp")),
)  # fmt: skip


def _connection(tape: Tape, ms: float, number: int) -> None:
    port, talk = _KINDS[number % len(_KINDS)]
    client, server = (
        f"10.{1 + number // 60_000}.{number // 250 % 240}.{1 + number % 250}:{40_000 + number % 20_000}",
        f"{_SERVER}:{port}",
    )
    tape.handshake(ms, client, server)
    sent, ms = [1001, 9001], ms + 41
    for turn, (side, data) in enumerate(talk(number)):
        ms += 150 if side and (number + turn) % 23 == 0 else 5
        source, target = (client, server)[:: 1 - 2 * side]
        tape.tcp(ms, source, target, PSH | ACK, sent[side], sent[1 - side], data)
        sent[side] += len(data)
    tape.tcp(ms + 1, client, server, FIN | ACK, sent[0], sent[1])
    tape.tcp(ms + 2, server, client, FIN | ACK, sent[1], sent[0] + 1)
    tape.tcp(ms + 3, client, server, ACK, sent[0] + 1, sent[1] + 1)


def _asked_names(tape: Tape, ms: float, number: int) -> None:
    for asked, answered in zip(*[iter(TALKS["dns"][1](_CALLS))] * 2, strict=True):
        client = 30_000 + number % 30_000
        said = asked[1][2:], bytearray(answered[1][2:])
        said[1][3] |= 3 if number % 9 == 0 else 0
        for late, (source, target, body) in enumerate(
            (("10.0.0.1", _SERVER, said[0]), (_SERVER, "10.0.0.1", bytes(said[1])))
        ):
            ports = (client, 53)[:: 1 - 2 * late]
            head = b"".join(one.to_bytes(2) for one in (*ports, 8 + len(body), 0))
            tape.ip(ms + late * (150 if number % 7 == 0 else 3), source, target, 17, head + body)
        ms += 200


def compose(path: Path, packets: int) -> None:
    """Write a capture of about ``packets`` packets: connections that overlap."""
    tape, number = Tape(), 0
    while len(tape.records) < packets:
        if number % 11 == 10:
            _asked_names(tape, number * 3, number)
        else:
            _connection(tape, number * 3, number - number // 11)
        number += 1
    tape.records.sort(key=lambda one: one[0])
    assert tape.records[0][0] >= START_NS
    path.write_bytes(tape.pcap())


def by_tshark(path: Path, text: str) -> tuple[float, int]:
    """Seconds of processor time for ``-Y text``, and how many packets pass."""
    before = os.times()
    ports = [word for port in (8080, 8081) for word in ("-d", f"tcp.port=={port},http2")]
    command = ["tshark", "-n", "-r", str(path), "-2", "-Y", text, *ports, "-T", "fields", "-e", "frame.number"]
    found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent, found.count(b"\n")


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", nargs="?", type=Path)
    parser.add_argument("--packets", type=int, default=11_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--no-tshark", action="store_true")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"))
    options = parser.parse_args()
    path = options.capture or options.directory / f"tcptui-requests-{options.packets}.pcap"
    if not path.exists():
        compose(path, options.packets)
    session = open_file(path, Compile.FIRST)
    print(f"{session.store.count:,} packets, {session.streams.count:,} connections")
    print("| filter | first s | second s | tshark s | ratio | pass | tshark |\n|---|---:|---:|---:|---:|---:|---:|")
    for text in FILTERS:
        if options.only not in text:
            continue
        spent = []
        for _ in range(2):
            began = time.process_time()
            live = LiveFilter(session, compile_filter(text))
            live.update()
            spent.append(time.process_time() - began)
        theirs, passed = (0.0, 0) if options.no_tshark else by_tshark(path, text)
        ratio = f"{spent[0] / theirs:.2f}" if theirs else ""
        print(
            f"| `{text}` | {spent[0]:.2f} | {spent[1]:.2f} | {theirs:.2f} | {ratio} | {live.count} | {passed} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
