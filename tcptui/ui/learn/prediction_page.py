"""A question of `lessons.question` in words: the question, its choices, and once it is revealed the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcptui.analysis.kernel.transitions import TRANSITIONS, Event
from tcptui.lessons.question import Choice, PacketShape, Topic, proof_of_state, shape_at
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_state import TcpState
from tcptui.ui.help_pages import verdict_rule
from tcptui.ui.main.state_moves import transitions_of
from tcptui.ui.prose import Block, Paragraph
from tcptui.words.quantities import Count, unbroken_duration

if TYPE_CHECKING:
    from tcptui.access.open_capture import JudgedCapture
    from tcptui.analysis.stream.view import StreamView
    from tcptui.lessons.question import Question
    from tcptui.lessons.quiz import Prediction
    from tcptui.ui.user_files import LearningRecord
    from tcptui.words.catalogue import Words


@dataclass(frozen=True, slots=True)
class PanelPage:
    """A page that the lesson pane shows instead of a step."""

    title: str
    hint: str
    groups: tuple[tuple[Block, ...], ...]
    """Groups of paragraphs, separated by a blank line where there is room."""


def prediction_page(
    prediction: Prediction,
    question: Question,
    view: StreamView,
    session: JudgedCapture,
    record: LearningRecord,
    words: Words,
) -> PanelPage:
    """The page with the question and its choices, or once it is revealed with the answer and its reasons."""
    asked = Paragraph(_question_text(question, view, words), "strong")
    score = ""
    if record.session.asked:
        score = words("learning.score", right=record.session.right, asked=record.session.asked)
    title = words("learning.title", score=score)
    if not prediction.revealed:
        choices = tuple(
            Paragraph(choice_text(choice, words), lead=f"{number} ", lead_style="key")
            for number, choice in enumerate(question.choices, 1)
        )
        return PanelPage(title, words("learning.hint.asked", last=len(question.choices)), ((asked,), choices))
    told: list[Block] = [_verdict_on(prediction, question, words)]
    reasons = tuple(Paragraph(reason) for reason in reason_lines(question, view, session, words))
    hint = words("learning.hint.revealed")
    if record.ever.asked > record.session.asked:
        reasons += (Paragraph(words("learning.ever", right=record.ever.right, asked=record.ever.asked), "faint"),)
    return PanelPage(title, hint, (tuple(told), reasons))


def _question_text(question: Question, view: StreamView, words: Words) -> str:
    if question.topic is Topic.NEXT:
        before = choice_text(shape_at(view, question.place - 1), words)
        return words("learning.ask.next", frame=int(view.frame[question.place - 1]), before=before)
    return words(f"learning.ask.{question.topic.value}", frame=question.frame)


def choice_text(choice: Choice, words: Words) -> str:
    """The short text of one choice."""
    if isinstance(choice, PacketShape):
        side = words(f"guide.side.{'server' if choice.from_server else 'client'}")
        return words("learning.packet", side=side, what=words(f"learning.packet.{choice.kind.value}"))
    if isinstance(choice, TcpState):
        return choice.label
    if isinstance(choice, ResendCause):
        return words(f"learning.cause.{choice.label}")
    return words(f"screen.verdict.{choice.field_name}" if choice else "learning.verdict.ordinary")


def _verdict_on(prediction: Prediction, question: Question, words: Words) -> Paragraph:
    answer = choice_text(question.answer, words)
    if prediction.chosen is None:
        return Paragraph(answer, "strong", lead=words("learning.revealed"), lead_style="strong")
    if prediction.chosen == question.right:
        return Paragraph(answer, "strong", lead=words("learning.right"), lead_style="good")
    taken = choice_text(question.choices[prediction.chosen], words)
    corrected = words("learning.instead", answer=answer, taken=taken)
    return Paragraph(corrected, lead=words("learning.wrong"), lead_style="warning")


def reason_lines(question: Question, view: StreamView, session: JudgedCapture, words: Words) -> list[str]:
    """Why the answer is right: by the packet's own numbers, a verdict's rule, or a row of the transition table."""
    answer = question.answer
    if isinstance(answer, PacketShape):
        return [_packet_line(question, view, words)]
    if isinstance(answer, TcpState):
        lines = [_state_line(question, session, words)]
        proof = proof_of_state(view, question.place, question.topic)
        if proof is not None and proof > question.place:
            lines.append(words("learning.because.proved", frame=int(view.frame[proof])))
        return lines
    if isinstance(answer, ResendCause):
        return [words(f"learning.because.{answer.label}", frame=question.frame)]
    name = words(f"screen.verdict.{answer.field_name}")
    return [words("learning.because.verdict", name=name, rule=verdict_rule(answer, words))]


def _packet_line(question: Question, view: StreamView, words: Words) -> str:
    place = question.place
    passed_ns = int(view.time_ns[place]) - int(view.time_ns[place - 1])
    facts = {
        "frame": question.frame,
        "seq": int(view.seq[place]),
        "ack": int(view.ack[place]),
        "length": Count(int(view.length[place])),
        "later": unbroken_duration(passed_ns, words),
    }
    shape = shape_at(view, place)
    return words(f"learning.because.{shape.kind.value}", **facts)


def _state_line(question: Question, session: JudgedCapture, words: Words) -> str:
    moves = transitions_of(session, question.row)
    move = None if moves is None else moves.server if question.topic is Topic.SERVER else moves.client
    if move is None:
        return words("learning.because.later", state=question.answer)
    facts = {"before": move.before.label, "after": move.after.label, "frame": question.frame}
    events = [event for _, event in move.edges()]
    if events:
        return words("learning.because.state", events=_events_text(events, words), **facts)
    # The packet may only show a transition of this end that happened before: an ACK of a FIN that had arrived.
    earlier = [event for (state, event), to in TRANSITIONS.items() if (state, to) == (move.before, move.after)]
    if earlier:
        return words("learning.because.shown", events=_events_text(earlier[:1], words), **facts)
    return words("learning.because.hindsight", **facts)


def _events_text(events: list[Event], words: Words) -> str:
    return words("learning.and").join(words(f"guide.event.{event.name.lower()}") for event in events)
