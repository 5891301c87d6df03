"""Servers of Python: HTTP/1.1 and WebSocket over `ssl`, in threads and in asyncio, and gRPC.

The path of a request says how the server ends the connection.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import grpc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

THREADED: Final = 8461
ASYNCIO: Final = 8462
PLAIN: Final = 8463
GRPC: Final = 8464
GRPC_PLAIN: Final = 8465
PORTS: Final = (THREADED, ASYNCIO, PLAIN, GRPC, GRPC_PLAIN)
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n" + b"a" * 300


@contextmanager
def python_servers(work: Path) -> Iterator[None]:
    """They listen; connections end with this process at the latest."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(work / "cert.pem", work / "key.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")
    listeners = [socket.create_server(("", port), backlog=64) for port in (THREADED, PLAIN)]
    for listener, tls in zip(listeners, (context, None), strict=True):
        threading.Thread(target=_accept, args=(listener, tls), daemon=True).start()
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    asyncio.run_coroutine_threadsafe(asyncio.start_server(_serve_async, "", ASYNCIO, ssl=context), loop).result(30)
    rpc = _rpc_server(work)
    try:
        yield
    finally:
        rpc.stop(None)
        for listener in listeners:
            listener.close()
        loop.call_soon_threadsafe(loop.stop)


def _rpc_server(work: Path) -> grpc.Server:
    """``/one`` answers a message, ``/many`` streams ten of them."""
    ways = {
        "one": grpc.unary_unary_rpc_method_handler(lambda message, _: message * 2),
        "many": grpc.unary_stream_rpc_method_handler(lambda message, _: iter([message] * 10)),
    }
    server = grpc.server(ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("healthy", ways),))
    pair = ((work / "key.pem").read_bytes(), (work / "cert.pem").read_bytes())
    server.add_secure_port(f"0.0.0.0:{GRPC}", grpc.ssl_server_credentials([pair]))
    server.add_insecure_port(f"0.0.0.0:{GRPC_PLAIN}")
    server.start()
    return server


def _accept(listener: socket.socket, context: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        while True:
            threading.Thread(target=_serve, args=(listener.accept()[0], context), daemon=True).start()


def _serve(peer: socket.socket, context: ssl.SSLContext | None) -> None:
    with suppress(OSError, ValueError):
        peer.settimeout(30)
        talk = context.wrap_socket(peer, server_side=True, suppress_ragged_eofs=True) if context else peer
        with talk:
            _answer(talk)


def _answer(talk: socket.socket) -> None:
    """Answer requests until the client ends, or as the path says.

    ``/bye``: an alert, the client's awaited; ``/alert``: an alert, then closed; ``/bare``: closed without one;
    ``/idle``: an alert and the end half a second later; ``/ws``: echoes messages until a close frame.
    """
    pending = b""
    while data := talk.recv(65_536):
        pending += data
        if b"\r\n\r\n" not in pending:
            continue
        head, pending = pending.split(b"\r\n\r\n", 1)
        path = head.split(b" ")[1]
        if path == b"/ws":
            _echo(talk, head)
            return
        talk.sendall(_ANSWER)
        if path == b"/idle":
            time.sleep(0.5)
        if path in (b"/bye", b"/alert", b"/idle") and isinstance(talk, ssl.SSLSocket):
            if path == b"/alert":
                talk.setblocking(False)
            with suppress(OSError):
                talk.unwrap()
        if path != b"/keep":
            return


def _echo(talk: socket.socket, head: bytes) -> None:
    found = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)
    assert found is not None
    accept = base64.b64encode(hashlib.sha1(found[1] + _GUID, usedforsecurity=False).digest())
    talk.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    while data := talk.recv(65_536):
        kind, size = data[0], data[1] & 127
        body = bytes(octet ^ data[2 + n % 4] for n, octet in enumerate(data[6 : 6 + size]))
        talk.sendall(bytes([kind, size]) + body)
        if kind & 15 == 8:
            return


async def _serve_async(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_ANSWER)
            await writer.drain()
            if not head.startswith(b"GET /keep "):
                break
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
