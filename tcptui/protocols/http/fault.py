"""Faults of an HTTP/1.x message, each with its offset."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FaultKind(Enum):
    """Kinds of faults; sections are those of RFC 9112 unless named otherwise."""

    START_LINE = "start-line"
    """The start line can be parsed but breaks its grammar (3, 4)."""
    HEADER_LINE = "header-line"
    """A field line without a colon, or with a name that is no token (5.1)."""
    SPACE_BEFORE_COLON = "space-before-colon"
    """Forbidden because recipients disagree on what it means (5.1)."""
    CONTROL_CHARACTER = "control-character"
    """NUL or another control character in a value (RFC 9110, 5.5)."""
    BARE_LF = "bare-lf"
    """A line that ends without CR (2.2)."""
    BARE_CR = "bare-cr"
    """A CR that ends no line (2.2)."""
    FOLDED_LINE = "folded-line"
    """A value that continues on the next line (5.2)."""
    HEAD_TOO_LONG = "head-too-long"
    """No end of the head, or of the trailers, within the limit: the end of the message is unknown."""
    HEAD_CUT = "head-cut"
    """The end of the head is missing; `Fault.cut` says why."""
    LENGTH_INVALID = "length-invalid"
    """A Content-Length that is no number (6.3)."""
    LENGTH_REPEATED = "length-repeated"
    """Content-Length more than once with one value (6.3)."""
    LENGTH_CONFLICT = "length-conflict"
    """Content-Length more than once with different values (6.3)."""
    LENGTH_AND_CHUNKED = "length-and-chunked"
    """Both framings: how request smuggling looks (6.1)."""
    CODING_UNKNOWN = "coding-unknown"
    """A Transfer-Encoding that does not end with ``chunked`` (6.1)."""
    CHUNK_SIZE = "chunk-size"
    """There is no chunk size where one should be (7.1)."""
    CHUNK_END = "chunk-end"
    """A chunk's data is not followed by CRLF (7.1)."""
    BODY_CUT = "body-cut"
    """The body ends before its announced end; `Fault.cut` says why."""
    BODY_GAP = "body-gap"
    """Bytes of the body were not captured; its end is known all the same."""
    EXTRA_BYTES = "extra-bytes"
    """Bytes behind the end of the message that begin no new one."""


class Cut(Enum):
    """Why bytes are missing."""

    CLOSED = "closed"
    """The sender closed or reset the connection."""
    CAPTURE_END = "capture-end"
    """The capture has no more; the connection may go on."""
    GAP = "gap"
    """They were not captured."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, at ``offset`` in the byte stream."""

    kind: FaultKind
    offset: int
    length: int = 0
    """Number of bytes concerned; of a cut, the number of missing bytes where that is known."""
    cut: Cut | None = None
