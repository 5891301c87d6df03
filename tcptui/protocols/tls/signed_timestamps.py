"""Signed certificate timestamps: proofs that a certificate is in public logs (RFC 6962, 3.2 and 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.tls.codes import name_of
from tcptui.protocols.tls.lines import LIST_MOST, Reader

if TYPE_CHECKING:
    from tcptui.protocols.tls.lines import Line

#: The bytes of a signature algorithm.
_HALVES: Final = ("hash", "sig")
_LOG_ID: Final = 32
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_signature_algorithm(line: Line, reader: Reader) -> None:
    """One signature algorithm, with its halves as TLS 1.2 reads them (RFC 5246, 7.4.1.4.1)."""
    field, start = "handshake.sig_hash", reader.at
    value = reader.number(2)
    name = name_of(f"tls.{field}_alg", value) or " ".join(
        name_of(f"tls.{field}_{half}", byte) or "Unknown"
        for half, byte in zip(_HALVES, divmod(value, 256), strict=True)
    )
    one = line.add(f"Signature Algorithm: {name} (0x{value:04x})", start, 2, f"{field}_alg", value)
    halves = Reader(reader.data, start, reader.at)
    halves.name(one, 1, "Signature Hash Algorithm Hash", "handshake.sig_hash_hash")
    halves.name(one, 1, "Signature Hash Algorithm Signature", "handshake.sig_hash_sig")


def read_timestamps(line: Line, reader: Reader) -> None:
    """A list of timestamps, with its length in front.  Raises ShortError."""
    size = reader.number(2)
    line.add(f"Serialized SCT List Length: {size}", reader.at - 2, 2)
    inside = reader.inside(size)
    for _ in range(LIST_MOST):
        if not inside.left:
            return
        length = inside.number(2)
        one = line.add("Signed Certificate Timestamp", inside.at, length)
        one.add(f"Serialized SCT Length: {length}", inside.at - 2, 2)
        _timestamp(one, inside.inside(length))


def _timestamp(line: Line, reader: Reader) -> None:
    line.add(f"SCT Version: {reader.number(1)}", reader.at - 1, 1)
    line.add(f"Log ID: {shortened(reader.take(_LOG_ID))}", reader.at - _LOG_ID, _LOG_ID)
    line.add(f"Timestamp: {_moment(reader.number(8))}", reader.at - 8, 8)
    size = reader.number(2)
    line.add(f"Extensions length: {size}", reader.at - 2, 2)
    if size:
        line.add(f"Extensions: {shortened(reader.take(size))}", reader.at - size, size)
    read_signature_algorithm(line, reader)
    size = reader.number(2)
    line.add(f"Signature Length: {size}", reader.at - 2, 2)
    line.add(f"Signature: {shortened(reader.take(size))}", reader.at - size, size)


def _moment(milliseconds: int) -> str:
    try:
        return f"{_EPOCH + timedelta(milliseconds=milliseconds):%Y-%m-%d %H:%M:%S} (UTC)"
    except OverflowError:
        return f"{milliseconds} ms"
