"""The files that a capture carried over HTTP: found message by message, with ranges of one resource joined.

A file is known by the position of its message; its bytes are read from the spool on demand, so a list
takes a few hundred bytes a file and an export holds no more than one block at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tcptui.protocols.export.files import CarriedFile, Part, Shortfall
from tcptui.protocols.export.names import Names, call_name, name_of
from tcptui.protocols.http.body import body_ranges
from tcptui.protocols.http.conversation import Cut, Framing, HttpMessage, messages
from tcptui.protocols.http.read_window import Window
from tcptui.protocols.http.tunnel import opened_streams
from tcptui.protocols.http2.grpc import PREFIX, grpc_messages
from tcptui.protocols.http2.messages import FramedBody
from tcptui.protocols.http2.parse import http2_requests, http2_requests_without_start
from tcptui.protocols.secrets_out import host_without_secrets, uri_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.export.reading import DirectionsOf
    from tcptui.protocols.http2.grpc import GrpcMessage
    from tcptui.protocols.stream.reassembly import ByteStream

#: Most files listed of one capture.
FILES_LIMIT: Final = 100_000

_RANGE: Final = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18})", re.IGNORECASE)


@dataclass(slots=True)
class _Range:
    """The range of a longer resource that one response carries."""

    start: int
    stop: int
    """Offset behind the last captured byte."""
    file: CarriedFile
    partial: bool
    """The response has status 206."""


@dataclass(slots=True)
class Found:
    """What some streams carried: parts of a `FileCollector`, which another process may have found."""

    files: list[CarriedFile]
    ranges: dict[tuple[str, ...], list[_Range]]
    left_out: int
    uncaptured: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The one request of a connection whose files are wanted."""

    id: str | None = None
    """Its stream in HTTP/2; None in HTTP/1, …"""
    starts: frozenset[tuple[bool, int]] = frozenset()
    """… where its messages are known by whether the server sent them, and by their offset."""

    def has(self, message: HttpMessage, stream: str | None) -> bool:
        """Whether ``message``, of that stream in HTTP/2, is one of its own."""
        return stream == self.id if self.id is not None else (message.from_server, message.start) in self.starts


@dataclass(slots=True)
class FileCollector:
    """Finds the files of streams given one after the other."""

    directions_of: DirectionsOf
    files: list[CarriedFile] = field(default_factory=list)
    left_out: int = 0
    """Number of files beyond `FILES_LIMIT`."""
    uncaptured: int = 0
    """Number of files of which not one byte was captured; they are not listed."""
    _ranges: dict[tuple[str, ...], list[_Range]] = field(default_factory=dict)

    def add_stream(self, stream: int, chosen: Chosen | None = None) -> None:
        """Find the files of ``stream``, or of one request of it; the messages of gRPC only if it is their request."""
        client, server = self.directions_of(stream)
        for message, id_, is_call in _messages(client, server):
            if (is_call and chosen is None) or not (chosen is None or chosen.has(message, id_)):
                continue
            if not message.has_body or message.framing is Framing.UNKNOWN or not message.body_length:
                continue
            if is_call:
                self._add_call(stream, message, id_)
            else:
                self._add(stream, message, id_)

    @property
    def found(self) -> Found:
        """What the streams carried so far."""
        return Found(self.files, self._ranges, self.left_out, self.uncaptured)

    def add(self, found: Found) -> None:
        """Take in what later streams carried, as if they had been given to `add_stream`."""
        kept = found.files[: max(FILES_LIMIT - len(self.files), 0)]
        self.files += kept
        self.left_out += found.left_out + len(found.files) - len(kept)
        self.uncaptured += found.uncaptured
        mine = set(map(id, kept))
        for key, ranges in found.ranges.items():
            if some := [one for one in ranges if id(one.file) in mine]:
                self._ranges.setdefault(key, []).extend(some)

    def _may_list(self, captured: int, length: int) -> bool:
        """Whether a file of ``length`` bytes, as far as that is known, is listed; else it is counted."""
        if not captured and length:
            self.uncaptured += 1
        elif len(self.files) >= FILES_LIMIT:
            self.left_out += 1
        else:
            return True
        return False

    def _add(self, stream: int, message: HttpMessage, id_: str | None) -> None:
        captured = _captured(message)
        if self._may_list(captured, message.body_length):
            file = _carried_file(stream, message, id_)
            file.codings = (*message.head.content_codings, *message.head.transfer_codings[:-1])
            file.sent, file.size = captured, None if file.codings else captured
            self.files.append(file)
            self._note_range(message, file)

    def _add_call(self, stream: int, message: HttpMessage, id_: str | None) -> None:
        """The messages of gRPC in the body of ``message``."""
        whole = _carried_file(stream, message, id_)
        for one in grpc_messages(message):
            sent = max(one.stop - one.start - PREFIX, 0)
            if self._may_list(sent, one.length):
                self.files.append(_called(whole, message, one, sent))

    def _note_range(self, message: HttpMessage, file: CarriedFile) -> None:
        head = message.head
        if head.status == 206:
            match = _RANGE.fullmatch(head.value("Content-Range").strip())
            if match is None:
                return  # a body with several ranges is exported as it was sent
            start, last, total = (int(number) for number in match.groups())
            if last < start or last >= total:
                return
            stop = start + min(file.sent, last + 1 - start)
            if (start, stop) != (0, total):
                file.shortfall = Shortfall.PART
        elif head.status == 200 and message.framing is Framing.LENGTH and not message.complete:
            start, stop, total = 0, file.sent, message.body_length
        else:
            return
        validator = head.value("ETag") or head.value("Last-Modified")
        asked = message.request.head if message.request is not None else head
        key = (asked.value("Host"), asked.uri, validator, str(total), *head.content_codings)
        self._ranges.setdefault(key, []).append(_Range(start, stop, file, head.status == 206))

    def result(self) -> list[CarriedFile]:
        """All files so far in packet order, with ranges that cover a whole resource joined, and with unique names."""
        gone: set[int] = set()
        joined: list[CarriedFile] = []
        for key, ranges in self._ranges.items():
            if any(one.partial for one in ranges):
                whole = _join(ranges, int(key[3]))
                if whole is not None:
                    joined.append(whole)
                    gone.update(id(one.file) for one in ranges)
        listed = [file for file in self.files if id(file) not in gone] + joined
        listed.sort(key=lambda file: (file.frame, file.stream, file.parts[0].start))
        names = Names()
        for file in listed:
            file.name = names.give(file.name)
        return listed


def _carried_file(stream: int, message: HttpMessage, id_: str | None) -> CarriedFile:
    """What ``message`` says of its body."""
    asked = message.request.head if message.request is not None else message.head
    head = message.head
    uri = asked.uri if not asked.is_response else ""
    return CarriedFile(
        stream=stream, frame=message.shown_frame, host=host_without_secrets(asked.value("Host")),
        uri=uri_without_secrets(uri), name=name_of(message, uri),
        media_type=head.media_type, codings=(), sent=0, upload=not head.is_response, method=asked.method,
        status=head.status, shortfall=shortfall_of(message), id=id_,
        parts=(Part(stream, message.from_server, message.start, framed=FramedBody.of(message)),),
    )  # fmt: skip


def _called(whole: CarriedFile, message: HttpMessage, one: GrpcMessage, sent: int) -> CarriedFile:
    """One message of the call whose body ``whole`` is."""
    shortfall = None
    if one.trouble:
        shortfall = Shortfall.GAP if one.trouble == "gap" else whole.shortfall or Shortfall.BROKEN
    coding = message.head.value("grpc-encoding").strip().lower()
    return replace(
        whole, frame=message.direction.delivered_frame(one.stop - 1),
        name=call_name(whole.uri, whole.media_type, upload=whole.upload), codings=(coding,) if one.compressed else (),
        sent=sent, size=None if one.compressed else sent, shortfall=shortfall,
        parts=(replace(whole.parts[0], call=one),),
    )  # fmt: skip


def _messages(client: ByteStream, server: ByteStream) -> Iterator[tuple[HttpMessage, str | None, bool]]:
    """The messages of HTTP/1 or HTTP/2: each with its stream in HTTP/2, and whether it is of a call of gRPC."""
    client, server = opened_streams(client, server)
    exchanges = http2_requests(client, server)
    found = messages(client, server) if exchanges is None else iter(())
    first = next(found, None)
    if first is None and exchanges is None:
        exchanges = http2_requests_without_start(client, server)
    if first is not None:
        yield first, None, False
        yield from ((message, None, False) for message in found)
    for exchange in exchanges or ():
        for message in exchange.messages:
            if message is not None:
                yield message, exchange.id, exchange.protocol == "grpc"


def _captured(message: HttpMessage) -> int:
    """How many bytes of the body were captured before the first missing one; of a chunked body, those of all chunks."""
    if message.framing is Framing.CHUNKED:
        return message.body_length
    window, captured = Window(message.direction), 0
    for start, stop in body_ranges(message):
        behind = window.missing(start, min(stop, message.direction.length))[0]
        captured += behind - start
        if behind < stop:
            break
    return captured


def _join(ranges: list[_Range], total: int) -> CarriedFile | None:
    """One file made of ``ranges`` that cover all ``total`` bytes; None when they do not, or one range is enough."""
    parts: list[Part] = []
    position = 0
    for one in sorted(ranges, key=lambda each: (each.start, -each.stop)):
        if one.start > position:
            return None
        if one.stop <= position:
            continue
        part = one.file.parts[0]
        parts.append(replace(part, skip=position - one.start, length=one.stop - position))
        position = one.stop
    if position != total or len(parts) < 2:
        return None
    first = ranges[0].file
    last = max(ranges, key=lambda each: each.file.frame).file
    return CarriedFile(
        stream=first.stream, frame=last.frame, host=first.host, uri=first.uri, name=first.name,
        media_type=first.media_type, codings=first.codings, sent=total, upload=False,
        method=first.method, status=first.status,
        parts=tuple(parts), shortfall=None, size=None if first.codings else total,
    )  # fmt: skip


def shortfall_of(message: HttpMessage) -> Shortfall | None:
    """Why the body of ``message`` is incomplete, by its framing alone; None when it is complete."""
    if message.complete:
        return None
    cuts = {fault.cut for fault in message.faults}
    if Cut.GAP in cuts:
        return Shortfall.GAP
    if Cut.CLOSED in cuts:
        return Shortfall.CLOSED
    return Shortfall.CAPTURE_END if Cut.CAPTURE_END in cuts else Shortfall.BROKEN
