"""Which resends were spurious, and what proves it (rules/findings.md#spurious-retransmission)."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from tcptui.analysis.resend.eifel import echoes_earlier_copy
from tcptui.analysis.resend.resend import SENT_AGAIN
from tcptui.findings.facts import Proof
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import integer, places_of
from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import SEQ_MASK, ahead
from tcptui.model.tcp_flags import FIN, RST, SYN
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from tcptui.analysis.resend.resend import Resend
    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.facts import ConnectionFacts

#: How many of the resends before a D-SACK are tried as the one that it reports.
REPORT_REACH: Final = 64


def spurious_resends(connection: ConnectionFacts) -> dict[int, Proof]:
    """Index of each spurious resend, ascending, with its proof; computed once per connection."""
    found = connection.unneeded
    if found is None:
        again = [
            resend
            for resend in connection.resends
            if resend.cause in SENT_AGAIN
            and connection.consumes_numbers(resend.index)
            and not _opens(connection, resend)
            and not _is_renumbered(connection, resend)
        ]
        proofs = _reported(connection, again) if again else {}
        first_copy: dict[int, int] = {}
        for resend in connection.resends if again else ():
            earlier = first_copy.get(resend.previous, -1)
            first_copy[resend.index] = earlier if earlier >= 0 else resend.previous
        for resend in again:
            proof = (
                proofs.get(resend.index)
                or _eifel(connection, resend, first_copy[resend.index])
                or _acknowledged_here(connection, resend)
            )
            if proof is not None:
                proofs[resend.index] = proof
        found = connection.unneeded = dict(sorted(_of_first_sent(connection, again, proofs).items()))
    return found


def _is_renumbered(connection: ConnectionFacts, resend: Resend) -> bool:
    """Whether the copy before it is of an earlier connection, whose SYN-ACK had another number.

    Relative numbers count from the newest SYN-ACK, so both may have the same.
    """
    if resend.previous < 0:
        return False
    raw, space = connection.view.raw_seq, connection.space.seq
    apart = ahead(raw.item(resend.index), raw.item(resend.previous))
    return bool(apart != integer(space[resend.index] - space[resend.previous]))


def _of_first_sent(connection: ConnectionFacts, again: list[Resend], proofs: dict[int, Proof]) -> dict[int, Proof]:
    """``proofs`` with the resend in the place of the original, where that was overtaken and arrived after it.

    Of two copies the one with the older timestamp was sent first (RFC 7323, 4.1): what came again for nothing is the
    other, and nothing was lost.
    """
    moved = dict(proofs)
    for resend in again:
        if resend.index in moved and was_overtaken(connection, resend):
            moved.setdefault(resend.previous, moved.pop(resend.index))
    return moved


def was_overtaken(connection: ConnectionFacts, resend: Resend) -> bool:
    """Whether ``resend`` is the original, by its older timestamp, and the copy captured before it the resend."""
    view, first, late = connection.view, resend.previous, resend.index
    if first < 0 or not int(view.options[late]) & int(view.options[first]) & OptionBit.TIMESTAMPS:
        return False
    return ahead(view.ts_value.item(late), view.ts_value.item(first)) < 0


def _reported(connection: ConnectionFacts, again: list[Resend]) -> dict[int, Proof]:
    """Resends that D-SACKs report (RFC 2883): the receiver got those bytes twice."""
    view = connection.view
    parts: dict[int, int] = {}
    proofs: dict[int, Proof] = {}
    order = [resend.index for resend in again]
    for report in indexes_of(view.options & OptionBit.DSACK).tolist():
        left, right = integer(view.sack_left[report]), integer(view.sack_right[report])
        position = bisect_left(order, report)
        before = [r.index for r in again[max(0, position - REPORT_REACH) : position]]
        before = [i for i in reversed(before) if connection.side[i] != connection.side[report]]
        whole = [i for i in before if _holds(connection, i, left, right)]
        if whole:
            proofs.setdefault(_meant(view, whole, report, proofs), Proof("dsack", report))
        else:
            for i in before:
                if _last_part(connection, i, left, right, parts):
                    proofs.setdefault(i, Proof("dsack", report))
                    break
    return proofs


def _holds(connection: ConnectionFacts, i: int, left: int, right: int) -> bool:
    """Whether the report ``left`` … ``right`` covers resend ``i``: one of a part does not say that the rest arrived."""
    room = (right - left - _numbers(connection, i)) & SEQ_MASK
    return (connection.seq[i] - left) & SEQ_MASK <= room < 1 << 31


def _meant(view: StreamView, resends: list[int], report: int, proofs: dict[int, Proof]) -> int:
    """Which of ``resends`` of the same bytes, the last one first, a ``report`` is about: each tells of one arrival.

    That whose timestamp it echoes, where those bytes are the last acknowledged; else the last one without a report of
    its own.  Behind bytes that lie further back a receiver does not take a timestamp (RFC 7323, 4.3): what it echoes
    is that of the segment which moved its acknowledgment, and this one it needed.
    """
    echo = view.ts_echo.item(report)
    stamped = int(view.options[report]) & OptionBit.TIMESTAMPS
    echoed = [i for i in resends if stamped and view.ts_value.item(i) == echo]
    if echoed and len(resends) > 1 and ahead(view.ack.item(report), integer(view.sack_right[report])) > 0:
        resends, echoed = [i for i in resends if i not in echoed] or resends, []
    wanted = echoed or [i for i in resends if i not in proofs] or resends
    return wanted[0]


def _last_part(connection: ConnectionFacts, i: int, left: int, right: int, parts: dict[int, int]) -> bool:
    """Whether the report ``left`` … ``right`` is the last of those that together cover resend ``i``.

    Offload keeps together in the capture what are several segments on the wire, each with a report of its own, in
    order.  ``parts``: by resend, how many of its bytes have been reported so far.
    """
    begins, reaches = ahead(left, connection.seq[i]), ahead(right, connection.seq[i])
    known = parts.get(i, 0)
    if 0 <= begins <= known < reaches <= _numbers(connection, i):
        parts[i] = reaches
    return known < _numbers(connection, i) == parts.get(i, 0)


def _opens(connection: ConnectionFacts, resend: Resend) -> bool:
    """Whether it is a SYN: a server that has forgotten its half of an opening wants it again."""
    return bool(connection.flags[resend.index] & SYN)


def _numbers(connection: ConnectionFacts, i: int) -> int:
    """How many sequence numbers segment ``i`` takes: its bytes and its FIN."""
    return integer(connection.space.end[i] - connection.space.seq[i])


def _eifel(connection: ConnectionFacts, resend: Resend, first_copy: int) -> Proof | None:
    """Proof by the Eifel algorithm: the ACK that covers the bytes echoes an older timestamp (RFC 3522, 3.2).

    Only for the first unacknowledged segment, and only if its first copy was captured: for others a
    delayed ACK may echo an earlier segment (RFC 7323, 4.3).
    """
    view, space, i = connection.view, connection.space, resend.index
    side = connection.side[i]
    if resend.previous < 0:
        return None
    if integer(space.acknowledged[side][i - 1]) != integer(space.seq[i]):
        return None
    cover = int(places_of(space.acknowledged[side], integer(space.end[i]), side="left"))
    if cover >= connection.count or cover <= i or connection.flags[cover] & RST:
        return None
    same_as_last = view.ts_value.item(i) == view.ts_value.item(resend.previous)
    return Proof("eifel", cover) if not same_as_last and echoes_earlier_copy(view, i, first_copy, cover) else None


def _acknowledged_here(connection: ConnectionFacts, resend: Resend) -> Proof | None:
    """Proof by an ACK of all the bytes that was captured before the resend (Wireshark's rule), or of a FIN alone."""
    is_fin = not connection.length[resend.index] and connection.flags[resend.index] & FIN
    if not is_fin and not int(connection.view.verdict[resend.index]) & Verdict.SPURIOUS_RETRANSMISSION:
        return None
    side = connection.side[resend.index]
    column = connection.space.acknowledged[side]
    witness = int(places_of(column, integer(connection.space.end[resend.index]), side="left"))
    return Proof("acked-here", witness) if witness < resend.index else None
