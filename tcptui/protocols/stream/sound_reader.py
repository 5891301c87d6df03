"""A reader that knows where a message begins again at a segment from which sound messages reach a segment's end."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, Generic

import numpy as np

from tcptui.protocols.stream.message_reader import M, MessageReader, W

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64

#: So many messages that follow each other show where one begins, wherever the last of them ends.
_SOUND: Final = 4


class SoundReader(MessageReader[M, W], Generic[M, W]):
    """A `MessageReader` of a protocol whose messages are sound, or not, to their last byte."""

    def _sound_until(self, start: int) -> int:
        """Where a sound message ends that begins at ``start``; -1: there is none."""
        raise NotImplementedError

    def _starts(self) -> I64:
        return self._segments[0]

    @cached_property
    def _segments(self) -> tuple[I64, I64]:
        """Where segments begin, and where they end, each in order."""
        return np.unique(self.direction.segments.start), np.unique(self.direction.segments.stop)

    def _is_proved(self, start: int) -> bool:
        """Whether a message begins at ``start``."""
        ends, at = self._segments[1], start
        for _ in range(_SOUND):
            self._tried += 1
            stop = self._sound_until(at)
            if stop < 0:
                return False
            place = int(np.searchsorted(ends, stop))
            if place < len(ends) and int(ends[place]) == stop:
                return True
            at = stop
        return True
