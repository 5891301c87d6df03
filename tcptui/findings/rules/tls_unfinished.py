"""`tls-unfinished`: a TLS handshake that came to a halt without an alert (rules/findings.md): whose turn it was.

What TCP shows meanwhile tells a program that does not answer from bytes that do not arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.analysis.path_distance import from_other_distance
from tcptui.findings.facts import SIDES
from tcptui.findings.http_facts import first_end, index_of
from tcptui.findings.tls_facts import first_message, requested_host
from tcptui.model.batched import integer
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.tcp_flags import RST
from tcptui.protocols.tls.codes import TLS_1_3, ContentType, Handshake
from tcptui.protocols.tls.message import title_of

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.tls.conversation import TlsConversation
    from tcptui.protocols.tls.handshake import Message

#: rules/findings.md#tls-unfinished: the handshake stands still when nothing of it came for this time.
SILENT_NS: Final = 3_000_000_000
#: Hello messages of more segments than one are read by some devices in part.
_SPLIT: Final = 2
#: What else it may be where the server's program says nothing.
_NO_ANSWER: Final = ("tls-program-busy", "tls-backend-silent")

#: What else it may be where the server ends the connection, besides the name that was asked for.
_NO_TLS: Final = ("tls-filter", "tls-program-died", "tls-not-spoken")


@dataclass(frozen=True, slots=True)
class _Turn:
    """The last message of the handshake."""

    message: Message
    side: int
    """Who sent it; the other end's turn it is."""


def tls_unfinished(connection: ConnectionFacts, conversation: TlsConversation) -> Finding | None:
    """The end whose turn it was said nothing for `SILENT_NS`, or a server ended the connection sooner."""
    turn = _turn(connection, conversation)
    if turn is None or any(
        len(direction.gaps) and direction.gaps[0].start < direction.segments.acknowledged
        for direction in conversation.directions
    ):
        return None  # what was acknowledged and not captured may have been the answer
    direction = conversation.directions[turn.side]
    sent = _last_record(connection, conversation, turn.side)
    if sent < 0:
        return None
    ends = [end for side in (0, 1) if (end := first_end(connection, side)) > sent]
    end = min(ends, default=-1)
    facts: dict[str, int | float | str] = {
        "message": title_of(turn.message).replace(" ", ""),
        "message_frame": direction.delivered_frame(turn.message.stop - 1),
        "sender": SIDES[turn.side],
        "other": SIDES[1 - turn.side],
        "segments": len(direction.frames_of(turn.message.start, turn.message.stop)),
    }
    acked = connection.first_acknowledging(1 - turn.side, connection.end[sent], sent)
    if acked > end >= 0 and connection.side[end] == turn.side:
        acked = -1  # acknowledged only when its sender had given up
    until_ns = connection.time[end] if end >= 0 else connection.view.capture_end_ns
    silent_ns = until_ns - connection.time[sent]
    server_ended = end >= 0 and connection.side[end] == conversation.server_side != turn.side
    if server_ended and acked < 0 and not connection.flags[end] & RST and _sent_again(connection, sent, end):
        server_ended = False  # its FIN says that the message never reached it
    if server_ended and (silent_ns < SILENT_NS or acked < 0) and turn.message.complete:
        return _ended(connection, conversation, sent, end, facts)
    if silent_ns < SILENT_NS:
        return None
    facts |= {"silent_s": silent_ns / 1e9, "ack_frame": connection.frame[acked] if acked >= 0 else 0}
    if acked < 0 and not _sent_again(connection, sent):
        return None  # the capture may have less of this connection than of others
    shape = "lost" if acked < 0 else "client-silent" if turn.side == conversation.server_side else "silent"
    if not turn.message.complete:
        if shape != "silent":
            return None
        shape = "hello-part"
        facts |= {"announced": turn.message.size, "arrived": len(turn.message.data)}
    # Without a later packet of this connection the capture may no longer have held any.
    is_last = connection.count - 1 == max(sent, acked)
    if is_last and shape == "client-silent":
        return None
    return connection.finding(
        FindingId.TLS_UNFINISHED, [sent, acked, end], Severity.WARNING,
        Confidence.LIKELY if is_last else Confidence.CERTAIN,
        _why_silent(connection, conversation, shape, int(facts["segments"])), shape=shape, **facts,
    )  # fmt: skip


def _turn(connection: ConnectionFacts, conversation: TlsConversation) -> _Turn | None:
    """The last message of a handshake that is not finished; None where it is, or is not captured from its start."""
    server, client = conversation.server_side, 1 - conversation.server_side
    if not all(direction.segments.from_start for direction in conversation.directions):
        return None
    hello = first_message(conversation, client, Handshake.CLIENT_HELLO)
    if hello is None or not (hello.complete or hello.stop == conversation.directions[client].length):
        return None
    if not conversation.directions[server].length:
        # Bytes that do not fit the numbers of its SYN-ACK are bytes, too.
        return None if connection.payload_by_side[server] else _Turn(hello, client)
    records, flight = conversation.records[server].each, conversation.messages[server].each
    if (
        not hello.complete
        or not records
        or not flight
        or not flight[-1].complete
        or records[-1].stop != conversation.directions[server].length
    ):
        return None  # plain text, or a flight that is cut
    if conversation.version == TLS_1_3:
        plain = [one.content_type != ContentType.APPLICATION_DATA for one in conversation.records[client].each]
        return _Turn(flight[-1], server) if all(plain) and _answers_all(conversation, flight[-1]) else None
    key = first_message(conversation, client, Handshake.CLIENT_KEY_EXCHANGE)
    if flight[-1].kind != Handshake.SERVER_HELLO_DONE or _speaks_on(conversation, server):
        return None
    if key is None:
        return _Turn(flight[-1], server) if _answers_all(conversation, flight[-1]) else None
    return _Turn(key, client) if key.complete else None


def _sent_again(connection: ConnectionFacts, sent: int, before: int = -1) -> bool:
    """Whether the bytes of segment ``sent`` were sent again, sooner than segment ``before`` if there is one."""
    later = range(sent + 1, connection.count if before < 0 else before)
    return any(
        connection.side[i] == connection.side[sent]
        and connection.length[i]
        and connection.end[i] == connection.end[sent]
        for i in later
    )


def _last_record(connection: ConnectionFacts, conversation: TlsConversation, side: int) -> int:
    """Index of the packet with a side's last record before anybody ended; alerts, which may say that it ends, apart."""
    direction = conversation.directions[side]
    ended = min((end for one in (0, 1) if (end := first_end(connection, one)) >= 0), default=connection.count)
    plain = (one for one in conversation.records[side].each if one.content_type != ContentType.ALERT)
    places = (index_of(connection, direction.delivered_frame(one.stop - 1)) for one in plain)
    return max((at for at in places if at < ended), default=-1)


def _answers_all(conversation: TlsConversation, message: Message) -> bool:
    """Whether nothing of the client came behind the server's ``message``."""
    client = conversation.directions[1 - conversation.server_side]
    return client.delivered_ns(client.length - 1) <= conversation.directions[conversation.server_side].delivered_ns(
        message.stop - 1
    )


def _speaks_on(conversation: TlsConversation, side: int) -> bool:
    """Whether ``side`` changed to its keys."""
    return any(
        one.content_type in (ContentType.CHANGE_CIPHER_SPEC, ContentType.APPLICATION_DATA)
        for one in conversation.records[side].each
    )


def _ended(
    connection: ConnectionFacts, conversation: TlsConversation, sent: int, end: int, facts: dict[str, int | float | str]
) -> Finding:
    """The server ended the connection instead of answering."""
    view, server = connection.view, connection.side[end]
    shape = "reset" if connection.flags[end] & RST else "closed"
    usual = next((i for i in range(end) if connection.side[i] == server), -1)
    if shape == "reset" and usual >= 0:
        facts |= {
            "ttl": integer(view.ttl[end]),
            "usual_ttl": integer(view.ttl[usual]),
            "usual_frame": connection.frame[usual],
        }
        if from_other_distance(view.ttl[end], view.ttl[usual]):
            shape = "reset-elsewhere"
    split = ("tls-hello-split",) if int(facts["segments"]) >= _SPLIT else ()
    name = ("tls-name-unknown",) if requested_host(conversation.client_hello) else ("tls-no-server-name",)
    others = (*name, *_NO_TLS)
    return connection.finding(
        FindingId.TLS_UNFINISHED, [usual, sent, end], Severity.WARNING, Confidence.CERTAIN,
        ("tls-filter", *split) if shape == "reset-elsewhere" else (*others, *split),
        shape=shape, end_frame=connection.frame[end], answer_s=connection.seconds(sent, end), **facts,
    )  # fmt: skip


def _why_silent(
    connection: ConnectionFacts, conversation: TlsConversation, shape: str, segments: int
) -> tuple[str, ...]:
    if shape == "lost":
        return ("tls-hello-split", "tls-path-lost") if segments >= _SPLIT else ("tls-path-lost",)
    if shape == "hello-part":
        return ("tls-hello-split", "tls-large-lost", "tls-client-stopped")
    if shape == "client-silent":
        return ("tls-user-asked", "tls-client-checks")
    lost = () if connection.position is CapturePoint.SERVER else ("tls-answer-lost",)
    split = ("tls-hello-split",) if segments >= _SPLIT else ()
    unnamed = () if requested_host(conversation.client_hello) else ("tls-no-server-name",)
    return (*_NO_ANSWER, *lost, *split, *unnamed)
