"""The HTTP/1.x messages of one connection: recognised by content, requests paired with responses, without bodies.

    conversation(client, server)   all messages as a list, for a screen or a finding
    messages(client, server)       the same messages one by one, for any number of them

The parser is our own because h11 and dpkt stop at the first byte that breaks a rule and do not give its
offset; captured traffic is truncated, has gaps, and its broken messages are the interesting ones.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http.fault import Cut, Fault, FaultKind
from tcptui.protocols.http.head import HEAD_LIMIT, HeaderLine, MessageHead, parse_head
from tcptui.protocols.http.message import Framing, HttpConversation, HttpMessage, Skipped, SkipReason
from tcptui.protocols.http.scanner import MessageScanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: Most messages kept of one conversation; each takes a few KiB.
MESSAGE_LIMIT: Final = 5_000
#: Most requests that wait for their response; beyond that the oldest one is dropped.
WAITING_LIMIT: Final = 1_000
#: What `HttpConversation.switched_to` says behind a CONNECT.
CONNECTED: Final = "connect"
#: Packets of two interfaces or queues may be captured out of order by up to this.  No tolerance where the beginning of
#: the connection, or bytes before the request, were not captured: the response may answer an unseen request.
CLOCK_SLACK_NS: Final = 1_000_000


def conversation(client: ByteStream, server: ByteStream, limit: int = MESSAGE_LIMIT) -> HttpConversation:
    """The messages of both directions of a connection, paired; empty when it is not HTTP/1.x.

    No more than ``limit`` are read; the rest is listed as skipped.
    """
    reader = _Reader(client, server)
    found: list[HttpMessage] = []
    for message in reader.messages():
        found.append(message)
        if len(found) >= limit:
            reader.leave(SkipReason.LIMIT)
            break
    found.sort(key=lambda message: (message.first_frame, message.from_server, message.number))
    result = reader.result
    result.messages = found
    if found:
        skipped = (*reader.asker.skipped, *reader.answerer.skipped)
        result.skipped = sorted(skipped, key=lambda one: (one.from_server, one.start))
    return result


def messages(client: ByteStream, server: ByteStream) -> Iterator[HttpMessage]:
    """All messages, one by one; a response comes after the request that it answers.

    Keeps no reference to an answered request and its response: they live as long as the caller holds them.
    """
    return _Reader(client, server).messages()


class _Reader:
    """Reads both directions in step: a response is read once all requests captured before it were read."""

    def __init__(self, client: ByteStream, server: ByteStream) -> None:
        self.asker, self.answerer = MessageScanner(client), MessageScanner(server)
        self.result = HttpConversation()
        self._waiting: deque[HttpMessage] = deque(maxlen=WAITING_LIMIT)
        self._question: MessageHead | None = None
        """The head of the next request, whose body was not read yet."""
        begun = client.segments.from_start and server.segments.from_start
        self._slack_ns = CLOCK_SLACK_NS if begun else 0
        self._paused = False
        """The last request asked to switch protocols: what follows it depends on the response."""

    def messages(self) -> Iterator[HttpMessage]:
        """Yield requests and responses as they are paired."""
        answer = self._begin()
        while answer is not None:
            answered_ns = self.answerer.window.carried_by(answer.start)[1]
            while self._question is not None and self._asked_ns() <= answered_ns + self._tolerance_ns():
                yield self._take_question()
            response = self._respond(answer, answered_ns)
            yield response
            if response.framing is Framing.SWITCHED:
                self._switch(response)
                return
            answer = self.answerer.next_head()
        while self._question is not None or (self._paused and self._resume()):
            yield self._take_question()
        if self._paused and self.asker.position < self.asker.direction.length:
            self.asker.leave(SkipReason.OTHER_PROTOCOL)

    def leave(self, reason: SkipReason) -> None:
        """Stop reading; the rest of both directions is listed as skipped for ``reason``."""
        self.asker.leave(reason)
        self.answerer.leave(reason)

    def _begin(self) -> MessageHead | None:
        """Find out whether this is HTTP and which direction sends requests; returns the first response's head.

        In a capture that begins mid-stream, client and server may be swapped.
        """
        question, answer = self.asker.next_head(known=False), self.answerer.next_head(known=False)
        asks_wrongly = question is None or question.is_response
        if asks_wrongly and (answer is None or not answer.is_response):
            self.asker, self.answerer = self.answerer, self.asker
            question, answer = answer, question
        if question is None and answer is None:
            return None
        if question is None:
            question = self._look_again(self.asker)
        if answer is None:
            answer = self._look_again(self.answerer)
        self._question = question
        return answer

    @staticmethod
    def _look_again(scanner: MessageScanner) -> MessageHead | None:
        """Search a direction further now that the other one is known to be HTTP."""
        scanner.position = 0
        scanner.skipped.clear()
        return scanner.next_head()

    def _tolerance_ns(self) -> int:
        """How long behind an answer the next request may have been captured: not at all where one is missing before."""
        return 0 if self.asker.resynchronised else self._slack_ns

    def _asked_ns(self) -> int:
        return 0 if self._question is None else self.asker.window.carried_by(self._question.start)[1]

    def _take_question(self) -> HttpMessage:
        if self._question is None:
            raise RuntimeError("no request was found")
        request = self.asker.message(self._question)
        head = request.head
        if not head.is_response:
            self._waiting.append(request)
        self._paused = head.method == "CONNECT" or bool(head.value("Upgrade"))
        self._question = None if self._paused else self.asker.next_head()
        return request

    def _resume(self) -> bool:
        """Continue behind a request to switch protocols that the server did not accept; whether a request follows."""
        self._paused = False
        if not self.asker.peek():
            self._paused = True
            return False
        self._question = self.asker.next_head()
        return self._question is not None

    def _respond(self, answer: MessageHead, answered_ns: int) -> HttpMessage:
        if self.answerer.resynchronised:
            # Responses were not captured: drop the requests whose follower was complete before this response came.
            while len(self._waiting) > 1 and self._waiting[1].last_ns <= answered_ns:
                self._waiting.popleft()
        asked = self._waiting[0] if self._waiting and answer.is_response else None
        response = self.answerer.message(answer, asked.head.method if asked is not None else "")
        if asked is None:
            return response
        response.request = asked
        if answer.status != 101 and 0 < answer.status < 200:
            asked.interim.append(response)
            return response
        asked.response = response
        self._waiting.popleft()
        if self._paused and not self._waiting and response.framing is not Framing.SWITCHED:
            self._resume()
        return response

    def _switch(self, response: HttpMessage) -> None:
        result = self.result
        asked = response.request
        by_connect = response.head.status != 101 and (asked is None or asked.head.method == "CONNECT")
        upgrade = response.head.value("Upgrade") or ("" if asked is None else asked.head.value("Upgrade"))
        result.switched_to = CONNECTED if by_connect else upgrade.strip().lower()
        result.switch = response
        offsets = [self._behind_unseen(response) if asked is None else asked.body_end, response.body_end]
        if self.asker.from_server:
            offsets.reverse()
        result.client_offset, result.server_offset = offsets
        self.leave(SkipReason.OTHER_PROTOCOL)

    def _behind_unseen(self, response: HttpMessage) -> int:
        """Where the asking direction goes on behind a request that was not captured: behind what its answerer had."""
        asking, answering = self.asker.direction, self.answerer.direction
        heard, at = answering.heard(asking), answering.carrier(response.start)
        if heard is not None and at >= 0:
            return min(max(int(heard[at]), 0), asking.length)
        later = asking.segments.start[asking.segments.time_ns > response.first_ns]
        return max(int(later.min()), 0) if len(later) else asking.length


def scheme_of(request: HttpMessage) -> str:
    """What HTTP/2 says, else by whether it came inside TLS."""
    return request.head.scheme or ("https" if request.direction.is_decrypted else "http")


def full_uri(request: HttpMessage) -> str:
    """The request's absolute URI; empty when the head names no host."""
    head = request.head
    if "://" in head.uri or (head.method == "CONNECT" and not head.uri.startswith("/")):
        return head.uri  # it is absolute, or names host and port alone (RFC 9112, 3.2.3)
    host = head.value("Host")
    return f"{scheme_of(request)}://{host}{head.uri}" if host else ""


__all__ = [
    "HEAD_LIMIT", "MESSAGE_LIMIT", "Cut", "Fault", "FaultKind", "Framing", "HeaderLine",
    "HttpConversation", "HttpMessage", "MessageHead", "SkipReason", "Skipped", "conversation", "full_uri",
    "messages", "parse_head", "scheme_of",
]  # fmt: skip
