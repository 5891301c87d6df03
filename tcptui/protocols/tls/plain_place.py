"""What a decrypted packet says, in its header tree: the layers of the protocol inside TLS.

Their lines stand for bytes that the frame has only encrypted, so they mark none of it; filters compare the plain ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcptui.protocols.headers.builder import Joined
from tcptui.protocols.headers.frame_place import LONGEST_VALUE, FramePlace
from tcptui.protocols.parts import frame_at
from tcptui.protocols.stream.segment_place import place_of

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.interface import ParsedStream
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of a line that are read with it; more, only when they are asked for.
_READ = 4_096


@dataclass(frozen=True, slots=True)
class PlainPlace(FramePlace):
    """A segment of a decrypted direction."""

    packet: int
    """The packet that it is in."""

    def is_reassembled_alone(self, start: int, header: int) -> bool:
        """See `FramePlace`: what a record holds can be read with the packet that has the record's end."""
        return self.direction.delivered_frame(start + header - 1) != self.packet

    def holds(self, start: int, stop: int) -> bool:  # noqa: ARG002 - as declared
        """See `FramePlace`: which segments carried the bytes, the layer of TLS says."""
        return True

    def add(self, parent: Branch, label: str, start: int, length: int, field: str = "") -> Branch:
        """See `FramePlace`."""
        line = parent.add(label, 0, min(length, _READ), field)
        line.joined = Joined(self.direction.read(start, min(length, _READ)))
        if length > _READ:
            line.whole = lambda: self.direction.read(start, min(length, LONGEST_VALUE))
        if not (max(start, self.segment.start) < min(start + length, self.segment.stop)):
            line.target = frame_at(self.direction, start)
        return line


def add_plain(dissection: Dissection, inner: ParsedStream, plain: tuple[ByteStream, ByteStream]) -> None:
    """Append the layers of ``inner`` that the packet completed."""
    view = dissection.view
    segment = place_of(plain, view.row, view.frame)
    if segment is None:
        return
    transport, dissection.transport = dissection.transport, None
    inner.add_layers(dissection, PlainPlace(segment, 0, view.frame))
    dissection.transport = transport
