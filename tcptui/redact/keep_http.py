"""HTTP/1.x: start lines, field names, and the values that say how messages are framed; all else is filler.

What stays is listed here, and stays only in the forms listed: a field of framing that says something else is filler.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http.conversation import conversation
from tcptui.protocols.http.message import Framing
from tcptui.redact.filler import FILLER, filler
from tcptui.redact.vocabulary import CHARSETS, CODINGS, EVENT_FIELDS, FIELDS, HANDSHAKE, MEDIA, METHODS, PHRASES, TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.http.message import HttpConversation, HttpMessage
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.redact.mapping import Mapping

_BEGINNING: Final = re.compile(rb"HTTP/1\.[0-9]|(?:" + b"|".join(sorted(METHODS)) + rb") ")
_REQUEST: Final = re.compile(rb"([!-~]{1,32})( {1,4})([^ \r\n]{0,65536})( {1,4})(HTTP/1\.[0-9])")
_RESPONSE: Final = re.compile(rb"(HTTP/1\.[0-9] {0,4}[0-9]{3} ?)([^\r\n]{0,65536})")
_FIELD: Final = re.compile(rb"([!#-'*+\-.0-9A-Z^_`a-z|~]{1,256})([ \t]{0,16}:[ \t]{0,64})([^\r\n]{0,65536})")
_SCHEME: Final = re.compile(rb"https?://")


def _any_of(words: Iterable[bytes]) -> bytes:
    return b"(?:" + b"|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))) + b")"


def _list_of(item: bytes, most: int = 8) -> bytes:
    return item + rb"(?:, ?" + item + b"){0,%d}" % most


_CODING, _TOKEN = _any_of(CODINGS), _any_of(TOKENS)
_COUNTED = rb"(?:timeout|max)=[0-9]{1,6}"
#: Values that stay, by field: in these forms alone.
VALUES: Final = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        b"content-length": rb"[0-9, +\-]{1,20}",
        b"transfer-encoding": _list_of(_CODING),
        b"content-encoding": _list_of(_CODING),
        b"accept-encoding": _list_of(rb"(?:" + _CODING + rb"|\*)(?:;q=[0-9.]{1,5})?"),
        b"connection": _list_of(_TOKEN),
        b"proxy-connection": _TOKEN,
        b"cache-control": _list_of(_TOKEN),
        b"keep-alive": _list_of(_COUNTED, 1),
        b"upgrade": _list_of(_TOKEN),
        b"expect": _TOKEN,
        b"accept-ranges": _TOKEN,
        b"range": rb"bytes=[0-9]{0,15}-[0-9]{0,15}",
        b"content-range": rb"bytes (?:[0-9]{1,15}-[0-9]{1,15}|\*)/(?:[0-9]{1,15}|\*)",
        b"sec-websocket-version": rb"[0-9]{1,3}",
        b"x-accel-buffering": _TOKEN,
        b"retry-after": rb"[0-9]{1,6}",
    }.items()
}  # fmt: skip
_MEDIA: Final = re.compile(_any_of(MEDIA) + rb"(?:; ?charset=" + _any_of(CHARSETS) + rb")?(?![\w.+\-])", re.IGNORECASE)
#: A chunk's size (RFC 9112, 7.1), its extensions, the end of the line.
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,16})([ \t]{0,16})([^\r\n]{0,4096})(\r?\n)")
_EVENT_STREAM: Final = "text/event-stream"
#: A line: perhaps a field's name, then what it says.
_EVENT_LINE: Final = re.compile(rb"((?<![^\r\n])" + _any_of(EVENT_FIELDS) + rb":[ ]?)?([^\r\n]{1,65536})")
_PIECE: Final = 1 << 16
_CHUNK_LINE: Final = 4200
_LIMIT: Final = 1 << 20
_END_OF_LINE: Final = re.compile(rb"\r?\n")


def begins_http(data: bytes) -> bool:
    """True if ``data`` begins with a start line."""
    return _BEGINNING.match(data) is not None


class HttpKeeper:
    """Replaces connections under one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def patches(
        self, client: ByteStream, server: ByteStream
    ) -> tuple[HttpConversation, list[tuple[int, bytes]], list[tuple[int, bytes]]]:
        """The conversation, and what is not filler of its two directions."""
        said = conversation(client, server, _LIMIT)
        found: tuple[list[tuple[int, bytes]], list[tuple[int, bytes]]] = ([], [])
        for message in said.messages:
            found[message.from_server].extend(self._message(message))
        return said, *found

    def _message(self, message: HttpMessage) -> Iterator[tuple[int, bytes]]:
        direction, head = message.direction, message.head
        yield head.start, self.head(direction.read(head.start, head.end - head.start))
        is_plain = message.head.media_type == _EVENT_STREAM and not message.codings
        if message.framing is Framing.CHUNKED:
            yield from self._chunks(direction, message.body_start, message.body_end, has_events=is_plain)
        elif is_plain:
            yield from _events(direction, message.body_start, message.body_end)

    def _chunks(self, direction: ByteStream, at: int, end: int, *, has_events: bool) -> Iterator[tuple[int, bytes]]:
        while at < end:
            line = direction.read(at, min(_CHUNK_LINE, end - at))
            found = _CHUNK.match(line)
            if found is None:
                return
            size, blank, extension, over = found.groups()
            yield at, size + blank + _extension(extension) + over
            at += found.end()
            if not int(size, 16):
                yield at, self._fields(direction.read(at, min(end - at, 1 << 16)))
                return
            if has_events:
                yield from _events(direction, at, min(at + int(size, 16), end))
            at += int(size, 16)
            behind = _END_OF_LINE.match(direction.read(at, 2))
            if behind is None:
                return
            yield at, behind.group()
            at += behind.end()

    def head(self, data: bytes) -> bytes:
        """A head replaced, of the same length: start line, then fields."""
        line = _END_OF_LINE.search(data)
        first = data if line is None else data[: line.start()]
        over = b"" if line is None else line.group()
        return self._start_line(first) + over + self._fields(data[len(first) + len(over) :])

    def _start_line(self, line: bytes) -> bytes:
        answer = _RESPONSE.fullmatch(line)
        if answer is not None:
            told, phrase = answer.groups()
            return told + (phrase if phrase in PHRASES else _shape(phrase))
        asked = _REQUEST.fullmatch(line)
        if asked is None:
            return _shape(line)
        method, first, target, second, version = asked.groups()
        told = method if method in METHODS else _shape(method)
        return told + first + self._target(method, target) + second + version

    def _target(self, method: bytes, target: bytes) -> bytes:
        """The same for the same, so that a request that is repeated is seen to be one."""
        if target == b"*":
            return target
        scheme = _SCHEME.match(target)
        start = scheme.group() if scheme else b"/" if target.startswith(b"/") else b""
        rest = target[len(start) :]
        if method == b"CONNECT":
            host, colon, port = rest.rpartition(b":")
            return self._mapping.name(host) + colon + port if port.isdigit() and len(port) < 6 else _shape(rest)
        return start + self._mapping.path(rest)

    def _fields(self, data: bytes) -> bytes:
        out, at = b"", 0
        while at < len(data):
            line = _END_OF_LINE.search(data, at)
            stop = len(data) if line is None else line.start()
            out += self._field(data[at:stop]) + (b"" if line is None else line.group())
            at = len(data) if line is None else line.end()
        return out

    def _field(self, line: bytes) -> bytes:
        found = _FIELD.fullmatch(line)
        if found is None:
            return _shape(line)
        name, colon, value = found.groups()
        lower = name.lower()
        told = name if lower in FIELDS else filler(len(name))
        return told + colon + self._value(lower, value)

    def _value(self, name: bytes, value: bytes) -> bytes:
        bare = value.rstrip(b" \t")
        blank = value[len(bare) :]
        if name in VALUES:
            return value if VALUES[name].fullmatch(bare) else _shape(value)
        if name == b"host":
            host, colon, port = bare.rpartition(b":")
            if colon and port.isdigit() and len(port) < 6:
                return self._mapping.name(host) + colon + port + blank
            return self._mapping.name(bare) + blank
        if len(bare) == len(HANDSHAKE.get(name, b"")):
            return HANDSHAKE[name] + blank
        if name == b"content-type":
            media = _MEDIA.match(bare)
            return (media.group() + _shape(bare[media.end() :]) if media else _shape(bare)) + blank
        if name == b"content-disposition":
            start = re.match(rb"(?:attachment|inline)(?:; ?filename=\"?)?", bare)
            return (start.group() + _shape(bare[start.end() :]) if start else _shape(bare)) + blank
        return _shape(value)


def _events(direction: ByteStream, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Lines of a stream of events: their fields stay, what they say does not."""
    while at < end:
        data = direction.read(at, min(_PIECE, end - at))
        if not data:
            return
        yield at, _EVENT_LINE.sub(lambda found: (found.group(1) or b"") + filler(len(found.group(2))), data)
        at += len(data)


def _extension(text: bytes) -> bytes:
    """Filler in place of a chunk's extension: it begins with a semicolon, else the line has no size."""
    return (text[:1] if text.startswith(b";") else b"") + filler(len(text) - text.startswith(b";"))


#: What shapes a line and says nothing: ends of lines that are no ends here, blanks at its edges, and zero bytes.
_WORD: Final = re.compile(rb"[^\r\n\t]")


def _shape(text: bytes) -> bytes:
    """Filler for ``text``, but for stray ends of lines, and for a blank at its beginning, by which lines are folded."""
    start = text[:1] if text[:1] in (b" ", b"\t") else b""
    return start + _WORD.sub(FILLER, text[len(start) :])
