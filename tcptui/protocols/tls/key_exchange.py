"""Messages of the key exchange until TLS 1.2, read into lines (RFC 5246, 7.4; RFC 8422, 5.4; RFC 4279; RFC 5077).

What ServerKeyExchange and ClientKeyExchange hold depends on the cipher suite, which only the ServerHello says.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.data import shortened
from tcptui.protocols.tls.codes import TLS_1_2, name_of
from tcptui.protocols.tls.extensions import read_authorities, read_signature_algorithms
from tcptui.protocols.tls.lines import Reader
from tcptui.protocols.tls.signed_timestamps import read_signature_algorithm

if TYPE_CHECKING:
    from tcptui.protocols.tls.lines import Line

_NAMED_CURVE: Final = 3
_OCSP: Final = 1


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


def exchange_of(suite: int) -> Exchange | None:
    """The kind of key exchange of a cipher suite; None: not known here."""
    name = name_of("tls.handshake.ciphersuite", suite)
    return next((kind for kind in Exchange if name.startswith(kind.value)), None)


def read_server_key_exchange(body: Line, reader: Reader, exchange: Exchange | None, version: int) -> None:
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


def read_client_key_exchange(body: Line, reader: Reader, exchange: Exchange | None, _version: int) -> None:
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


def read_certificate_request(body: Line, reader: Reader, _exchange: Exchange | None, version: int) -> None:
    """The body of a CertificateRequest."""
    count = reader.count(body, 1, "Certificate types count", "handshake.cert_types_count")
    types = body.add(f"Certificate types ({count} types)", reader.at, count, "handshake.cert_types")
    reader.inside(count).names(types, 1, "Certificate type", "handshake.cert_type")
    if version >= TLS_1_2:
        read_signature_algorithms(body, reader)
    read_authorities(body, reader)


def read_certificate_verify(body: Line, reader: Reader, _exchange: Exchange | None, version: int) -> None:
    """The body of a CertificateVerify."""
    if version >= TLS_1_2:
        read_signature_algorithm(body, reader)
    size = reader.count(body, 2, "Signature length", "handshake.client_cert_vrfy.sig_len")
    reader.raw(body, size, "Signature", "handshake.client_cert_vrfy.sig")


def read_session_ticket(body: Line, reader: Reader, _exchange: Exchange | None, _version: int) -> None:
    """The body of a NewSessionTicket."""
    field = "handshake.session_ticket"
    inside = body.add("TLS Session Ticket", reader.at, reader.left)
    seconds = reader.number(4)
    label = f"Session Ticket Lifetime Hint: {seconds} seconds"
    inside.add(label, reader.at - 4, 4, f"{field}_lifetime_hint", seconds)
    size = reader.count(inside, 2, "Session Ticket Length", f"{field}_length")
    if size:
        reader.raw(inside, size, "Session Ticket", field)


def read_certificate_status(body: Line, reader: Reader, _exchange: Exchange | None, _version: int) -> None:
    """The body of a CertificateStatus: an OCSP response, not read further."""
    kind = reader.name(body, 1, "Certificate Status Type", "handshake.extensions_status_request_type")
    if kind == _OCSP:
        size = reader.count(body, 3, "OCSP Response Length", "handshake.ocsp_response_len")
        raw = reader.take(size)
        body.add(f"OCSP Response: {shortened(raw)}", reader.at - size, size)
