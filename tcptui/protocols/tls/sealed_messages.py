"""Messages that are encrypted, read into lines: those of TLS 1.3, and Finished (RFC 8446, 4.3 to 4.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.tls.certificate import read_certificate
from tcptui.protocols.tls.extensions import read_extensions
from tcptui.protocols.tls.lines import LIST_MOST

if TYPE_CHECKING:
    from tcptui.protocols.tls.lines import Line, Reader


def read_encrypted_extensions(body: Line, reader: Reader) -> None:
    """The body of EncryptedExtensions."""
    _extensions(body, reader)


def read_certificate_list(body: Line, reader: Reader) -> None:
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
        _extensions(chain, inside)


def read_extended_request(body: Line, reader: Reader) -> None:
    """The body of a CertificateRequest."""
    _context(body, reader)
    _extensions(body, reader)


def read_ticket(body: Line, reader: Reader) -> None:
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
    _extensions(inside, reader)


def read_finished(body: Line, reader: Reader) -> None:
    """The body of Finished."""
    size = reader.left
    body.add("Verify Data", reader.at, size, "handshake.verify_data", reader.take(size))


def read_key_update(body: Line, reader: Reader) -> None:
    """The body of a KeyUpdate."""
    reader.name(body, 1, "Key Update Request", "handshake.key_update.request_update")


def _context(body: Line, reader: Reader) -> None:
    field = "handshake.certificate_request_context"
    size = reader.count(body, 1, "Certificate Request Context Length", f"{field}_length")
    if size:
        reader.raw(body, size, "Certificate Request Context", field)


def _extensions(body: Line, reader: Reader) -> None:
    size = reader.count(body, 2, "Extensions Length", "handshake.extensions_length")
    read_extensions(body, reader.inside(size), from_client=False)
