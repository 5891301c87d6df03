"""What the panes show of the selected connection beside its packets: its findings and what it says.

Those of a short connection are fetched at once; those of a long one, and while a file is read, in a worker thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from textual.worker import get_current_worker

from tcptui.session.progress import Phase
from tcptui.session.regrowth import PROMPT_SEGMENTS, REGROWTH

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

    from tcptui.model.finding import Finding
    from tcptui.protocols.registry import ApplicationStream
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words

#: Longer connections are asked about in a thread, and while they grow not more often than `_ASK_AGAIN`.
_AT_ONCE: Final = 200
#: In longer connections nothing is said of messages that began in other packets: to read them all takes too long.
_MESSAGES_MOST: Final = 200_000
#: Seconds between two questions about a long connection that grows.
_ASK_AGAIN: Final = 1.0


class Taker(Protocol):
    """Who is told on the event loop, of the selected connection only."""

    def take_findings(self, *, show: bool) -> None:
        """There are `StreamFetch.findings`; ``show``: later than the panes were filled."""

    def take_messages(self) -> None:
        """There are `StreamFetch.messages`, later than the panes were filled."""


class StreamFetch:
    """Fetches for one connection at a time; ``owner`` runs the threads and timers, ``taker`` is told."""

    def __init__(self, owner: Widget, taker: Taker, words: Words) -> None:
        self._owner = owner
        self._taker = taker
        self._words = words
        self._session: Session | None = None
        self._stream = -1
        self._findings: tuple[int, tuple[Finding, ...]] = (-1, ())
        """The stream asked about last and what was found in it."""
        self._messages: tuple[int, int, ApplicationStream | None] = (-1, 0, None)
        """The connection whose messages are known, how many packets it had then, and the messages."""
        self._asking: Timer | None = None
        """Asks about a long connection that grew."""
        self._questions: set[object] = set()
        """What the annotator is being asked in threads."""
        self._seen_packets = -1
        """Packets of the selected connection when its findings were last asked for."""
        self._seen_growing = True
        """More could come then."""

    def attach(self, session: Session) -> None:
        """Fetch from ``session``."""
        self._session = session

    def select(self, stream: int) -> None:
        """Ask about ``stream`` from now on; -1: about none."""
        self._stream = stream
        self._ask()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found in the selected connection, so far as it is known."""
        return self._findings[1] if self._findings[0] == self._stream else ()

    def follow_growth(self) -> None:
        """Ask again if the selected connection grew, or if the capture ended: what is last may tell another story."""
        session = self._session
        if session is None or self._stream < 0:
            return
        growing = session.progress.growing  # first: once it is False, all packets are there to be counted
        packets = session.seen(self._stream)
        ended = self._seen_growing and not growing
        if packets == self._seen_packets and not ended:
            return
        if packets <= _AT_ONCE:
            self._ask(show=ended)
        elif self._asking is None:
            self._asking = self._owner.set_timer(_ASK_AGAIN, self._ask_again)

    def _is_short(self, packets: int) -> bool:
        """Whether so many packets are soon read, from the disk, too: not while the rest of the file is."""
        return packets <= _AT_ONCE and self._session is not None and self._session.progress.phase is not Phase.LOADING

    def _ask(self, *, show: bool = False) -> None:
        """Ask the annotator about the selected connection; about a long one in a thread."""
        session, stream = self._session, self._stream
        if session is None or stream < 0:
            return
        self._seen_growing = session.progress.growing
        self._seen_packets = session.seen(stream)
        if self._is_short(self._seen_packets) and session.judges_at_once:
            self._take_findings(stream, session.findings(stream), show=show)
            return
        if self._findings[0] != stream:
            self._findings = (stream, ())
        # While a file is read the processors have better things to do than to work out a long stream again and again.
        is_early = session.progress.phase is Phase.LOADING and self._seen_packets > PROMPT_SEGMENTS
        if is_early:
            self._seen_packets = 0  # asked again when all of it is there
        question = object()
        self._questions.add(question)

        def annotate() -> None:
            try:
                found = session.findings(stream)
                if not is_early:
                    from tcptui.ui.explain_document import read_ahead

                    read_ahead(session, stream, self._words)
            finally:
                self._questions.discard(question)
            if not get_current_worker().is_cancelled:
                show = not is_early or found != self._findings[1]
                self._owner.app.call_from_thread(self._take_findings, stream, found, show=show)

        def ask() -> None:
            self._owner.run_worker(annotate, thread=True, exclusive=True, group="findings")

        if session.judges_at_once:
            ask()
        else:  # the first packets are on the screen before the rules are imported
            self._owner.call_after_refresh(ask)

    def _ask_again(self) -> None:
        self._asking = None
        if self._questions:  # the answer before this one is still being worked out
            self._asking = self._owner.set_timer(_ASK_AGAIN, self._ask_again)
        else:
            self._ask()

    def _take_findings(self, stream: int, findings: tuple[Finding, ...], *, show: bool) -> None:
        if self._session is not None and stream == self._stream:
            self._findings = (stream, findings)
            self._taker.take_findings(show=show)

    def messages(self) -> ApplicationStream | None:
        """What the connection says; that of a long one is read in a thread: its taker is told when it is."""
        session, stream = self._session, self._stream
        if session is None:
            return None
        packets = session.seen(stream)
        if self._is_short(packets):
            return session.application(stream)
        if packets > _MESSAGES_MOST:
            return None
        known, upto, messages = self._messages
        if known == stream and packets <= REGROWTH * upto:
            return messages
        self._messages = (stream, packets, messages if known == stream else None)

        def read() -> None:
            found = session.application(stream)
            if found and not get_current_worker().is_cancelled:
                self._owner.app.call_from_thread(self._take_messages, stream, found)

        self._owner.run_worker(read, thread=True, exclusive=True, group="messages")
        return self._messages[2]

    def _take_messages(self, stream: int, messages: ApplicationStream) -> None:
        self._messages = (stream, self._messages[1], messages)
        if stream == self._stream:
            self._taker.take_messages()
