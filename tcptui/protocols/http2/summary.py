"""What the payload of one packet says of HTTP/2, in one line: its frames, and what header blocks ask or answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.frames import DEFAULT_FRAME_SIZE, Flag, FrameType, head_at, is_plausible
from tcptui.protocols.http2.hpack import HpackReader
from tcptui.protocols.http2.preface_rows import PREFACE
from tcptui.protocols.http2.tree_lines import type_name
from tcptui.protocols.secrets_out import uri_without_secrets

if TYPE_CHECKING:
    from tcptui.protocols.http2.frames import Frame

#: Most frames that are named, and bytes of a header block that are decoded.
_NAMED: Final = 8
_BLOCK: Final = 4_096
#: Largest frame that is looked for behind another one.
_LARGEST: Final = 1 << 20
#: A frame that goes on in the next packet is told where it is DATA, and begins a packet of at least this size.
_FULL: Final = 1_000


def http2_summary(payload: bytes) -> str:
    """The frames that begin in ``payload``; empty where it does not begin with one.  Not yet safe to print."""
    found = ["Magic"] if payload.startswith(PREFACE) else []
    at = len(PREFACE) if found else 0
    while at < len(payload) and len(found) < _NAMED:
        if not is_plausible(payload, at, _LARGEST if at else DEFAULT_FRAME_SIZE):
            break
        frame = head_at(payload, at, at)
        found.append(_frame_text(frame, payload))
        at = frame.stop
    # Other bytes may look like one frame; like several, or like one of just the payload's length, they do not.
    if not found or not (at == len(payload) or len(found) > 1 or _is_long_data(payload)):
        return ""
    return f"HTTP2: {', '.join(found)}"


def _is_long_data(payload: bytes) -> bool:
    """Whether ``payload`` begins with a frame of DATA that it is too short for, on a stream of the client."""
    frame = head_at(payload, 0, 0)
    return (
        frame.kind == FrameType.DATA and len(payload) >= _FULL and frame.stop > len(payload) and frame.stream % 2 == 1
    )


def _frame_text(frame: Frame, payload: bytes) -> str:
    """``HEADERS[1]: GET /path``, as Wireshark's column has it; what only an earlier packet would tell is left out."""
    name = f"{type_name(frame.kind)}[{frame.stream}]"
    if frame.kind != FrameType.HEADERS:
        return name
    start, stop = frame.payload, min(frame.stop, len(payload))
    if frame.flags & Flag.PADDED:
        stop -= payload[start] if start < stop else 0
        start += 1
    start += 5 if frame.flags & Flag.PRIORITY else 0
    block = payload[start : min(stop, start + _BLOCK)]
    said = dict(HpackReader(from_start=False).decode(block).entries)
    method, path = ((said.get(key) or b"").decode("utf-8", "replace") for key in (b":method", b":path"))
    if path:
        return f"{name}: {method} {uri_without_secrets(path)}".replace(":  ", ": ")
    status = (said.get(b":status") or b"").decode("utf-8", "replace")
    return f"{name}: {status}" if status else name
