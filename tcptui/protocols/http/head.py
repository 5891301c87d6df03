"""The head of an HTTP/1.x message: start line and header fields, each with its offset.

The parser is our own because it must give the offset of each line and must continue
after whatever breaks a rule: h11 and dpkt give neither offsets nor any result for a
head that they refuse, and a refused head is what users open a capture for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tcptui.protocols.http.fault import Fault, FaultKind

#: Most bytes read of a head (servers accept 8 to 80 KiB).
HEAD_LIMIT: Final = 65_536
#: Most faults kept of one head: the first of each kind.
_MAX_FAULTS: Final = 12
#: A folded value is joined up to about this many characters, so that a head full of continuation lines costs little.
_FOLDED_VALUE_LIMIT: Final = 8_192

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_NAME: Final = re.compile(_TOKEN)
_REQUEST: Final = re.compile(rb"(" + _TOKEN + rb") ([^\x00-\x20]+) (HTTP/1\.[0-9])")
_RESPONSE: Final = re.compile(rb"(HTTP/1\.[0-9]) ([0-9]{3})(?: ([^\r\n]*))?")
_LOOSE_METHOD: Final = re.compile(_TOKEN)
_LOOSE_VERSION: Final = re.compile(rb"HTTP/1\.[0-9]")
_LOOSE_STATUS: Final = re.compile(rb"(HTTP/1\.[0-9])[ \t]*([0-9]{3})([^0-9].*)?", re.DOTALL)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x0c\x0e-\x1f\x7f]")
#: Beginning of a start line whose end was not captured; a looser pattern would match ordinary text.
_BEGINNING: Final = re.compile(
    rb"HTTP/1\.[0-9](?: [0-9]{0,3}|$)"
    rb"|(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND|REPORT|MKCOL|COPY|MOVE|LOCK|UNLOCK)"
    rb" (?:/|\*|https?://|[0-9A-Za-z.\-]+:[0-9])"
)


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """One header field; ``start`` is its offset in the byte stream, ``length`` includes the line end."""

    name: str
    value: str
    """The value without surrounding white space; continuation lines are joined by one space."""
    raw: bytes
    """The (first) line without its line end."""
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class MessageHead:
    """Start line and header fields; offsets are those in the byte stream."""

    start: int
    start_line: bytes
    """The start line without its line end."""
    start_line_length: int
    """Its length with its line end."""
    version: str
    method: str
    """Empty for a response."""
    uri: str
    """The request target; empty for a response."""
    status: int
    """0 for a request."""
    phrase: str
    headers: tuple[HeaderLine, ...]
    end: int
    """Offset at which the body begins, or at which parsing the head had to stop."""
    complete: bool
    """The empty line that ends the head was captured."""
    faults: tuple[Fault, ...] = ()
    scheme: str = ""
    """Of a request's URI, where the head says it."""

    @property
    def is_response(self) -> bool:
        """Whether this is a response."""
        return self.version != "" and self.method == ""

    def value(self, name: str) -> str:
        """The value of the first field with that name (case-insensitive), or an empty string."""
        wanted = name.lower()
        return next((line.value for line in self.headers if line.name.lower() == wanted), "")

    def values(self, name: str) -> list[str]:
        """All values of the fields with that name, in order, with comma-separated lists split."""
        wanted = name.lower()
        found = (line.value for line in self.headers if line.name.lower() == wanted)
        return [part.strip() for value in found for part in value.split(",") if part.strip()]

    @property
    def content_length(self) -> int | None:
        """The value of Content-Length; None when there is none or it is no number."""
        values = self.values("Content-Length")
        text = values[0] if values else ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    @property
    def transfer_codings(self) -> list[str]:
        """The transfer codings in the order they were applied, lower case, without parameters."""
        return [coding.partition(";")[0].strip().lower() for coding in self.values("Transfer-Encoding")]

    @property
    def is_chunked(self) -> bool:
        """Whether the body is chunked: ``chunked`` is the last transfer coding (RFC 9112, 7.1)."""
        return self.transfer_codings[-1:] == ["chunked"]

    @property
    def content_codings(self) -> tuple[str, ...]:
        """The content codings in the order they were applied, lower case, ``identity`` left out."""
        codings = (coding.lower() for coding in self.values("Content-Encoding"))
        return tuple(coding for coding in codings if coding != "identity")

    @property
    def media_type(self) -> str:
        """The content type without parameters, lower case; empty when none is given."""
        return self.value("Content-Type").partition(";")[0].strip().lower()


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def could_begin(data: bytes) -> bool:
    """Whether ``data``, which has no complete line, looks like the beginning of a start line."""
    return _BEGINNING.match(data) is not None


def begins_http(payload: bytes) -> bool:
    """Whether the payload of one segment begins a message."""
    return parse_head(payload) is not None


def parse_head(data: bytes, start: int = 0, base: int = 0) -> MessageHead | None:
    """The message head that begins at ``data[start]``, or None when none does.

    ``base`` is the offset of ``data[0]`` in the byte stream.  A head that does not end within ``data``
    and `HEAD_LIMIT` is not `complete`.
    """
    limit = min(len(data), start + HEAD_LIMIT)
    newline = data.find(b"\n", start, limit)
    if newline < 0:
        return _cut_start_line(data, start, limit, base)
    line = data[start:newline].removesuffix(b"\r")
    read = _start_line(line)
    if read is None:
        return None
    version, method, uri, status, phrase, strict = read
    lines = _Lines(base)
    if not strict:
        lines.blame(FaultKind.START_LINE, base + start, len(line))
    lines.line_end(data, start, newline)
    lines.read(data, newline + 1, limit)
    return MessageHead(
        start=base + start,
        start_line=line,
        start_line_length=newline + 1 - start,
        version=_decode(version),
        method=_decode(method),
        uri=_decode(uri),
        status=status,
        phrase=_decode(phrase),
        headers=tuple(lines.headers),
        end=base + lines.at,
        complete=lines.complete,
        faults=tuple(lines.faults.values()),
    )


def _cut_start_line(data: bytes, start: int, limit: int, base: int) -> MessageHead | None:
    """A head that consists of the beginning of a start line; None when it may be something else."""
    if not could_begin(data[start : start + 64]):
        return None
    line = data[start:limit]
    is_response = line.startswith(b"HTTP/")
    method, _, rest = line.partition(b" ")
    return MessageHead(
        start=base + start,
        start_line=line,
        start_line_length=len(line),
        version=_decode(method) if is_response else "",
        method="" if is_response else _decode(method),
        uri="" if is_response else _decode(rest.partition(b" ")[0]),
        status=0,
        phrase="",
        headers=(),
        end=base + limit,
        complete=False,
    )


_Start = tuple[bytes, bytes, bytes, int, bytes, bool]


def _start_line(line: bytes) -> _Start | None:
    """Version, method, target, status, phrase, and whether the line follows the grammar; None for other lines."""
    if match := _REQUEST.fullmatch(line):
        return match[3], match[1], match[2], 0, b"", True
    if match := _RESPONSE.fullmatch(line):
        return match[1], b"", b"", int(match[2]), match[3] or b"", True
    if match := _LOOSE_STATUS.fullmatch(line):
        return match[1], b"", b"", int(match[2]), (match[3] or b"").strip(), False
    method = _LOOSE_METHOD.match(line)
    words = line.rstrip(b" \t")
    if method is None or not line[method.end() : method.end() + 1].isspace():
        return None
    if not _LOOSE_VERSION.fullmatch(words[-8:]) or not words[-9:-8].isspace():
        return None
    target = words[method.end() : -8].strip()
    return (words[-8:], method[0], target, 0, b"", False) if target else None


class _Lines:
    """Parses header fields line by line, and collects their faults."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.headers: list[HeaderLine] = []
        self.faults: dict[FaultKind, Fault] = {}
        self.at = 0
        self.complete = False

    def blame(self, kind: FaultKind, offset: int, length: int = 0) -> None:
        """Add a fault, unless there is one of that kind already."""
        if kind not in self.faults and len(self.faults) < _MAX_FAULTS:
            self.faults[kind] = Fault(kind, offset, length)

    def line_end(self, data: bytes, start: int, newline: int) -> None:
        """Check that the line from ``start`` to ``newline`` ends in CR LF and has no CR within it."""
        if newline == start or data[newline - 1 : newline] != b"\r":
            self.blame(FaultKind.BARE_LF, self.base + newline, 1)
            stray = data.find(b"\r", start, newline)
        else:
            stray = data.find(b"\r", start, newline - 1)
        if stray >= 0:
            self.blame(FaultKind.BARE_CR, self.base + stray, 1)

    def read(self, data: bytes, at: int, limit: int) -> None:
        """Parse lines from ``at`` up to the empty line, or to ``limit``."""
        while at < limit:
            newline = data.find(b"\n", at, limit)
            if newline < 0:
                break
            self.line_end(data, at, newline)
            raw = data[at:newline].removesuffix(b"\r")
            if not raw:
                self.at, self.complete = newline + 1, True
                return
            self._field(raw, self.base + at, newline + 1 - at)
            at = newline + 1
        self.at = at

    def _field(self, raw: bytes, start: int, length: int) -> None:
        if raw[:1] in (b" ", b"\t") and self.headers:
            self.blame(FaultKind.FOLDED_LINE, start, len(raw))
            last = self.headers[-1]
            joined = last.value
            if len(joined) < _FOLDED_VALUE_LIMIT:
                joined = f"{joined} {_decode(raw.strip())}".strip()
            self.headers[-1] = HeaderLine(last.name, joined, last.raw, last.start, start + length - last.start)
            return
        name, colon, value = raw.partition(b":")
        if colon and name[-1:] in (b" ", b"\t"):
            self.blame(FaultKind.SPACE_BEFORE_COLON, start + len(name.rstrip(b" \t")), 1)
            name = name.rstrip(b" \t")
        if not colon or not _NAME.fullmatch(name):
            self.blame(FaultKind.HEADER_LINE, start, len(raw))
        control = _CONTROL.search(raw)
        if control:
            self.blame(FaultKind.CONTROL_CHARACTER, start + control.start(), 1)
        self.headers.append(HeaderLine(_decode(name), _decode(value.strip(b" \t")), raw, start, length))


def parse_trailers(data: bytes, base: int) -> tuple[tuple[HeaderLine, ...], int, bool, tuple[Fault, ...]]:
    """Trailer fields of a chunked body: the lines, the offset of their end, whether the empty line came, faults."""
    lines = _Lines(base)
    lines.read(data, 0, min(len(data), HEAD_LIMIT))
    return tuple(lines.headers), base + lines.at, lines.complete, tuple(lines.faults.values())
