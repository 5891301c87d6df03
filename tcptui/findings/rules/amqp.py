"""`amqp-closed`: a broker that closes a channel or a connection, or admits nobody (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.broker_silence import Patience, ended_in_silence
from tcptui.findings.http_facts import first_end, index_of, quoted
from tcptui.findings.request_facts import lacks_bytes
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.amqp.amqp_stream import AmqpStream
from tcptui.protocols.amqp.closes import UNKNOWN, how_it_began, how_it_ended, may_close, passive
from tcptui.protocols.amqp.message import reply_of, status_of
from tcptui.protocols.amqp.methods import CONNECTION_CLOSE

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.amqp.closes import Close, Ended

#: A broker gives up a client that sends nothing for two heartbeats (4.2.7), …
SILENT_PERCENT: Final = 200
#: … RabbitMQ, which looks once in each, within three of them; later than this it had another reason.
LATE_PERCENT: Final = 300
LATE_NS: Final = 2_000_000_000
#: Most characters of the broker's words.
WORDS_QUOTED: Final = 160
#: Reply codes: nothing is wrong; an operator has decided so (CONNECTION_FORCED); what was asked for is not there.
_FINE, _FORCED, _NOT_FOUND = 200, 320, 404
_CLIENT, _SERVER = 0, 1


def findings(connection: ConnectionFacts) -> list[Finding]:
    """All findings about AMQP of one stream."""
    stream = connection.spoken
    try:
        found = closed(connection, stream) if isinstance(stream, AmqpStream) else None
    except OSError:
        return []  # the spool was closed meanwhile
    return [] if found is None else [found]


def closed(connection: ConnectionFacts, stream: AmqpStream) -> Finding | None:
    """`amqp-closed`: what the broker says, in its words; or that it ended the connection without any.

    Shapes: ``channel``; ``refused``, nobody was let in; ``login``, it ended without a word behind one; ``heartbeat``,
    the client's silence; else the connection.  Raises OSError where packets cannot be read.
    """
    ended = how_it_ended(stream.sides) if may_close(stream.sides.server) else None
    closes = [] if ended is None else ended.closes
    told = [one for one in closes if reply_of(one.message)[0] not in (0, _FINE)]
    if told:
        return _said(connection, max(told, key=_weight), len(told))
    if closes or may_close(stream.sides.client):
        return None
    ended = how_it_began(stream.sides, stream.messages)
    return _silent(connection, ended) or _unanswered_login(connection, ended)


def _severity(close: Close) -> Severity:
    """A note where it is what somebody planned, or an answer to who asked if something is there."""
    code, _words = reply_of(close.message)
    is_planned = code == _FORCED and not close.unconfirmed
    return Severity.NOTE if is_planned or (code == _NOT_FOUND and passive(close.asked)) else Severity.WARNING


def _weight(close: Close) -> tuple[Severity, bool]:
    """The connection's counts for more than a channel's."""
    return _severity(close), close.message.ids == CONNECTION_CLOSE


def _said(connection: ConnectionFacts, close: Close, count: int) -> Finding:
    message = close.message
    code, words = reply_of(message)
    shape = "channel" if message.ids != CONNECTION_CLOSE else "" if close.is_opened else "refused"
    known: dict[str, int] = {}
    if close.unacked != UNKNOWN:
        known = {"unacked": close.unacked, "unconfirmed": close.unconfirmed}
    return connection.finding(
        FindingId.AMQP_CLOSED,
        [index_of(connection, one.frame) for one in (close.asked, message) if one is not None],
        _severity(close),
        Confidence.CERTAIN,
        (),
        shape=shape,
        status=quoted(status_of(code, words)),
        reply_text=quoted(words, WORDS_QUOTED),
        method="" if close.asked is None else close.asked.name,
        channel=message.channel,
        asked_frame=0 if close.asked is None else close.asked.frame,
        answer_frame=message.frame,
        port=connection.view.server.port,
        count=count,
        **known,
    )


def _silent(connection: ConnectionFacts, ended: Ended) -> Finding | None:
    """The broker's end came first, so long behind the last byte of its client as their heartbeat says."""
    patience = Patience(SILENT_PERCENT, LATE_PERCENT, LATE_NS)
    silence = ended_in_silence(connection, ended.heartbeat_s, patience)
    if silence is None:
        return None
    at_broker = connection.at_sender(_SERVER)
    return connection.finding(
        FindingId.AMQP_CLOSED,
        [silence.last, silence.end],
        Severity.WARNING,
        Confidence.CERTAIN if at_broker else Confidence.LIKELY,
        ("server-ended",) if at_broker else ("idle-middlebox", "server-ended"),
        shape="heartbeat",
        heartbeat_s=float(ended.heartbeat_s),
        silent_s=silence.lasted_ns / 1e9,
        asked_frame=connection.frame[silence.last],
        answer_frame=connection.frame[silence.end],
        port=connection.view.server.port,
    )


def _unanswered_login(connection: ConnectionFacts, ended: Ended) -> Finding | None:
    """The broker ended the connection behind a login, and answered nothing."""
    end, client_end = first_end(connection, _SERVER), first_end(connection, _CLIENT)
    if ended.login is None or end < 0 or 0 <= client_end < end or lacks_bytes(connection):
        return None
    asked = index_of(connection, ended.login.frame)
    if not 0 <= asked < end:
        return None
    return connection.finding(
        FindingId.AMQP_CLOSED,
        [asked, end],
        Severity.WARNING,
        Confidence.LIKELY,
        ("server-ended",) if connection.at_sender(_SERVER) else ("idle-middlebox", "server-ended"),
        shape="login",
        waited_s=connection.seconds(asked, end),
        asked_frame=connection.frame[asked],
        answer_frame=connection.frame[end],
        port=connection.view.server.port,
    )
