"""The host that the first request of a connection asks for: ``:authority`` (RFC 9113, 8.3.1)."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.http2.frames import HEADER, Flag, FrameType, head_at
from tcptui.protocols.http2.hpack import HpackReader
from tcptui.protocols.http2.preface_rows import PREFACE

#: Frames that are looked at before the first request: settings, a window, priorities.
_FRAMES_MOST: Final = 16
_PRIORITY: Final = 5


def asked_host(payload: bytes) -> str:
    """The authority of the first request in what a client sends first; empty where that is not all there.

    Text from the packet, not yet safe to print.
    """
    at = len(PREFACE)
    if not payload.startswith(PREFACE):
        return ""
    for _ in range(_FRAMES_MOST):
        if at + HEADER > len(payload):
            return ""
        frame = head_at(payload, at, at)
        if frame.kind == FrameType.HEADERS and frame.flags & Flag.END_HEADERS and frame.stop <= len(payload):
            begin, padding = frame.payload, 0
            if frame.flags & Flag.PADDED:
                begin, padding = begin + 1, payload[begin] if frame.length else 0
            begin += _PRIORITY if frame.flags & Flag.PRIORITY else 0
            fields = HpackReader(from_start=True).decode(payload[begin : max(frame.stop - padding, begin)])
            return (fields.values.get(b":authority") or b"").decode("utf-8", "replace")
        at = frame.stop
    return ""
