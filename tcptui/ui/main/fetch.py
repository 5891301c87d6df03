"""Fetches the findings, the application messages and the requests of the selected connection for the panes.

Those of a short connection are waited for a moment (`Background`); those of a long one, and of any while a file is
being loaded, not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from textual.worker import get_current_worker

from tcptui.access.cached_findings import CachedFindings
from tcptui.access.open_capture import rows_seen
from tcptui.access.progress import Phase
from tcptui.access.regrowth import PROMPT_SEGMENTS, REGROWTH
from tcptui.session.input_priority import input_priority
from tcptui.ui.background import Background
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.request_lines import RequestLine, request_lines
from tcptui.ui.one_shot import call_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.timer import Timer
    from textual.widget import Widget
    from textual.worker import Worker

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.interface import Exchange
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Connections with more packets are fetched in a worker thread, and while they grow at most every `_ASK_AGAIN`.
_INLINE_PACKETS: Final = 200
#: The application messages of connections with more packets are not parsed, because that takes too long: the header
#: tree then shows no message that began in another packet.
_MESSAGES_MOST: Final = 200_000
#: Requests of one connection that the timeline tells, at most (some 300 bytes each).
REQUESTS_MOST: Final = 200_000
_UNKNOWN: Final = CachedFindings((), 0)
_NONE: Final[Mapping[int, RequestLine]] = MappingProxyType({})
#: Seconds between two requests for a long connection that grows.
_ASK_AGAIN: Final = 1.0


class Taker(Protocol):
    """The receiver of results, called on the event loop and for the selected connection only."""

    def take_findings(self, *, show: bool) -> None:
        """Called when `StreamFetch.known` has been set; ``show``: the panes are filled already."""

    def take_messages(self) -> None:
        """Called when `StreamFetch.messages` has been set after the panes were filled."""

    def take_requests(self) -> None:
        """Called when `StreamFetch.requests` has been set after the panes were filled."""


class StreamFetch:
    """Fetches for one connection at a time; ``owner`` runs its threads and timers, ``taker`` gets the results."""

    def __init__(self, owner: Widget, taker: Taker, words: Words, glyphs: Glyphs) -> None:
        self._owner = owner
        self._taker = taker
        self._words = words
        self._glyphs = glyphs
        self._session: JudgedCapture | None = None
        self._stream = -1
        self._known: tuple[int, CachedFindings] = (-1, _UNKNOWN)
        """The stream whose findings were fetched last, and those findings."""
        self._messages: tuple[int, int, ApplicationStream | None] = (-1, 0, None)
        """The stream whose messages were requested last, its packets then, and the messages (None: not yet there)."""
        self._short: tuple[int, ApplicationStream | None] = (-1, None)
        """The short connection whose messages were read last, and these."""
        self._judging: Background[CachedFindings] = Background(owner)
        self._reading: Background[tuple[int, ApplicationStream, Mapping[int, RequestLine] | None]] = Background(owner)
        self._requests: tuple[int, ApplicationStream | None, Mapping[int, RequestLine]] = (-1, None, {})
        """The stream whose requests were read last, the messages that they are of, and the lines that tell them."""
        self._asking: Timer | None = None
        """The timer of the next request for a long connection that has grown."""
        self._running_requests: set[object] = set()
        """Requests for findings that are running in worker threads."""
        self._newest_request: Worker[object] | None = None
        """The one that was made last; a thread may not have begun with it yet, and never does once it is cancelled."""
        self._seen_packets = -1
        """Packets of the selected connection when its findings were last requested."""
        self._seen_growing = True
        """Whether more packets could come then."""
        self._seen_keys = 0
        """`KeyLog.revision` then."""

    def attach(self, session: JudgedCapture) -> None:
        """Fetch from ``session``."""
        self._session = session

    def select(self, stream: int) -> None:
        """Fetch for ``stream`` from now on; -1: for none."""
        self._stream = stream
        self._ask()

    @property
    def is_busy(self) -> bool:
        """Whether a short connection takes long all the same."""
        return self._judging.is_busy or self._reading.is_busy

    @property
    def known(self) -> CachedFindings:
        """What is known of the selected connection: nothing until it has been fetched."""
        return self._known[1] if self._known[0] == self._stream else _UNKNOWN

    def follow_growth(self) -> None:
        """Fetch again if the selected connection has grown, or the capture has ended: its end may change findings.

        So may secrets that were missing.
        """
        session = self._session
        if session is None or self._stream < 0:
            return
        growing = session.progress.growing  # read first: once it is False, all packets are there
        packets = rows_seen(session, self._stream)
        changed = (self._seen_growing and not growing) or session.reader.keys.news != self._seen_keys
        if packets == self._seen_packets and not changed:
            return
        if packets <= _INLINE_PACKETS:
            self._ask(show=changed)
        elif self._asking is None:
            self._asking = call_after(self._owner, _ASK_AGAIN, self._ask_again)

    def _is_short(self, packets: int) -> bool:
        """Whether a connection of this many packets is waited for; not while a file is being loaded."""
        return (
            packets <= _INLINE_PACKETS
            and self._session is not None
            and self._session.progress.phase is not Phase.LOADING
        )

    def _ask(self, *, show: bool = False) -> None:
        """Request the findings of the selected connection; of a long one in a worker thread."""
        session, stream = self._session, self._stream
        if session is None or stream < 0:
            return
        self._seen_growing, self._seen_keys = session.progress.growing, session.reader.keys.news
        self._seen_packets = rows_seen(session, stream)
        if self._is_short(self._seen_packets) and session.judges_at_once:
            take = partial(self._take_findings, stream, show=show)
            late = partial(self._take_findings, stream, show=True)
            asked = stream, self._seen_packets, self._seen_growing, self._seen_keys
            self._judging.want(asked, partial(session.current_findings, stream), take, late)
            return
        self._judging.drop()
        if self._known[0] != stream:
            self._known = (stream, _UNKNOWN)
        # While a file is being loaded, computing the time budget of a long stream again and again would slow it down.
        is_early = session.progress.phase is Phase.LOADING and self._seen_packets > PROMPT_SEGMENTS
        if is_early:
            self._seen_packets = 0  # so that it is requested again when all packets are there
        question = object()

        def annotate() -> None:
            self._running_requests.add(question)
            try:
                found = session.current_findings(stream)
                if not is_early:
                    from tcptui.ui.explain_document import prefetch_time_budget

                    prefetch_time_budget(session, stream, self._words)
            finally:
                self._running_requests.discard(question)
            if not get_current_worker().is_cancelled:
                show = not is_early or found != self._known[1]
                call_on_loop(self._owner, partial(self._take_findings, show=show), stream, found)

        def ask() -> None:
            run_worker = self._owner.run_worker
            self._newest_request = run_worker(annotate, thread=True, exclusive=True, group="findings")

        if session.judges_at_once:
            ask()
        else:  # show the first packets before the rules are imported
            self._owner.call_after_refresh(ask)

    def _ask_again(self) -> None:
        self._asking = None
        newest = self._newest_request
        if self._running_requests or (newest is not None and not newest.is_finished):
            self._asking = call_after(self._owner, _ASK_AGAIN, self._ask_again)
        else:
            self._ask()

    def _take_findings(self, stream: int, cached: CachedFindings, *, show: bool) -> None:
        if self._session is not None and stream == self._stream:
            self._known = (stream, cached)
            self._taker.take_findings(show=show)

    def messages(self) -> ApplicationStream | None:
        """The application messages of the selected connection; None before they are parsed, or if it is too long.

        Those of a long connection are parsed in a worker thread, and the taker is called when they are there.
        """
        session, stream = self._session, self._stream
        if session is None:
            return None
        packets = rows_seen(session, stream)
        if self._is_short(packets):
            compute = partial(self._read, session, stream)
            self._reading.want((stream, packets), compute, self._take_short, self._take_short_late)
            return self._short[1] if self._short[0] == stream else None
        self._reading.drop()
        known, upto, messages = self._messages
        if known == stream and packets <= REGROWTH * upto:
            return messages
        self._messages = (stream, packets, messages if known == stream else None)

        def read() -> None:
            from tcptui.protocols.application import requests_of
            from tcptui.protocols.interface import UNIT_LIMIT  # no start waits for these

            worker = get_current_worker()
            found = session.application(stream) if packets <= _MESSAGES_MOST else None
            if found:
                lines = self._lines(_until_cancelled(found.requests(), worker))
                if not worker.is_cancelled:
                    call_on_loop(self._owner, self._take_messages, stream, found, lines)
            # A header tree can show so many messages; the timeline tells all requests.
            every = requests_of(*session.directions(stream)) if packets > UNIT_LIMIT else None
            if every is not None:
                lines = self._lines(_until_cancelled(every, worker))
                if not worker.is_cancelled:
                    call_on_loop(self._owner, self._take_requests, stream, lines)

        self._owner.run_worker(read, thread=True, exclusive=True, group="messages")
        return self._messages[2]

    def _read(
        self, session: JudgedCapture, stream: int
    ) -> tuple[int, ApplicationStream, Mapping[int, RequestLine] | None]:
        """In a thread: the messages of ``stream``, and the lines that tell its requests where they are other ones."""
        found = session.application(stream)
        is_other = self._requests[:2] != (stream, found)
        return stream, found, self._lines(found.requests()) if is_other else None

    def _take_short(self, read: tuple[int, ApplicationStream, Mapping[int, RequestLine] | None]) -> None:
        stream, found, lines = read
        self._short = (stream, found)
        if lines is not None:
            self._requests = (stream, found, lines)

    def _take_short_late(self, read: tuple[int, ApplicationStream, Mapping[int, RequestLine] | None]) -> None:
        self._take_short(read)
        if read[0] == self._stream:
            self._taker.take_messages()

    @property
    def requests(self) -> Mapping[int, RequestLine]:
        """The requests of the selected connection by the frame that begins each; empty until they are read."""
        return self._requests[2] if self._requests[0] == self._stream else _NONE

    def _lines(self, exchanges: Iterator[Exchange]) -> Mapping[int, RequestLine]:
        return request_lines(islice(exchanges, REQUESTS_MOST), self._glyphs, self._words)

    def _take_messages(self, stream: int, messages: ApplicationStream, lines: Mapping[int, RequestLine]) -> None:
        self._messages = (stream, self._messages[1], messages)
        if self._requests[0] != stream or len(self._requests[2]) <= len(lines):  # more of them may be known from before
            self._requests = (stream, None, lines)
        if stream == self._stream:
            self._taker.take_messages()

    def _take_requests(self, stream: int, lines: Mapping[int, RequestLine]) -> None:
        self._requests = (stream, None, lines)
        if stream == self._stream:
            self._taker.take_requests()


def _until_cancelled(exchanges: Iterator[Exchange], worker: Worker[None]) -> Iterator[Exchange]:
    """``exchanges``, read in a thread: it waits while a key is handled, and ends when nobody wants them any more."""
    for exchange in exchanges:
        if worker.is_cancelled:
            return
        input_priority.step_aside()
        yield exchange
