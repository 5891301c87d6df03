"""HTTP messages out of streams: the same `HttpMessage` as that of HTTP/1, with its body in DATA frames."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter, methodcaller
from typing import TYPE_CHECKING, Final

from tcptui.model.request import UNKNOWN
from tcptui.model.shared_text import shares_long_texts
from tcptui.protocols.http.fault import Cut, Fault, FaultKind
from tcptui.protocols.http.head import HeaderLine, MessageHead
from tcptui.protocols.http.message import Framing, HttpMessage
from tcptui.protocols.http.read_window import Window
from tcptui.protocols.stream.reassembly import Ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.streams import SentOnStream
    from tcptui.protocols.stream.reassembly import ByteStream

VERSION: Final = "HTTP/2"
_IS_WHOLE: Final = attrgetter("is_whole")
_decoded: Final = shares_long_texts(methodcaller("decode", "utf-8", "replace"))


def text_of(raw: bytes | None) -> str:
    """A name or a value as text; a long one that many messages have is the same object in all."""
    return UNKNOWN if raw is None else _decoded(raw)


def value_in(block: Block | None, name: bytes) -> str:
    """The value of the first field of that name; empty without one."""
    raw = b"" if block is None else block.headers.values.get(name, b"")
    return _decoded(raw) if raw else text_of(raw)


def status_of(block: Block) -> int:
    """The status code of an answer's header block; 0 where it has none, or it is not known."""
    code = block.headers.values.get(b":status")
    return int(code) if code and len(code) == 3 and code.isdigit() else 0


def is_interim(block: Block) -> bool:
    """Whether it is an answer before the final one (RFC 9110, 15.2)."""
    code = block.headers.values.get(b":status") or b""
    return len(code) == 3 and code[:1] == b"1" and code.isdigit()


def head_of(block: Block, *, is_response: bool) -> MessageHead:
    """A header block as the head of a message; pseudo-header fields are what HTTP/1 has in the start line."""
    lines = []
    authority = value_in(block, b":authority")
    if authority:
        lines.append(HeaderLine("host", authority, b"", block.start, 0))
    for raw_name, raw_value in block.headers.entries:
        name = text_of(raw_name)
        if name and not name.startswith(":") and not (authority and name == "host"):
            lines.append(HeaderLine(name, text_of(raw_value), b"", block.start, 0))
    return MessageHead(
        start=block.start, start_line=b"", start_line_length=0, version=VERSION,
        method="" if is_response else value_in(block, b":method") or UNKNOWN,
        uri="" if is_response else value_in(block, b":path") or authority or UNKNOWN,
        status=status_of(block) if is_response else 0, phrase="", headers=tuple(lines), end=block.stop,
        complete=block.is_whole, scheme=value_in(block, b":scheme"),
    )  # fmt: skip


def final_block(sent: SentOnStream, *, is_response: bool) -> Block | None:
    """The header block that begins the message: of answers, the first that is not interim."""
    for block in sent.blocks:
        if not (is_response and is_interim(block)):
            return block
    return None


def trailers_of(sent: SentOnStream, head: Block | None) -> Block | None:
    """The header block behind the body; None without one."""
    last = sent.blocks[-1] if sent.blocks else None
    return None if last is head or last is None or is_interim(last) else last


def message_of(sent: SentOnStream, number: int, *, is_response: bool) -> HttpMessage | None:
    """What ``sent`` has as a message; None where its head was not captured."""
    block = final_block(sent, is_response=is_response)
    if block is None:
        return None
    direction, spans = sent.direction, sent.spans
    trailers = trailers_of(sent, block)
    faults = tuple(_faults(sent))
    made = HttpMessage(
        direction=direction, from_server=direction.side == 1, number=number,
        head=head_of(block, is_response=is_response),
        framing=Framing.FRAMES if spans else Framing.NONE, body_start=spans[0] if spans else block.stop,
        body_end=spans[-1] if spans else block.stop, body_length=sent.length,
        complete=sent.ended and not faults, faults=faults,
        trailers=() if trailers is None else head_of(trailers, is_response=True).headers,
        first_frame=(direction.frames_of(block.start, block.start + 1) or (0,))[0],
        first_ns=direction.first_ns(block.start),
        spans=spans,
    )  # fmt: skip
    last = max(sent.stop - 1, sent.start)
    made.last_frame, made.last_ns = direction.delivered_frame(last), direction.delivered_ns(last)
    return made


def promised_message(promise: Block, answer: HttpMessage) -> HttpMessage:
    """The request that a server announced, and did not wait for, in front of what it pushed."""
    direction, last = answer.direction, max(promise.stop - 1, promise.start)
    return HttpMessage(
        direction=direction, from_server=answer.from_server, number=answer.number,
        head=head_of(promise, is_response=False),
        framing=Framing.NONE, body_start=promise.stop, body_end=promise.stop, body_length=0,
        complete=promise.is_whole, faults=(), response=answer,
        first_frame=(direction.frames_of(promise.start, promise.start + 1) or (0,))[0],
        first_ns=direction.first_ns(promise.start), last_frame=direction.delivered_frame(last),
        last_ns=direction.delivered_ns(last),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FramedBody:
    """What is needed to read a body again without all frames before it."""

    spans: Sequence[int]
    length: int
    """Bytes in them."""
    codings: tuple[str, ...]
    complete: bool
    grpc_coding: str = ""
    """That of the messages of gRPC in it, where they are compressed."""

    @classmethod
    def of(cls, message: HttpMessage) -> FramedBody | None:
        """That of ``message``; None where it is framed otherwise."""
        if message.framing is not Framing.FRAMES:
            return None
        spans, head = message.spans, message.head
        length = sum(spans[1::2]) - sum(spans[::2])
        return cls(spans, length, head.content_codings, message.complete, head.value("grpc-encoding"))

    def message(self, direction: ByteStream, start: int) -> HttpMessage:
        """A message at offset ``start`` of ``direction`` with this body, and nothing else."""
        codings = {"content-encoding": ", ".join(self.codings), "grpc-encoding": self.grpc_coding}
        lines = tuple(HeaderLine(name, value, b"", start, 0) for name, value in codings.items())
        head = MessageHead(start, b"", 0, VERSION, "", "", 0, "", lines, start, complete=True)
        spans = self.spans
        return HttpMessage(
            direction=direction, from_server=direction.side == 1, number=0, head=head, framing=Framing.FRAMES,
            body_start=spans[0],
            body_end=spans[-1], body_length=self.length, complete=self.complete, faults=(),
            spans=spans,
        )  # fmt: skip


def is_captured(sent: SentOnStream) -> bool:
    """Whether no byte of it is missing in the capture."""
    if sent.direction.is_whole:
        return True
    window, frames = Window(sent.direction), sent.frames
    return not any(window.missing(frames[at], frames[at + 1])[1] for at in range(0, len(frames), 2))


def is_complete(sent: SentOnStream) -> bool:
    """Whether it was captured from its head to its end."""
    if not sent.ended or sent.lost or sent.overflown or not is_captured(sent):
        return False
    return all(map(_IS_WHOLE, sent.blocks))  # a generator would take longer than all else here


def _faults(sent: SentOnStream) -> list[Fault]:
    if is_complete(sent):
        return []
    if sent.lost or not is_captured(sent):
        return [Fault(FaultKind.BODY_GAP, sent.stop, 0, Cut.GAP)]
    closed = sent.reset is not None or sent.direction.ending is not Ending.OPEN
    return [Fault(FaultKind.BODY_CUT, sent.stop, 0, Cut.CLOSED if closed else Cut.CAPTURE_END)]
