"""The decoded parts of one direction, for *follow stream*: a head, a body without its codings, an event, a message.

A part says which bytes of its direction it was made from, so that a screen can go from decoded text to the
packets that carried it.  Parts are read lazily: a body may be gigabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from tcptui.protocols.stream.conversation import chunks

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.unread import Unread

#: Bytes sampled to tell text from binary data.
_SAMPLE: Final = 512
#: Largest share (percent) of control or undecodable characters in text.
_ODD_PERCENT: Final = 10


@dataclass(frozen=True, slots=True)
class Label:
    """The heading of a part: the words ``follow.part.<name>``, and the facts that fill them (text from packets)."""

    name: str
    facts: dict[str, object] = field(default_factory=dict)


class PartText(Enum):
    """Who knows what is secret in the text of a part."""

    OWN = auto()
    """Its protocol, which leaves it out."""
    HEAD = auto()
    """It is a head, whose fields have names."""
    BODY = auto()
    """It may be anything."""


@dataclass(frozen=True, slots=True)
class Part:
    """One decoded part of what one side sent: a command, a head, a body, a message."""

    side: int
    start: int
    """It was made from bytes ``start … stop`` of the direction."""
    stop: int
    frame: int
    """The frame number of the packet with which it began to arrive; 0 unknown."""
    time_ns: int
    label: Label
    blocks: Callable[[], Iterator[tuple[int, bytes]]]
    """Reads the decoded bytes: chunks, each with an offset in the direction.

    The offset is where the chunk begins; of a coded body, where the packet begins that made it readable.
    """
    exact: bool = False
    """The chunks are the bytes of the direction themselves, without decoding (`shown_parts` leaves out secrets)."""
    trouble: Callable[[], str] = field(default=lambda: "")
    """Why `blocks` ended early, as in ``follow.trouble.<name>``, or empty; valid once `blocks` was read to its end."""
    text: PartText = PartText.OWN
    id: str | None = None
    """The request that it belongs to, as in `tcptui.model.request.Request`; None where their order tells them apart."""


def exact_part(stream: ByteStream, start: int, stop: int, label: Label, text: PartText = PartText.OWN) -> Part:
    """A part made of bytes ``start … stop`` of one direction as they were sent."""
    return Part(
        stream.side, start, stop, frame_at(stream, start), stream.delivered_ns(start), label,
        lambda: chunks(stream, start, stop), exact=True, text=text,
    )  # fmt: skip


def text_part(direction: ByteStream, start: int, stop: int, label: Label, text: bytes = b"", trouble: str = "") -> Part:
    """A part of bytes ``start … stop`` whose ``text`` is made already; empty: its label says all.

    ``trouble``: see `Part.trouble`.
    """
    return Part(
        direction.side, start, stop, frame_at(direction, start), direction.delivered_ns(start), label,
        once(start, text), trouble=lambda: trouble,
    )  # fmt: skip


def unread_part(name: str, one: Unread) -> Part:
    """The part ``name`` of bytes that are not read."""
    return text_part(one.direction, one.start, one.stop, Label(name, {"count": f"{one.stop - one.start:,}"}))


def once(start: int, data: bytes) -> Callable[[], Iterator[tuple[int, bytes]]]:
    """A `Part.blocks` that gives ``data``, which is already in memory, as one chunk at offset ``start``."""
    return lambda: iter(((start, data),) if data else ())


def frame_at(stream: ByteStream, offset: int) -> int:
    """The frame number of the packet that first carried the byte at ``offset``; 0 when none did."""
    frames = stream.frames_of(offset, offset + 1)
    return frames[0] if frames else 0


def is_text(sample: bytes) -> bool:
    """Whether ``sample`` looks like text rather than binary data."""
    sample = sample[:_SAMPLE]
    if b"\0" in sample:
        return False
    text = sample.decode("utf-8", "replace").removesuffix("\ufffd")  # a character cut by the sample's end
    odd = sum(char == "\ufffd" or (char < " " and char not in "\t\r\n\x1b") for char in text)
    return odd * 100 <= _ODD_PERCENT * max(len(text), 1)
