"""Findings of one capture, judged again with what the other one shows (`tcptui.points.outcomes`).

Every question returns what both captures show together, or None: then the pair cannot decide, and nothing is said.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.model.finding import FindingId
from tcptui.points.changes import Change
from tcptui.points.deciding import asked_streams
from tcptui.points.evidence import PointEvidence
from tcptui.points.fates import Fate
from tcptui.points.numbers import NEVER
from tcptui.points.outcomes import QUESTIONS, TABLE, Outcome, Question, Row, Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I64
    from tcptui.points.merge import Hop
    from tcptui.points.splits import Splits
    from tcptui.points.undecided import Asked

#: So much of a server's time must have passed beyond the far point to be confirmed, …
_MOST_OF_IT: Final = 0.8
#: … and so little to be refuted.
_LITTLE_OF_IT: Final = 0.2
#: A capture that goes on for so long after a packet without an answer shows that none came.
_NO_ANSWER_NS: Final = 1_000_000_000
#: Of more packets of one direction that were sent again nothing is said.
_MOST_AGAIN: Final = 2_000
#: What is shown of the packets of one direction, or of one capture: a connection may have it both ways.
_ONE_WAY: Final = frozenset({
    Shown.LOST_BETWEEN, Shown.ACK_LOST, Shown.ACK_SEEN, Shown.NO_ACK, Shown.REORDERED_BETWEEN,
    Shown.DUPLICATED_BETWEEN, Shown.NOT_CAPTURED,
})  # fmt: skip
_OPTIONS: Final = {
    FindingId.SACK_ABSENT: Change.SACK,
    FindingId.TIMESTAMPS_ABSENT: Change.TIMESTAMPS,
    FindingId.WINDOW_SCALING_ABSENT: Change.WINDOW_SCALE,
}


class Observation(NamedTuple):
    """A fact about a finding that both captures show together."""

    shown: Shown
    here: int
    """The point that its sentence begins with, 0 or 1: of packets, that which they passed first."""
    at: tuple[tuple[int, ...], tuple[int, ...]]
    """The frames that show it, of A and of B."""
    beyond_ns: float = 0
    between_ns: float = 0


@dataclass(frozen=True, slots=True)
class JoinedFinding:
    """A finding with what became of it."""

    pair: int
    """-1: the other capture has not this connection."""
    finding: Finding
    point: int
    """Whose it is: 0 for A, 1 for B; where both have it, that of A."""
    packets: tuple[tuple[int, ...], tuple[int, ...]]
    """The evidence of both captures: frames of A, frames of B."""
    observed: Observation
    row: Row

    @property
    def refuted(self) -> tuple[str, ...]:
        """The finding's alternatives that are refuted."""
        return tuple(key for key in self.finding.alternatives if key in self.row.refuted)

    @property
    def not_between(self) -> tuple[str, ...]:
        """Those that are refuted only of what lies between the points."""
        return tuple(key for key in self.finding.alternatives if key in self.row.not_between)


def decide_findings(
    hop: Hop, splits: Splits, first: JudgedCapture, second: JudgedCapture, asked: Asked | None = None
) -> list[JoinedFinding]:
    """What the pair decides of the findings of both captures; judged are only those streams that may have some.

    ``first``, ``second``: the captures of ``hop``.  ``asked`` is shown all findings that another capture may decide.
    """
    points = PointEvidence(hop, 0), PointEvidence(hop, 1)
    judged = []
    for point, (capture, decided) in enumerate(zip((first, second), asked_streams(hop, splits, points), strict=True)):
        streams = decided if asked is None else np.union1d(decided, asked.streams(point))
        each = capture.each_findings(streams.tolist())
        judged.append(each if asked is None else asked.passing(point, each))
    joined = join_findings(hop, splits, (judged[0], judged[1]), points)
    for each in judged:
        deque(each, maxlen=0)  # without clocks nothing was asked
    return joined


def join_findings(
    hop: Hop, splits: Splits, findings: tuple[Iterable[tuple[int, tuple[Finding, ...]]], ...],
    points: tuple[PointEvidence, PointEvidence] | None = None,
) -> list[JoinedFinding]:  # fmt: skip
    """What the pair decides of the findings of both captures; by pair, then capture.

    ``findings``: of A and of B, each stream with its own.  ``points``: the evidence of both, if it is there already.
    """
    if hop.clocks is None:
        return []
    asks = _Asks(hop, splits, points or (PointEvidence(hop, 0), PointEvidence(hop, 1)))
    found: list[JoinedFinding] = []
    for point, (streams, each) in enumerate(zip((hop.pairs.a, hop.pairs.b), findings, strict=True)):
        pairs = {stream: pair for stream, pair in hop.pairs.same_by_stream(point).items() if hop.is_placed[pair]}
        legs = set(streams.tolist()) - pairs.keys()
        for stream, mine in each:
            if stream in pairs:
                found.extend(asks.about(pairs[stream], point, mine))
            elif stream not in legs:
                found.extend(asks.about_lone(point, mine))
    return _merged(found)


def _merged(found: list[JoinedFinding]) -> list[JoinedFinding]:
    """``found`` with those that both have as one, where both captures show the same of it, in one direction."""
    kept: dict[tuple[int, str, Shown, int, int], JoinedFinding] = {}
    for one in sorted(found, key=lambda one: (one.pair, one.point)):
        shown, stream = one.observed.shown, one.finding.stream if one.pair < 0 else -1
        here = one.observed.here if shown in _ONE_WAY else -1
        key = one.pair, one.finding.id.value, shown, here, stream
        before = kept.get(key)
        if before is None:
            kept[key] = one
            continue
        packets, at = (
            tuple(tuple(sorted({*mine, *others})) for mine, others in zip(first, second, strict=True))
            for first, second in ((before.packets, one.packets), (before.observed.at, one.observed.at))
        )
        others = tuple(key for key in one.finding.alternatives if key not in before.finding.alternatives)
        kept[key] = replace(
            before, packets=(packets[0], packets[1]), observed=before.observed._replace(at=(at[0], at[1])),
            finding=replace(before.finding, alternatives=(*before.finding.alternatives, *others)),
        )  # fmt: skip
    return list(kept.values())


class _Asks:
    """Puts the questions about findings of one hop."""

    def __init__(self, hop: Hop, splits: Splits, points: tuple[PointEvidence, PointEvidence]) -> None:
        self._hop, self._splits, self._points = hop, splits, points
        self._ask: Mapping[Question, Callable[[int, int, Finding], Observation | None]] = {
            Question.FIRST_COPY: self._first_copy, Question.SYN: self._syn, Question.THIRD_ACK: self._third_ack,
            Question.RESET: self._reset, Question.WAIT: self._wait, Question.GAP: self._gap,
            Question.ORDER: self._order, Question.COPY: self._copy, Question.OPTION: self._option,
        }  # fmt: skip

    def about(self, pair: int, point: int, findings: tuple[Finding, ...]) -> Iterable[JoinedFinding]:
        """What is decided of ``findings`` of a connection at ``point``."""
        for finding in findings:
            if not isinstance(finding.id, FindingId) or finding.id not in QUESTIONS:
                continue
            observed = self._ask[QUESTIONS[finding.id]](pair, point, finding)
            row = None if observed is None else TABLE.get((finding.id, observed.shown))
            if observed is not None and row is not None:
                packets = (finding.packets, ()) if point == 0 else ((), finding.packets)
                joined = JoinedFinding(pair, finding, point, packets, observed, row)
                if observed.shown is not Shown.OPTION_KEPT or joined.not_between:  # else it says nothing new
                    yield joined

    def about_lone(self, point: int, findings: tuple[Finding, ...]) -> Iterable[JoinedFinding]:
        """What is decided of the ``findings`` of a connection that the other capture has not."""
        seen, other = self._points[point], self._points[1 - point]
        row = TABLE[FindingId.SYN_TIMEOUT, Shown.SYN_LOST]
        for finding in findings:
            if finding.id is not FindingId.SYN_TIMEOUT or other.has_missed:
                continue
            lost = seen.had_to_pass(finding.stream, finding.packets)
            if lost:
                packets, at = ((frames, ()) if point == 0 else ((), frames) for frames in (finding.packets, lost))
                yield JoinedFinding(-1, finding, point, packets, Observation(Shown.SYN_LOST, point, at), row)

    def _observation(self, shown: Shown, first: int, here: Iterable[int], there: Iterable[int] = ()) -> Observation:
        """``here``: packets of the point ``first`` that show it, ``there``: of the other one."""
        frames = self._points[first].frames(here), self._points[1 - first].frames(there)
        return Observation(shown, first, frames if first == 0 else frames[::-1])

    def _sent(self, pair: int, point: int, frames: Iterable[int]) -> tuple[int, I64] | None:
        """Packets of one direction at the point that they passed first; None: they are of both, or not found there."""
        seen = self._points[point]
        index = seen.find(pair, frames)
        index = index[seen.takes[index]]
        leaves = seen.leaves[index]
        if not len(index) or leaves.any() != leaves.all():
            return None
        if leaves[0]:
            return point, index
        index = seen.linked[index]
        return None if (index < 0).any() else (1 - point, np.unique(index))

    # -- data that was sent again -----------------------------------------------------------------
    def _first_copy(self, pair: int, point: int, finding: Finding) -> Observation | None:
        sent = self._sent(pair, point, finding.packets)
        if sent is None:
            return None
        first, index = sent
        here, there = self._points[first], self._points[1 - first]
        shown: set[Shown] = set()
        copies: set[int] = set()
        proofs: set[int] = set()
        again = self._all_again(here, index, finding)
        for copy in again:
            observed = self._what_became(here, there, copy)
            if observed is None:
                return None
            shown.add(observed[0])
            copies.update(observed[1])
            proofs.update(observed[2])
        return self._observation(shown.pop(), first, copies, proofs) if len(shown) == 1 else None

    def _all_again(self, here: PointEvidence, index: I64, finding: Finding) -> list[int]:
        """What was sent again among the evidence ``index``; of a finding that has more, all of that direction.

        Empty where this point has not the first copies of all: then nobody knows what became of them.
        """
        again = [copy for copy in index.tolist() if len(here.earlier_copies(copy))]
        count = finding.facts.get("count")
        if again and isinstance(count, int) and count > len(again):
            mine = here.of_pair(int(here.side.pair[again[0]]))
            mine = mine[here.takes[mine] & (here.side.by_b[mine] == here.side.by_b[again[0]])]
            highest = np.maximum.accumulate(here.numbers[1][mine])
            behind = mine[1:][here.numbers[1][mine[1:]] <= highest[:-1]]
            if len(behind) > _MOST_AGAIN:
                return []
            again = [copy for copy in behind.tolist() if len(here.earlier_copies(copy))]
            return again if len(again) >= count else []
        return again

    def _what_became(
        self, here: PointEvidence, there: PointEvidence, again: int
    ) -> tuple[Shown, list[int], list[int]] | None:  # fmt: skip
        """Of what was sent before ``again``: which copies show it here, and which packets there."""
        earlier = here.earlier_copies(again)
        fates = here.fate[earlier]
        if (fates == Fate.LOST_BETWEEN).all():
            return Shown.LOST_BETWEEN, earlier.tolist(), []
        if not np.isin(fates, (Fate.LOST_BETWEEN, Fate.SEEN)).all() or there.has_missed:
            return None
        copy = int(earlier[fates == Fate.SEEN][0])
        arrived, next_one = here.carrier_there(copy, again), int(here.linked[again])
        if arrived < 0 or next_one <= arrived:
            return None
        ack = int(here.acknowledged_there[again])
        if ack == NEVER or ack > next_one:
            return Shown.NO_ACK, [copy], [arrived]
        mine = there.of_pair(int(there.side.pair[arrived]))
        acks = mine[(mine >= ack) & (mine < next_one) & there.leaves[mine] & there.acknowledges(mine)]
        fates = there.fate[acks]
        if len(acks) and (fates == Fate.LOST_BETWEEN).all():
            return Shown.ACK_LOST, [copy], [arrived, *acks.tolist()]
        if (fates == Fate.SEEN).any():
            return Shown.ACK_SEEN, [copy], [arrived, ack]
        return None

    def _order(self, pair: int, point: int, finding: Finding) -> Observation | None:
        again = self._first_copy(pair, point, finding)
        if again is not None:
            return again if again.shown is Shown.LOST_BETWEEN else None
        seen = self._points[point]
        late = seen.find(pair, finding.packets)
        late = late[seen.takes[late] & ~seen.leaves[late] & (seen.linked[late] >= 0)]
        mine = seen.of_pair(pair)
        mine = mine[seen.takes[mine] & ~seen.leaves[mine] & (seen.linked[mine] >= 0)]
        highest = np.maximum.accumulate(seen.linked[mine]) if len(mine) else mine
        overtaken = late[np.isin(late, mine[seen.linked[mine] < highest])]
        if not len(overtaken):
            return None
        return self._observation(
            Shown.REORDERED_BETWEEN, 1 - point, seen.linked[overtaken].tolist(), overtaken.tolist()
        )

    def _copy(self, pair: int, point: int, finding: Finding) -> Observation | None:
        seen = self._points[point]
        copies = seen.find(pair, finding.packets)
        copies = copies[seen.fate[copies] == Fate.DUPLICATED]
        return self._observation(Shown.DUPLICATED_BETWEEN, point, copies.tolist()) if len(copies) else None

    # -- the opening ------------------------------------------------------------------------------
    def _syn(self, pair: int, _point: int, finding: Finding) -> Observation | None:
        for first in (0, 1):
            here = self._points[first]
            mine = here.of_pair(pair)
            syns = mine[here.is_syn(mine) & here.leaves[mine]]
            if len(syns):
                break
        else:
            return None
        there = self._points[1 - first]
        answered = finding.id is FindingId.SYN_RETRANSMISSION and bool(here.is_syn_ack(mine).any())
        asked, after = (syns[:-1], syns[-1:]) if answered else (syns, syns[:0])
        fates = here.fate[asked]
        if not len(asked):
            return None
        if (fates == Fate.LOST_BETWEEN).all():
            return self._observation(Shown.SYN_LOST, first, asked.tolist())
        if not (fates == Fate.SEEN).all():
            return None
        arrived = here.linked[asked]
        others = there.of_pair(pair)
        end = int(here.linked[after[0]]) if len(after) else NEVER
        replies = others[there.leaves[others] & (others > arrived[0]) & (others < end)]
        if len(replies):
            lost = (there.fate[replies] == Fate.LOST_BETWEEN).all() and there.is_syn_ack(replies).all()
            return self._observation(Shown.SYN_ACK_LOST, 1 - first, replies.tolist()) if lost else None
        if end < 0 or there.has_missed or not self._would_show(there, int(arrived[0]), waits=not len(after)):
            return None
        return self._observation(Shown.SYN_UNANSWERED, first, asked.tolist(), arrived.tolist())

    def _would_show(self, there: PointEvidence, first: int, *, waits: bool) -> bool:
        """Whether a capture has packets of the direction of answers, and goes on behind the packet ``first``."""
        store = there.side.segments.capture.store
        goes_on = int(store.time_ns[store.first : store.count].max()) - int(there.side.time_ns[first]) >= _NO_ANSWER_NS
        return bool(there.leaves.any()) and (goes_on or not waits)

    def _third_ack(self, pair: int, _point: int, _finding: Finding) -> Observation | None:
        for server in (0, 1):
            there = self._points[server]
            mine = there.of_pair(pair)
            syn_acks = mine[there.is_syn_ack(mine) & there.leaves[mine]]
            if len(syn_acks):
                break
        else:
            return None
        if len(syn_acks) < 2:
            return None
        here = self._points[1 - server]
        if there.fate[syn_acks[0]] == Fate.LOST_BETWEEN:
            return self._observation(Shown.SYN_ACK_LOST, server, syn_acks[:1].tolist())
        came = int(there.linked[syn_acks[0]])
        others = here.of_pair(pair)
        acks = others[(others > came) & here.leaves[others] & here.acknowledges(others)]
        if came < 0 or not len(acks):
            return None
        third = int(acks[0])
        if here.fate[third] == Fate.LOST_BETWEEN:
            return self._observation(Shown.THIRD_ACK_LOST, 1 - server, [third])
        arrived = int(here.linked[third])
        if here.fate[third] == Fate.SEEN and arrived < syn_acks[1]:
            return self._observation(Shown.THIRD_ACK_SEEN, 1 - server, [third], [arrived])
        return None

    # -- others -----------------------------------------------------------------------------------
    def _reset(self, pair: int, point: int, finding: Finding) -> Observation | None:
        seen, source = self._points[point], self._points[1 - point]
        index = seen.find(pair, finding.packets)
        resets = index[seen.is_reset(index)]
        if not len(resets) or seen.leaves[resets].any():
            return None
        if (seen.fate[resets] == Fate.SEEN).all():
            return self._observation(Shown.RST_SEEN, 1 - point, seen.linked[resets].tolist(), resets.tolist())
        both = seen.has_from_beyond(pair)
        inside = np.isin(resets, self._hop.missing[point].index).all()
        if (seen.fate[resets] == Fate.SEEN).any() or source.has_missed or not both or not inside:
            return None
        return self._observation(Shown.RST_BETWEEN, point, resets.tolist())

    def _wait(self, pair: int, point: int, finding: Finding) -> Observation | None:
        splits, wait_s = self._splits, finding.facts.get("wait_s")
        if finding.facts.get("count") != 1 or not isinstance(wait_s, float):
            return None
        begin, end = (int(place) for place in np.searchsorted(splits.pair, (pair, pair + 1)))
        columns = (splits.asked_a, splits.answered_a) if point == 0 else (splits.asked_b, splits.answered_b)
        seen = self._points[point]
        for row in range(begin, end):
            asked, answered = (int(column[row]) for column in columns)
            frames = seen.frames([asked]) + seen.frames([answered])
            if int(splits.near[row]) != point or not set(frames) <= set(finding.packets):
                continue
            beyond_ns, between_ns = float(splits.beyond_ns[row]), float(splits.ways_ns[row])
            if beyond_ns >= _MOST_OF_IT * wait_s * 1e9:
                shown = Shown.WAIT_BEYOND
            elif beyond_ns <= _LITTLE_OF_IT * wait_s * 1e9:
                shown = Shown.WAIT_BETWEEN
            else:
                return None
            others = (splits.asked_b, splits.answered_b) if point == 0 else (splits.asked_a, splits.answered_a)
            observed = self._observation(shown, point, (asked, answered), (int(column[row]) for column in others))
            return observed._replace(beyond_ns=beyond_ns, between_ns=between_ns)
        return None

    def _gap(self, pair: int, point: int, _finding: Finding) -> Observation | None:
        missing, other = self._hop.missing[1 - point], self._points[1 - point]
        index = missing.index[missing.fate == Fate.NOT_CAPTURED]
        index = index[other.side.pair[index] == pair]
        return self._observation(Shown.NOT_CAPTURED, 1 - point, index.tolist()) if len(index) else None

    def _option(self, pair: int, point: int, finding: Finding) -> Observation | None:
        seen = self._points[point]
        mine = seen.of_pair(pair)
        opening = mine[seen.is_syn(mine) | seen.is_syn_ack(mine)]
        passed = opening[seen.fate[opening] == Fate.SEEN]
        if not (seen.is_syn(passed).any() and seen.is_syn_ack(passed).any()):
            return None
        changed = any(one.change is _OPTIONS[FindingId(finding.id)] for one in self._hop.changes[pair])
        shown = Shown.OPTION_REMOVED if changed else Shown.OPTION_KEPT
        return self._observation(shown, point, passed.tolist(), seen.linked[passed].tolist())


#: Outcomes by how much they decide.
ORDER: Final = (Outcome.WITHDRAWN, Outcome.CAUSE_KNOWN, Outcome.CONFIRMED, Outcome.NARROWED)
