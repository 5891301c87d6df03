"""The end of *follow stream*: where two versions of the same bytes were captured, which bytes came damaged alone."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text
from tcptui.words.follow_text import SIDES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.words.catalogue import Words

#: Places that are told of each side, and characters of each version.
PLACES: Final = 32
_SHOWN: Final = 200


def version_lines(direction: ByteStream, words: Words, *, as_hex: bool) -> Iterator[str]:
    """Lines about one direction; none where all copies of its bytes are alike."""
    side = words(f"follow.side.{SIDES[direction.side]}")
    for overlap in islice(direction.overlaps, PLACES):
        facts = {"side": side, "first": overlap.start, "last": overlap.start + overlap.length - 1}
        yield words("follow.versions.damaged" if overlap.damaged else "follow.versions.two", **facts)
        shown = direction.read(overlap.start, min(overlap.length, len(overlap.other) or overlap.length))
        for frame, data in ((overlap.first_frame, shown), (overlap.again_frame, overlap.other)):
            text = data[: _SHOWN // 3].hex(" ") if as_hex else safe_text(data, _SHOWN)
            yield words("follow.versions.one", frame=frame, text=text)
    for start, stop, frame in islice(direction.damaged, PLACES):
        yield words("follow.versions.only", side=side, first=start, last=stop - 1, frame=frame)
