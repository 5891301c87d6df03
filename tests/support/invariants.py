"""What holds for the findings of every capture, whatever happened in it; `violations` checks it from the packets.

The checker reads raw columns (`packet_log`), not what the rules concluded, so it does not repeat their mistakes.  A
violation that is right is excluded by a rule here or in the tables, with its reason; there is no list of exceptions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Final

from invariant_claims import HOLDS, NOWHERE, TOLERANCE_NS, Told, claims_made, contradicted
from invariant_pairs import CAUSES, PAIRS, RULED_OUT, Scene
from invariant_times import blamed_beside_missing_bytes, idle_called_lost, lost_and_needless, unspoken_parts
from packet_log import SIDE, PacketLog

from tcptui.access.open_capture import view_of
from tcptui.analysis.roles import RoleSource
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.findings.facts import ConnectionFacts, RuleContext
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import FindingId, Severity
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.words.catalogue import catalogue
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.finding import Finding
    from tcptui.session.session import Session


class Invariant(StrEnum):
    """What is checked."""

    WAITS = "waits and budget"
    CLAIM = "sentence against packets"
    CONFLICT = "findings against each other"
    QUIET = "costly and without trouble"
    ALTERNATIVE = "alternative ruled out"
    ROLE = "client and server"
    FRAME = "frames and numbers"
    PLACE = "capture point"
    TIMES = "whose time, and how much of it is lost"


@dataclass(frozen=True, slots=True)
class Violation:
    """One contradiction."""

    capture: str
    stream: int
    invariant: Invariant
    findings: tuple[FindingId, ...]
    text: str
    """What contradicts what."""
    frames: tuple[int, ...] = ()


def described(found: list[Violation]) -> str:
    """Violations as lines, for a failing test."""
    return "\n".join(
        f"{v.capture} stream {v.stream}: {v.invariant.value}: {', '.join(v.findings)}: {v.text} {v.frames}"
        for v in found
    )


@dataclass(frozen=True, slots=True)
class _Stream:
    """One stream as it is checked."""

    session: Session
    log: PacketLog
    findings: tuple[Finding, ...]
    checked: Counter[Invariant]

    def bad(self, invariant: Invariant, text: str, *findings: Finding, frames: tuple[int, ...] = ()) -> Violation:
        ids = tuple(finding.id for finding in findings)
        return Violation(self.session.label, self.log.view.stream, invariant, ids, text, frames)

    def point(self) -> CapturePoint:
        return _point(self)


#: Lost time that a user notices as trouble: at least so much, and this share of the connection.
COSTLY_NS: Final = 200_000_000
COSTLY_PERCENT: Final = 20
#: Times that are no stretch of this connection: they run to the end of the capture, or belong to another stream.
_BEYOND: Final = frozenset({"silent_s", "watched_s", "later_s", "waited_s", "lasted_s"})
#: Facts that measure a path or a share of a wait, and sums over both ends: no stretch between two packets.
_ESTIMATES: Final = frozenset({
    "rtt_s", "trip_s", "low_s", "high_s", "queue_s", "network_s", "usual_s", "interval_s", "step_s",
})  # fmt: skip
#: Parts of the time budget, so that no two of them tell of the same time (rules/findings.md#where-the-time-went).
_EXCLUSIVE: Final = {
    FindingId.SERVER_THINK_TIME: "total_s", FindingId.CLIENT_THINK_TIME: "total_s",
    FindingId.SENDER_APPLICATION_LIMITED: "total_s", FindingId.RECEIVE_WINDOW_LIMITED: "limited_s",
    FindingId.PATH_LIMITED: "limited_s",
}  # fmt: skip
_NO_LOG: Final = frozenset({"ended_frame", "icmp_frame", "other_frame"})
"""Frames of an ICMP error and of siblings."""

#: Facts that name a packet whose cause is told elsewhere: an earlier or a later copy.
_FOR_REFERENCE: Final = ("original_frame", "earlier_frame", "again_frame")

#: What a packet must be for the fact that names it: flags that it has, and that it has not.
_FLAGS: Final = {
    "syn_frame": (SYN, 0), "client_syn_frame": (SYN, ACK), "server_syn_frame": (SYN, ACK),
    "client_answer_frame": (SYN | ACK, 0), "server_answer_frame": (SYN | ACK, 0), "again_syn_frame": (SYN, ACK),
    "syn_ack_frame": (SYN | ACK, 0), "granted_frame": (SYN | ACK, 0), "third_frame": (ACK, SYN | RST),
    "rst_frame": (RST, 0), "fin_frame": (FIN, 0), "healed_frame": (ACK, RST),
    "ack_frame": (ACK, 0),
}  # fmt: skip


def violations(session: Session, checked: Counter[Invariant] | None = None) -> Iterator[Violation]:
    """Every contradiction in the findings of ``session``; ``checked`` counts the checks that were made."""
    counted: Counter[Invariant] = Counter() if checked is None else checked
    for number, findings in session.each_findings(range(session.streams.count)):
        view = view_of(session, number)
        if not len(view):
            continue
        stream = _Stream(session, PacketLog(view), findings, counted)
        for check in (_frames, _waits, _claims, _conflicts, _quiet, _alternatives, _place, _times):
            yield from check(stream)
    yield from _roles(session, counted)


# -- frames and numbers -----------------------------------------------------------------


def _frames(stream: _Stream) -> Iterator[Violation]:
    """Cited frames exist in the stream and are what the text calls them; times lie within the capture."""
    log = stream.log
    quoted = set(stream.session.store.frame[log.view.quotes].tolist())
    whole_s = max(0, log.view.capture_end_ns - min(log.time)) / 1e9
    for finding in stream.findings:
        stream.checked[Invariant.FRAME] += 1
        if not finding.packets or list(finding.packets) != sorted(set(finding.packets)):
            yield stream.bad(Invariant.FRAME, "evidence is empty, unordered or repeated", finding)
        strange = tuple(frame for frame in finding.packets if frame not in log.at and frame not in quoted)
        if strange:
            yield stream.bad(Invariant.FRAME, "evidence of another stream", finding, frames=strange)
        printed = _printed(finding)
        for name, value in finding.facts.items():
            if name.endswith("_frame") and isinstance(value, int):
                yield from _frame(stream, finding, name, value, name in printed)
            elif name.endswith("_s") and isinstance(value, int | float):
                stream.checked[Invariant.FRAME] += 1
                if not 0 <= value <= whole_s + TOLERANCE_NS / 1e9:
                    yield stream.bad(Invariant.FRAME, f"{name} = {value} of {whole_s} s of capture", finding)
            elif isinstance(value, int) and (name.endswith("bytes") or name in {"count", "tries", "segments"}):
                stream.checked[Invariant.FRAME] += 1
                if value < 0 or (name in {"count", "tries"} and value > _most(finding, log)):
                    yield stream.bad(Invariant.FRAME, f"{name} = {value} of {log.count} packets", finding)
        yield from _counts(stream, finding)


def _most(finding: Finding, log: PacketLog) -> int:
    """Most that a finding of this stream may count: packets, or messages, of which a packet may carry several."""
    messages = finding.id in {FindingId.FILE_DOWNLOAD} or finding.id.startswith(("http", "event", "websocket"))
    return sum(log.length) + log.count if messages else log.count


def _frame(stream: _Stream, finding: Finding, name: str, value: int, printed: bool) -> Iterator[Violation]:
    stream.checked[Invariant.FRAME] += 1
    log = stream.log
    if not value:
        if printed:
            yield stream.bad(Invariant.FRAME, f"a sentence prints {name} = 0", finding)
        return
    if name in _NO_LOG:
        known = stream.session.store.frame[: stream.session.store.count]
        if not (known == value).any():
            yield stream.bad(Invariant.FRAME, f"{name} is no packet of the capture", finding, frames=(value,))
        return
    if value not in log.at:
        yield stream.bad(Invariant.FRAME, f"{name} is no packet of the stream", finding, frames=(value,))
        return
    has, lacks = _FLAGS.get(name, (0, 0))
    bits = log.flags[log.at[value]]
    if bits & has != has or bits & lacks:
        yield stream.bad(Invariant.FRAME, f"{name} has flags {bits:#x}", finding, frames=(value,))


@cache
def _placeholders(finding: FindingId, shape: str) -> frozenset[str]:
    """The frames that the sentences of a shape print, whatever the facts."""
    words, found = catalogue(Language.EN), set[str]()
    for part in ("title", "short", "happened", "meaning", "known", "sure", "look"):
        keys = (f"findings.{finding}.{part}.{shape}", f"findings.{finding}.{part}")
        text = next((words[key] for key in keys if key in words), "")
        found |= {piece.partition("}")[0] for piece in text.split("{")[1:]}
    return frozenset(name for name in found if name.endswith("_frame"))


def _printed(finding: Finding) -> frozenset[str]:
    return _placeholders(finding.id, str(finding.facts.get("shape", "")))


def _counts(stream: _Stream, finding: Finding) -> Iterator[Violation]:
    """Numbers that a sentence prints agree with the packets."""
    log, facts = stream.log, finding.facts
    expected: dict[str, int] = {}
    match finding.id:
        case FindingId.STILL_OPEN:
            expected["packets"] = log.count
        case FindingId.FAST_RETRANSMISSION | FindingId.SPURIOUS_RETRANSMISSION | FindingId.OUT_OF_ORDER:
            expected["segments"] = sum(1 for i in range(log.count) if log.length[i] and not log.flags[i] & RST)
        case FindingId.CAPTURE_TRUNCATED:
            expected["packets"] = log.count
        case _:
            pass
    first = log.at.get(int(str(facts.get("first_frame", 0))), -1)
    if "first_seq" in facts and "bytes" in facts and first >= 0 and facts.get("shape") not in {"gap", "unseen"}:
        expected["bytes"] = log.length[first]
    for name, number in expected.items():
        stream.checked[Invariant.FRAME] += 1
        if facts.get(name) != number:
            yield stream.bad(Invariant.FRAME, f"{name} = {facts.get(name)}, counted {number}", finding)


# -- waits ------------------------------------------------------------------------------


def _waits(stream: _Stream) -> Iterator[Violation]:
    """The budget's parts add up; no wait is longer than the connection; exclusive waits do not overlap."""
    log = stream.log
    budget = time_budget(log.view)
    stream.checked[Invariant.WAITS] += 1
    lasted_ns = max(0, log.time[-1] - log.time[0])
    if min(budget.parts) < 0 or sum(budget.parts) != budget.elapsed_ns or budget.elapsed_ns != lasted_ns:
        yield stream.bad(Invariant.WAITS, f"parts {budget.parts} of {lasted_ns} ns")
    lasted_s = (max(log.time) - min(log.time)) / 1e9
    to_end_s = max(0, log.view.capture_end_ns - min(log.time)) / 1e9
    for finding in stream.findings:
        for name, value in finding.facts.items():
            if name.endswith("_s") and isinstance(value, float) and name not in _ESTIMATES:
                stream.checked[Invariant.WAITS] += 1
                most = to_end_s if name in _BEYOND else lasted_s
                if finding.id is FindingId.CONNECTION_UNREACHABLE:
                    most = to_end_s  # an ICMP error comes after the last segment
                if value > most + TOLERANCE_NS / 1e9:
                    yield stream.bad(Invariant.WAITS, f"{name} = {value} s of {most} s", finding)
        yield from _parts_of(stream, finding)
    exclusive = [finding for finding in stream.findings if finding.id in _EXCLUSIVE]
    stream.checked[Invariant.WAITS] += 1
    total = sum(float(str(finding.facts[_EXCLUSIVE[finding.id]])) for finding in exclusive)
    if total > lasted_s + TOLERANCE_NS / 1e9:
        yield stream.bad(Invariant.WAITS, f"together {total} s of {lasted_s} s", *exclusive)


def _parts_of(stream: _Stream, finding: Finding) -> Iterator[Violation]:
    """The longest of some waits is no longer than all of them, nor these than so many of the longest."""
    facts = finding.facts
    total = facts.get("total_s")
    longest = next((facts[name] for name in ("worst_s", "wait_s", "waited_s", "closed_s") if name in facts), None)
    count = facts.get("count", 1)
    if not isinstance(total, float) or not isinstance(longest, float) or not isinstance(count, int):
        return
    if finding.id is FindingId.LOST_RETRANSMISSION:
        return  # total_s is one repair, from the first copy to the ACK
    stream.checked[Invariant.WAITS] += 1
    if total > count * longest * (1 + 1e-6) + TOLERANCE_NS / 1e9:
        yield stream.bad(Invariant.WAITS, f"{count} waits of at most {longest} s make {total} s", finding)


def _times(stream: _Stream) -> Iterator[Violation]:
    """Most of the time has a finding, waits with missing bytes are nobody's, and what is lost was not idle."""
    log, findings = stream.log, stream.findings
    stream.checked[Invariant.TIMES] += 1
    for text in unspoken_parts(log, findings):
        yield stream.bad(Invariant.TIMES, text)
    for text, at in blamed_beside_missing_bytes(log):
        yield stream.bad(Invariant.TIMES, f"{text} has bytes that were not captured", frames=(log.frame[at],))
    for text, told in idle_called_lost(log, findings):
        yield stream.bad(Invariant.TIMES, text, *told)
    for text, told, at in lost_and_needless(log, findings):
        yield stream.bad(Invariant.TIMES, f"{text} is lost and needless", *told, frames=(log.frame[at],))


# -- sentences --------------------------------------------------------------------------


def _claims(stream: _Stream) -> Iterator[Violation]:
    if any(finding.id is FindingId.CAPTURE_CLOCK_STEP for finding in stream.findings):
        return  # neither times nor the order of packets can be trusted
    for finding in stream.findings:
        stream.checked[Invariant.CLAIM] += claims_made(finding)
        for claim, i in contradicted(Told(stream.log, finding)):
            frames = (stream.log.frame[i],) if i not in (HOLDS, NOWHERE) else ()
            shape = finding.facts.get("shape", "")
            yield stream.bad(Invariant.CLAIM, f"{shape}: {claim.says}", finding, frames=frames)


# -- findings beside one another --------------------------------------------------------


def _conflicts(stream: _Stream) -> Iterator[Violation]:
    for first, second in permutations(stream.findings, 2):
        for pair in PAIRS:
            if pair.contradict(first, second):
                yield stream.bad(Invariant.CONFLICT, pair.because, first, second)
    stream.checked[Invariant.CONFLICT] += len(stream.findings) * (len(stream.findings) - 1) // 2
    ids = Counter(finding.id for finding in stream.findings)
    for twice in (finding for finding in stream.findings if ids[finding.id] > 1 and _once(finding.id)):
        yield stream.bad(Invariant.CONFLICT, "told twice", twice)
    above_note = [finding for finding in stream.findings if finding.severity > Severity.NOTE and finding.id in CAUSES]
    for first, second in combinations(above_note, 2):
        several = max(int(str(each.facts.get("count", 1))) for each in (first, second)) > 1
        if several and FindingId.CHECKSUM_ERROR in (first.id, second.id):
            continue  # of several resends only one repeats the damaged segment
        stream.checked[Invariant.CONFLICT] += 1
        again = tuple(frame for frame in _sent_again(stream.log, first) if frame in _sent_again(stream.log, second))
        if again:
            yield stream.bad(Invariant.CONFLICT, "one packet, two loud causes", first, second, frames=again)


def _once(finding: FindingId) -> bool:
    """Whether a connection has at most one of these: each response may have a finding of its own."""
    return not finding.startswith(("http", "event", "websocket", "file"))


def _sent_again(log: PacketLog, finding: Finding) -> set[int]:
    """Frames of the evidence that are copies of earlier packets, or resets: what a cause is named for."""
    quoted = {finding.facts.get(name) for name in _FOR_REFERENCE}
    told = [log.at[frame] for frame in finding.packets if frame in log.at and frame not in quoted]
    by_server = finding.id in (FindingId.SYN_ACK_RETRANSMISSION, FindingId.THIRD_ACK_LOST)
    side = SIDE["server" if by_server else str(finding.facts.get("sender", "client"))]
    if finding.id.startswith("rst-"):
        told = [i for i in told if log.flags[i] & RST]
    mine = [i for i in told if log.side[i] == side]
    again = {log.frame[i] for i in mine if log.flags[i] & RST or (log.carries(i) and any(j < i for j in log.copies(i)))}
    # What a reset answers is its story, too.
    return again | {frame for frame in finding.packets if frame == finding.facts.get("data_frame")}


# -- costly and silent ------------------------------------------------------------------


def _quiet(stream: _Stream) -> Iterator[Violation]:
    """Nothing is without trouble that lost a fifth of its time, 200 ms or more, to recovery, windows or SYNs."""
    log = stream.log
    lasted_ns = log.time[-1] - log.time[0]
    if lasted_ns < COSTLY_NS or max((f.severity for f in stream.findings), default=Severity.NOTE) > Severity.NOTE:
        return
    stream.checked[Invariant.QUIET] += 1
    parts = time_budget(log.view).parts
    # Waiting for room in a small window is the pace of a transfer; a window of 0 is a standstill.
    closed_ns = min(parts[Part.RECEIVE_WINDOW], _closed_ns(log))
    lost_ns = max(parts[Part.RECOVERY], _repeating_syns_ns(log)) + closed_ns
    if lost_ns <= COSTLY_NS or lost_ns * 100 <= COSTLY_PERCENT * lasted_ns or _excused(stream):
        return
    notes = [finding for finding in stream.findings if finding.id in CAUSES or finding.id is FindingId.ZERO_WINDOW]
    yield stream.bad(
        Invariant.QUIET,
        f"{lost_ns / 1e9:.3f} of {lasted_ns / 1e9:.3f} s lost, {closed_ns / 1e9:.3f} s to closed windows",
        *notes,
    )


def _closed_ns(log: PacketLog) -> int:
    """How long either end's window was 0, by what it said last."""
    total = 0
    for side in (0, 1):
        mine = [i for i in log.of(side) if not log.flags[i] & (SYN | RST)]
        later = [*(log.time[i] for i in mine[1:]), log.time[-1]]
        total += sum(end - log.time[i] for i, end in zip(mine, later, strict=False) if not log.window[i])
    return total


def _repeating_syns_ns(log: PacketLog) -> int:
    syns = [i for i in log.of(0) if log.flags[i] & (SYN | ACK) == SYN]
    return log.ns(syns[0], syns[-1]) if len(syns) > 1 else 0


def _excused(stream: _Stream) -> bool:
    """Whether the lost time is no trouble of anybody's, or nothing can be said about it (each with its reason)."""
    ids = {finding.id for finding in stream.findings}
    # A capture without the other direction, or with every packet twice, does not show what was waited for.
    if ids & {FindingId.ONE_SIDED_CAPTURE, FindingId.CAPTURE_DUPLICATES, FindingId.CAPTURE_CLOCK_STEP}:
        return True
    log = stream.log
    flags = [bits & (SYN | ACK | RST) for bits in log.flags]
    # The server answered, and the attempt is under way when the capture ends: what it costs is not yet known.
    if SYN | ACK in flags and not any(bits == ACK for bits in flags):
        return True
    # Pieces after a router's "packet too big" are what it asked for (RFC 1191).
    if len(log.view.quotes):
        return True
    # The first copies are not here: lost on the way, or missed by the capture, which nobody can tell.
    if any(finding.facts.get("shape") == "first-copy-unseen" for finding in stream.findings):
        return True
    again = [i for i in range(log.count) if log.carries(i) and any(j < i for j in log.copies(i))]
    # Nothing came again: that it was sent before is told by IP numbers alone, on which no finding rests
    # (rules/findings.md#ip-packet-numbers).
    # Only the close came again, or a SYN-ACK: everything else had arrived, and no program waits for it.
    # What came again had arrived before (D-SACK, Eifel, an ACK), or is the network's copy: nor for that.
    needless = {FindingId.SPURIOUS_RETRANSMISSION, FindingId.DUPLICATED_BY_NETWORK}
    proved = {frame for finding in stream.findings if finding.id in needless for frame in finding.packets}
    return not any((log.length[i] or log.flags[i] & (SYN | ACK) == SYN) and log.frame[i] not in proved for i in again)


# -- alternatives -----------------------------------------------------------------------


def _point(stream: _Stream) -> CapturePoint:
    """Where the capture was made, as the rules see it for this connection."""
    session = stream.session
    return ConnectionFacts(stream.log.view, RuleContext(quality=session.quality, place=session.place)).position


def _place(stream: _Stream) -> Iterator[Violation]:
    """A report gives one answer to where the capture was made: that of the whole capture, in all findings."""
    point, own = stream.point(), stream.session.place.own_host
    view = stream.log.view
    ends = {CapturePoint.CLIENT: view.client.host, CapturePoint.SERVER: view.server.host}
    for finding in stream.findings:
        if "position" not in finding.facts:
            continue
        stream.checked[Invariant.PLACE] += 1
        if finding.facts["position"] != point.value:
            yield stream.bad(Invariant.PLACE, f"{finding.facts['position']}, not {point.value}", finding)
        elif list(ends.values()).count(own or "") == 1 and ends.get(point) != own:
            yield stream.bad(Invariant.PLACE, f"{point.value}, and the capture says {own}", finding)


def _alternatives(stream: _Stream) -> Iterator[Violation]:
    point = None
    for finding in stream.findings:
        for alternative in finding.alternatives:
            for row in RULED_OUT:
                if row.alternative != alternative or (row.findings and finding.id not in row.findings):
                    continue
                point = point or stream.point()
                stream.checked[Invariant.ALTERNATIVE] += 1
                if row.here(Scene(stream.log, finding, point, stream.session)):
                    yield stream.bad(Invariant.ALTERNATIVE, f"{alternative}: {row.because}", finding)


# -- roles ------------------------------------------------------------------------------


def _roles(session: Session, checked: Counter[Invariant]) -> Iterator[Violation]:
    """The client is who sent the SYN; without one, a pair of endpoints keeps the roles that its SYNs showed.

    Where neither port tells, who is the client of a stream without a SYN is a guess, and the finding
    *capture-started-mid-stream* says so: it claims nothing that a later SYN could contradict.
    """
    shown: dict[frozenset[tuple[str, int]], tuple[str, int]] = {}
    later = []
    for number in range(session.streams.count):
        view = view_of(session, number)
        if not len(view):
            continue
        log = PacketLog(view)
        client, server = (view.client.host, view.client.port), (view.server.host, view.server.port)
        syns = [i for i in range(log.count) if log.flags[i] & (SYN | ACK | RST) == SYN]
        answers = [i for i in range(log.count) if log.flags[i] & (SYN | ACK | RST) == SYN | ACK]
        checked[Invariant.ROLE] += 1
        both = {log.side[i] for i in syns} == {0, 1}
        wrong = [i for i in syns if log.side[i]] if not both else []
        wrong += [i for i in answers if not log.side[i]] if not syns else []
        if wrong:
            frames = tuple(log.frame[i] for i in wrong)
            yield Violation(session.label, number, Invariant.ROLE, (), "the server sent the SYN", frames)
        ends = frozenset((client, server))
        if (syns and not both) or answers:
            shown[ends] = client
        elif view.role_source is not RoleSource.FIRST:
            later.append((number, ends, client))
    for number, ends, client in later:
        if shown.get(ends, client) != client:
            yield Violation(session.label, number, Invariant.ROLE, (), "the pair changes roles")
