"""One handshake message read into lines, by its type."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.tls.certificate import read_certificate, read_certificates
from tcptui.protocols.tls.codes import HELLO_RETRY, TLS_1_2, TLS_1_3, Handshake, name_of, named
from tcptui.protocols.tls.extensions import read_authorities, read_extensions, read_signature_algorithms
from tcptui.protocols.tls.fingerprints import ja3, ja3_full, ja3s_full, ja4
from tcptui.protocols.tls.handshake import HEADER
from tcptui.protocols.tls.lines import LIST_MOST, Line, Reader, ShortError
from tcptui.protocols.tls.signed_timestamps import read_signature_algorithm

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.tls.handshake import Message


_RANDOM: Final = 32

_NAMED_CURVE: Final = 3
_OCSP: Final = 1

# Messages that are encrypted, read into lines: those of TLS 1.3, and Finished (RFC 8446, 4.3 to 4.6).


def _read_encrypted_extensions(body: Line, reader: Reader) -> None:
    """The body of EncryptedExtensions."""
    _encrypted_list(body, reader)


def _read_certificate_list(body: Line, reader: Reader) -> None:
    """The body of a Certificate message: the chain, each certificate with extensions of its own."""
    _context(body, reader)
    size = reader.count(body, 3, "Certificates Length", "handshake.certificates_length")
    if not size:
        return
    chain = body.add(f"Certificates ({size} bytes)", reader.at, size, "handshake.certificates")
    inside = reader.inside(size)
    for _ in range(LIST_MOST):
        if not inside.left:
            return
        read_certificate(chain, inside)
        _encrypted_list(chain, inside)


def _read_extended_request(body: Line, reader: Reader) -> None:
    """The body of a CertificateRequest."""
    _context(body, reader)
    _encrypted_list(body, reader)


def _read_ticket(body: Line, reader: Reader) -> None:
    """The body of a NewSessionTicket."""
    field = "handshake.session_ticket"
    inside = body.add("TLS Session Ticket", reader.at, reader.left)
    seconds = reader.number(4)
    label = f"Session Ticket Lifetime Hint: {seconds} seconds"
    inside.add(label, reader.at - 4, 4, f"{field}_lifetime_hint", seconds)
    reader.count(inside, 4, "Session Ticket Age Add", f"{field}_age_add")
    size = reader.count(inside, 1, "Session Ticket Nonce Length", f"{field}_nonce_length")
    if size:
        reader.raw(inside, size, "Session Ticket Nonce", f"{field}_nonce")
    size = reader.count(inside, 2, "Session Ticket Length", f"{field}_length")
    reader.raw(inside, size, "Session Ticket", field)
    _encrypted_list(inside, reader)


def _read_finished(body: Line, reader: Reader) -> None:
    """The body of Finished."""
    size = reader.left
    body.add("Verify Data", reader.at, size, "handshake.verify_data", reader.take(size))


def _read_key_update(body: Line, reader: Reader) -> None:
    """The body of a KeyUpdate."""
    reader.name(body, 1, "Key Update Request", "handshake.key_update.request_update")


def _context(body: Line, reader: Reader) -> None:
    field = "handshake.certificate_request_context"
    size = reader.count(body, 1, "Certificate Request Context Length", f"{field}_length")
    if size:
        reader.raw(body, size, "Certificate Request Context", field)


def _encrypted_list(body: Line, reader: Reader) -> None:
    size = reader.count(body, 2, "Extensions Length", "handshake.extensions_length")
    read_extensions(body, reader.inside(size), from_client=False)


# Messages of the key exchange until TLS 1.2, read into lines (RFC 5246, 7.4; RFC 8422, 5.4; RFC 4279; RFC 5077).
#
# What ServerKeyExchange and ClientKeyExchange hold depends on the cipher suite, which only the ServerHello says.


class Exchange(Enum):
    """Kinds of key exchange that differ in their messages; the value begins the names of their cipher suites."""

    ECDHE_PSK = "TLS_ECDHE_PSK_"
    ECDHE = "TLS_ECDHE_"
    ECDH_ANON = "TLS_ECDH_anon_"
    ECDH = "TLS_ECDH_"
    DHE_PSK = "TLS_DHE_PSK_"
    DHE = "TLS_DHE_"
    DH_ANON = "TLS_DH_anon_"
    RSA_PSK = "TLS_RSA_PSK_"
    PSK = "TLS_PSK_"
    RSA = "TLS_RSA_"


class _Kind(Enum):
    CURVE = auto()
    FINITE_FIELD = auto()


_OVER: Final = {
    Exchange.ECDHE_PSK: _Kind.CURVE, Exchange.ECDHE: _Kind.CURVE, Exchange.ECDH_ANON: _Kind.CURVE,
    Exchange.ECDH: _Kind.CURVE, Exchange.DHE_PSK: _Kind.FINITE_FIELD, Exchange.DHE: _Kind.FINITE_FIELD,
    Exchange.DH_ANON: _Kind.FINITE_FIELD,
}  # fmt: skip
_WITH_PSK: Final = frozenset({Exchange.ECDHE_PSK, Exchange.DHE_PSK, Exchange.RSA_PSK, Exchange.PSK})
_SIGNED: Final = frozenset({Exchange.ECDHE, Exchange.DHE})


def _exchange_of(suite: int) -> Exchange | None:
    """The kind of key exchange of a cipher suite; None: not known here."""
    name = name_of("tls.handshake.ciphersuite", suite)
    return next((kind for kind in Exchange if name.startswith(kind.value)), None)


def _read_server_key_exchange(body: Line, reader: Reader, exchange: Exchange | None, version: int) -> None:
    """The body of a ServerKeyExchange."""
    over = None if exchange is None else _OVER.get(exchange)
    title = {_Kind.CURVE: "EC Diffie-Hellman Server Params", _Kind.FINITE_FIELD: "Diffie-Hellman Server Params"}
    if exchange in _WITH_PSK:
        inside = body.add("PSK Server Params", reader.at, reader.left)
        size = reader.count(inside, 2, "Hint Length", "handshake.hint_len")
        reader.raw(inside, size, "Hint", "handshake.hint")
    if over is None:
        return
    inside = body.add(title[over], reader.at, reader.left)
    if over is _Kind.CURVE:
        _curve(inside, reader)
    else:
        for name, field in (("p", "p"), ("g", "g"), ("Pubkey", "ys")):
            size = reader.count(inside, 2, f"{name} Length", f"handshake.{field}_len")
            reader.raw(inside, size, name, f"handshake.{field}")
    if exchange in _SIGNED:
        if version >= TLS_1_2:
            read_signature_algorithm(inside, reader)
        size = reader.count(inside, 2, "Signature Length", "handshake.sig_len")
        reader.raw(inside, size, "Signature", "handshake.sig")


def _curve(inside: Line, reader: Reader) -> None:
    kind = reader.name(inside, 1, "Curve Type", "handshake.server_curve_type", 2)
    if kind != _NAMED_CURVE:
        reader.at = reader.stop
        return
    reader.name(inside, 2, "Named Curve", "handshake.server_named_curve", 4)
    size = reader.count(inside, 1, "Pubkey Length", "handshake.server_point_len")
    reader.raw(inside, size, "Pubkey", "handshake.server_point")


def _read_client_key_exchange(body: Line, reader: Reader, exchange: Exchange | None, _version: int) -> None:
    """The body of a ClientKeyExchange."""
    over = None if exchange is None else _OVER.get(exchange)
    if exchange in _WITH_PSK:
        inside = body.add("PSK Client Params", reader.at, reader.left)
        size = reader.count(inside, 2, "Identity Length", "handshake.identity_len")
        reader.raw(inside, size, "Identity", "handshake.identity")
    if over is _Kind.CURVE:
        inside = body.add("EC Diffie-Hellman Client Params", reader.at, reader.left)
        size = reader.count(inside, 1, "Pubkey Length", "handshake.client_point_len")
        reader.raw(inside, size, "Pubkey", "handshake.client_point")
    elif over is _Kind.FINITE_FIELD:
        inside = body.add("Diffie-Hellman Client Params", reader.at, reader.left)
        size = reader.count(inside, 2, "Pubkey Length", "handshake.yc_len")
        reader.raw(inside, size, "Pubkey", "handshake.yc")
    elif exchange in (Exchange.RSA, Exchange.RSA_PSK):
        inside = body.add("RSA Encrypted PreMaster Secret", reader.at, reader.left)
        size = reader.count(inside, 2, "Encrypted PreMaster length", "handshake.epms_len")
        reader.raw(inside, size, "Encrypted PreMaster", "handshake.epms")


def _read_certificate_request(body: Line, reader: Reader, _exchange: Exchange | None, version: int) -> None:
    """The body of a CertificateRequest."""
    count = reader.count(body, 1, "Certificate types count", "handshake.cert_types_count")
    types = body.add(f"Certificate types ({count} types)", reader.at, count, "handshake.cert_types")
    reader.inside(count).names(types, 1, "Certificate type", "handshake.cert_type")
    if version >= TLS_1_2:
        read_signature_algorithms(body, reader)
    read_authorities(body, reader)


def _read_certificate_verify(body: Line, reader: Reader, _exchange: Exchange | None, version: int) -> None:
    """The body of a CertificateVerify."""
    if version >= TLS_1_2:
        read_signature_algorithm(body, reader)
    size = reader.count(body, 2, "Signature length", "handshake.client_cert_vrfy.sig_len")
    reader.raw(body, size, "Signature", "handshake.client_cert_vrfy.sig")


def _read_session_ticket(body: Line, reader: Reader, _exchange: Exchange | None, _version: int) -> None:
    """The body of a NewSessionTicket."""
    field = "handshake.session_ticket"
    inside = body.add("TLS Session Ticket", reader.at, reader.left)
    seconds = reader.number(4)
    label = f"Session Ticket Lifetime Hint: {seconds} seconds"
    inside.add(label, reader.at - 4, 4, f"{field}_lifetime_hint", seconds)
    size = reader.count(inside, 2, "Session Ticket Length", f"{field}_length")
    if size:
        reader.raw(inside, size, "Session Ticket", field)


def _read_certificate_status(body: Line, reader: Reader, _exchange: Exchange | None, _version: int) -> None:
    """The body of a CertificateStatus: an OCSP response, not read further."""
    kind = reader.name(body, 1, "Certificate Status Type", "handshake.extensions_status_request_type")
    if kind == _OCSP:
        size = reader.count(body, 3, "OCSP Response Length", "handshake.ocsp_response_len")
        raw = reader.take(size)
        body.add(f"OCSP Response: {shortened(raw)}", reader.at - size, size)


# ClientHello, ServerHello and HelloRetryRequest, read into lines (RFC 8446, 4.1; RFC 5246, 7.4.1).


def _read_client_hello(body: Line, reader: Reader) -> None:
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


def _read_server_hello(body: Line, reader: Reader) -> None:
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


_HELLOS: Final[dict[int, Callable[[Line, Reader], None]]] = {
    Handshake.CLIENT_HELLO: _read_client_hello,
    Handshake.SERVER_HELLO: _read_server_hello,
}
#: Messages until TLS 1.2.
_READERS: Final[dict[int, Callable[[Line, Reader, Exchange | None, int], None]]] = {
    Handshake.CERTIFICATE: lambda body, reader, _exchange, _version: read_certificates(body, reader),
    Handshake.SERVER_KEY_EXCHANGE: _read_server_key_exchange,
    Handshake.CLIENT_KEY_EXCHANGE: _read_client_key_exchange,
    Handshake.CERTIFICATE_REQUEST: _read_certificate_request,
    Handshake.CERTIFICATE_VERIFY: _read_certificate_verify,
    Handshake.NEW_SESSION_TICKET: _read_session_ticket,
    Handshake.CERTIFICATE_STATUS: _read_certificate_status,
    Handshake.FINISHED: lambda body, reader, _exchange, _version: _read_finished(body, reader),
}
#: The same in TLS 1.3, where all of them are encrypted.
_READERS_13: Final[dict[int, Callable[[Line, Reader], None]]] = {
    Handshake.ENCRYPTED_EXTENSIONS: _read_encrypted_extensions,
    Handshake.CERTIFICATE: _read_certificate_list,
    Handshake.CERTIFICATE_REQUEST: _read_extended_request,
    Handshake.CERTIFICATE_VERIFY: lambda body, reader: _read_certificate_verify(body, reader, None, TLS_1_3),
    Handshake.NEW_SESSION_TICKET: _read_ticket,
    Handshake.FINISHED: _read_finished,
    Handshake.KEY_UPDATE: _read_key_update,
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
            exchange = None if suite is None else _exchange_of(suite)
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
