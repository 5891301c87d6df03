"""The other version of the byte under the cursor, where copies of it differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes sent again up to which they are compared while a key waits.
_PROMPT: Final = 1 << 20
#: Characters of the other version that are shown.
_SHOWN: Final = 40


def other_version(direction: ByteStream, offset: int) -> tuple[int, str]:
    """The packet that has another version of the byte at ``offset``, and that version from there on; 0 for none."""
    if not 0 < direction.resent <= _PROMPT:
        return 0, ""
    for overlap in direction.overlaps:
        at = offset - overlap.start
        if 0 <= at < min(overlap.length, len(overlap.other)):
            return overlap.again_frame, safe_text(overlap.other[at:], _SHOWN)
    return 0, ""
