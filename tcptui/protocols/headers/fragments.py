"""The datagram that an IP fragment completes: its fragments, and its bytes for the layers behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.builder import Joined
from tcptui.protocols.headers.frame_bytes import FrameBytes

if TYPE_CHECKING:
    from tcptui.model.datagram import Datagram
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection


def reassembled_payload(
    dissection: Dissection, layer: Branch, start: int, source: FrameBytes, offset: int
) -> FrameBytes | None:
    """The payload of the datagram that the fragment completes, whose own bytes begin at ``start``; None: it does not.

    ``layer``: the IP header, to which the fragments are appended; ``offset``: where in the datagram this one is.
    From here on steps count offsets in the datagram.
    """
    if dissection.quoting:
        return None
    if not dissection.datagrams:
        frame = dissection.view.reassembled_in
        if frame:
            name, family = ("ipv6.reassembled.in", "IPv6") if layer.field == "ipv6" else ("ip.reassembled_in", "IPv4")
            layer.concluded(f"Reassembled {family} in frame: {frame}", name).target = frame
        return None
    datagram = dissection.datagrams.pop(0)
    _fragment_lines(layer, datagram)
    payload = datagram.payload
    mine = source.data[start : source.captured_end()]
    high = min(offset + len(mine), len(payload))
    # Of overlapping fragments another one's bytes may stand; a fragment within fragments is not in the frame itself.
    has_mine = dissection.joined is None and payload[offset:high] == mine[: max(high - offset, 0)]
    dissection.joined = Joined(payload, offset, high, start) if has_mine else Joined(payload)
    dissection.parent.within = dissection.joined
    return FrameBytes(payload, len(payload))


def _fragment_lines(layer: Branch, datagram: Datagram) -> None:
    name, family = layer.field, "IPv6" if layer.field == "ipv6" else "IPv4"
    payload, pieces = datagram.payload, datagram.pieces
    listed = ", ".join(f"#{piece.carrier}({piece.length})" for piece in pieces)
    group = layer.concluded(f"{len(pieces)} {family} Fragments ({_bytes(len(payload))}): {listed}", f"{name}.fragments")
    group.whole = lambda: payload
    for piece in pieces:
        span = f"{piece.offset}-{piece.offset + piece.length - 1} ({_bytes(piece.length)})"
        line = group.concluded(f"Frame: {piece.carrier}, payload: {span}", f"{name}.fragment")
        line.target = piece.carrier
    group.concluded(f"Fragment count: {len(pieces)}", f"{name}.fragment.count")
    group.concluded(f"Reassembled {family} length: {len(payload)}", f"{name}.reassembled.length")
    line = group.concluded(f"Reassembled {family} data: {shortened(payload)}", f"{name}.reassembled.data")
    line.whole = lambda: payload


def _bytes(count: int) -> str:
    return f"{count} byte{'' if count == 1 else 's'}"
