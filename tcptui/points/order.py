"""Which packets passed the second of two points in another order than the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.points.merge import Hop


def overtaken(hop: Hop) -> tuple[I64, I64]:
    """Packets that one sent later overtook (RFC 4737, 3.3), as indexes into B's side, and into A's.

    Of each direction of each connection for itself; what was cut or joined on the path is left out.
    """
    whole = hop.links.is_whole & hop.is_placed[hop.sides[0].pair[hop.links.a]]
    in_a, in_b = hop.links.a[whole], hop.links.b[whole]
    travels = hop.travels_ab(0, in_a)
    way = hop.sides[0].pair[in_a] * 2 + hop.sides[0].by_b[in_a]
    found = []
    for mine, sent, seen in ((travels, in_a, in_b), (~travels, in_b, in_a)):
        order = np.argsort(way[mine] << 32 | seen[mine])
        ways, left, came = way[mine][order], sent[mine][order], seen[mine][order]
        # Directions ascend, so none reaches into the next one.
        place = ways * (int(left.max(initial=0)) + 1) + left
        found.append(came[place < np.maximum.accumulate(place)] if len(place) else came)
    return found[0], found[1]
