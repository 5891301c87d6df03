"""What the client still wanted when the server closed: its last message, and whether that asks for an answer.

One reading for all rules about ends: a FIN and a RST leave the same question, at either end and in between.  By turns
and first bytes, so that streams whose payload is not parsed, and thousands that are alike, are judged as well.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.model.batched import integer, largest
from tcptui.model.seq import SEQ_MASK, ahead
from tcptui.model.tcp_flags import ACK, RST, SYN
from tcptui.protocols.last_words import LOOKED_AT, Asks, Before, asks, begins_with_preface
from tcptui.protocols.tls.last_words import ends_with_alert, has_short_records, is_alert, offers_early_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.facts import ConnectionFacts

#: A message of a protocol that is not read is one write, or several at once: what comes later is another one.
ONE_MESSAGE_NS: Final = 1_000_000_000
#: So many requests that were answered show that a protocol that is not read is one of questions and answers.
DIALOGUE: Final = 2
#: Up to so many bytes of which nothing is known are a farewell where their sender closed right behind them.
FAREWELL_BYTES: Final = 64
#: Who has said goodbye closes sooner than this.
CLOSES_SOON_NS: Final = 1_000_000_000
#: All of a payload.
_WHOLE: Final = 65_535
#: Messages of a client's TLS handshake come in fewer segments than these.
_OPENING: Final = 16
#: How a client begins in protocols whose ends speak when they like: MQTT, AMQP, XMPP, STOMP, NATS, IRC, SSH.
_SPEAKS_UNASKED: Final = re.compile(
    rb"\x10.{1,4}\0\x04MQTT|\x10.{1,4}\0\x06MQIsdp|AMQP|<\?xml|<stream:|CONNECT(?:\r?\n| \{)|STOMP\r?\n"
    rb"|(?:NICK|PASS|CAP) |SSH-",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class LastWords:
    """What an end said behind the last message of the other."""

    segments: list[int]
    """Indexes of segments that first carried it, at least one: the first `_OPENING`, and the last."""
    asks: Asks
    answered: int
    """How many messages of that end the other had answered before."""
    opened_by_tls: bool = False
    """It is encrypted, and the connection began with TLS."""
    answers_server: bool = False
    """In TLS before 1.3 the server spoke first once the handshake was over."""

    def is_request(self, connection: ConnectionFacts) -> bool:
        """Whether it is a request by its bytes, or by how the connection went before."""
        if self.asks in (Asks.ANSWER, Asks.SEALED):
            return self.asks is Asks.ANSWER or (self.is_one_message(connection) and not self.answers_server)
        return self.asks > Asks.NOTHING and self.answered >= DIALOGUE and self.is_one_message(connection)

    def is_one_message(self, connection: ConnectionFacts) -> bool:
        """Whether it was sent at once, in a protocol whose ends do not speak when they like."""
        passed_ns = connection.time[self.segments[-1]] - connection.time[self.segments[0]]
        return passed_ns <= ONE_MESSAGE_NS and not connection.of_payload(
            next(_spoken(connection, connection.side[self.segments[0]])), LOOKED_AT, _speaks_unasked
        )


def last_words(connection: ConnectionFacts, closer: int) -> LastWords | None:
    """What the peer of ``closer`` said behind its last message, before it ended or afterwards; None without any.

    A farewell of TLS is no message.
    """
    answered_at = next((i for i in _back_from(connection, closer) if not _is_farewell(connection, i)), -1)
    last = next(_back_from(connection, 1 - closer), -1)
    if last <= answered_at:
        return None
    segments = list(islice(_spoken(connection, 1 - closer, last, answered_at + 1), _OPENING))
    segments.append(last)
    asked, segments = message_in(connection, segments)
    answered = _answered(connection, closer, answered_at)
    if asked is not Asks.SEALED:
        return LastWords(segments, asked, answered)
    first = next(_spoken(connection, 1 - closer))
    opened = bool(connection.of_payload(first, 2, _is_handshake))
    return LastWords(segments, asked, answered, opened, _server_began(connection, segments[0], answered_at))


def message_in(connection: ConnectionFacts, segments: list[int]) -> tuple[Asks, list[int]]:
    """What ``segments`` of one end ask together, and those of them from where they do.

    Who says goodbye last asks nothing any more; before a request there may be what needs no answer: the end of a
    handshake, settings.
    """
    at_last = what_it_asks(connection, segments[-1])
    if at_last is Asks.LEAVE or connection.of_payload(segments[-1], _WHOLE, ends_with_alert):
        return Asks.LEAVE, segments
    for n, i in enumerate(segments[:_OPENING]):
        asked = at_last if i == segments[-1] else what_it_asks(connection, i)
        if asked > Asks.NOTHING:
            return asked, segments[n:]
    return Asks.NOTHING, segments


def _server_began(connection: ConnectionFacts, i: int, before: int) -> bool:
    """Whether the server's data in segment ``before`` follow a handshake of TLS before 1.3, and segment ``i`` them."""
    own = list(islice(_spoken(connection, connection.side[i], i), _OPENING))
    is_handshake = 2 <= len(own) < _OPENING and all(connection.of_payload(j, 2, _is_handshake) for j in own)
    return is_handshake and before >= 0 and bool(connection.of_payload(before, 2, _is_tls_data))


def what_it_asks(connection: ConnectionFacts, i: int) -> Asks:
    """What the message that begins with segment ``i`` asks of the other end, by its first bytes."""
    own = list(islice(_spoken(connection, connection.side[i], i), _OPENING))
    prefaced = bool(own) and connection.of_payload(own[0], LOOKED_AT, begins_with_preface)
    opening = 0 < len(own) < _OPENING and all(connection.of_payload(j, 2, _is_handshake) for j in own)
    early = bool(own) and connection.of_payload(own[0], _WHOLE, offers_early_data)
    return connection.of_payload(i, LOOKED_AT, partial(asks, before=Before(bool(prefaced), opening, bool(early))))


def _is_tls_data(payload: bytes) -> bool:
    return payload[:2] == b"\x17\x03"


def _is_handshake(payload: bytes) -> bool:
    return payload[:2] == b"\x16\x03"


def _speaks_unasked(payload: bytes) -> bool:
    return _SPEAKS_UNASKED.match(payload) is not None


def is_new(connection: ConnectionFacts, i: int) -> bool:
    """Whether segment ``i`` carries payload of which its sender had not sent all before."""
    if not connection.length[i] or connection.flags[i] & RST:
        return False
    stop = integer(connection.space.seq[i]) + connection.length[i] + bool(connection.flags[i] & SYN)
    return not i or bool(stop > integer(connection.space.sent[connection.side[i]][i - 1]))


def takes_leave(connection: ConnectionFacts, i: int) -> bool:
    """Whether segment ``i`` is one TLS alert."""
    return connection.of_payload(i, LOOKED_AT, is_alert)


def _is_farewell(connection: ConnectionFacts, i: int) -> bool:
    """Whether segment ``i`` is one TLS alert with which its sender ends.

    An encrypted one is told by its length alone, which is that of any two bytes: close_notify is the last record of
    its sender (RFC 8446, 6.1), and who has sent it closes at once.
    """
    if not takes_leave(connection, i) or not connection.of_payload(i, 2, _is_tls_data):
        return takes_leave(connection, i)
    side = connection.side[i]
    if next(_back_from(connection, side)) != i:
        return False
    end = min((k for k in (*connection.fins, *connection.rsts) if k >= i and connection.side[k] == side), default=-1)
    return end < 0 or connection.time[end] - connection.time[i] < CLOSES_SOON_NS


def says_little(connection: ConnectionFacts, i: int) -> bool:
    """Whether segment ``i`` is records of TLS that are too short for a request, or an answer, of HTTP."""
    return connection.of_payload(i, _WHOLE, has_short_records)


def _spoken(connection: ConnectionFacts, side: int, until: int | None = None, first: int = 0) -> Iterator[int]:
    """Segments with new payload of ``side``, from segment ``first`` on and before ``until``."""
    carrying = connection.data_by_side[side]
    stop = len(carrying) if until is None else bisect_left(carrying, until)
    return (carrying[n] for n in range(bisect_left(carrying, first), stop) if is_new(connection, carrying[n]))


def _back_from(connection: ConnectionFacts, side: int, until: int | None = None) -> Iterator[int]:
    """Segments with new payload of ``side`` up to segment ``until`` (None: the last one), the last one first."""
    carrying = connection.data_by_side[side]
    stop = len(carrying) if until is None else bisect_right(carrying, until)
    return (carrying[n] for n in range(stop - 1, -1, -1) if is_new(connection, carrying[n]))


def _answered(connection: ConnectionFacts, closer: int, until: int) -> int:
    """How many messages of its peer ``closer`` had answered up to segment ``until``; at most `DIALOGUE`."""
    found, asked = 0, False
    for i in range(until + 1):
        if not connection.length[i]:
            continue
        if connection.side[i] != closer:
            asked = True
        elif asked:
            found, asked = found + 1, False
            if found == DIALOGUE:
                break
    return found


def quiet_ns(connection: ConnectionFacts, end: int) -> int:
    """How long nothing had been said when segment ``end`` left, as far as its sender had received it, in nanoseconds.

    Since its sender's last payload, or the last of its peer's that it had acknowledged, or reported by SACK, by then;
    without either since the first packet.  The stream table (`tcptui.analysis.stream.endings`) has the same for the
    first FIN or RST.
    """
    side, space = connection.side[end], connection.space
    heard = largest(integer(space.acknowledged[1 - side][end]), integer(space.sacked[1 - side][end]))
    if connection.flags[end] & RST and connection.flags[end] & ACK:  # it acknowledges nothing, but names a number
        sent = integer(space.sent[1 - side][end])
        heard = largest(heard, sent + ahead(integer(connection.view.ack[end]), sent & SEQ_MASK))
    own = next((i for i in _back_from(connection, side, end) if not takes_leave(connection, i)), -1)
    received = (i for i in _back_from(connection, 1 - side, end) if integer(space.end[i]) <= heard)
    other = next((i for i in received if not takes_leave(connection, i)), -1)
    spoke = [connection.time[i] for i in (own, other) if i >= 0] or [connection.time[0]]
    return largest(connection.time[end] - largest(*spoke), 0)
