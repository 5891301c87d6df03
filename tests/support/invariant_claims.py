"""What the sentences of findings claim about packets: absences, ends, firsts and lasts, each with its check.

The table `CLAIMS` is the checker's reading of ``tcptui/words/en/findings*.py``: the finding, the shapes of which the
sentence is told, the claim in the sentence's words, and what would contradict it.  A check looks at all packets of the
stream, not at what the rule looked at, and returns the index of a packet that contradicts (or `NOWHERE`), or `HOLDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from packet_log import SIDE, PacketLog

from tcptui.model.finding import FindingId
from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from tcptui.model.finding import Finding

HOLDS: Final = -1
#: The claim is contradicted, by no packet in particular.
NOWHERE: Final = -2
#: Times of facts are seconds in binary floating point.
TOLERANCE_NS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Told:
    """A finding beside the packets of its stream."""

    log: PacketLog
    finding: Finding

    def at(self, fact: str) -> int:
        """Index of the packet whose frame number is ``fact``; -1 where the fact is 0 or names no packet here."""
        return self.log.at.get(int(str(self.finding.facts.get(fact, 0))), -1)

    def side(self, fact: str = "sender") -> int:
        return SIDE[str(self.finding.facts[fact])]

    def number(self, fact: str) -> float:
        value = self.finding.facts.get(fact, 0)
        return float(value) if isinstance(value, int | float) else 0.0


Check = Callable[[Told], int]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of a sentence."""

    finding: FindingId
    shapes: tuple[str, ...]
    """Shapes whose sentences make the claim; empty: all of them."""
    says: str
    check: Check


def _first(found: object) -> int:
    """The first of some indexes: what contradicts; `HOLDS` without one."""
    return next(iter(found), HOLDS)  # type: ignore[call-overload,no-any-return]


def _held(holds: bool) -> int:
    return HOLDS if holds else NOWHERE


def silent_after(frame: str, side: str = "other") -> Check:
    """No packet of ``side`` follows the one that the fact ``frame`` names."""
    return lambda told: _first(told.log.of(told.side(side), told.at(frame) + 1))


def no_server(told: Told) -> int:
    return _first(told.log.of(1))


def no_reset_of(side: str, after: str) -> Check:
    def check(told: Told) -> int:
        log = told.log
        return _first(i for i in log.of(told.side(side), told.at(after) + 1) if log.flags[i] & RST)

    return check


def never_acknowledged(frame: str = "first_frame") -> Check:
    """No packet of the peer, before or after, acknowledges what the packet carries."""

    def check(told: Told) -> int:
        i = told.at(frame)
        return told.log.acknowledged(told.log.side[i], told.log.end[i]) if i >= 0 else NOWHERE

    return check


def acknowledges(ack: str, data: str, *, first: bool = False) -> Check:
    """The packet ``ack`` covers what ``data`` carries; ``first``: none did before."""

    def check(told: Told) -> int:
        log, i, j = told.log, told.at(ack), told.at(data)
        if i < 0 or j < 0 or log.side[i] == log.side[j] or not log.flags[i] & ACK or log.ack[i] < log.end[j]:
            return i if i >= 0 else NOWHERE
        earlier = log.acknowledged(log.side[j], log.end[j], j)
        return earlier if first and 0 <= earlier < i else HOLDS

    return check


def follows(later: str, earlier: str, side: str = "") -> Check:
    """One named packet follows another; ``side``: and is of that end."""

    def check(told: Told) -> int:
        i, j = told.at(later), told.at(earlier)
        right = i > j >= 0 and (not side or told.log.side[i] == told.side(side))
        return HOLDS if right else (i if i >= 0 else NOWHERE)

    return check


def lasts(fact: str, earlier: str, later: str) -> Check:
    """The time in ``fact`` is the one between two named packets."""

    def check(told: Told) -> int:
        i, j = told.at(earlier), told.at(later)
        if i < 0 or j < 0:
            return NOWHERE
        return _held(abs(max(0, told.log.ns(i, j)) - told.number(fact) * 1e9) <= TOLERANCE_NS)

    return check


def _nothing_new_between(told: Told) -> int:
    """The sender sent no new data and no FIN between the two packets named."""
    log = told.log
    between = log.of(told.side(), told.at("first_frame") + 1, told.at("next_frame"))
    return _first(i for i in between if log.end[i] > log.sent(log.side[i], i))


def _no_syn_ack_before(told: Told) -> int:
    log = told.log
    return _first(i for i in log.of(1, 0, told.at("rst_frame")) if log.flags[i] & SYN)


def _no_answer_to_syn(told: Told) -> int:
    log, syn = told.log, told.at("first_frame")
    return log.acknowledged(0, log.seq[syn] + 1, syn)


def _first_answer(told: Told) -> int:
    answer = _no_answer_to_syn(told)
    return HOLDS if answer == told.at("answer_frame") else answer if answer >= 0 else NOWHERE


def _no_third_before_repeat(told: Told) -> int:
    log, first, repeat = told.log, told.at("first_frame"), told.at("repeat_frame")
    return _first(
        i
        for i in log.of(0, first + 1, repeat)
        if log.flags[i] & (ACK | SYN | RST) == ACK and log.ack[i] > log.seq[first]
    )


def _same_number(told: Told) -> int:
    log = told.log
    first, repeat = told.at("first_frame"), told.at("repeat_frame")
    return HOLDS if log.raw_seq[first] == log.raw_seq[repeat] else repeat


def _one_syn(told: Told) -> int:
    log = told.log
    syns = [i for i in log.of(0) if log.flags[i] & (SYN | ACK) == SYN]
    # The network's copy of a packet has its number.
    return _first(i for i in syns if not log.ip_id[i] or log.ip_id[i] != log.ip_id[syns[0]])


def _last_ack_absent(told: Told) -> int:
    log, second = told.log, told.at("second_frame")
    return log.acknowledged(log.side[second], log.end[second], second)


def _closed_first(told: Told) -> int:
    log, fin = told.log, told.at("fin_frame")
    return _first(i for i in log.of(1 - log.side[fin], 0, fin) if log.flags[i] & FIN)


def _bare_ack_of_fin(told: Told) -> int:
    ack = told.at("ack_frame")
    log = told.log
    return ack if log.flags[ack] & FIN else acknowledges("ack_frame", "fin_frame", first=True)(told)


def _crossed(told: Told) -> int:
    log = told.log
    one, two = told.at("fin_frame"), told.at("second_frame")
    for i, j in ((one, two), (two, one)):
        if log.flags[i] & ACK and log.ack[i] >= log.end[j]:
            return i
    return HOLDS


def _never_closed(told: Told) -> int:
    log = told.log
    return _first(i for i in range(log.count) if log.flags[i] & (FIN | RST))


def _only_syns(told: Told) -> int:
    log = told.log
    return _first(i for i in range(log.count) if not log.flags[i] & SYN)


def _is_last(told: Told) -> int:
    last = told.log.count - 1
    return HOLDS if told.at("last_frame") == last else last


def _capture_ends(told: Told) -> int:
    return _held(told.log.view.capture_end_ns <= told.log.time[told.at("last_frame")])


def _no_step_of_other(told: Told) -> int:
    """Neither new data nor FIN nor RST of ``other`` after the ACK of the FIN, up to ``end_frame`` or the end."""
    log, ack, end = told.log, told.at("ack_frame"), told.at("end_frame")
    other = told.side("other")
    known = max(log.sent(other, ack + 1), log.end[ack])
    stop = end if end >= 0 else log.count
    for i in log.of(other, ack + 1, stop):
        if log.flags[i] & (FIN | RST) or log.end[i] > known:
            return i
    return HOLDS


def _fin_unacknowledged(told: Told) -> int:
    """Where the tries are FINs or end in one, no ACK covers the last number sent in them."""
    return never_acknowledged("last_frame")(told)


def _no_data_at_all(told: Told) -> int:
    log = told.log
    return _first(i for i in range(log.count) if log.length[i] and not log.flags[i] & RST)


def _no_data_before_reset(told: Told) -> int:
    log = told.log
    return _first(i for i in range(told.at("rst_frame")) if log.length[i] and not log.flags[i] & RST)


def _all_acknowledged(told: Told) -> int:
    """Before the reset all data of both ends had been acknowledged, by the reset's own ACK at the latest."""
    log, rst = told.log, told.at("rst_frame")
    for side in (0, 1):
        data = [i for i in log.of(side, 0, rst) if log.length[i] and not log.flags[i] & RST]
        if not data:
            continue
        highest = max(log.seq[i] + log.length[i] for i in data)
        acked = log.acked(side, rst)
        if log.side[rst] != side and log.flags[rst] & ACK:
            acked = max(acked, log.ack[rst])
        if acked < highest - 1:
            return max(data, key=lambda i: log.end[i])
    return HOLDS


def _fin_before(told: Told) -> int:
    log = told.log
    return _held(any(log.flags[i] & FIN for i in range(told.at("rst_frame"))))


def _no_third_packet(told: Told) -> int:
    log, rst = told.log, told.at("rst_frame")
    return _first(i for i in log.of(0, 0, rst) if not log.flags[i] & (SYN | RST))


def _server_gave_no_answer(told: Told) -> int:
    """The client spoke last before the reset, and all of it was acknowledged (`_all_acknowledged`)."""
    log, rst = told.log, told.at("rst_frame")
    spoke = [i for i in range(rst) if log.length[i] and not log.flags[i] & RST]
    return HOLDS if spoke and not log.side[spoke[-1]] else (spoke[-1] if spoke else NOWHERE)


def _silent_until_reset(told: Told) -> int:
    """The end that resets sent nothing between the packet that broke the silence and its reset."""
    return _first(told.log.of(told.side(), told.at("data_frame") + 1, told.at("rst_frame")))


def _no_syn_between(told: Told) -> int:
    log, first, repeat = told.log, told.at("first_frame"), told.at("repeat_frame")
    return _first(i for i in log.of(0, first + 1, repeat) if log.flags[i] & SYN)


def _no_end_before_reset(told: Told) -> int:
    """No FIN or RST of the sender before the reset; and the reset has no ACK flag and the number asked for."""
    log, rst, asked = told.log, told.at("rst_frame"), told.at("data_frame")
    if log.flags[rst] & ACK or log.raw_seq[rst] != int(log.view.raw_ack[asked]):
        return rst
    return _first(i for i in log.of(told.side(), 0, rst) if log.flags[i] & (FIN | RST))


def _is_bare_reset(told: Told) -> int:
    rst = told.at("rst_frame")
    return HOLDS if not told.log.flags[rst] & ACK and told.log.flags[rst] & RST else rst


def _sends_on(told: Told) -> int:
    log, rst, later = told.log, told.at("rst_frame"), told.at("later_frame")
    fresh = later > rst and log.side[later] == told.side() and log.end[later] > log.sent(told.side(), rst)
    return HOLDS if fresh else later


def _nothing_waited(told: Told) -> int:
    log, rst = told.log, told.at("rst_frame")
    return _held(log.acked(1 - told.side(), rst) >= log.sent(1 - told.side(), rst))


def _unread_not_answered(told: Told) -> int:
    """Nothing new of the sender's program that was sent when the unread data had arrived, up to the reset."""
    log, data, rst = told.log, told.at("data_frame"), told.at("rst_frame")
    side = told.side()
    known = log.sent(side, data)
    later = (i for i in log.of(side, data + 1, rst) if log.length[i] and log.end[i] > known)
    return _first(i for i in later if log.ack[i] > log.seq[data])


def _same_bytes_again(told: Told) -> int:
    """``count`` further copies of the first segment: "it sent the same … more times"."""
    log, i = told.log, told.at("first_frame")
    return _held(sum(j > i for j in log.copies(i)) >= told.number("count"))


def _tries_again(told: Told) -> int:
    """``tries`` copies after the first, the last of them ``last_frame``, all of the same bytes."""
    log, last = told.log, told.at("last_frame")
    copies = [j for j in log.copies(last) if j < last]
    return _held(len(copies) >= told.number("tries") - (told.at("original_frame") < 0))


def _ever_further_apart(told: Told) -> int:
    """No wait between two tries is shorter than the one before, and the last is longer than the first."""
    tries = [told.log.time[told.log.at[frame]] for frame in told.finding.packets[1:] if frame in told.log.at]
    gaps = [after - before for before, after in pairwise(tries)]
    growing = all(after >= before - TOLERANCE_NS for before, after in pairwise(gaps))
    return _held(len(gaps) < 2 or (growing and gaps[-1] > gaps[0]))


def _heard_after_a_copy(told: Told) -> int:
    """The peer sent that packet after the first copy of the bytes."""
    log, i, heard = told.log, told.at("first_frame"), told.at("heard_frame")
    return HOLDS if heard > min([i, *log.copies(i)]) and log.side[heard] != log.side[i] else heard


def _was_the_last(told: Told) -> int:
    """No data or FIN of the sender beyond the segment had left before it was sent again."""
    log, i = told.log, told.at("first_frame")
    return _first(j for j in log.of(log.side[i], 0, i) if log.carries(j) and log.end[j] > log.end[i])


def _not_asked_for(told: Told) -> int:
    log, i = told.log, told.at("first_frame")
    first = min([j for j in log.copies(i) if j < i], default=i)
    return _first(j for j in log.of(1 - log.side[i], first, i) if log.reports_gap(j, i))


def _alone_in_flight(told: Told) -> int:
    """Of what had been seen to leave, nothing before the segment was unacknowledged, and nothing was behind it."""
    log, i = told.log, told.at("first_frame")
    acked = log.acked(log.side[i], i)
    before = [j for j in log.of(log.side[i], 0, i) if log.carries(j) and acked < log.end[j] <= log.seq[i]]
    # Where the peer was never heard, a keep-alive or what was acknowledged before the capture looks the same.
    unheard = acked < -(2**31)
    return _was_the_last(told) if unheard or not before else before[-1]


def _silent_while_waiting(told: Told) -> int:
    """The sender sent no new data in the time that it is said to have been silent."""
    log, i = told.log, told.at("first_frame")
    since = log.time[i] - told.number("waited_s") * 1e9 + TOLERANCE_NS
    return _first(j for j in log.of(log.side[i], 0, i) if log.carries(j) and log.time[j] > since)


def _not_told_what_was_missing(told: Told) -> int:
    """No SACK above the bytes, and fewer than three duplicate ACKs, from the last copy to the resend."""
    log, i = told.log, told.at("first_frame")
    first = told.at("original_frame")
    if first < 0:
        return HOLDS
    reports = [j for j in log.of(1 - log.side[i], first, i) if log.reports_gap(j, i)]
    return reports[-1] if reports else HOLDS


def _has(fact: str, bit: OptionBit) -> Check:
    def check(told: Told) -> int:
        i = told.at(fact)
        return HOLDS if told.log.options[i] & bit else i

    return check


def _fresh_bytes(told: Told) -> int:
    """The bytes of the late segment had not passed before, later ones had."""
    log, i = told.log, told.at("first_frame")
    before = [j for j in log.copies(i) if j < i and log.seq[j] <= log.seq[i] and log.end[j] >= log.end[i]]
    return _first(before)


def _one_transmission(told: Told) -> int:
    log, i, j = told.log, told.at("first_frame"), told.at("original_frame")
    alike = (log.seq[i], log.length[i], log.ip_id[i]) == (log.seq[j], log.length[j], log.ip_id[j])
    return HOLDS if alike else i


def _sent_once(told: Told) -> int:
    return _first(told.log.copies(told.at("original_frame")))


def _gap_stays(told: Told) -> int:
    """No packet of the sender carries the missing bytes, and no ACK moves past them."""
    log, asked, seen = told.log, told.at("first_frame"), told.at("seen_frame")
    missing = log.ack[asked]
    carried = [i for i in log.of(told.side()) if log.carries(i) and log.seq[i] <= missing < log.end[i]]
    beyond = [i for i in log.of(1 - told.side()) if log.flags[i] & (ACK | RST) == ACK and log.ack[i] > missing]
    return _first([*carried, *beyond]) if seen >= 0 and log.seq[seen] > missing else NOWHERE


def _nothing_sent_again(told: Told) -> int:
    log, before, after = told.log, told.at("before_frame"), told.at("after_frame")
    covered = range(log.ack[before], log.ack[after])
    data = [i for i in log.of(told.side()) if log.carries(i) and log.seq[i] in covered]
    return _first(i for i in data for j in log.copies(i) if j > i)


def _larger_never_acknowledged(told: Told) -> int:
    """No segment of the sender as large as the one said not to pass was acknowledged (by the last try)."""
    log, side, size = told.log, told.side(), told.number("large_bytes")
    shape = told.finding.facts.get("shape")
    stop = log.count if shape in ("unhealed", "sacked") else told.at("last_frame")
    start = told.at("original_frame") if shape == "sacked" else 0  # such ones may have passed before
    acked = log.acked(side, stop)
    return _first(i for i in log.of(side, start, stop) if log.length[i] >= size and log.end[i] <= acked)


def _window_stays_shut(told: Told) -> int:
    log, shut = told.log, told.at("first_frame")
    return _first(i for i in log.of(told.side("receiver"), shut + 1) if log.window[i] and not log.flags[i] & RST)


def _window_opened_there(told: Told) -> int:
    log, shut, opened = told.log, told.at("first_frame"), told.at("open_frame")
    if opened < 0 or not log.window[opened] or log.window[shut]:
        return opened if opened >= 0 else NOWHERE
    return _first(i for i in log.of(log.side[shut], shut + 1, opened) if log.window[i] and not log.flags[i] & RST)


def _nothing_sent_while_shut(told: Told) -> int:
    """The sender sent nothing while the window was shut, nor right when it opened."""
    log, side = told.log, told.side()
    return _first(
        i
        for i in log.of(side, told.at("first_frame") + 1, told.at("open_frame"))
        if log.carries(i) and log.end[i] > log.sent(side, i)
    )


def _all_acknowledged_there(told: Told) -> int:
    """The packet acknowledges all that had been sent to its sender by then."""
    log, i = told.log, told.at("first_frame")
    return HOLDS if log.ack[i] >= log.sent(1 - log.side[i], i) else i


def _went_on_later(told: Told) -> int:
    """The time between the two packets, from which the way to the sender and back may be taken off."""
    i, j = told.at("first_frame"), told.at("next_frame")
    passed_ns, told_ns = told.log.ns(i, j), told.number("worst_s") * 1e9
    way_ns = max(told.log.view.min_rtt_from_client_ns, told.log.view.min_rtt_from_server_ns, told.log.view.irtt_ns)
    return _held(passed_ns - way_ns - TOLERANCE_NS <= told_ns <= passed_ns + TOLERANCE_NS)


def _nothing_under_way(told: Told) -> int:
    log, i = told.log, told.at("next_frame")
    side = log.side[i]
    return _held(log.acked(side, i) >= log.sent(side, i))


def _answered_next(told: Told) -> int:
    """No payload of either end that is new lies between the end of the question and the answer."""
    log, asked, answer = told.log, told.at("first_frame"), told.at("answer_frame")
    if asked < 0 or answer < 0 or log.side[asked] == log.side[answer] or not log.length[answer]:
        return NOWHERE
    side = log.side[answer]
    known = log.sent(side, asked + 1)
    return _first(i for i in log.of(side, asked + 1, answer) if log.length[i] and log.end[i] > known)


def _no_syn(told: Told) -> int:
    log = told.log
    return _first(i for i in range(log.count) if log.flags[i] & SYN)


def _none_of_other(told: Told) -> int:
    return _first(told.log.of(told.side("other")))


def _no_icmp(told: Told) -> int:
    return _held(not len(told.log.view.quotes))


def _mute_for_a_while(told: Told) -> int:
    """Nothing of the server from the handshake until ``lasted_s`` after the SYN-ACK."""
    log = told.log
    until = log.time[told.at("first_frame")] + told.number("lasted_s") * 1e9 - TOLERANCE_NS
    return _first(i for i in log.of(1, told.at("third_frame")) if log.time[i] < until)


def _repaired(told: Told) -> int:
    repair, i = told.finding.facts["repair"], told.at("first_frame")
    log = told.log
    cover = log.acknowledged(log.side[i], log.end[i])
    match repair:
        case "never" | "cut" | "reset":
            return HOLDS if cover < 0 else cover
        case _:
            return HOLDS if cover == told.at("healed_frame") else cover


def _repaired_without_timer(told: Told) -> int:
    """Between the resend and the ACK no further copy left: "without waiting for a timer"."""
    if told.finding.facts["repair"] != "once":
        return HOLDS
    log, i, cover = told.log, told.at("first_frame"), told.at("healed_frame")
    return _first(j for j in log.copies(i) if i < j < cover and log.ip_id[j] != log.ip_id[i])


_RTO = FindingId.RETRANSMISSION_TIMEOUT
_UNACKED: Final = ("unanswered", "open-end", "fin", "heard", "fin-heard", "alone", "fin-alone", "reset", "gave-up")
_CLOSES: Final = (FindingId.FOUR_PACKET_CLOSE, FindingId.THREE_PACKET_CLOSE, FindingId.SIMULTANEOUS_CLOSE)
_GONE: Final = ("", "fin", "alone", "fin-alone")
_ABORT = FindingId.RST_ABORTIVE_CLOSE
#: Most bytes of a TLS alert, which is no answer.
_ALERT_BYTES: Final = 101


def _server_said_nothing_new(told: Told) -> int:
    """Behind the request the server sent no new byte but, at most, an alert."""
    log, asked = told.log, told.at("request_frame")
    new = (
        i for i in log.of(1, asked + 1) if not log.flags[i] & RST and log.seq[i] + log.length[i] > log.sent(1, asked)
    )
    return _first(i for i in new if log.length[i] > _ALERT_BYTES)


def _request_was_received(told: Told) -> int:
    log, asked, fin = told.log, told.at("request_frame"), told.at("end_frame")
    return HOLDS if log.acked(0, fin + 1) > log.seq[asked] else fin


def _request_was_not_received(told: Told) -> int:
    log, asked, fin = told.log, told.at("request_frame"), told.at("end_frame")
    return HOLDS if log.ack[fin] <= log.seq[asked] else fin


def _knew_of_the_fin(asked: str, fin: str) -> Check:
    """Whether the client's packet acknowledges the server's FIN."""

    def check(told: Told) -> int:
        i, j = told.at(asked), told.at(fin)
        return HOLDS if told.log.ack[i] >= told.log.end[j] else i

    return check


def _knew_nothing_of_the_fin(told: Told) -> int:
    i, j = told.at("data_frame"), told.at("fin_frame")
    return HOLDS if told.log.ack[i] < told.log.end[j] else i


def _acknowledged_at_once(told: Told) -> int:
    """The server's first ACK of the request is nearer to it than to the answer by far."""
    log, asked, answer = told.log, told.at("first_frame"), told.at("answer_frame")
    ack = log.acknowledged(0, log.end[asked], asked)
    return HOLDS if 0 <= ack < answer and 2 * log.ns(asked, ack) < log.ns(ack, answer) else ack


def _no_more_than_syn_ack(told: Told) -> int:
    """Nothing of the server follows the third packet but a SYN, a RST, or a bare ACK of the client's SYN."""
    log = told.log
    return _first(
        i
        for i in log.of(1, told.at("third_frame") + 1)
        if not log.flags[i] & (SYN | RST) and (log.carries(i) or log.ack[i] != log.ack[told.at("syn_ack_frame")])
    )


CLAIMS: Final = (
    Claim(FindingId.THREE_WAY_HANDSHAKE, (), "it answered this SYN", follows("syn_ack_frame", "syn_frame")),
    Claim(FindingId.THREE_WAY_HANDSHAKE, (), "SYN-ACK later", lasts("server_s", "syn_frame", "syn_ack_frame")),
    Claim(FindingId.THREE_WAY_HANDSHAKE, ("proved", "remeasured"), "the server went on",
          lambda told: HOLDS if told.at("proof_frame") > told.at("third_frame") else told.at("proof_frame")),
    Claim(FindingId.THREE_WAY_HANDSHAKE, ("assumed",), "nothing that the server sent shows whether it arrived",
          _no_more_than_syn_ack),
    Claim(FindingId.SYN_TIMEOUT, ("silent", "capture-ends", "gave-up"), "nothing at all came back", no_server),
    Claim(FindingId.SYN_TIMEOUT, ("silent", "capture-ends", "gave-up"), "no ICMP error that quotes it", _no_icmp),
    Claim(FindingId.SYN_TIMEOUT, ("too-late",), "no packet of the server before",
          lambda told: _first(told.log.of(1, 0, told.at("answer_frame")))),
    Claim(FindingId.SYN_TIMEOUT, ("silent", "capture-ends"), "the program waits (it did not give up)",
          lambda told: _first(i for i in told.log.of(0) if told.log.flags[i] & RST)),
    Claim(FindingId.SYN_RETRANSMISSION, ("unanswered",), "ends before any answer", _no_answer_to_syn),
    Claim(FindingId.SYN_RETRANSMISSION, ("answered", "held"), "until the SYN-ACK came", _first_answer),
    Claim(FindingId.CONNECTION_REFUSED, (), "nothing accepts connections", _no_syn_ack_before),
    Claim(FindingId.CONNECTION_UNREACHABLE, (), "no packet of the server", no_server),
    Claim(FindingId.SYN_ACK_RETRANSMISSION, ("no-ack",), "no ACK had passed before", _no_third_before_repeat),
    Claim(FindingId.SYN_ACK_RETRANSMISSION, ("answering", "ack-seen", "no-ack", "ack-arrived"),
          "carry the same sequence number", _same_number),
    Claim(FindingId.SYN_ACK_RETRANSMISSION, ("ack-seen", "ack-arrived"), "third packet already sent",
          lambda told: HOLDS if 0 <= told.at("third_frame") < told.log.count else NOWHERE),
    Claim(FindingId.THIRD_ACK_LOST, ("never-came",), "no ACK arrived between", _no_third_before_repeat),
    Claim(FindingId.THIRD_ACK_LOST, ("never-came",), "no repeated SYN either", _no_syn_between),
    Claim(FindingId.THIRD_ACK_LOST, ("never-came",), "the client never repeated its SYN", _one_syn),
    Claim(FindingId.THIRD_ACK_LOST, (), "the server went on", follows("taken_frame", "late_frame")),
    Claim(FindingId.ACCEPT_QUEUE_FULL, ("cookies", "ignored"), "the server answered none of it", _mute_for_a_while),
    Claim(FindingId.PROBE_CONNECTION, (), "no segment carries data", _no_data_at_all),
    *(Claim(close, ("no-last-ack",), "the ACK of that is not in the capture", _last_ack_absent) for close in _CLOSES),
    *(Claim(close, (), "closed first", _closed_first) for close in _CLOSES),
    *(Claim(close, ("",), "packet {last_frame} acknowledged that", acknowledges("last_frame", "second_frame"))
      for close in _CLOSES),
    Claim(FindingId.FOUR_PACKET_CLOSE, (), "acknowledges the FIN without being one", _bare_ack_of_fin),
    Claim(FindingId.THREE_PACKET_CLOSE, (), "the first to acknowledge the FIN",
          acknowledges("second_frame", "fin_frame", first=True)),
    Claim(FindingId.SIMULTANEOUS_CLOSE, (), "neither FIN acknowledges the other", _crossed),
    Claim(FindingId.STILL_OPEN, (), "neither end has sent a FIN or a reset", _never_closed),
    Claim(FindingId.STILL_OPEN, (), "the last packet here", _is_last),
    Claim(FindingId.STILL_OPEN, ("to-the-end",), "with it the capture ends", _capture_ends),
    Claim(FindingId.STILL_OPEN, ("unopened",), "nothing here shows the handshake complete", _only_syns),
    Claim(FindingId.HALF_CLOSE, (), "packet {read_frame} acknowledged them",
          lambda told: HOLDS if told.log.ack[told.at("read_frame")] > told.log.seq[told.at("data_frame")] else NOWHERE),
    Claim(FindingId.HALF_CLOSE, (), "still read", lambda told: _first(
          i for i in told.log.of(told.side("closer"), 0, told.at("read_frame")) if told.log.flags[i] & RST)),
    Claim(FindingId.CLOSE_WAIT_LEAK, (), "neither data nor a FIN followed", _no_step_of_other),
    Claim(FindingId.CLOSE_WAIT_LEAK, ("open",), "the closer did not give up",
          lambda told: _first(i for i in told.log.of(told.side("closer"), told.at("ack_frame"))
                              if told.log.flags[i] & RST)),
    Claim(FindingId.FIN_WAIT_2_TIMEOUT, (), "there was no socket any more", _is_bare_reset),
    Claim(FindingId.DATA_AFTER_CLOSE, (), "the FIN came before", follows("rst_frame", "fin_frame", "closer")),
    Claim(FindingId.DATA_AFTER_CLOSE, (), "the reset has no ACK flag", _is_bare_reset),
    Claim(FindingId.DATA_AFTER_CLOSE, ("crossed",), "crossed its FIN", _knew_nothing_of_the_fin),
    Claim(FindingId.DATA_AFTER_CLOSE, ("late",), "the client's system confirmed that",
          _knew_of_the_fin("data_frame", "fin_frame")),
    Claim(FindingId.REQUEST_UNANSWERED, ("closed", "crossed", "late"), "did not answer", _server_said_nothing_new),
    Claim(FindingId.REQUEST_UNANSWERED, ("closed",), "received the client's bytes", _request_was_received),
    Claim(FindingId.REQUEST_UNANSWERED, ("crossed", "late"), "had not received", _request_was_not_received),
    Claim(FindingId.REQUEST_UNANSWERED, ("late",), "the client's system had confirmed that",
          _knew_of_the_fin("request_frame", "end_frame")),
    Claim(_ABORT, ("all-acknowledged",), "everything sent had been acknowledged", _all_acknowledged),
    Claim(_ABORT, ("unanswered",), "received completely, no answer", _server_gave_no_answer),
    Claim(_ABORT, ("unanswered",), "the data had been received completely", _all_acknowledged),
    Claim(_ABORT, ("nothing-exchanged", "unused"), "not a byte of data was sent", _no_data_before_reset),
    Claim(_ABORT, ("after-fin",), "with the close already begun", _fin_before),
    Claim(_ABORT, ("never-opened",), "no third packet came", _no_third_packet),
    Claim(FindingId.RST_DEAD_CONNECTION, (), "no FIN or reset came before", _no_end_before_reset),
    Claim(FindingId.RST_DEAD_CONNECTION, ("pending",), "got no answer",
          lambda told: _first(i for i in told.log.of(1, told.at("request_frame") + 1, told.at("rst_frame"))
                              if told.log.length[i] > _ALERT_BYTES)),
    Claim(FindingId.RST_DEAD_CONNECTION, ("idle",), "answered the first packet after", _silent_until_reset),
    Claim(FindingId.RST_DEAD_CONNECTION, ("idle", "pending", "stalled", "never-opened"), "after so much silence",
          lambda told: _first(i for i in range(told.at("data_frame"))
                              if told.log.time[told.at("data_frame")] - told.log.time[i]
                              < told.number("idle_s") * 1e9 - TOLERANCE_NS)),
    Claim(FindingId.RST_INJECTED, ("",), "sends new data afterwards", _sends_on),
    Claim(FindingId.RST_INJECTED, ("unasked",), "nothing was waiting for an answer", _nothing_waited),
    Claim(FindingId.RST_UNREAD_DATA, ("unanswered",), "its program never answered", _unread_not_answered),
    Claim(FindingId.KEEP_ALIVE, (), "answered in packet", follows("answer_frame", "first_frame")),
    Claim(FindingId.KEEP_ALIVE_TIMEOUT, ("reset", "silence"), "no packet of the other since",
          silent_after("first_frame")),
    Claim(FindingId.KEEP_ALIVE_TIMEOUT, ("silence",), "(it did not give up)", no_reset_of("sender", "last_frame")),
    Claim(FindingId.PATH_LOST, _GONE, "not one packet of the other after", silent_after("first_frame")),
    Claim(FindingId.PATH_LOST, _GONE, "sent the same … more times", _same_bytes_again),
    Claim(FindingId.PATH_LOST, ("", "fin"), "ever further apart", _ever_further_apart),
    Claim(FindingId.PATH_LOST, ("",), "gives up without a reset", no_reset_of("sender", "last_frame")),
    Claim(FindingId.PATH_LOST, ("fin",), "the close goes unanswered", _fin_unacknowledged),
    Claim(FindingId.IDLE_CONNECTION_DROPPED, ("mute",), "nothing came back", silent_after("first_frame")),
    Claim(FindingId.FAST_RETRANSMISSION, (), "{repaired}", _repaired),
    Claim(FindingId.FAST_RETRANSMISSION, (), "repaired without waiting for a timer", _repaired_without_timer),
    Claim(_RTO, ("", "asked"), "packet {healed_frame} acknowledged it", acknowledges("healed_frame", "first_frame")),
    Claim(_RTO, ("",), "no ACK told what was missing", _not_told_what_was_missing),
    Claim(_RTO, _UNACKED, "no ACK of it", never_acknowledged()),
    Claim(_RTO, _UNACKED, "sent … more times", _tries_again),
    Claim(_RTO, ("unanswered", "open-end", "fin"), "can no longer be heard", silent_after("first_frame")),
    Claim(_RTO, ("unanswered",), "gives up without a reset", no_reset_of("sender", "last_frame")),
    Claim(_RTO, ("heard", "fin-heard"), "was still sending", _heard_after_a_copy),
    Claim(FindingId.TAIL_LOSS, (), "the last it had", _was_the_last),
    Claim(FindingId.TAIL_LOSS, (), "no ACK or SACK had asked for it", _not_asked_for),
    Claim(FindingId.TAIL_LOSS, ("probe-or-timeout",), "the only segment in flight", _alone_in_flight),
    Claim(FindingId.TAIL_LOSS, (), "after so much silence", _silent_while_waiting),
    Claim(FindingId.TAIL_LOSS, (), "acknowledged: {healed}",
          lambda told: never_acknowledged()(told) if told.at("healed_frame") < 0
          else acknowledges("healed_frame", "first_frame")(told)),
    Claim(FindingId.SPURIOUS_RETRANSMISSION, ("dsack",), "names bytes (D-SACK)",
          _has("proof_frame", OptionBit.DSACK)),
    Claim(FindingId.SPURIOUS_RETRANSMISSION, ("acked-here",), "had been acknowledged before",
          lambda told: HOLDS if told.at("proof_frame") < told.at("first_frame")
          else told.at("proof_frame")),
    Claim(FindingId.SPURIOUS_RETRANSMISSION, ("acked-here",), "acknowledged all of it",
          acknowledges("proof_frame", "first_frame")),
    Claim(FindingId.RETRANSMISSION_UNEXPLAINED, ("",), "no SACK above the bytes", _not_told_what_was_missing),
    Claim(FindingId.RETRANSMISSION_UNEXPLAINED, ("first-copy-unseen",), "had not passed here before", _fresh_bytes),
    Claim(FindingId.LOST_RETRANSMISSION, ("overtaken", "timer"), "packet {healed_frame} acknowledges them",
          acknowledges("healed_frame", "first_frame", first=False)),
    Claim(FindingId.LOST_RETRANSMISSION, ("never-filled",), "no ACK of it follows", never_acknowledged()),
    Claim(FindingId.LOST_RETRANSMISSION, ("gap",), "still they have not come", _gap_stays),
    Claim(FindingId.OUT_OF_ORDER, (), "had not passed before", _fresh_bytes),
    Claim(FindingId.DUPLICATED_BY_NETWORK,
          ("", "reported", "unnumbered", "reported-unnumbered", "unmarked", "reported-unmarked"),
          "one transmission, seen twice", _one_transmission),
    Claim(FindingId.DUPLICATED_BY_NETWORK, ("beyond",), "sent once", _sent_once),
    Claim(FindingId.ACK_LOSS_HARMLESS, (), "nothing was sent again", _nothing_sent_again),
    Claim(FindingId.CHECKSUM_ERROR, (), "sent it again",
          lambda told: HOLDS if told.at("again_frame") in told.log.copies(told.at("bad_frame")) else NOWHERE),
    Claim(FindingId.PATH_MTU_BLACKHOLE, (), "none as large was ever acknowledged", _larger_never_acknowledged),
    Claim(FindingId.PATH_MTU_BLACKHOLE, ("unhealed",), "without an ACK", never_acknowledged("last_frame")),
    Claim(FindingId.PATH_MTU_BLACKHOLE, (), 'no "packet too big"', _no_icmp),
    Claim(FindingId.ZERO_WINDOW, ("still-closed",), "did not open it again", _window_stays_shut),
    Claim(FindingId.ZERO_WINDOW, ("", "costly", "short", "unseen"), "opened it in that packet", _window_opened_there),
    Claim(FindingId.ZERO_WINDOW, ("",), "nothing to send meanwhile", _nothing_sent_while_shut),
    Claim(FindingId.SLOW_RECEIVER, ("", "shut"), "had acknowledged everything", _all_acknowledged_there),
    Claim(FindingId.SLOW_RECEIVER, ("", "shut"), "the sender went on later", _went_on_later),
    Claim(FindingId.SENDER_APPLICATION_LIMITED, (), "nothing was under way", _nothing_under_way),
    Claim(FindingId.SENDER_APPLICATION_LIMITED, (), "sent nothing until",
          _nothing_new_between),
    Claim(FindingId.SERVER_THINK_TIME, ("", "http", "turns"), "the answer began with that packet", _answered_next),
    Claim(FindingId.SERVER_THINK_TIME, ("turns", "tickets"), "had acknowledged this request at once",
          _acknowledged_at_once),
    Claim(FindingId.CLIENT_THINK_TIME, ("",), "the next request came with that packet", _answered_next),
    Claim(FindingId.CAPTURE_STARTED_MID_STREAM, (), "no SYN of this connection", _no_syn),
    Claim(FindingId.ONE_SIDED_CAPTURE, (), "none of the other", _none_of_other),
)  # fmt: skip

BY_FINDING: Final = {
    finding: tuple(claim for claim in CLAIMS if claim.finding is finding) for finding in {c.finding for c in CLAIMS}
}


def contradicted(told: Told) -> list[tuple[Claim, int]]:
    """The claims of a finding that packets contradict, each with the index of such a packet or `NOWHERE`."""
    shape = str(told.finding.facts.get("shape", ""))
    return [
        (claim, found)
        for claim in BY_FINDING.get(told.finding.id, ())
        if not claim.shapes or shape in claim.shapes
        if (found := claim.check(told)) != HOLDS
    ]


def claims_made(finding: Finding) -> int:
    """How many claims of the table ``finding`` makes."""
    shape = str(finding.facts.get("shape", ""))
    return sum(not claim.shapes or shape in claim.shapes for claim in BY_FINDING.get(finding.id, ()))
