"""Which answer is whose: memcached answers in order, so that counting tells, as long as nothing is missed.

Of the binary protocol an answer has the command and the number (*opaque*) of what it answers, which clients need not
choose.  What is answered only by what is not usual (quiet commands, meta commands with the flag ``q``) is a request
where it was answered; what nobody answers (``noreply``) is none.

Where either side has bytes that could not be read, or the capture began later, the count is lost.  It is found again
where as many answers as commands pass by turns, each of a kind that its command has.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.interface import Carried, Exchange
from tcptui.protocols.memcached.message import Message, operation, status_of
from tcptui.protocols.memcached.text import may_answer, may_answer_quiet
from tcptui.protocols.stream.message_reader import in_order, passed_ns
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.memcached.detection import Sides

#: Commands that wait for their answers, at most: as where only one side was captured.
_WAITING_MOST: Final = 100_000
_READING: Final = frozenset({"get", "gets", "gat", "gats", "mg"})
#: Behind it a server sends lines of its own accord.
_WATCH: Final = "watch"


@dataclass(eq=False, slots=True)
class Asked:
    """A command, and its answers as far as they are known."""

    first: Message
    interim: list[Message] = field(default_factory=list)
    """Statistics of the binary protocol before the last answer."""
    answer: Message | None = None
    is_given_up: bool = False
    """No answer to it is looked for any more."""

    def exchange(self) -> Exchange:
        """It as a request."""
        first, answer = self.first, self.answer
        values = None if answer is None or first.name not in _READING else answer.values
        return Exchange(
            "memcached", operation(first), "" if answer is None else status_of(first, answer), Carried.of(first),
            None if answer is None else Carried.of(answer), interim=tuple(map(Carried.of, self.interim)),
            is_reset=self.is_given_up, rows=values,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and of an answer the command that it answers, where that is known."""

    message: Message
    command: Message | None = None


#: What a connection consists of.
Element = Said | Asked | Unread


def conversation(sides: Sides) -> Iterator[Element]:
    """All that both sides sent, in order of time; each request when it is answered, or it is known that it is not."""
    return _Pairing(sides).said()


class _Pairing:
    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._waiting: deque[Asked] = deque()
        self._turn: list[Message] = []
        """Answers since the last command, where counting does not tell."""
        self._counts = True
        """Which answer belongs to which command is known by counting."""
        self._watches = False

    def said(self) -> Iterator[Element]:
        """See `conversation`."""
        readers = [self._sides.reader(is_client=is_client) for is_client in (True, False)]
        self._counts = all(reader.from_start for reader in readers)
        for is_client, found in in_order(*readers):
            if isinstance(found, Unread):
                yield from self._lost()
                yield found
                continue
            if found.after_unread:
                yield from self._lost()
            yield Said(found)
            yield from self._ask(found) if is_client else self._answer(found)
        if not self._counts:
            yield from self._end_turn()
        yield from (one for one in self._waiting if not one.first.may_be_quiet)

    def _lost(self) -> Iterator[Asked]:
        """The count is lost: what waits has no known answer."""
        self._turn.clear()
        self._counts = False
        yield from self._give_up(len(self._waiting))

    def _give_up(self, count: int) -> Iterator[Asked]:
        """The first ``count`` that wait have no known answer; of quiet ones none came."""
        for _ in range(count):
            one = self._waiting.popleft()
            if not one.first.may_be_quiet:
                one.is_given_up = True
                yield one

    # -- the client's side -------------------------------------------------------------------
    def _ask(self, message: Message) -> Iterator[Asked]:
        if message.is_unanswered:
            return
        if not self._counts and self._turn:
            yield from self._end_turn()
        if message.may_be_quiet and not message.is_binary and self._ends_with_quiet(message.name):
            return  # one stands for all that no line tells apart, so that no answer looks at many
        self._watches |= message.name == _WATCH
        self._waiting.append(Asked(message))
        if len(self._waiting) > _WAITING_MOST:
            yield from self._lost()

    def _ends_with_quiet(self, name: str) -> bool:
        """Whether a quiet command of that name is among the quiet ones that came last."""
        for one in reversed(self._waiting):
            if not one.first.may_be_quiet or one.first.name == name:
                return one.first.may_be_quiet
        return False

    # -- the server's side -------------------------------------------------------------------
    def _answer(self, message: Message) -> Iterator[Asked]:
        if self._watches and not self._waiting:
            return
        if not self._counts:
            self._turn.append(message)
            if len(self._turn) > len(self._waiting):
                yield from self._end_turn()
            return
        yield from self._numbered(message) if message.is_binary else self._counted(message)

    def _numbered(self, message: Message) -> Iterator[Asked]:
        """An answer of the binary protocol, while counting tells."""
        at = next((at for at, one in enumerate(self._waiting) if _is_of(one.first, message)), -1)
        if at < 0:
            yield from self._lost()
            return
        yield from self._give_up(at)
        if not message.is_last:
            self._waiting[0].interim.append(message)
            return
        yield self._pair(message)

    def _counted(self, message: Message) -> Iterator[Asked]:
        """An answer of the text protocol, while counting tells."""
        at, quiet = 0, False
        for at, one in enumerate(self._waiting):  # noqa: B007  (the first that is answered for certain)
            if not one.first.may_be_quiet:
                break
            quiet |= may_answer_quiet(one.first.name, message.name)
        else:
            # All that wait are quiet ones, or nothing does: whose answer it is nothing tells.
            return
        is_its = may_answer(self._waiting[at].first.name, message.name)
        if is_its and not quiet:
            yield from self._give_up(at)
            yield self._pair(message)
        elif not (quiet and not is_its):
            yield from self._lost()

    def _pair(self, message: Message) -> Asked:
        asked = self._waiting.popleft()
        asked.answer = message
        return asked

    # -- where counting does not tell --------------------------------------------------------
    def _end_turn(self) -> Iterator[Asked]:
        """A turn is over: pairs its commands with its answers if they are as many, and may belong together."""
        turn, self._turn = self._turn, []
        if not turn:
            return
        waiting = self._waiting
        if len(turn) == len(waiting) and all(map(_may_be_pair, waiting, turn)) and _follows(turn[0], waiting[-1].first):
            self._counts = True
            for message in turn:
                yield self._pair(message)
        else:
            yield from self._give_up(len(waiting))


def _is_of(command: Message, answer: Message) -> bool:
    return command.opcode == answer.opcode and command.number == answer.number


def _may_be_pair(asked: Asked, answer: Message) -> bool:
    """Whether ``answer`` may be that to what was ``asked``.

    Behind bytes that are missing it may be the end of another, which had begun before.
    """
    first = asked.first
    if first.may_be_quiet or answer.after_unread or not answer.is_last:
        return False
    return _is_of(first, answer) if answer.is_binary else may_answer(first.name, answer.name)


def _follows(answer: Message, command: Message) -> bool:
    """Whether ``answer`` began when all of ``command`` had passed."""
    return passed_ns(command) <= answer.direction.first_ns(answer.start)
