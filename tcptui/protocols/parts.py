"""What one side said, as it was meant: a head, a body without its codings, an event, a message.

A part says which bytes of its direction it was made from, so that a screen can go from the meaning to the
packets that carried it.  Parts are read lazily: a body may be gigabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.stream.conversation import chunks

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes looked at to tell text from something else.
_SAMPLE: Final = 512
#: Of which so many in a hundred may be no text.
_ODD_PERCENT: Final = 10


@dataclass(frozen=True, slots=True)
class Label:
    """What a part is: ``follow.part.<name>`` and its facts, which are text from the packets."""

    name: str
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """Something that one side said, as it was meant."""

    side: int
    start: int
    """Bytes ``start … stop`` of the direction are what it was made from."""
    stop: int
    frame: int
    """The packet with which it began to arrive; 0 unknown."""
    time_ns: int
    label: Label
    blocks: Callable[[], Iterator[tuple[int, bytes]]]
    """Reads it: pieces, each with the byte of the direction that it begins with, or whose packet brought it."""
    exact: bool = False
    """The pieces are the bytes of the direction themselves."""
    trouble: Callable[[], str] = field(default=lambda: "")
    """Known once `blocks` was read to its end: why that came early, as in ``follow.trouble.<name>``; else empty."""


def exact_part(stream: ByteStream, start: int, stop: int, label: Label) -> Part:
    """Bytes ``start … stop`` of one direction as they were sent."""
    return Part(
        stream.side, start, stop, frame_at(stream, start), stream.delivered_ns(start), label,
        lambda: chunks(stream, start, stop), exact=True,
    )  # fmt: skip


def once(start: int, data: bytes) -> Callable[[], Iterator[tuple[int, bytes]]]:
    """`Part.blocks` of bytes that are at hand."""
    return lambda: iter(((start, data),) if data else ())


def frame_at(stream: ByteStream, offset: int) -> int:
    """The frame that brought the byte at ``offset`` first; 0 when none did."""
    frames = stream.frames_of(offset, offset + 1)
    return frames[0] if frames else 0


def is_text(sample: bytes) -> bool:
    """Whether bytes look like text for people."""
    sample = sample[:_SAMPLE]
    if b"\0" in sample:
        return False
    text = sample.decode("utf-8", "replace").removesuffix("\ufffd")  # a character cut by the sample's end
    odd = sum(char == "\ufffd" or (char < " " and char not in "\t\r\n\x1b") for char in text)
    return odd * 100 <= _ODD_PERCENT * max(len(text), 1)
