"""Clients as they come: each scene is a way to use a server in which nothing goes wrong."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import struct
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import grpc
import redis

from tests.campaigns.healthy.python_server import ASYNCIO, GRPC, GRPC_PLAIN, PLAIN, THREADED
from tests.campaigns.healthy.servers import (
    NGHTTPD,
    NGINX,
    NGINX_H2,
    NGINX_PLAIN,
    REDIS,
    REDIS_TLS,
    S_SERVER,
    SUITES_1_2,
    SUITES_1_3,
)
from tests.campaigns.healthy.store_clients import STORE_SCENES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_LIMIT_S: Final = 600
_PAGES: Final = ("page", "large", "page", "large")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a scene plays."""

    host: str
    """The server's address, this scene's alone: it names the scene in the recording."""
    work: Path
    chance: random.Random


def _run(stage: Stage, words: Sequence[str], give: bytes = b"", hold_s: float = 0) -> None:
    """Run a program to its end; its input ends ``hold_s`` after ``give``."""
    with subprocess.Popen(
        words, cwd=stage.work, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.write(give)
            process.stdin.flush()
            time.sleep(hold_s)
            process.stdin.close()
        try:
            process.wait(_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _suite(stage: Stage) -> tuple[str, ...]:
    """Options of curl for a version and a suite."""
    if stage.chance.random() < 0.5:
        return ("--tls-max", "1.2", "--ciphers", stage.chance.choice(SUITES_1_2) + ":@SECLEVEL=0")
    return ("--tlsv1.3", "--tls13-ciphers", stage.chance.choice(SUITES_1_3), "--ciphers", "ALL:@SECLEVEL=0")


def _port(stage: Stage, ports: Sequence[int]) -> int:
    return stage.chance.choice(list(ports))


def curl(stage: Stage) -> None:
    """One to four requests on one connection of HTTP/1.1."""
    port = _port(stage, [*NGINX])
    urls = [f"https://{stage.host}:{port}/{page}" for page in _PAGES[: stage.chance.randint(1, 4)]]
    _run(stage, ("curl", "-ks", "--http1.1", *_suite(stage), *urls))


def curl_close(stage: Stage) -> None:
    """The client asks the server to close."""
    url = f"https://{stage.host}:{_port(stage, [*NGINX])}/page"
    _run(stage, ("curl", "-ks", "--http1.1", "-H", "Connection: close", *_suite(stage), url))


def curl_odd(stage: Stage) -> None:
    """HEAD, a range, a redirect, an empty answer, a body behind ``Expect``."""
    url = f"https://{stage.host}:{_port(stage, [*NGINX, *NGINX_H2])}"
    more = stage.chance.choice([
        ("-I", f"{url}/page"), ("-r", "10-20", f"{url}/large"), ("-L", f"{url}/moved"), (f"{url}/missing",),
        ("-T", "large", f"{url}/put-{stage.chance.random()}"),
    ])  # fmt: skip
    _run(stage, ("curl", "-ks", *_suite(stage), *more))


def curl_h2(stage: Stage) -> None:
    """Several requests of HTTP/2, one after the other or at once."""
    url = f"https://{stage.host}:{_port(stage, [*NGINX_H2, NGHTTPD])}/"
    together = stage.chance.choice(((), ("--parallel",)))
    suite = _suite(stage) if str(NGHTTPD) not in url else ()
    _run(stage, ("curl", "-ks", "--http2", *together, *suite, *(url + page for page in _PAGES)))


def curl_cancelled(stage: Stage) -> None:
    """The user ends a download."""
    url = f"https://{stage.host}:{_port(stage, [*NGINX, *NGINX_H2])}/slow/large"
    _run(stage, ("curl", "-ks", "--max-time", f"{stage.chance.uniform(0.2, 0.6):.2f}", *_suite(stage), url))


def curl_plain(stage: Stage) -> None:
    """HTTP without TLS."""
    urls = [f"http://{stage.host}:{NGINX_PLAIN}/{page}" for page in _PAGES[: stage.chance.randint(1, 4)]]
    _run(stage, ("curl", "-s", *urls))


def curl_to_s_server(stage: Stage) -> None:
    """OpenSSL's server closes behind each answer."""
    _run(stage, ("curl", "-ks", "--http1.0", f"https://{stage.host}:{_port(stage, [*S_SERVER])}/page"))


def s_client(stage: Stage) -> None:
    """OpenSSL's client: ends with its input, by ``Q``, or behind the server."""
    port = _port(stage, [*NGINX])
    version = stage.chance.choice(("-tls1_2", "-tls1_3"))
    ask = stage.chance.choice((b"", b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /page HTTP/1.0\r\n\r\n"))
    end = stage.chance.choice((b"", b"Q\n")) if not ask or b"1.1" in ask else b""
    words = ("openssl", "s_client", "-connect", f"{stage.host}:{port}", version)
    _run(stage, (*words, *(("-ign_eof",) if b"1.0" in ask else ())), ask + b"\r\n" * bool(ask) * 0 + end, 0.4)


def s_client_resumed(stage: Stage) -> None:
    """A session is made, and another goes on with it; its first bytes go early where the server takes them."""
    port = stage.chance.choice((8441, 8446, 8446))
    name = f"session-{stage.host}-{stage.chance.random()}"
    (stage.work / f"{name}.txt").write_bytes(b"GET /page HTTP/1.0\r\n\r\n")
    words = ("openssl", "s_client", "-connect", f"{stage.host}:{port}", "-tls1_3", "-ign_eof")
    _run(stage, (*words, "-sess_out", name), b"GET /page HTTP/1.0\r\n\r\n")
    early = ("-early_data", f"{name}.txt") if stage.chance.random() < 0.7 else ()
    _run(stage, (*words, "-sess_in", name, *early), b"" if early else b"GET /page HTTP/1.0\r\n\r\n", 0.2)


def s_client_key_update(stage: Stage) -> None:
    """Keys change amid the connection."""
    words = ("openssl", "s_client", "-connect", f"{stage.host}:8441", "-tls1_3")
    _run(stage, words, b"K\n", 0.3)


def nghttp(stage: Stage) -> None:
    """Many streams of HTTP/2."""
    url = f"https://{stage.host}:{_port(stage, [*NGINX_H2, NGHTTPD])}/"
    _run(stage, ("nghttp", "-n", *(url + page for page in _PAGES[: stage.chance.randint(1, 4)])))


def h2load(stage: Stage) -> None:
    """Eight connections with requests one behind the other."""
    kind = stage.chance.choice(((), ("--h1",)))
    port = _port(stage, [*NGINX_H2])
    _run(stage, ("h2load", *kind, "-n", "40", "-c", "8", "-m", "3", f"https://{stage.host}:{port}/page"))


def _context(stage: Stage) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if stage.chance.random() < 0.5:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(stage.chance.choice(SUITES_1_2) + ":@SECLEVEL=0")
    return context


def _read_answer(talk: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = talk.recv(65_536)
        if not piece:
            return
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    size = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < size:
        piece = talk.recv(65_536)
        if not piece:
            return
        body += piece


def _part(stage: Stage, talk: socket.socket) -> None:
    """End a connection, in one of the ways in which programs do."""
    way = stage.chance.choice(("close", "unwrap", "shut", "alert", "reset"))
    with suppress(OSError, ValueError):
        if way == "unwrap" and isinstance(talk, ssl.SSLSocket):
            talk.unwrap()
        elif way == "alert" and isinstance(talk, ssl.SSLSocket):
            talk.setblocking(False)
            talk.unwrap()
        elif way == "shut":
            talk.shutdown(socket.SHUT_WR)
        elif way == "reset":
            talk.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    talk.close()


def _python(stage: Stage, port: int, paths: Sequence[str], pause_s: float, *, tls: bool = True) -> None:
    with suppress(OSError):
        plain = socket.create_connection((stage.host, port), _LIMIT_S)
        talk: socket.socket = _context(stage).wrap_socket(plain) if tls else plain
        for path in paths:
            talk.sendall(b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())
            _read_answer(talk)
            time.sleep(pause_s if path == paths[-1] else 0)
        _part(stage, talk)


def python_pooled(stage: Stage) -> None:
    """Requests over a connection that is kept for a while, and given up by the client."""
    port, most = stage.chance.choice(((8441, 5), (8446, 5), (8445, 2)))
    _python(stage, port, ["page"] * stage.chance.randint(1, most), stage.chance.choice((0, 0.4)))


def python_outlived(stage: Stage) -> None:
    """The server gives up a kept connection, and the client only looks later, if it looks at all."""
    _python(stage, _port(stage, [8442, 8447, 8448, 8444]), ["page"], 1.0 + stage.chance.uniform(0.05, 0.4))


def python_python(stage: Stage) -> None:
    """Python at both ends: the server ends first, with an alert or without, or the client does."""
    path = stage.chance.choice(("bye", "alert", "bare", "idle", "keep"))
    pause = stage.chance.choice((0, 0, 0.1, 0.7))
    port = THREADED if stage.chance.random() < 0.7 else ASYNCIO
    _python(stage, port, ["keep"] * stage.chance.randint(0, 3) + [path], pause)


def python_plain(stage: Stage) -> None:
    """The same without TLS."""
    _python(stage, PLAIN, ["keep", stage.chance.choice(("bye", "keep"))], stage.chance.choice((0, 0.1)), tls=False)


def python_unused(stage: Stage) -> None:
    """A connection that was opened ahead, and never used."""
    with suppress(OSError):
        talk = _context(stage).wrap_socket(socket.create_connection((stage.host, _port(stage, [*NGINX])), _LIMIT_S))
        time.sleep(stage.chance.choice((0, 0.3)))
        _part(stage, talk)


def python_asyncio(stage: Stage) -> None:
    """Streams of asyncio."""
    asyncio.run(_asyncio(stage))


async def _asyncio(stage: Stage) -> None:
    port = stage.chance.choice((8441, 8442, 8444, ASYNCIO, THREADED))
    reader, writer = await asyncio.open_connection(stage.host, port, ssl=_context(stage))
    for _ in range(stage.chance.randint(1, 3)):
        writer.write(b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % (b"keep" if port >= ASYNCIO - 1 else b"page"))
        with suppress(asyncio.IncompleteReadError, OSError):
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(100)
    await asyncio.sleep(stage.chance.choice((0, 0.2, 1.2)))
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def web_socket(stage: Stage) -> None:
    """Messages of WebSocket, and a close frame or none."""
    tls = stage.chance.random() < 0.8
    with suppress(OSError):
        talk: socket.socket = socket.create_connection((stage.host, THREADED if tls else PLAIN), _LIMIT_S)
        if tls:
            talk = _context(stage).wrap_socket(talk)
        talk.sendall(
            b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        _read_answer(talk)
        for text in (b"hello", b"a" * 80, b"x")[: stage.chance.randint(0, 3)]:
            talk.sendall(_frame(0x81, text))
            talk.recv(65_536)
            time.sleep(stage.chance.choice((0, 0.05)))
        if stage.chance.random() < 0.7:
            talk.sendall(_frame(0x88, b"\x03\xe8"))
            if stage.chance.random() < 0.7:
                talk.recv(65_536)
        _part(stage, talk)


def _frame(kind: int, body: bytes) -> bytes:
    mask = b"\1\2\3\4"
    return bytes([kind, 0x80 | len(body)]) + mask + bytes(octet ^ mask[n % 4] for n, octet in enumerate(body))


def redis_pool(stage: Stage) -> None:
    """A pool of Redis connections, inside TLS or not."""
    tls = stage.chance.random() < 0.6
    options = {"ssl": True, "ssl_cert_reqs": "none", "ssl_check_hostname": False} if tls else {}
    client = redis.Redis(host=stage.host, port=REDIS_TLS if tls else REDIS, **options)  # type: ignore[arg-type]
    with suppress(redis.RedisError):
        client.set("key", "value" * stage.chance.randint(1, 400))
        with client.pipeline() as pipe:
            for n in range(stage.chance.randint(1, 20)):
                pipe.incr(f"n{n}")
            pipe.execute()
        client.get("key")
        time.sleep(stage.chance.choice((0, 0.2)))
    client.close()


def rpc(stage: Stage) -> None:
    """Calls of gRPC, one of them taken back at times."""
    options = [("grpc.ssl_target_name_override", "localhost"), ("grpc.use_local_subchannel_pool", 1)]
    trusted = grpc.ssl_channel_credentials((stage.work / "cert.pem").read_bytes())
    channel = (
        grpc.secure_channel(f"{stage.host}:{GRPC}", trusted, options)
        if stage.chance.random() < 0.6
        else grpc.insecure_channel(f"{stage.host}:{GRPC_PLAIN}", options)
    )
    with channel, suppress(grpc.RpcError):
        for _ in range(stage.chance.randint(1, 4)):
            channel.unary_unary("/healthy/one")(b"a" * stage.chance.choice((3, 40, 9_000)), timeout=_LIMIT_S)
        answers = channel.unary_stream("/healthy/many")(b"a message", timeout=_LIMIT_S)
        next(answers)
        if stage.chance.random() < 0.5:
            answers.cancel()
        for _ in answers:
            pass


SCENES: Final[tuple[Callable[[Stage], None], ...]] = (
    curl, curl_close, curl_odd, curl_h2, curl_cancelled, curl_plain, curl_to_s_server, s_client, s_client_resumed,
    s_client_key_update, nghttp, h2load, python_pooled, python_outlived, python_python, python_plain, python_unused,
    python_asyncio, web_socket, redis_pool, rpc, *STORE_SCENES,
)  # fmt: skip
