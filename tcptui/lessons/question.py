"""Predict, then reveal: questions about one packet of any stream, made from the engine's columns.

What comes next, which state an end is in, which verdict the packet has, why it was sent again:
each with one right answer and wrong ones that are plausible at that point (states from the
transition table, verdicts that are easily confused).  A question is asked only where the
engine *knows*: no state that is assumed and never proved, no cause unless a finding calls it certain.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.analysis.kernel.transitions import TRANSITIONS, Event
from tcptui.findings.catalog import VOUCHED
from tcptui.model.finding import Confidence
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import STATE_MASK, STATE_PROVED, TcpState, state_of
from tcptui.model.verdict import Verdict, leading_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.finding import Finding

#: An assumed state may be asked about only when it is proved within this many packets.
_PROOF_REACH: Final = 64
#: Choices of a question, the right one included.
CHOICES: Final = 4


class Topic(Enum):
    """What is asked about a packet."""

    NEXT = "next"
    """Which packet it will be, before it is shown."""
    VERDICT = "verdict"
    CAUSE = "cause"
    """Why it was sent again."""
    CLIENT = "client"
    """The client's state after it."""
    SERVER = "server"


class PacketKind(Enum):
    """The purpose of a packet, as far as it can be predicted."""

    SYN = "syn"
    SYN_ACK = "syn-ack"
    ACK = "ack"
    DATA = "data"
    RESEND = "resend"
    """Bytes or a FIN that were sent before."""
    PROBE = "probe"
    """A keep-alive or a zero-window probe."""
    FIN = "fin"
    RST = "rst"


@dataclass(frozen=True, slots=True)
class PacketShape:
    """A packet as it can be predicted: its sender and its kind."""

    from_server: bool
    kind: PacketKind


Choice = TcpState | Verdict | ResendCause | PacketShape
"""An answer to choose; ``Verdict(0)`` is *nothing special*."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question about the packet at index ``place`` of the stream's view."""

    topic: Topic
    place: int
    row: int
    frame: int
    choices: tuple[Choice, ...]
    right: int
    """Index of the right choice."""

    @property
    def answer(self) -> Choice:
        """The right choice."""
        return self.choices[self.right]


_RESENT: Final = Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION
_PROBES: Final = Verdict.KEEP_ALIVE | Verdict.ZERO_WINDOW_PROBE
#: For each verdict the wrong choices: verdicts that it is easily confused with.
_CONFUSED_WITH: Final[dict[Verdict, tuple[Verdict, ...]]] = {
    Verdict.RETRANSMISSION: (Verdict.FAST_RETRANSMISSION, Verdict.SPURIOUS_RETRANSMISSION, Verdict.OUT_OF_ORDER),
    Verdict.FAST_RETRANSMISSION: (Verdict.RETRANSMISSION, Verdict.OUT_OF_ORDER, Verdict.SPURIOUS_RETRANSMISSION),
    Verdict.SPURIOUS_RETRANSMISSION: (Verdict.RETRANSMISSION, Verdict.FAST_RETRANSMISSION, Verdict.KEEP_ALIVE),
    Verdict.OUT_OF_ORDER: (Verdict.FAST_RETRANSMISSION, Verdict.RETRANSMISSION, Verdict.LOST_SEGMENT),
    Verdict.LOST_SEGMENT: (Verdict.OUT_OF_ORDER, Verdict.RETRANSMISSION, Verdict(0)),
    Verdict.ACK_LOST_SEGMENT: (Verdict.DUPLICATE_ACK, Verdict.LOST_SEGMENT, Verdict(0)),
    Verdict.DUPLICATE_ACK: (Verdict.WINDOW_UPDATE, Verdict.KEEP_ALIVE_ACK, Verdict(0)),
    Verdict.KEEP_ALIVE: (Verdict.RETRANSMISSION, Verdict.ZERO_WINDOW_PROBE, Verdict.DUPLICATE_ACK),
    Verdict.KEEP_ALIVE_ACK: (Verdict.DUPLICATE_ACK, Verdict.WINDOW_UPDATE, Verdict(0)),
    Verdict.ZERO_WINDOW: (Verdict.WINDOW_FULL, Verdict.ZERO_WINDOW_PROBE_ACK, Verdict.WINDOW_UPDATE),
    Verdict.ZERO_WINDOW_PROBE: (Verdict.KEEP_ALIVE, Verdict.RETRANSMISSION, Verdict.WINDOW_FULL),
    Verdict.ZERO_WINDOW_PROBE_ACK: (Verdict.ZERO_WINDOW, Verdict.DUPLICATE_ACK, Verdict.WINDOW_UPDATE),
    Verdict.WINDOW_FULL: (Verdict.ZERO_WINDOW, Verdict.RETRANSMISSION, Verdict(0)),
    Verdict.REUSED_PORTS: (Verdict.RETRANSMISSION, Verdict.DUPLICATE_ACK, Verdict(0)),
}
_CAUSES: Final = (
    ResendCause.FAST_RECOVERY,
    ResendCause.RTO,
    ResendCause.TAIL_LOSS_PROBE,
    ResendCause.NETWORK_DUPLICATE,
)
_SENDS: Final = {
    Event.SEND_SYN: PacketKind.SYN,
    Event.SEND_SYN_ACK: PacketKind.SYN_ACK,
    Event.SEND_FIN: PacketKind.FIN,
    Event.SEND_RST: PacketKind.RST,
}
#: After packets of these kinds the protocol requires a particular one.
_REQUIRES_REPLY: Final = frozenset({PacketKind.SYN, PacketKind.SYN_ACK, PacketKind.FIN, PacketKind.PROBE})
#: Packets of these kinds are worth predicting whatever comes before.
_TELLING: Final = frozenset(
    {PacketKind.SYN, PacketKind.SYN_ACK, PacketKind.FIN, PacketKind.RST, PacketKind.RESEND, PacketKind.PROBE}
)
_TALKING: Final = (TcpState.ESTABLISHED, TcpState.CLOSE_WAIT)
_SILENT: Final = (TcpState.CLOSED, TcpState.LISTEN, TcpState.UNSEEN, TcpState.SYN_SENT)


def shape_at(view: StreamView, place: int) -> PacketShape:
    """Sender and kind of the packet at ``place``."""
    flags, verdict = int(view.flags[place]), int(view.verdict[place])
    kind = PacketKind.ACK
    if flags & TcpFlag.RST:
        kind = PacketKind.RST
    elif flags & TcpFlag.SYN:
        kind = PacketKind.SYN_ACK if flags & TcpFlag.ACK else PacketKind.SYN
    elif verdict & _PROBES:
        kind = PacketKind.PROBE
    elif verdict & _RESENT:
        kind = PacketKind.RESEND
    elif flags & TcpFlag.FIN:
        kind = PacketKind.FIN
    elif view.length[place] > 0:
        kind = PacketKind.DATA
    return PacketShape(bool(view.from_server[place]), kind)


def questions_at(view: StreamView, place: int, findings: Sequence[Finding]) -> tuple[Question, ...]:
    """All questions about the packet at ``place``, in the order to ask them; ``findings`` are the stream's."""
    asked = (
        _next_question(view, place),
        _verdict_question(view, place),
        _cause_question(view, place, findings),
        _state_question(view, place, Topic.CLIENT),
        _state_question(view, place, Topic.SERVER),
    )
    return tuple(question for question in asked if question is not None)


def _ask(view: StreamView, place: int, topic: Topic, answer: Choice, others: Iterable[Choice]) -> Question | None:
    """The question; None without a wrong choice in ``others``.

    Its choices are shuffled in the same way each time, and in another way for the same frame of another capture.
    """
    wrong = list(dict.fromkeys(choice for choice in others if choice != answer))[: CHOICES - 1]
    if not wrong:
        return None
    choices = [answer, *wrong]
    frame = int(view.frame[place])
    random.Random(f"{topic.value} {frame} {int(view.time_ns[place])}").shuffle(choices)
    return Question(topic, place, int(view.rows[place]), frame, tuple(choices), choices.index(answer))


# -- what comes next ------------------------------------------------------------------


def _next_question(view: StreamView, place: int) -> Question | None:
    if place == 0:
        return None
    coming, before = shape_at(view, place), shape_at(view, place - 1)
    if coming.kind not in _TELLING and before.kind not in _REQUIRES_REPLY:
        return None
    return _ask(view, place, Topic.NEXT, coming, _expected(view, place, coming))


def _expected(view: StreamView, place: int, coming: PacketShape) -> list[PacketShape]:
    """Other packets that the states of the ends allow instead of ``coming``, those of the same sender mostly first."""
    found = []
    for from_server in (coming.from_server, not coming.from_server):
        column = view.state_server if from_server else view.state_client
        state = state_of(int(column[place - 1]))[0]
        kinds = [kind for event, kind in _SENDS.items() if (state, event) in TRANSITIONS]
        if state in _TALKING:
            kinds.insert(0, PacketKind.DATA)
        if state not in _SILENT:
            kinds.insert(0, PacketKind.ACK)
        if state is TcpState.SYN_SENT:
            kinds.insert(0, PacketKind.SYN)
        if coming.kind in (PacketKind.RESEND, PacketKind.DATA) and state in _TALKING:
            kinds.insert(0, PacketKind.RESEND)
        found.append([PacketShape(from_server, kind) for kind in kinds])
    same, other = found
    same = [shape for shape in same if shape != coming]
    return [*same[:2], *other[:1], *same[2:], *other[1:]]


# -- its verdict, and why it was sent ------------------------------------------------------


def _verdict_question(view: StreamView, place: int) -> Question | None:
    verdict = leading_verdict(int(view.verdict[place]))
    if verdict is None or verdict not in _CONFUSED_WITH:
        return None
    return _ask(view, place, Topic.VERDICT, verdict, _CONFUSED_WITH[verdict])


def _cause_question(view: StreamView, place: int, findings: Sequence[Finding]) -> Question | None:
    cause = ResendCause(int(view.cause[place]))
    vouched = VOUCHED.get(cause)
    frame = int(view.frame[place])
    if not any(
        finding.id is vouched and finding.confidence is Confidence.CERTAIN and frame in finding.packets
        for finding in findings
    ):
        return None
    return _ask(view, place, Topic.CAUSE, cause, _CAUSES)


# -- the states ------------------------------------------------------------------------


def _state_question(view: StreamView, place: int, topic: Topic) -> Question | None:
    column = view.state_server if topic is Topic.SERVER else view.state_client
    after, known = state_of(int(column[place]))
    if place == 0 or after is TcpState.UNSEEN or (not known and proof_of_state(view, place, topic) is None):
        return None
    before = state_of(int(column[place - 1]))[0]
    if after is before:
        return None
    return _ask(view, place, topic, after, _near(before, after))


def proof_of_state(view: StreamView, place: int, topic: Topic) -> int | None:
    """Index of the packet that proves the state after ``place``, perhaps ``place`` itself.

    None when the state changes before it is proved, or is not proved within `_PROOF_REACH` packets.
    """
    column = view.state_server if topic is Topic.SERVER else view.state_client
    state = int(column[place]) & STATE_MASK
    for later in range(place, min(len(view), place + _PROOF_REACH)):
        if int(column[later]) & STATE_MASK != state:
            return None
        if int(column[later]) & STATE_PROVED:
            return later
    return None


def _near(before: TcpState, after: TcpState) -> list[TcpState]:
    """Plausible states: ``before`` itself, its other successors, successors and predecessors of ``after``."""
    ways = [to for (state, _), to in TRANSITIONS.items() if state is before and to is not TcpState.CLOSED]
    following = [to for (state, _), to in TRANSITIONS.items() if state is after and to is not TcpState.CLOSED]
    leading = [state for (state, _), to in TRANSITIONS.items() if to is after]
    real = before is not TcpState.UNSEEN
    return [*([before] if real else []), *ways, *following, *leading, TcpState.ESTABLISHED, TcpState.CLOSED]
