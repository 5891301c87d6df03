"""`tls-handshake`: what a TLS handshake agreed upon, how many round trips it took, and why (rules/findings.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcptui.findings.http_facts import index_of, quoted
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.tls.codes import TLS_1_3, ContentType, Handshake, name_of, version_name
from tcptui.protocols.tls.message import is_hello_retry, read_message

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.tls.conversation import TlsConversation
    from tcptui.protocols.tls.handshake import Message
    from tcptui.protocols.tls.records import Record


@dataclass(frozen=True, slots=True)
class _Kind:
    """A course that a handshake can take."""

    shape: str
    round_trips: int
    """Until the client may send, that of TCP not counted (RFC 8446, 2; RFC 5246, 7.3)."""


_FULL_12 = _Kind("full-12", 2)
_RESUMED_12 = _Kind("resumed-12", 1)
_FULL_13 = _Kind("full-13", 1)
_RESUMED_13 = _Kind("resumed-13", 1)
_RETRY = _Kind("retry", 2)


def tls_handshake(connection: ConnectionFacts, conversation: TlsConversation) -> Finding | None:
    """A handshake that was captured from its ClientHello to where the client may send; None for any other."""
    hello, answer = (
        _first(conversation, 1 - conversation.server_side, Handshake.CLIENT_HELLO),
        _server_hello(conversation),
    )
    if hello is None or answer is None or conversation.version is None or conversation.suite is None:
        return None
    client, server = (
        conversation.directions[1 - conversation.server_side],
        conversation.directions[conversation.server_side],
    )
    answered_ns = server.delivered_ns(answer.stop - 1)
    retry = next((one for one in conversation.messages[conversation.server_side].each if is_hello_retry(one)), None)
    kind = _kind(conversation, retry)
    done = _done(conversation, kind, answered_ns)
    if done is None or not done.complete:
        return None
    done_ns, began_ns = done.direction.delivered_ns(done.stop - 1), client.first_ns(hello.start)
    if not began_ns <= answered_ns <= done_ns:
        return None  # captured in another order than it happened
    frames = (
        client.delivered_frame(hello.stop - 1),
        server.delivered_frame(answer.stop - 1),
        done.direction.delivered_frame(done.stop - 1),
    )
    facts: dict[str, int | float | str] = {
        "shape": kind.shape,
        "version": version_name(conversation.version),
        "suite": name_of("tls.handshake.ciphersuite", conversation.suite) or f"0x{conversation.suite:04x}",
        "round_trips": kind.round_trips,
        "took_s": (done_ns - began_ns) / 1e9,
        "hello_frame": frames[0],
        "answer_frame": frames[1],
        "done_frame": frames[2],
    }
    evidence = list(frames)
    if retry is not None:
        facts |= {"retry_frame": server.delivered_frame(retry.stop - 1), "group": _group(retry)}
        evidence.insert(1, int(facts["retry_frame"]))
    indexes = [index_of(connection, frame) for frame in dict.fromkeys(evidence)]
    return connection.finding(
        FindingId.TLS_HANDSHAKE, indexes, Severity.NOTE, Confidence.CERTAIN, (), **facts
    )  # fmt: skip


def _first(conversation: TlsConversation, side: int, kind: Handshake) -> Message | None:
    found = (one for one in conversation.messages[side].each if one.kind == kind and one.complete)
    return next(found, None)


def _server_hello(conversation: TlsConversation) -> Message | None:
    """The ServerHello that settles the handshake."""
    found = (one for one in conversation.messages[conversation.server_side].each if one.kind == Handshake.SERVER_HELLO)
    return next((one for one in found if one.complete and not is_hello_retry(one)), None)


def _kind(conversation: TlsConversation, retry: Message | None) -> _Kind:
    if retry is not None:
        return _RETRY
    if conversation.version == TLS_1_3:
        return _RESUMED_13 if conversation.is_resumed else _FULL_13
    return _RESUMED_12 if conversation.is_resumed else _FULL_12


def _done(conversation: TlsConversation, kind: _Kind, answered_ns: int) -> Record | None:
    """The record from which on the client may send: its own Finished, or the server's (RFC 5246, 7.4.9).

    In TLS 1.3 Finished looks like data: it is in the first record that the client encrypts after the ServerHello.
    """
    side = conversation.server_side if kind is _FULL_12 else 1 - conversation.server_side
    records = conversation.records[side].each
    if conversation.version == TLS_1_3:
        data = (one for one in records if one.content_type == ContentType.APPLICATION_DATA)
        return next((one for one in data if one.direction.first_ns(one.start) >= answered_ns), None)
    finished = sorted(
        index for index in conversation.messages[side].encrypted if records[index].content_type == ContentType.HANDSHAKE
    )
    return records[finished[0]] if finished else None


def _group(retry: Message) -> str:
    """The group that a HelloRetryRequest asks for; a question mark where it asks for a cookie only."""
    field = "handshake.extensions_key_share_selected_group"
    asked = read_message(retry).numbers(field)
    return quoted(name_of(f"tls.{field}", asked[0]) or f"0x{asked[0]:04x}") if asked else "?"
