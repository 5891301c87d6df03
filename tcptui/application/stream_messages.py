"""The HTTP messages of one stream, linked, without reading more of it than is useful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.application.http_segment import HttpLink, PayloadSegment, link_messages, parse_head
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.analysis.stream_view import StreamView

#: Bytes seen before; linking them again would pair a request twice.
_REPEATED: Final = Verdict.RETRANSMISSION | Verdict.KEEP_ALIVE | Verdict.ZERO_WINDOW_PROBE
#: A stream that begins no message in so many segments speaks something else.
FIRST_SEGMENTS: Final = 16
#: Segments read of one stream; what comes later is shown without links.
SEGMENT_LIMIT: Final = 4_000


def stream_messages(view: StreamView, payload: Callable[[int], bytes]) -> dict[int, tuple[HttpLink, ...]]:
    """Links of all HTTP/1.x messages of a stream, by frame number (see `link_messages`).

    ``payload`` reads the captured payload bytes of a row.  Empty for other protocols.
    """
    fresh = np.flatnonzero((view.length > 0) & ((view.verdict & _REPEATED) == 0))[:SEGMENT_LIMIT]
    if not any(parse_head(payload(int(view.rows[at]))) for at in fresh[:FIRST_SEGMENTS]):
        return {}

    def segments() -> Iterator[PayloadSegment]:
        for at in fresh:
            row, is_response = int(view.rows[at]), bool(view.from_server[at])
            yield PayloadSegment(int(view.frame[at]), int(view.time_ns[at]), is_response, payload(row))

    return link_messages(segments())
