"""The HTTP messages of the streams looked at last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.regrowth import REGROWTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.application.reassembly import Half
    from tcptui.application.stream_messages import StreamMessages

#: Streams whose messages are kept, a few KiB a message.
_KEPT: Final = 8


class MessageCache:
    """Reads messages on demand; of a stream that grows, only when it has grown by some."""

    def __init__(self, halves: Callable[[int], tuple[Half, Half]]) -> None:
        self._halves = halves
        self._known: dict[int, tuple[int, StreamMessages]] = {}

    def messages(self, stream: int, packets: int, growing: bool) -> StreamMessages:
        """Those of ``stream`` while it has so many ``packets`` and is ``growing`` or not."""
        from tcptui.application.stream_messages import StreamMessages  # not sooner: see `tcptui.judging`

        known = self._known.get(stream)
        if known is None or packets > (REGROWTH if growing else 1) * known[0]:
            known = self._known[stream] = packets, StreamMessages(*self._halves(stream))
            if len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
        return known[1]
