"""The certificate that a server sends in plain sight until TLS 1.2 (RFC 5246, 7.4.2), from its first bytes alone."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.tls.certificate import Certificate
from tcptui.protocols.tls.codes import ContentType, Handshake

_HEADER: Final = 5
#: Type and length of a handshake message; the length of the list, and of its first certificate.
_MESSAGE: Final = 4
_LENGTH: Final = 3


def served_certificate(said: bytes) -> Certificate | None:
    """The server's own certificate, the first of its list; None where ``said`` does not hold it whole.

    ``said``: what the server said, from its first byte on.
    """
    handshake, at = _handshake_bytes(said), 0
    while at + _MESSAGE <= len(handshake):
        size = int.from_bytes(handshake[at + 1 : at + _MESSAGE])
        if handshake[at] == Handshake.CERTIFICATE:
            begin = at + _MESSAGE + 2 * _LENGTH
            own = int.from_bytes(handshake[begin - _LENGTH : begin])
            is_whole = 0 < own <= size - 2 * _LENGTH and begin + own <= len(handshake)
            return Certificate(handshake[begin : begin + own]) if is_whole else None
        at += _MESSAGE + size
    return None


def may_go_on(said: bytes) -> bool:
    """Whether more of the handshake in plain sight may follow ``said``: nothing else has been said so far."""
    at = 0
    while at < len(said) and said[at] == ContentType.HANDSHAKE:
        at += _HEADER + int.from_bytes(said[at + 3 : at + _HEADER])
    return at >= len(said)


def _handshake_bytes(said: bytes) -> bytes:
    """The handshake messages of the records that ``said`` begins with; what is behind them may be encrypted."""
    parts, at = [], 0
    while at + _HEADER <= len(said) and said[at] == ContentType.HANDSHAKE:
        size = int.from_bytes(said[at + 3 : at + _HEADER])
        parts.append(said[at + _HEADER : at + _HEADER + size])
        at += _HEADER + size
    return b"".join(parts)
