"""Rules about options that the two ends did not agree on (rules/findings.md#opening).

Window scaling, SACK and timestamps each work only when both SYN and SYN-ACK carry the option.  One end may have left
it out, or a middlebox may have removed it: the packets look the same.  Where the same server accepts the same client's
offer in other connections, it may have answered with a SYN cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.stream.view import StreamView
from tcptui.findings.facts import ConnectionFacts
from tcptui.findings.gates import NEGOTIATED, OPTION_REFUSED
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import in_each, integer, largest
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import ACK, SYN

if TYPE_CHECKING:
    from tcptui.analysis.stream.same_server import Sibling, Siblings

#: The largest window without scaling, in bytes (RFC 7323, 2.2); a stream that carried less never needed more.
UNSCALED_WINDOW: Final = 65_535
#: Options that are lost with a SYN cookie: it has room for the MSS alone, unless timestamps carry more.
_UNCARRIED: Final = int(OptionBit.WINDOW_SCALE | OptionBit.SACK_PERMITTED)
#: How many of the nearest connections to the same server are compared.
COMPARED: Final = 6
#: Connections begun farther apart are not compared: they say little of one another (an overflow lasts for seconds).
APART_NS: Final = 60_000_000_000


def _unused(connection: ConnectionFacts, option: OptionBit) -> str:
    """Why ``option`` is not in use: ``declined`` (only in the SYN) or ``not-offered`` (in neither); else empty."""
    handshake = connection.handshake
    if handshake is None:
        return ""
    options, issues = connection.view.options, connection.view.issues
    if int(options[handshake.syn_ack]) & option:
        return ""
    # The option may have been in the bytes that the capture cut off.
    if int(issues[handshake.syn]) or int(issues[handshake.syn_ack]):
        return ""
    return "declined" if int(options[handshake.syn]) & option else "not-offered"


def _absent(connection: ConnectionFacts, finding: FindingId, shape: str, **facts: Fact) -> Finding | None:
    handshake = connection.handshake
    if handshake is None:
        return None
    return connection.finding(
        finding,
        (handshake.syn, handshake.syn_ack),
        Severity.NOTE,
        Confidence.CERTAIN,
        ("switched-off", "option-stripped"),
        shape=shape,
        syn_frame=connection.frame[handshake.syn],
        syn_ack_frame=connection.frame[handshake.syn_ack],
        server=connection.view.server.host,
        client=connection.view.client.host,
        rtt_s=connection.seconds(handshake.syn, handshake.third),
        **facts,
    )


def window_scaling_absent(connection: ConnectionFacts) -> Finding | None:
    """`window-scaling-absent`: no window can exceed 65,535 bytes (RFC 7323, 2.2): a limit where round trips are long.

    Always reported when the client offered it; else only where one end sent more than such a window.
    """
    shape = _unused(connection, OptionBit.WINDOW_SCALE)
    handshake = connection.handshake
    if not shape or handshake is None:
        return None
    busiest = largest(*connection.payload_by_side)
    if shape == "not-offered" and busiest <= UNSCALED_WINDOW:
        return None
    rtt_s = connection.seconds(handshake.syn, handshake.third)
    return _absent(
        connection,
        FindingId.WINDOW_SCALING_ABSENT,
        shape,
        limit_bytes=UNSCALED_WINDOW,
        limit_kbps=in_each(_limit_kbps, rtt_s),
        payload_bytes=busiest,
    )


def _limit_kbps(rtt_s: float) -> int:
    """How many kbit/s a window that is not scaled lets through."""
    return round(UNSCALED_WINDOW * 8e-3 / max(rtt_s, 1e-6))


def sack_absent(connection: ConnectionFacts) -> Finding | None:
    """`sack-absent`: the receiver cannot report what it has beyond a hole (RFC 2018): loss recovery takes longer.

    Always reported when the client offered it; else only where data was resent.
    """
    shape = _unused(connection, OptionBit.SACK_PERMITTED)
    if not shape or (shape == "not-offered" and not connection.verdicts & SUSPICIOUS):
        return None
    again = sum(1 for resend in connection.resends if connection.length[resend.index])
    if shape == "not-offered" and not again:
        return None
    return _absent(connection, FindingId.SACK_ABSENT, shape, count=again)


def timestamps_absent(connection: ConnectionFacts) -> Finding | None:
    """`timestamps-absent`: RTTs and resends are harder to judge (RFC 7323, 3), for the ends and for this analysis.

    Reported only when the client offered it: Windows never does, so its absence from a SYN means nothing.
    """
    shape = _unused(connection, OptionBit.TIMESTAMPS)
    return _absent(connection, FindingId.TIMESTAMPS_ABSENT, shape) if shape == "declined" else None


@dataclass(frozen=True, slots=True)
class _Negotiation:
    """The `NEGOTIATED` options of the first SYN and of the SYN-ACK that answers it, as bitmasks of `OptionBit`."""

    asked: int
    """Options in the SYN."""
    agreed: int
    """Options in the SYN-ACK."""
    ttl: int
    """TTL of the SYN-ACK."""
    syn_ack_frame: int

    @property
    def cookie_like(self) -> bool:
        """Whether the client offered scaling and SACK and the server agreed to no option."""
        return self.asked & _UNCARRIED == _UNCARRIED and not self.agreed


def _negotiation(view: StreamView) -> _Negotiation | None:
    """The options of ``view``'s handshake; None where it was not all captured, or has more SYN-ACKs than SYNs.

    A server that answers with a SYN cookie keeps no state from which it could repeat the SYN-ACK.
    """
    syns = indexes_of((view.flags & SYN) != 0)
    answers = syns[view.from_server[syns] & ((view.flags[syns] & ACK) != 0)]
    offers = syns[~view.from_server[syns] & ((view.flags[syns] & ACK) == 0)]
    if view.evicted or not len(answers) or not len(offers) or len(answers) > len(offers) or offers[0] > answers[0]:
        return None
    offer, answer = int(offers[0]), int(answers[0])
    if int(view.issues[offer]) or int(view.issues[answer]):
        return None
    options = view.options
    asked, agreed = int(options[offer]) & NEGOTIATED, int(options[answer]) & NEGOTIATED
    return _Negotiation(asked, agreed, integer(view.ttl[answer]), view.frame.item(answer))


def syn_cookies(connection: ConnectionFacts) -> Finding | None:
    """`syn-cookies`: scaling and SACK both refused, while the server accepts the same client's offer at other times.

    A server whose queue of half-open connections is full keeps nothing of the SYN and encodes its state in the
    SYN-ACK's sequence number (RFC 4987, 3.6), which has no room for these options.  Linux saves them in the timestamp
    where both ends use timestamps, so a SYN-ACK with timestamps is no evidence.  The other connection's SYN-ACK must
    have the same TTL.  Servers behind one address, each with its own settings, look the same.
    """
    siblings, handshake = connection.context.siblings, connection.handshake
    own = None if siblings is None or handshake is None else _negotiation(connection.view)
    if own is None or not own.cookie_like or siblings is None or handshake is None:
        return None
    view = connection.view
    asked = view.stream, connection.time[0], view.client.host, own.asked, own.ttl
    granted, other_frame, refused = connection.of_siblings(partial(_compared, siblings), *asked)
    if not granted:
        return None
    return connection.finding(
        FindingId.SYN_COOKIES,
        (handshake.syn, handshake.syn_ack),
        Severity.NOTE,
        Confidence.POSSIBLE,
        ("option-stripped",),
        syn_frame=connection.frame[handshake.syn],
        syn_ack_frame=connection.frame[handshake.syn_ack],
        other_frame=other_frame,
        granted=granted,
        refused=1 + refused,
        client=view.client.host,
        server=view.server.host,
        port=view.server.port,
    )


def _compared(
    siblings: Siblings, near: list[Sibling], stream: int, began_ns: int, host: str, asked: int, ttl: int
) -> tuple[int, int, int]:
    """How many of the connections ``near`` ``stream`` got what it asked for, a SYN-ACK of those, and how many did not.

    Of the same client ``host`` and with the same ``ttl``.
    """
    nearest = sorted(near, key=lambda other: (abs(other.stream - stream), other.stream))[:COMPARED]
    others = [siblings.view(other.stream) for other in nearest if abs(other.began_ns - began_ns) <= APART_NS]
    same = [
        found
        for other in others
        if other.client.host == host and (found := _negotiation(other)) is not None
        if found.asked == asked and found.ttl == ttl
    ]
    granted = [found.syn_ack_frame for found in same if found.agreed == _UNCARRIED]
    return len(granted), granted[0] if granted else 0, sum(found.cookie_like for found in same)


RULES: Final = (
    (OPTION_REFUSED, window_scaling_absent),
    (OPTION_REFUSED, sack_absent),
    (OPTION_REFUSED, timestamps_absent),
    (OPTION_REFUSED, syn_cookies),
)
