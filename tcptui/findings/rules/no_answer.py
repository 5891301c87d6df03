"""Rules about connection attempts that were not answered, or were refused (rules/findings.md#opening)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tcptui.analysis.resend.resend import RTO_MIN_NS
from tcptui.analysis.timing.path_delay import repeated_halves
from tcptui.findings.facts import ConnectionFacts
from tcptui.findings.gates import QUOTED, REOPENED, RESET, UNANSWERED
from tcptui.findings.icmp_quote import first_quote
from tcptui.findings.life_signs import heard_beside
from tcptui.model.arrays import last_before
from tcptui.model.batched import integer, largest
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, RST, SYN

#: How long the capture must continue without an answer after the last SYN (rules/findings.md#syn-timeout).
SYN_SILENCE_NS: Final = 3_000_000_000
#: Without that, so many SYNs …
TRIED_SYNS: Final = 3
#: … and so long a time without an answer to the first are one: Linux's third repeat comes then (1 + 2 + 4 s, RFC 6298).
TRIED_NS: Final = 7_000_000_000
#: Who looks for the way sends with less: traceroute goes on to 30 hops.
SEARCH_TTL: Final = 30
#: How long a client waits at least before it gives up: the first timer of RFC 6298, less a tolerance for clocks.
GIVEN_UP_NS: Final = 950_000_000


def client_syns(connection: ConnectionFacts) -> list[int]:
    """Indexes of the client's first SYN and its retransmissions; copies of one transmission are left out."""
    mine = [i for i in connection.syns if not connection.side[i] and connection.is_pure_syn(i)]
    if len(mine) < 2:
        return mine
    repeats = {resend.index for resend in connection.resends if resend.cause is ResendCause.SYN_RETRY}
    return [i for i in mine if i == mine[0] or i in repeats]


def gave_up(connection: ConnectionFacts) -> int:
    """Index of the RST by which the client ended an attempt that nobody had answered; -1 without one.

    Its number is the next after the SYN.  So is that of a RST which refuses a SYN-ACK that did not pass here;
    therefore it must come `GIVEN_UP_NS` after the first SYN, by when an answer to that had been missing.
    """
    rst = connection.rsts[0] if connection.rsts else -1
    if rst <= 0 or not connection.is_pure_syn(0) or connection.side[0] or connection.side[rst]:
        return -1
    if any(connection.side[i] or not connection.is_pure_syn(i) for i in range(rst)):
        return -1
    own = connection.seq[rst] in {connection.seq[0], (connection.seq[0] + 1) & SEQ_MASK, connection.end[0]}
    return rst if own and connection.time[rst] - connection.time[0] >= GIVEN_UP_NS else -1


def syn_timeout(connection: ConnectionFacts) -> Finding | None:
    """`syn-timeout`: the client's SYNs, and no packet of the server in answer; by the fact ``shape``:

    ``silent``: two or more SYNs and `SYN_SILENCE_NS` of silence afterwards.  ``gave-up``: the client ended its
    attempt by a RST (`gave_up`); ``too-late``: so it did, and an answer came after that.  ``capture-ends``: three
    SYNs or more, and no answer in the `TRIED_NS` from the first one to the end of the capture: likely.  ``single``:
    one SYN and as much silence; a client that wants the connection would have sent it again, so a note.
    """
    syns = client_syns(connection)
    if not syns or len(connection.view.quotes) or connection_unreachable(connection) is not None:
        return None
    end = gave_up(connection)
    answer, ended = -1, dict[str, Fact]()
    if end >= 0:
        answer = next((i for i in range(end + 1, connection.count) if connection.side[i]), -1)
        shape = "too-late" if answer >= 0 else "gave-up"
        ended = {"end_frame": connection.frame[end]}
        if answer >= 0:
            ended |= {"answer_frame": connection.frame[answer], "answer_s": connection.seconds(end, answer)}
        # A RST right behind a repeated SYN may refuse an answer to that one, which did not pass here.
        soon = connection.time[end] - connection.time[syns[-1]] < GIVEN_UP_NS and answer < 0
        confidence = Confidence.LIKELY if soon and len(syns) > 1 else Confidence.CERTAIN
    elif len(syns) != connection.packets_by_side[0] or connection.packets_by_side[1]:
        return None
    elif len(syns) < 2:
        if connection.watched_after(syns[0]) < SYN_SILENCE_NS:
            return None
        shape, confidence = "single", Confidence.CERTAIN
    elif connection.watched_after(syns[-1]) >= SYN_SILENCE_NS:
        shape, confidence = "silent", Confidence.CERTAIN
    elif len(syns) >= TRIED_SYNS and connection.watched_after(syns[0]) >= TRIED_NS:
        shape, confidence = "capture-ends", Confidence.LIKELY
    else:
        return None
    return connection.finding(
        FindingId.SYN_TIMEOUT,
        [*syns, end, answer],
        Severity.NOTE if shape == "single" else Severity.ERROR,
        confidence,
        connection.possible_here(
            ("scanner", "firewall-drop", "host-down", "one-sided")
            if shape == "single"
            else _without_answer(connection, syns, end)
            if answer < 0
            else ("slow-path", "accept-queue-full", "syn-lost")
        ),
        shape=shape,
        count=len(syns),
        first_frame=connection.frame[syns[0]],
        last_frame=connection.frame[syns[-1]],
        tried_s=connection.seconds(syns[0], end if end >= 0 else syns[-1]),
        watched_s=connection.watched_after(syns[-1]) / 1e9,
        intervals=connection.intervals(syns),
        server=connection.view.server.host,
        port=connection.view.server.port,
        **ended,
    )


def _without_answer(connection: ConnectionFacts, syns: list[int], end: int) -> tuple[str, ...]:
    """The alternatives of SYNs that nobody answered until the segment ``end`` (-1: the last of them)."""
    until = connection.time[end if end >= 0 else syns[-1]]
    signed = ("md5-key",) if int(connection.view.options[syns[0]]) & (OptionBit.MD5 | OptionBit.AO) else ()
    if heard_beside(connection, connection.time[syns[0]], until):
        return (*signed, "firewall-drop", "accept-queue-full", "syn-lost", "one-sided")
    return (*signed, "firewall-drop", "host-down", "accept-queue-full", "syn-lost", "one-sided")


def back_to_back_answers(connection: ConnectionFacts, syns: list[int]) -> int:
    """How many SYN-ACKs came back to back for ``syns``: sooner than any timer repeats the first.

    Two of them answer two SYNs, so no queue had dropped those: the SYNs or their answers were held up.
    """
    answers = connection.syn_acks
    if len(syns) < 2 or len(answers) < 2 or answers[0] < syns[1]:
        return 1 if answers else 0
    copies = {resend.index for resend in connection.resends if resend.copy}
    by_ns = connection.time[answers[0]] + RTO_MIN_NS
    return sum(i not in copies and connection.time[i] < by_ns for i in answers)


def syn_retransmission(connection: ConnectionFacts) -> Finding | None:
    """`syn-retransmission`: the same SYN again; intervals need not double (Linux >= 6.5 repeats at 1 s).

    Where the capture was made at the server, the unanswered SYN had arrived: the server declined it.
    """
    syns = client_syns(connection)
    if len(syns) < 2 or gave_up(connection) >= 0:
        return None
    later = (i for i in range(syns[0] + 1, connection.count) if connection.side[i])
    answer = next((i for i in later if not connection.answers_other_syn(i)), -1)
    before = [i for i in syns if answer < 0 or i < answer]
    if len(before) < 2:
        return None  # the answer came before the repeat: the answer was lost, or the repeat was on its way
    answered = answer >= 0 and connection.is_syn_ack(answer)
    if answer >= 0 and not answered:
        return None
    near_server = answered and _syn_delay_at_server(connection, before[-1], answer)
    together = back_to_back_answers(connection, before) if answered else 0
    held = together >= len(before)
    alternatives: tuple[str, ...] = ("syn-lost", "syn-ack-lost", "firewall-drop", "accept-queue-full")
    if 1 < together < len(before):
        alternatives = ("delay-spike", "syn-lost", "syn-ack-lost")
    elif held:
        alternatives = ("delay-spike", "slow-path", "duplicated")
    elif near_server:
        alternatives = ("server-declined",)
    if connection.position is CapturePoint.SERVER:
        # The SYN had arrived here, and no SYN-ACK left.
        alternatives = tuple(other for other in alternatives if other not in {"syn-lost", "syn-ack-lost"})
    evidence = [*before, answer]
    shape = "held" if held else "answered" if answered else "unanswered"
    if answered and not _confirmed(connection, answer):
        shape = "unconfirmed"
    return connection.finding(
        FindingId.SYN_RETRANSMISSION,
        evidence,
        Severity.WARNING,
        Confidence.CERTAIN,
        alternatives,
        shape=shape,
        count=len(before) - 1,
        first_frame=connection.frame[before[0]],
        last_frame=connection.frame[before[-1]],
        answer_frame=connection.frame[answer] if answered else 0,
        delay_s=_delay_ns(connection, before, answer if answered else -1, whole=shape == "unconfirmed") / 1e9,
        intervals=connection.intervals(before),
        server=connection.view.server.host,
        port=connection.view.server.port,
    )


def _delay_ns(connection: ConnectionFacts, syns: list[int], answer: int, *, whole: bool) -> int:
    """By how much longer the opening took than it had to: until ``answer``, without a round trip; ``whole``: with it.

    -1: until the last SYN.
    """
    time = connection.time
    delay_ns = largest(time[answer if answer >= 0 else syns[-1]] - time[syns[0]], 0)
    if whole or answer < 0:
        return delay_ns
    handshake = connection.handshake
    known = 0 if handshake is None else repeated_halves(connection.view, connection.syns, handshake.third)[1].known_ns
    return largest(delay_ns - (known or largest(time[answer] - time[syns[-1]], 0)), 0)


def _confirmed(connection: ConnectionFacts, answer: int) -> bool:
    """Whether the client sent anything but SYN and RST after the SYN-ACK ``answer``: only then did it open."""
    later = range(answer + 1, connection.count)
    return any(not connection.side[i] and not connection.flags[i] & (SYN | RST) for i in later)


def _syn_delay_at_server(connection: ConnectionFacts, syn: int, answer: int) -> bool:
    """Whether the capture was made at the server: the SYN-ACK left within a millisecond, the third ACK took longer."""
    handshake = connection.handshake
    if handshake is None:
        return False
    to_server = connection.time[answer] - connection.time[syn]
    to_client = connection.time[handshake.third] - connection.time[handshake.syn_ack]
    return to_server <= 1_000_000 and to_client >= largest(4 * to_server, 1_000_000)


def connection_refused(connection: ConnectionFacts) -> Finding | None:
    """`connection-refused`: RST|ACK that acknowledges exactly the SYN, before any SYN-ACK (RFC 9293, 3.5.2).

    Shape ``ignored``: SYNs of the same attempt had passed before it, and nothing had answered them.
    """
    resets = []
    for i in connection.rsts:
        if connection.side[i] and connection.flags[i] & ACK:
            syn = last_before(connection.syns_by_side[0], i)
            if syn < 0:
                continue
            if connection.ack[i] == connection.end[syn] or connection.ack[i] == (connection.seq[syn] + 1) & SEQ_MASK:
                resets.append((syn, i))
    if not resets or any(connection.side[i] for i in connection.syns) or not connection.is_pure_syn(resets[0][0]):
        return None
    first_syn, first = resets[0]
    copies = {resend.index for resend in connection.resends if resend.copy}
    asked = [i for i in connection.syns_by_side[0] if i not in copies and i <= resets[-1][0]]
    ignored = [i for i in asked if i < first_syn] if len(resets) < len(asked) else []
    if not ignored:
        first_syn = asked[0]
    alternatives: tuple[str, ...] = ("not-listening", "firewall-reject", "load-balancer")
    told: dict[str, Fact] = {}
    if ignored:
        lost = () if connection.position is CapturePoint.SERVER else ("syn-lost",)
        alternatives = ("accept-queue-full", "firewall-drop", *lost, "listener-closed", "firewall-reject")
        told = {"first_frame": connection.frame[ignored[0]], "silent_s": connection.seconds(ignored[0], first_syn)}
    return connection.finding(
        FindingId.CONNECTION_REFUSED,
        [*(index for pair in resets for index in pair), *ignored],
        Severity.ERROR,
        Confidence.CERTAIN,
        alternatives,
        shape="ignored" if ignored else "",
        count=len(resets),
        syn_frame=connection.frame[first_syn],
        rst_frame=connection.frame[first],
        answer_s=connection.seconds(first_syn, first),
        unanswered=len(ignored),
        waited_s=connection.seconds(asked[0], _end_of_refusals(resets)),
        **told,
        ttl=integer(connection.view.ttl[first]),
        server=connection.view.server.host,
        port=connection.view.server.port,
    )


def _end_of_refusals(resets: list[tuple[int, int]]) -> int:
    """Index of the RST that ended the last try, where some clients (Windows) try again after a refusal.

    ``resets`` are RSTs, each with the SYN before it.  One that comes without a new SYN answers an earlier one, late.
    """
    end = resets[0][1]
    for syn, rst in resets:
        if syn > end:
            end = rst
    return end


def connection_unreachable(connection: ConnectionFacts) -> Finding | None:
    """`connection-unreachable`: an ICMP error quotes the SYN and the server never answered.

    One that says that its time to live was used up counts where it began with more than `SEARCH_TTL`.
    An error *during* a connection is soft (RFC 1122, 4.2.3.9): `icmp-error` tells of those that were waited for.
    """
    if not connection.syns or connection.packets_by_side[1]:
        return None
    if any(not connection.is_pure_syn(i) for i in range(connection.count)):
        return None
    is_search = integer(connection.view.ttl[connection.syns[0]]) <= SEARCH_TTL
    quote = first_quote(connection, lambda error: error.unreachable or (error.reason == "expired" and not is_search))
    if quote is None:
        return None
    packet, error = quote
    syns = client_syns(connection)
    before = [i for i in syns if connection.time[i] <= packet.time_ns] or syns[:1]
    asked = before[-1]
    finding = connection.finding(
        FindingId.CONNECTION_UNREACHABLE,
        syns,
        Severity.ERROR,
        Confidence.CERTAIN,
        ("reject-rule", "no-route", "host-gone") if error.unreachable else ("routing-loop",),
        shape="itself" if error.sender == connection.view.server.host else "router",
        syn_frame=connection.frame[asked],
        icmp_frame=packet.frame,
        sender_address=error.sender,
        reason=error.reason,
        icmp_type=error.type,
        icmp_code=error.code,
        answer_s=largest(0, packet.time_ns - connection.time[asked]) / 1e9,
        count=len(before),
        unanswered=len(before) - 1,
        first_frame=connection.frame[before[0]],
        silent_s=connection.seconds(before[0], asked),
        waited_s=largest(0, packet.time_ns - connection.time[before[0]]) / 1e9,
        server=connection.view.server.host,
        port=connection.view.server.port,
    )
    if packet.row not in connection.view.quotes:
        return finding  # the error quotes too little of the segment to belong to the stream
    packets = tuple(sorted({*finding.packets, packet.frame}))
    return replace(finding, packets=packets)


RULES: Final = (
    (REOPENED | RESET | UNANSWERED, syn_timeout),
    (REOPENED, syn_retransmission),
    (RESET, connection_refused),
    (QUOTED | UNANSWERED, connection_unreachable),
)
