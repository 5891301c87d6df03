"""Where messages begin in a capture that kept the beginning of each packet, of ends that speak in turns.

Who asks anew only when the other end has spoken begins a message with each segment, and what answers begins with the
first segment behind it: so much is known however much of each packet was cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.protocols.stream.reassembly import GapReason

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.protocols.stream.reassembly import ByteStream


def turn_borders(client: ByteStream, server: ByteStream) -> tuple[I64, I64] | None:
    """Offsets, by side, at which messages begin for certain.

    None where nothing was cut, packets are missing, or the client asks more before it is answered: then an answer may
    begin anywhere.
    """
    if not (len(client.gaps) or len(server.gaps)) or not all(map(_only_cut, (client, server))):
        return None
    (asked_ns, asked), (said_ns, said) = _first_copies(client), _first_copies(server)
    if not len(asked_ns) or not len(said_ns) or any(bool((np.diff(one) < 0).any()) for one in (asked_ns, said_ns)):
        return None
    if bool((np.diff(np.searchsorted(said_ns, asked_ns)) == 0).any()):
        return None
    turn = np.searchsorted(asked_ns, said_ns)
    begins = np.append(True, np.diff(turn) > 0)
    return asked, said[begins]


def _first_copies(direction: ByteStream) -> tuple[I64, I64]:
    """When each segment with new bytes passed, and the offset of its first byte; what was sent again is none."""
    start, stop = direction.segments.start, direction.segments.stop
    is_new = start >= np.append(start[:1], np.maximum.accumulate(stop)[:-1])
    return direction.segments.time_ns[is_new], start[is_new]


def _only_cut(direction: ByteStream) -> bool:
    return bool((direction.gaps.reason == GapReason.TRUNCATED.value).all())
