"""ClientHello, ServerHello and HelloRetryRequest, read into lines (RFC 8446, 4.1; RFC 5246, 7.4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.data import shortened
from tcptui.protocols.tls.codes import HELLO_RETRY
from tcptui.protocols.tls.extensions import read_extensions

if TYPE_CHECKING:
    from tcptui.protocols.tls.lines import Line, Reader

_RANDOM: Final = 32


def read_client_hello(body: Line, reader: Reader) -> None:
    """The body of a ClientHello."""
    _begin(body, reader)
    size = reader.count(body, 2, "Cipher Suites Length", "handshake.cipher_suites_length")
    suites = body.add(f"Cipher Suites ({size // 2} suites)", reader.at, size, "handshake.ciphersuites")
    reader.inside(size).names(suites, 2, "Cipher Suite", "handshake.ciphersuite", 4)
    size = reader.count(body, 1, "Compression Methods Length", "handshake.comp_methods_length")
    title = f"Compression Methods ({size} method{'' if size == 1 else 's'})"
    methods = body.add(title, reader.at, size, "handshake.comp_methods")
    reader.inside(size).names(methods, 1, "Compression Method", "handshake.comp_method")
    _extensions(body, reader, from_client=True)


def read_server_hello(body: Line, reader: Reader) -> None:
    """The body of a ServerHello or HelloRetryRequest."""
    _begin(body, reader)
    reader.name(body, 2, "Cipher Suite", "handshake.ciphersuite", 4)
    reader.name(body, 1, "Compression Method", "handshake.comp_method")
    _extensions(body, reader, from_client=False)


def _begin(body: Line, reader: Reader) -> None:
    reader.name(body, 2, "Version", "handshake.version", 4)
    random = reader.take(_RANDOM)
    magic = " (HelloRetryRequest magic)" if random == HELLO_RETRY else ""
    body.add(f"Random: {shortened(random)}{magic}", reader.at - _RANDOM, _RANDOM, "handshake.random", random)
    size = reader.count(body, 1, "Session ID Length", "handshake.session_id_length")
    if size:
        reader.raw(body, size, "Session ID", "handshake.session_id")


def _extensions(body: Line, reader: Reader, *, from_client: bool) -> None:
    if reader.left:
        size = reader.count(body, 2, "Extensions Length", "handshake.extensions_length")
        read_extensions(body, reader.inside(size), from_client=from_client)
