"""One handshake message read into lines, by its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.tls.certificate import read_certificates
from tcptui.protocols.tls.codes import HELLO_RETRY, TLS_1_2, TLS_1_3, Handshake, name_of, named
from tcptui.protocols.tls.fingerprints import ja3, ja3_full, ja3s_full, ja4
from tcptui.protocols.tls.handshake import HEADER
from tcptui.protocols.tls.hello import read_client_hello, read_server_hello
from tcptui.protocols.tls.key_exchange import (
    exchange_of,
    read_certificate_request,
    read_certificate_status,
    read_certificate_verify,
    read_client_key_exchange,
    read_server_key_exchange,
    read_session_ticket,
)  # fmt: skip
from tcptui.protocols.tls.lines import Line, Reader, ShortError
from tcptui.protocols.tls.sealed_messages import (
    read_certificate_list,
    read_encrypted_extensions,
    read_extended_request,
    read_finished,
    read_key_update,
    read_ticket,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.tls.handshake import Message
    from tcptui.protocols.tls.key_exchange import Exchange

_HELLOS: Final[dict[int, Callable[[Line, Reader], None]]] = {
    Handshake.CLIENT_HELLO: read_client_hello,
    Handshake.SERVER_HELLO: read_server_hello,
}
#: Messages until TLS 1.2.
_READERS: Final[dict[int, Callable[[Line, Reader, Exchange | None, int], None]]] = {
    Handshake.CERTIFICATE: lambda body, reader, _exchange, _version: read_certificates(body, reader),
    Handshake.SERVER_KEY_EXCHANGE: read_server_key_exchange,
    Handshake.CLIENT_KEY_EXCHANGE: read_client_key_exchange,
    Handshake.CERTIFICATE_REQUEST: read_certificate_request,
    Handshake.CERTIFICATE_VERIFY: read_certificate_verify,
    Handshake.NEW_SESSION_TICKET: read_session_ticket,
    Handshake.CERTIFICATE_STATUS: read_certificate_status,
    Handshake.FINISHED: lambda body, reader, _exchange, _version: read_finished(body, reader),
}
#: The same in TLS 1.3, where all of them are encrypted.
_READERS_13: Final[dict[int, Callable[[Line, Reader], None]]] = {
    Handshake.ENCRYPTED_EXTENSIONS: read_encrypted_extensions,
    Handshake.CERTIFICATE: read_certificate_list,
    Handshake.CERTIFICATE_REQUEST: read_extended_request,
    Handshake.CERTIFICATE_VERIFY: lambda body, reader: read_certificate_verify(body, reader, None, TLS_1_3),
    Handshake.NEW_SESSION_TICKET: read_ticket,
    Handshake.FINISHED: read_finished,
    Handshake.KEY_UPDATE: read_key_update,
}


def is_hello_retry(message: Message) -> bool:
    """Whether a ServerHello is a HelloRetryRequest (RFC 8446, 4.1.3)."""
    return message.kind == Handshake.SERVER_HELLO and message.data[6:38] == HELLO_RETRY


def title_of(message: Message) -> str:
    """What Wireshark calls it."""
    if is_hello_retry(message):
        return "Hello Retry Request"
    return name_of("tls.handshake.type", message.kind)


def read_message(message: Message, suite: int | None = None, version: int | None = None) -> Line:
    """``message`` as lines; ``suite`` and ``version`` as the ServerHello says, None without one."""
    data = message.data
    line = Line(f"Handshake Protocol: {title_of(message)}", 0, len(data), "handshake")
    line.add(f"Handshake Type: {named('tls.handshake.type', message.kind)}", 0, 1, "handshake.type", message.kind)
    size = message.size - HEADER
    line.add(f"Length: {size}", 1, 3, "handshake.length", size)
    reader = Reader(data, HEADER, message.size)
    try:
        if message.kind in _HELLOS:
            _HELLOS[message.kind](line, reader)
        elif version == TLS_1_3:
            if message.kind in _READERS_13:
                _READERS_13[message.kind](line, reader)
        elif message.kind in _READERS:
            exchange = None if suite is None else exchange_of(suite)
            _READERS[message.kind](line, reader, exchange, version or TLS_1_2)
    except ShortError:
        _end(line, message)
    if message.complete and message.kind == Handshake.CLIENT_HELLO:
        full = ja3_full(line)
        known = ja4(line)
        line.concluded(f"JA4: {known}", "handshake.ja4", known)
        line.concluded(f"JA3 Fullstring: {full}", "handshake.ja3_full", full)
        line.concluded(f"JA3: {ja3(full)}", "handshake.ja3", ja3(full))
    elif message.complete and message.kind == Handshake.SERVER_HELLO:
        full = ja3s_full(line)
        line.concluded(f"JA3S Fullstring: {full}", "handshake.ja3s_full", full)
        line.concluded(f"JA3S: {ja3(full)}", "handshake.ja3s", ja3(full))
    return line


def _end(line: Line, message: Message) -> None:
    if message.complete:
        line.add("Malformed: a length in the message goes beyond its end", len(message.data), 0)
    else:
        line.add("The message's end was not captured", len(message.data), 0)
