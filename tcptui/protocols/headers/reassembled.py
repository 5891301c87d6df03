"""The layer that lists the segments that carried a message (Wireshark: *Reassembled TCP Segments*)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.frame_place import LONGEST_VALUE
from tcptui.protocols.stream.reassembly import Gap

if TYPE_CHECKING:
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.stream.reassembly import ByteStream

#: Most segments of one message that are listed.
_SEGMENTS_SHOWN: Final = 200
_TITLE_FRAMES: Final = 24
_SHOWN_BYTES: Final = 40


def add_reassembled(
    dissection: Dissection, direction: ByteStream, start: int, stop: int, *, bytes_shown: bool = True
) -> None:
    """Append a layer with the segments that carried bytes ``start … stop`` of one direction.

    Without ``bytes_shown`` the bytes themselves are left out, because they are secret.
    """
    frames = direction.frames_of(start, stop)
    listed = list(islice(direction.pieces(start, stop), _SEGMENTS_SHOWN))
    parts = [(piece.frame, piece.start, piece.stop) for piece in listed if not isinstance(piece, Gap)]
    named = ", ".join(f"#{frame}({to - begin})" for frame, begin, to in parts[:_TITLE_FRAMES])
    title = f"{len(frames)} Reassembled TCP Segments ({stop - start} bytes): {named}"
    layer = dissection.parent.concluded(title, "tcp.segments")
    back = direction.reaching_back(start, stop)
    for frame, begin, to in parts:
        text = f"Frame: {frame}, payload: {begin - start}-{to - start - 1} ({to - begin} bytes)"
        line = layer.concluded(text, "tcp.segment")
        line.target = frame
        if frame in back:
            line.concluded("Segment overlap: True", "tcp.segment.overlap")
            if back[frame]:
                line.concluded("Conflicting data in segment overlap: True", "tcp.segment.overlap.conflict")
    if len(frames) > len(parts):
        layer.concluded(f"{len(frames) - len(parts)} more segments")
    layer.concluded(f"Segment count: {len(frames)}", "tcp.segment.count")
    layer.concluded(f"Reassembled TCP length: {stop - start}", "tcp.reassembled.length")
    if bytes_shown:
        text = f"Reassembled TCP Data: {shortened(direction.read(start, _SHOWN_BYTES))}"
        line = layer.concluded(text, "tcp.reassembled.data")
        line.whole = lambda: direction.read(start, min(stop - start, LONGEST_VALUE))
