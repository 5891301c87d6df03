"""`sack-mangled`: something on the way rewrites SACK, so the sender cannot use it (rules/findings.md#sack-mangled)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.facts import DATA_OFFSET, SIDES, TCP_HEADER, ConnectionFacts
from tcptui.findings.gates import HOLE_REPORTED, SUSPECT
from tcptui.findings.rules.retransmission import retransmission_timeout
from tcptui.model.arrays import flatnonzero32, indexes_of
from tcptui.model.batched import in_each, integer
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import I32, OptionBit
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.packet_view import PacketView

#: So many ACKs with blocks that cannot be: one may be damaged.
ASTRAY_LEAST: Final = 2
#: So many duplicate ACKs with a blank of a SACK's size.
BLANKED_LEAST: Final = 3
#: Bytes of options that time stamps take, with their padding (RFC 7323, appendix A), …
_STAMPS: Final = 12
#: … and a SACK option with one block, with its padding (RFC 2018).
_ONE_BLOCK: Final = 12
_NO_OPERATION: Final = 1
_TIME_STAMPS: Final = 8
_BARE: Final = SYN | FIN | RST | ACK
#: Other options of an ACK that take as much room.
_OTHERS: Final = int(OptionBit.SACK | OptionBit.MPTCP | OptionBit.MD5 | OptionBit.FAST_OPEN)


def sack_mangled(connection: ConnectionFacts) -> Finding | None:
    """Shapes: ``astray``, blocks of bytes that no receiver can have; ``blanked``, only padding where they were."""
    signs = connection.signs
    return (_astray(connection) if signs & HOLE_REPORTED else None) or (
        _blanked(connection) if signs & SUSPECT else None
    )


def _astray(connection: ConnectionFacts) -> Finding | None:
    view, space = connection.view, connection.space
    if not view.sack_astray.any():
        return None
    wrong = indexes_of(view.sack_astray != 0)
    for side in (0, 1):
        acks = wrong[view.from_server[wrong] != bool(side)]
        if len(acks) < ASTRAY_LEAST:
            continue
        # Where all that was sent has arrived but for one gap, the block ends with it: then this is the whole distance.
        away = space.ack[acks] + view.sack_astray[acks].astype(np.int64) - space.sent[side][acks]
        return _mangled(
            connection,
            side,
            acks,
            "astray",
            distance_bytes=abs(integer(away.max())),
            sent_bytes=connection.payload_by_side[side],
        )
    return None


def _blanked(connection: ConnectionFacts) -> Finding | None:
    """Duplicate ACKs with room for a SACK option that holds padding alone, in a connection that has agreed on SACK."""
    view, handshake = connection.view, connection.handshake
    agreed = handshake is not None and all(
        int(view.options[i]) & OptionBit.SACK_PERMITTED for i in (handshake.syn, handshake.syn_ack)
    )
    if not agreed and not connection.signs & HOLE_REPORTED:
        return None
    bare = ((view.flags & _BARE) == ACK) & (view.length == 0) & ((view.options & _OTHERS) == 0)
    stamps = np.where((view.options & OptionBit.TIMESTAMPS) != 0, _STAMPS, 0)
    bare &= view.header_length >= TCP_HEADER + stamps + _ONE_BLOCK
    for side in (0, 1):
        acks = flatnonzero32(bare & (view.from_server != bool(side)))
        if len(acks) < BLANKED_LEAST or not _is_blank(connection, int(acks[0])):
            continue
        return _mangled(connection, side, acks, "blanked", sent_bytes=connection.payload_by_side[side])
    return None


def _is_blank(connection: ConnectionFacts, index: int) -> bool:
    read = connection.context.read_packet
    return read is not None and bool(in_each(partial(_holds_padding, read), connection.view.rows.item(index)))


def _holds_padding(read: Callable[[int], PacketView], row: int) -> bool:
    """Whether the options of the segment in ``row`` are time stamps and padding, more of that than aligns anything."""
    header = read(row).from_transport
    if len(header) < TCP_HEADER:
        return False
    options = header[TCP_HEADER : 4 * (header[DATA_OFFSET] >> 4)]
    at = padding = 0
    while at < len(options):
        if options[at] == _NO_OPERATION:
            at, padding = at + 1, padding + 1
        elif options[at] == _TIME_STAMPS and at + 1 < len(options):
            at += max(options[at + 1], 2)
        else:
            return False
    return padding >= _ONE_BLOCK


def _mangled(connection: ConnectionFacts, side: int, acks: I32, shape: str, **facts: int) -> Finding:
    expired = retransmission_timeout(connection)
    mine = expired is not None and expired.facts["sender"] == SIDES[side]
    lost_s = expired.facts["total_s"] if expired is not None and mine else 0.0
    timeouts = expired.facts["count"] if expired is not None and mine else 0
    indexes = [int(i) for i in acks]
    return connection.finding(
        FindingId.SACK_MANGLED,
        indexes,
        Severity.WARNING,
        Confidence.LIKELY,
        ("broken-receiver", "other-options") if shape == "blanked" else ("broken-receiver", "damaged-header"),
        shape=shape,
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        count=len(indexes),
        first_frame=connection.frame[indexes[0]],
        last_frame=connection.frame[indexes[-1]],
        timeouts=timeouts,
        lost_s=lost_s,
        **facts,
    )


RULES: Final = ((HOLE_REPORTED | SUSPECT, sack_mangled),)
